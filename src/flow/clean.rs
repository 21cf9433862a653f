//! Takes personal data and secrets out of every text of a statement, and remembers what it took and where, so that it may
//! be sealed ([`super::seal`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::analysis::normalize;
use crate::analysis::redact::{Redacted, redact, redact_with_names};

/// Cleans the texts of one statement.
#[derive(Debug)]
pub struct Cleaner {
    names: bool,
    removed: Removed,
}

/// What was taken out of a statement: of each text that lost something, by its place as a JSON pointer. Names of fields that
/// lost something are not in it: these are lost for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Removed(BTreeMap<String, Vec<Part>>);

/// One stretch: where its placeholder begins and how long that is, in bytes of the kept text, and what stood there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part(usize, usize, String);

impl Cleaner {
    /// For a statement, from which people's names go too where that is asked for.
    pub fn new(names: bool) -> Self {
        Self { names, removed: Removed::default() }
    }

    /// A text without personal data and secrets.
    pub fn clean(&mut self, place: &str, text: &str) -> String {
        let given = normalize::normalize(text);
        let read = self.read(&given);
        self.removed.note(place, &given, &read);
        read.text
    }

    /// Every text in a JSON value, names of fields too, cleaned.
    pub fn clean_value(&mut self, place: &str, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.clean(place, &text)),
            Value::Array(items) => {
                let items =
                    items.into_iter().enumerate().map(|(i, v)| self.clean_value(&below(place, &i.to_string()), v));
                Value::Array(items.collect())
            }
            Value::Object(fields) => {
                let clean = |(name, value): (String, Value)| {
                    let name = self.clean_name(&name);
                    let value = self.clean_value(&below(place, &name), value);
                    (name, value)
                };
                Value::Object(fields.into_iter().map(clean).collect())
            }
            // A long number may be a telephone's.
            Value::Number(n) => match self.clean(place, &n.to_string()) {
                same if same == n.to_string() => Value::Number(n),
                cleaned => Value::String(cleaned),
            },
            Value::Null | Value::Bool(_) => value,
        }
    }

    /// A field's name without personal data and secrets; what it loses is not remembered.
    pub fn clean_name(&mut self, name: &str) -> String {
        self.read(&normalize::normalize(name)).text
    }

    /// What was taken out of all texts.
    pub fn removed(self) -> Removed {
        self.removed
    }

    fn read(&self, text: &str) -> Redacted {
        if self.names { redact_with_names(text) } else { redact(text) }
    }
}

/// The place of a field below another.
pub fn below(place: &str, name: &str) -> String {
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl Removed {
    /// Whether nothing was taken out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where something was taken out.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn note(&mut self, place: &str, given: &str, read: &Redacted) {
        if read.found.is_empty() {
            return;
        }
        let mut at = 0;
        let mut done = 0;
        let parts = read.found.iter().map(|f| {
            at += f.range.start - done;
            let part = Part(at, f.kind.word().len(), given[f.range.clone()].to_owned());
            at += part.1;
            done = f.range.end;
            part
        });
        self.0.insert(place.to_owned(), parts.collect());
    }

    /// The text that stood at a place before something was taken out of `kept`; `None` where `kept` is another text, or
    /// nothing was taken out there.
    pub fn restore(&self, place: &str, kept: &str) -> Option<String> {
        let (mut text, mut at) = (String::with_capacity(kept.len()), 0);
        for Part(start, length, original) in self.0.get(place)? {
            text.push_str(kept.get(at..*start)?);
            at = start.checked_add(*length)?;
            let placeholder = kept.get(*start..at)?;
            (placeholder.starts_with('[') && placeholder.ends_with(']')).then_some(())?;
            text.push_str(original);
        }
        text.push_str(kept.get(at..)?);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_loses_what_is_somebodys_and_gets_it_back() {
        let mut cleaner = Cleaner::new(false);
        let kept = cleaner.clean("/text", "mail é a@example.com or b@example.com!");
        assert_eq!(kept, "mail é [email] or [email]!");
        let data = json!({"user": {"mail/x": "a@example.com"}, "n": [1, 4_155_552_671_u64, "pw: hunter2"], "a@example.com": null});
        let kept_data = cleaner.clean_value("/metadata", data);
        assert_eq!(
            kept_data,
            json!({"user": {"mail/x": "[email]"}, "n": [1, 4_155_552_671_u64, "pw: [secret]"], "[email]": null})
        );
        let removed = cleaner.removed();
        assert_eq!(removed.places().collect::<Vec<_>>(), ["/metadata/n/2", "/metadata/user/mail~1x", "/text"]);
        assert_eq!(removed.restore("/text", &kept).unwrap(), "mail é a@example.com or b@example.com!");
        assert_eq!(removed.restore("/metadata/n/2", "pw: [secret]").unwrap(), "pw: hunter2");
        assert_eq!(removed.restore("/metadata", "x"), None);
        assert_eq!(removed.restore("/text", "shorter"), None, "another text");
        assert_eq!(removed.restore("/text", "mail é xxxxxxx or [email]!"), None, "no placeholder stands there");
    }

    #[test]
    fn names_go_where_that_is_asked_for() {
        assert_eq!(Cleaner::new(false).clean("/text", "My name is Jane Doe"), "My name is Jane Doe");
        assert_eq!(Cleaner::new(true).clean("/text", "My name is Jane Doe"), "My name is [name]");
    }

    proptest! {
        #[test]
        fn what_was_taken_out_goes_back(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a@b.co", " ", "é", "[email]", "pw: hunter2", "4111 1111 1111 1111", "\n", "https://u:p@h.io/?token=x", "日本",
                "12 Main Street", "+49 171 1234567", "x",
            ]), 0..12)
        ) {
            let text = normalize::normalize(&parts.concat());
            let mut cleaner = Cleaner::new(true);
            let kept = cleaner.clean("/text", &text);
            let removed = cleaner.removed();
            let back = if removed.is_empty() { kept } else { removed.restore("/text", &kept).unwrap() };
            prop_assert_eq!(back, text);
        }
    }
}
