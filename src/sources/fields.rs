//! The fields of an object from outside, read one by one, so that every fault is named and not the first alone.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::BadBody;

/// Fields that an object may have; more are an attempt to make us work.
const FIELDS_MAX: usize = 100;
/// Names this near to a known one are taken for a slip (Jaro-Winkler, 0 to 1).
const NEAR: f64 = 0.8;
/// Of a name that the sender chose, this many characters are repeated.
const SHOWN_MAX: usize = 40;

/// An object's fields in the order in which they were sent.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    entries: Vec<(String, &'a RawValue)>,
    twice: Option<String>,
    too_many: bool,
}

impl<'a> Fields<'a> {
    /// Reads an object; the error says what was expected.
    pub(super) fn read(raw: &'a RawValue) -> Result<Self, String> {
        if !raw.get().starts_with('{') {
            return Err("expected an object".into());
        }
        let fields: Self = serde_json::from_str(raw.get()).map_err(|e| super::describe(&e))?;
        match (&fields.twice, fields.too_many) {
            (_, true) => Err(format!("expected at most {FIELDS_MAX} fields")),
            (Some(name), false) => Err(format!("the field {} stands there twice", shown(name))),
            (None, false) => Ok(fields),
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn all(&self) -> &[(String, &'a RawValue)] {
        &self.entries
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.entries.iter().find(|(n, _)| n == name).map(|(_, raw)| *raw).filter(|raw| raw.get() != "null")
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut fields = Fields { entries: Vec::new(), twice: None, too_many: false };
                while let Some((name, raw)) = map.next_entry::<String, &'de RawValue>()? {
                    if fields.entries.len() == FIELDS_MAX {
                        fields.too_many = true;
                    } else if fields.entries.iter().any(|(n, _)| *n == name) {
                        fields.twice.get_or_insert(name);
                    } else {
                        fields.entries.push((name, raw));
                    }
                }
                Ok(fields)
            }
        }
        d.deserialize_map(Object)
    }
}

/// Takes the fields of one item and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    fields: Fields<'a>,
    place: String,
    faults: Vec<BadBody>,
}

impl<'a> Reader<'a> {
    /// `place` is what stands before each field's name: `[3]`, or nothing.
    pub(super) fn new(fields: Fields<'a>, place: String) -> Self {
        Self { fields, place, faults: Vec::new() }
    }

    /// Names a fault.
    pub(super) fn fault(&mut self, field: &str, problem: &str) {
        let dot = if self.place.is_empty() { "" } else { "." };
        self.faults.push(BadBody { field: format!("{}{dot}{field}", self.place), problem: problem.to_owned() });
    }

    pub(super) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    pub(super) fn end(self) -> Result<(), Vec<BadBody>> {
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }

    /// Names every field that is not among `known`, with the nearest that is.
    pub(super) fn only(&mut self, known: &[&str]) {
        let unknown: Vec<String> = self.fields.names().filter(|n| !known.contains(n)).map(ToOwned::to_owned).collect();
        for name in unknown {
            let (nearness, nearest) = known
                .iter()
                .map(|k| (strsim::jaro_winkler(&name.to_lowercase(), k), *k))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .unwrap_or_default();
            let remedy = if nearness >= NEAR {
                format!("unknown field, did you mean {nearest}?")
            } else {
                format!("unknown field, expected one of {}; anything else may stand in metadata", known.join(", "))
            };
            self.fault(&shown(&name), &remedy);
        }
    }

    /// A field's value; `None` where it is missing or null.
    pub(super) fn take(&self, name: &str) -> Option<&'a RawValue> {
        self.fields.get(name)
    }

    /// A value that was read, or its fault under the field's name.
    pub(super) fn check<T>(&mut self, name: &str, read: Result<T, String>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(problem) => {
                self.fault(name, &problem);
                None
            }
        }
    }

    /// A field that is one line of text.
    pub(super) fn line(&mut self, name: &str, max: usize) -> Option<String> {
        let raw = self.take(name)?;
        self.check(name, line(raw, max)).flatten()
    }
}

/// One line of text without control characters; `None` where it is blank.
pub(super) fn line(raw: &RawValue, max: usize) -> Result<Option<String>, String> {
    let text: String = serde_json::from_str(raw.get()).map_err(|_| "expected a text".to_owned())?;
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("expected one line without control characters".into());
    }
    if text.chars().count() > max {
        return Err(format!("expected at most {max} characters"));
    }
    Ok(Some(text.to_owned()).filter(|t| !t.is_empty()))
}

/// A name that the sender chose, as an error may repeat it.
pub(super) fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect()
}
