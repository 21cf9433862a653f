//! The documents of a body: one, an array of them, or one a line.

use serde_json::value::RawValue;

use crate::sources::{BadBody, describe};

/// A document, or what is wrong with the line where one was expected.
pub(super) type Part<'a> = Result<&'a RawValue, String>;

/// Splits a body. An error where nothing of it can be read.
pub(super) fn split(body: &[u8]) -> Result<Vec<Part<'_>>, BadBody> {
    let text = std::str::from_utf8(body).map_err(|_| BadBody::of("", "not JSON: not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(BadBody::of("", "expected an object, an array of objects, or an object a line"));
    }
    let stream: Result<Vec<&RawValue>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    match stream {
        Ok(found) => match found.as_slice() {
            [array] if array.get().starts_with('[') => {
                let items: Vec<&RawValue> =
                    serde_json::from_str(array.get()).map_err(|e| BadBody::of("", describe(&e)))?;
                Ok(items.into_iter().map(Ok).collect())
            }
            _ => Ok(found.into_iter().map(Ok).collect()),
        },
        Err(e) => lines(text).ok_or_else(|| BadBody::of("", describe(&e))),
    }
}

/// A document a line, of which some are broken; `None` where no line holds one.
fn lines(text: &str) -> Option<Vec<Part<'_>>> {
    let mut good = false;
    let parts = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| match serde_json::from_str::<&RawValue>(line) {
            Ok(raw) => {
                good |= raw.get().starts_with('{');
                Ok(raw)
            }
            Err(e) => Err(format!("not JSON: line {} column {}", number + 1, e.column())),
        })
        .collect();
    good.then_some(parts)
}
