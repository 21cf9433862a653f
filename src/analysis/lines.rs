//! The lines of `hearback analyze`: one statement a line in, what is read in it a line out.

use std::num::NonZeroUsize;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Reader, normalize, redact, themes};
use crate::domain::annotation::Details;
use crate::domain::feedback::{Rating, TEXT_MAX_CHARS};

/// One statement to read.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The sender's name for it, a string or a number, given back as it came.
    pub id: Value,
    /// What was said.
    pub text: Option<String>,
    /// The mark, where one was given.
    pub rating: Option<Rating>,
}

/// Reads one line. An error names the field and what was expected.
pub fn read_line(line: &str) -> Result<Item, String> {
    let value: Value = serde_json::from_str(line).map_err(|e| format!("not JSON: {e}"))?;
    let Value::Object(mut fields) = value else {
        return Err(r#"expected a JSON object like {"id": "1", "text": "…"}"#.into());
    };
    let id = match fields.remove("id") {
        Some(id @ (Value::String(_) | Value::Number(_))) => id,
        Some(_) => return Err("id: expected a string or a number".into()),
        None => return Err("id: missing, expected a string or a number".into()),
    };
    let text = match fields.remove("text") {
        Some(Value::String(text)) => Some(text),
        Some(Value::Null) | None => None,
        Some(_) => return Err("text: expected a string".into()),
    };
    let length = text.as_ref().map_or(0, |t| t.chars().count());
    if length > TEXT_MAX_CHARS {
        return Err(format!("text: {length} characters, expected at most {TEXT_MAX_CHARS}"));
    }
    let rating = match fields.remove("rating") {
        Some(Value::Object(rating)) => Some(read_rating(&rating)?),
        Some(Value::Null) | None => None,
        Some(_) => return Err(r#"rating: expected an object like {"value": 4, "scale": 5}"#.into()),
    };
    if text.is_none() && rating.is_none() {
        return Err("text: missing, expected a text or a rating".into());
    }
    Ok(Item { id, text, rating })
}

fn read_rating(fields: &Map<String, Value>) -> Result<Rating, String> {
    let number = |name: &str| {
        let value = fields.get(name).and_then(Value::as_f64).filter(|n| n.is_finite());
        value.ok_or_else(|| format!("rating.{name}: expected a number"))
    };
    let (value, scale) = (number("value")?, number("scale")?);
    if scale < 1.0 {
        return Err(format!("rating.scale: {scale}, expected the best mark that can be given, 1 or more"));
    }
    if !(0.0..=scale).contains(&value) {
        return Err(format!("rating.value: {value}, expected 0 to {scale}"));
    }
    Ok(Rating { value, scale })
}

/// The answer to one statement, one line of JSON. `theme` is `None` where themes were not asked for.
pub fn answer(reader: &Reader, item: &Item, theme: Option<Option<&str>>) -> String {
    let text = item.text.as_deref().map(clean).unwrap_or_default();
    let read = reader.annotate(Some(&text), item.rating, None);
    let answer = Answer {
        id: &item.id,
        language: &read.language,
        sentiment: Felt { label: read.sentiment.as_str(), score: read.score, confidence: read.confidence },
        intent: Meant { label: read.intent.as_str(), confidence: read.intent_confidence },
        spam: read.spam,
        redacted_text: &text,
        theme: theme.map(Value::from),
        details: &read.details,
        engine: &read.engine,
    };
    serde_json::to_string(&answer).expect("strings, finite numbers and a value that was read from JSON")
}

/// An answer in the order in which it is promised.
#[derive(Serialize)]
struct Answer<'a> {
    id: &'a Value,
    language: &'a str,
    sentiment: Felt,
    intent: Meant,
    spam: bool,
    redacted_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// `null` where nobody else says the same.
    theme: Option<Value>,
    #[serde(flatten)]
    details: &'a Details,
    engine: &'a str,
}

#[derive(Serialize)]
struct Felt {
    label: &'static str,
    score: f64,
    confidence: f64,
}

#[derive(Serialize)]
struct Meant {
    label: &'static str,
    confidence: f64,
}

/// Gives each statement its theme, `t1`, `t2` in the order in which they begin; `None` where nobody else says the same. The
/// same with any number of threads.
pub fn assign(items: &[Item], threads: NonZeroUsize) -> Vec<Option<String>> {
    let said = themes::in_parallel(items.len(), threads, |i| {
        let text = clean(items[i].text.as_deref()?);
        let print = Some(normalize::fingerprint(&text)).filter(|p| *p != 0)?;
        Some((print, themes::direction(&text, super::language_of(&text))?))
    });
    let said: Vec<_> = said.iter().map(|s| s.as_ref().map(|(print, direction)| (*print, direction))).collect();
    themes::batch::themes(&said, threads).into_iter().map(|t| t.map(|n| format!("t{}", n + 1))).collect()
}

fn clean(text: &str) -> String {
    redact::redact(&normalize::normalize(text)).text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(line: &str) -> Item {
        read_line(line).expect("a good line")
    }

    #[test]
    fn a_bad_line_is_told_what_was_expected() {
        for (line, says) in [
            ("{", "not JSON"),
            ("[]", "expected a JSON object"),
            (r#"{"text":"a"}"#, "id: missing"),
            (r#"{"id":[],"text":"a"}"#, "id: expected a string or a number"),
            (r#"{"id":1}"#, "text: missing"),
            (r#"{"id":1,"text":5}"#, "text: expected a string"),
            (r#"{"id":1,"rating":5}"#, "rating: expected an object"),
            (r#"{"id":1,"rating":{"value":5}}"#, "rating.scale: expected a number"),
            (r#"{"id":1,"rating":{"value":6,"scale":5}}"#, "rating.value: 6, expected 0 to 5"),
            (r#"{"id":1,"rating":{"value":0,"scale":0}}"#, "rating.scale: 0, expected"),
        ] {
            let error = read_line(line).expect_err(line);
            assert!(error.contains(says), "{line}: {error}");
        }
        let long = format!(r#"{{"id":1,"text":"{}"}}"#, "a".repeat(TEXT_MAX_CHARS + 1));
        assert!(read_line(&long).is_err_and(|e| e.contains("at most 20000")));
    }

    #[test]
    fn an_id_comes_back_as_it_was_sent() {
        for (line, id) in [(r#"{"id":7,"text":"a"}"#, r#""id":7"#), (r#"{"id":"7","text":"a"}"#, r#""id":"7""#)] {
            assert!(answer(Reader::shipped(), &item(line), None).contains(id), "{line}");
        }
    }

    #[test]
    fn an_answer_is_one_line_as_promised() {
        let sent = item(r#"{"id":"1","text":"Checkout crashes,\nmail me at a@b.co","rating":{"value":1,"scale":5}}"#);
        let told = answer(Reader::shipped(), &sent, None).replace(Reader::shipped().engine(), "ENGINE");
        insta::assert_snapshot!(told, @r#"{"id":"1","language":"en","sentiment":{"label":"negative","score":-0.9595,"confidence":0.98},"intent":{"label":"bug","confidence":0.9625},"spam":false,"redacted_text":"Checkout crashes,\nmail me at [email]","supported":true,"abstains":false,"contradicts":false,"intents":[{"intent":"bug","confidence":0.9625}],"aspects":[{"about":"checkout","score":-0.5852}],"engine":"ENGINE"}"#);
        assert!(answer(Reader::shipped(), &sent, Some(None)).contains(r#""theme":null"#));
        assert!(answer(Reader::shipped(), &sent, Some(Some("t1"))).contains(r#""theme":"t1""#));
    }

    #[test]
    fn a_theme_is_told_where_two_share_it() {
        let items: Vec<Item> = [
            r#"{"id":1,"text":"The export to PDF is broken"}"#,
            r#"{"id":2,"text":"Checkout crashes when I pay"}"#,
            r#"{"id":3,"text":"Great!"}"#,
            r#"{"id":4,"rating":{"value":1,"scale":5}}"#,
            r#"{"id":5,"text":"checkout crashed when paying"}"#,
        ]
        .map(item)
        .to_vec();
        let told = assign(&items, NonZeroUsize::MIN);
        assert_eq!(told, [None, Some("t1".to_owned()), None, None, Some("t1".to_owned())]);
    }
}
