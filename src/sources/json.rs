//! Reads a body's JSON. A refusal names the field and what was expected there, never what the sender wrote.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::BadBody;

/// Reads JSON into a wire type; the error names the field, never the value.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadBody> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|e| BadBody { field: place(e.path()), problem: describe(e.inner()) })?;
    reader.end().map_err(|_| BadBody::of("", "not JSON: there is more after the end of the first value"))?;
    Ok(value)
}

/// Longest name of a field that a refusal repeats, bytes.
const FIELD_MAX: usize = 60;

/// The field that an error is about; empty where it is about the whole body. A name that is none of a program's, such as
/// the key of a map, is the sender's and stays out.
fn place(path: &serde_path_to_error::Path) -> String {
    let is_name = |key: &str| {
        key.len() <= FIELD_MAX
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-$".contains(&b))
            && !key.is_empty()
    };
    let mut place = String::new();
    for segment in path {
        let name = match segment {
            Segment::Seq { index } => {
                let _ = write!(place, "[{index}]");
                continue;
            }
            Segment::Map { key } | Segment::Enum { variant: key } if is_name(key) => key,
            Segment::Map { .. } | Segment::Enum { .. } => "*",
            Segment::Unknown => continue,
        };
        if !place.is_empty() {
            place.push('.');
        }
        place.push_str(name);
    }
    place
}

/// What serde says without what the sender wrote: `invalid type: string "…", expected i64` holds the value.
pub(super) fn describe(e: &serde_json::Error) -> String {
    if e.is_syntax() || e.is_eof() {
        return format!("not JSON: line {} column {}", e.line(), e.column());
    }
    let text = e.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(head, _)| head);
    match (text.starts_with("missing field") || text.starts_with("duplicate field"), text.rsplit_once("expected ")) {
        (true, _) => text.to_owned(),
        (false, Some((_, expected))) => format!("expected {expected}"),
        (false, None) => "not what this source sends".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_refusal_names_fields_and_no_key_that_is_the_senders_own() {
        type Lists = BTreeMap<String, Vec<BTreeMap<String, i64>>>;
        let long = format!(r#"{{"{}": 1}}"#, "a".repeat(FIELD_MAX + 1));
        for (body, field) in [
            (r#"{"ages": [{"first": 1}, {"second": "x"}]}"#, "ages[1].second"),
            (r#"{"ages": [{"rae@example.com": "x"}]}"#, "ages[0].*"),
            (r#"{"a b": [{"ok": 1.5}]}"#, "*[0].ok"),
            (r#"{"": 1}"#, "*"),
            (&long, "*"),
            ("7", ""),
        ] {
            assert_eq!(read_json::<Lists>(body.as_bytes()).unwrap_err().field, field);
        }
    }
}
