//! The lines of `hearback analyze`: one statement a line in, what is read in it a line out.

mod json;

use std::borrow::Cow;
use std::num::NonZeroUsize;

use serde::Deserialize;
use serde_json::{Map, Value};

use self::json::Json;
use super::themes::{self, Embedder, NotEmbedded, Text};
use super::{Sitting, normalize, redact};
use crate::domain::annotation::{Aspect, Wanted};
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
    let fields = Fields::read(line)?;
    let id = match fields.id {
        Some(id @ (Value::String(_) | Value::Number(_))) => id,
        Some(_) => return Err("id: expected a string or a number".into()),
        None => return Err("id: missing, expected a string or a number".into()),
    };
    let text = match fields.text {
        Some(Value::String(text)) => Some(text),
        Some(Value::Null) | None => None,
        Some(_) => return Err("text: expected a string".into()),
    };
    let length = text.as_ref().filter(|t| t.len() > TEXT_MAX_CHARS).map_or(0, |t| t.chars().count());
    if length > TEXT_MAX_CHARS {
        return Err(format!("text: {length} characters, expected at most {TEXT_MAX_CHARS}"));
    }
    let rating = match fields.rating {
        Some(Value::Object(rating)) => Some(read_rating(&rating)?),
        Some(Value::Null) | None => None,
        Some(_) => return Err(r#"rating: expected an object like {"value": 4, "scale": 5}"#.into()),
    };
    if text.is_none() && rating.is_none() {
        return Err("text: missing, expected a text or a rating".into());
    }
    Ok(Item { id, text, rating })
}

/// The fields of a line that are looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    id: Option<Value>,
    text: Option<Value>,
    rating: Option<Value>,
}

impl Fields {
    fn read(line: &str) -> Result<Self, String> {
        // Most lines hold nothing else, each once. What this does not take is read as JSON of any kind, for its other fields
        // or for what is wrong with it.
        if line.starts_with('{')
            && let Ok(fields) = serde_json::from_str::<Self>(line)
            && fields.id.is_some()
        {
            return Ok(fields);
        }
        let value: Value = serde_json::from_str(line).map_err(|e| format!("not JSON: {e}"))?;
        let Value::Object(mut fields) = value else {
            return Err(r#"expected a JSON object like {"id": "1", "text": "…"}"#.into());
        };
        let mut field = |name: &str| fields.remove(name);
        Ok(Self { id: field("id"), text: field("text"), rating: field("rating") })
    }
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

/// Writes the answer to one statement, one line of JSON with its end, in the order in which it is promised. `theme` is `None`
/// where themes were not asked for.
pub fn answer(sitting: &mut Sitting<'_>, item: &Item, theme: Option<Option<&str>>, out: &mut Vec<u8>) {
    let text = item.text.as_deref().map(clean).unwrap_or_default();
    let read = sitting.read(&text, item.rating, None);
    let mut line = Json { out };
    line.raw("{\"id\":").value(&item.id);
    line.raw(",\"language\":\"").raw(read.language);
    line.raw("\",\"sentiment\":{\"label\":\"").raw(read.feeling.label.as_str());
    line.raw("\",\"score\":").number(read.feeling.score);
    line.raw(",\"confidence\":").number(read.feeling.confidence);
    line.raw("},\"intent\":{\"label\":\"").raw(read.main.intent.as_str());
    line.raw("\",\"confidence\":").number(read.main.confidence);
    line.raw("},\"spam\":").truth(read.spam);
    line.raw(",\"redacted_text\":").string(&text);
    match theme {
        Some(Some(theme)) => line.raw(",\"theme\":").string(theme),
        // Nobody else says the same.
        Some(None) => line.raw(",\"theme\":null"),
        None => &mut line,
    };
    line.raw(",\"supported\":").truth(read.details.supported);
    line.raw(",\"abstains\":").truth(read.details.abstains);
    line.raw(",\"contradicts\":").truth(read.details.contradicts);
    line.raw(",\"intents\":[");
    for (i, Wanted { intent, confidence }) in read.details.intents.iter().enumerate() {
        line.raw(if i > 0 { ",{\"intent\":\"" } else { "{\"intent\":\"" }).raw(intent.as_str());
        line.raw("\",\"confidence\":").number(*confidence).raw("}");
    }
    line.raw("],\"aspects\":[");
    for (i, Aspect { about, score }) in read.details.aspects.iter().enumerate() {
        line.raw(if i > 0 { ",{\"about\":" } else { "{\"about\":" }).string(about);
        line.raw(",\"score\":").number(*score).raw("}");
    }
    line.raw("],\"engine\":").string(sitting.engine()).raw("}\n");
}

/// Gives each statement its theme, `t1`, `t2` in the order in which they begin; `None` where nobody else says the same. The
/// same with any number of threads.
///
/// # Errors
/// Where the embedder fails.
pub fn assign(
    items: &[Item],
    embedder: &dyn Embedder,
    threads: NonZeroUsize,
) -> Result<Vec<Option<String>>, NotEmbedded> {
    let said = themes::in_parallel(items.len(), threads, |i| {
        let text = clean(items[i].text.as_deref()?);
        let print = Some(normalize::fingerprint(&text)).filter(|p| *p != 0)?;
        let language = super::language_of(&text);
        Some((print, text, language))
    });
    let texts: Vec<Text<'_>> = said.iter().flatten().map(|(_, text, language)| Text { text, language }).collect();
    let directions = embedder.embed(&texts, threads)?;
    let mut directions = directions.iter();
    let said: Vec<_> = said
        .iter()
        .map(|one| one.as_ref().and_then(|(print, ..)| Some((*print, directions.next()?.as_ref()?))))
        .collect();
    let found = themes::batch::themes(&embedder.space().cuts, &said, threads);
    Ok(found.into_iter().map(|t| t.map(|n| format!("t{}", n + 1))).collect())
}

fn clean(text: &str) -> Cow<'_, str> {
    match normalize::normalized(text) {
        Cow::Borrowed(text) => redact::redacted(text),
        Cow::Owned(text) => Cow::Owned(redact::redacted(&text).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;
    use crate::analysis::Reader;
    use crate::domain::annotation::Details;

    #[expect(
        clippy::option_option,
        reason = "the outer: whether themes were asked for; the inner: whether there is one"
    )]
    fn answer(item: &Item, theme: Option<Option<&str>>) -> String {
        let mut told = Vec::new();
        super::answer(&mut Reader::shipped().sit_down(), item, theme, &mut told);
        String::from_utf8(told).expect("an answer is a text")
    }

    /// An answer as the library writes it.
    #[derive(Serialize)]
    struct Answer<'a> {
        id: &'a Value,
        language: &'a str,
        sentiment: Value,
        intent: Value,
        spam: bool,
        redacted_text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        theme: Option<Value>,
        #[serde(flatten)]
        details: &'a Details,
        engine: &'a str,
    }

    #[expect(
        clippy::option_option,
        reason = "the outer: whether themes were asked for; the inner: whether there is one"
    )]
    fn as_the_library_writes(item: &Item, theme: Option<Option<&str>>) -> String {
        let text = item.text.as_deref().map(clean).unwrap_or_default();
        let read = Reader::shipped().annotate(Some(&text), item.rating, None);
        let number = |n: f64| serde_json::to_string(&n).expect("a number");
        let pair = |label: &str, rest: String| format!("{{\"label\":\"{label}\",{rest}}}");
        let confidence = |n: f64| format!("\"confidence\":{}", number(n));
        let felt = format!("\"score\":{},{}", number(read.score), confidence(read.confidence));
        let answer = Answer {
            id: &item.id,
            language: &read.language,
            sentiment: "FELT".into(),
            intent: "MEANT".into(),
            spam: read.spam,
            redacted_text: &text,
            theme: theme.map(Value::from),
            details: &read.details,
            engine: &read.engine,
        };
        let line = serde_json::to_string(&answer).expect("an answer");
        let line = line.replacen("\"FELT\"", &pair(read.sentiment.as_str(), felt), 1);
        line.replacen("\"MEANT\"", &pair(read.intent.as_str(), confidence(read.intent_confidence)), 1) + "\n"
    }

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
            assert!(answer(&item(line), None).contains(id), "{line}");
        }
    }

    #[test]
    fn an_answer_is_one_line_as_promised() {
        let sent = item(r#"{"id":"1","text":"Checkout crashes,\nmail me at a@b.co","rating":{"value":1,"scale":5}}"#);
        let told = answer(&sent, None);
        let told = told.trim_end().replace(Reader::shipped().engine(), "ENGINE");
        insta::assert_snapshot!(told, @r#"{"id":"1","language":"en","sentiment":{"label":"negative","score":-0.9344,"confidence":0.98},"intent":{"label":"bug","confidence":0.9625},"spam":false,"redacted_text":"Checkout crashes,\nmail me at [email]","supported":true,"abstains":false,"contradicts":false,"intents":[{"intent":"bug","confidence":0.9625}],"aspects":[{"about":"checkout","score":-0.5852}],"engine":"ENGINE"}"#);
        assert!(answer(&sent, Some(None)).contains(r#""theme":null"#));
        assert!(answer(&sent, Some(Some("t1"))).contains(r#""theme":"t1""#));
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
        let told =
            assign(&items, &themes::WordVectors::default(), NonZeroUsize::MIN).expect("word vectors do not fail");
        assert_eq!(told, [None, Some("t1".to_owned()), None, None, Some("t1".to_owned())]);
    }

    #[test]
    fn a_line_is_read_the_same_with_fields_that_nobody_looks_at() {
        let plain = item(r#"{"id":1,"text":"a\u00e9","rating":{"value":4,"scale":5}}"#);
        for line in [
            r#"{"id":1,"text":"aé","rating":{"value":4,"scale":5},"more":[1]}"#,
            r#" {"rating":{"value":4,"scale":5},"text":"x","text":"a\u00e9","id":1}"#,
            r#"{"id":1,"text":"a\u00e9","rating":{"value":4,"scale":5,"of":null}}"#,
        ] {
            assert_eq!(item(line), plain, "{line}");
        }
        for (line, says) in [
            (r#"["1","a",null]"#, "expected a JSON object"),
            (r#"{"id":null,"text":"a"}"#, "id: expected a string or a number"),
            (r#"{"id":1,"text":"a","rating":[4,5]}"#, "rating: expected an object"),
        ] {
            assert!(read_line(line).expect_err(line).contains(says), "{line}");
        }
    }

    proptest! {
        #[test]
        fn an_answer_is_what_the_library_writes(
            id in prop_oneof![any::<i64>().prop_map(Value::from), any::<f64>().prop_map(Value::from), any::<String>().prop_map(Value::from)],
            text in prop_oneof![any::<String>(), "((great|bad|export|\\\"|\n|app|crash|buy now) ){0,12}"],
            value in 0.0..=5.0,
            theme in prop::option::of(prop::option::of("t[0-9]")),
        ) {
            prop_assume!(!id.is_null());
            let item = Item { id, text: Some(text), rating: Some(Rating { value, scale: 5.0 }) };
            let theme = theme.as_ref().map(Option::as_deref);
            prop_assert_eq!(answer(&item, theme), as_the_library_writes(&item, theme));
        }
    }
}
