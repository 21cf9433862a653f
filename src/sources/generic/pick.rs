//! Takes single values out of a JSON document by their pointers (RFC 6901), in one pass and without keeping the rest:
//! a body may be megabytes of which ten words matter.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::sources::{BadBody, describe};

/// What stands at a place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// An object or an array.
    Other,
}

/// The values at `pointers`, in their order; `None` where there is nothing. A pointer that is `None` finds nothing.
pub(super) fn pick<const N: usize>(body: &[u8], pointers: [Option<&str>; N]) -> Result<[Option<Scalar>; N], BadBody> {
    let mut root = Place::default();
    for (slot, pointer) in pointers.iter().enumerate() {
        if let Some(pointer) = pointer {
            root.child(pointer).wanted.push(slot);
        }
    }
    let mut found = [const { None }; N];
    let mut reader = serde_json::Deserializer::from_slice(body);
    let seed = Seed { place: &root, found: &mut found };
    seed.deserialize(&mut reader).map_err(|e| BadBody::of("", describe(&e)))?;
    reader.end().map_err(|_| BadBody::of("", "not JSON: there is more after the end of the first value"))?;
    Ok(found)
}

/// A place in a document: who wants what stands there, and the places below.
#[derive(Default)]
struct Place {
    wanted: Vec<usize>,
    below: BTreeMap<String, Place>,
}

impl Place {
    fn child(&mut self, pointer: &str) -> &mut Self {
        pointer.split('/').skip(1).fold(self, |place, part| {
            // In this order, so that `~01` is `~1`.
            place.below.entry(part.replace("~1", "/").replace("~0", "~")).or_default()
        })
    }
}

struct Seed<'p, 'f> {
    place: &'p Place,
    found: &'f mut [Option<Scalar>],
}

impl Seed<'_, '_> {
    fn set(self, value: &Scalar) {
        for slot in &self.place.wanted {
            if let Some(found) = self.found.get_mut(*slot) {
                *found = Some(value.clone());
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.set(&Scalar::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.set(&Scalar::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.set(&Scalar::Number(value.into()));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.set(&Scalar::Number(value.into()));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.set(&Number::from_f64(value).map_or(Scalar::Other, Scalar::Number));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        if !self.place.wanted.is_empty() {
            self.set(&Scalar::Text(value.to_owned()));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match self.place.below.get(&name) {
                Some(place) => map.next_value_seed(Seed { place, found: &mut *self.found })?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        self.set(&Scalar::Other);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.place.below.is_empty() {
            while list.next_element::<IgnoredAny>()?.is_some() {}
        } else {
            let mut i = 0_usize;
            loop {
                let more = match self.place.below.get(&i.to_string()) {
                    Some(place) => list.next_element_seed(Seed { place, found: &mut *self.found })?.is_some(),
                    None => list.next_element::<IgnoredAny>()?.is_some(),
                };
                if !more {
                    break;
                }
                i += 1;
            }
        }
        self.set(&Scalar::Other);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_find_what_they_name() {
        let body = br#"{"a": {"b/c": [1, {"~": "x"}], "n": null}, "t": true, "a~b": 2.5, "": 7}"#;
        let text = |t: &str| Some(Scalar::Text(t.into()));
        for (pointer, found) in [
            ("/a/b~1c/1/~0", text("x")),
            ("/a/b~1c/0", Some(Scalar::Number(1.into()))),
            ("/a/b~1c/2", None),
            ("/a/b~1c/01", None),
            ("/a/n", Some(Scalar::Null)),
            ("/a", Some(Scalar::Other)),
            ("/t", Some(Scalar::Bool(true))),
            ("/t/x", None),
            ("/a~0b", Number::from_f64(2.5).map(Scalar::Number)),
            ("/", Some(Scalar::Number(7.into()))),
            ("/A", None),
        ] {
            assert_eq!(pick(body, [Some(pointer)]).unwrap(), [found], "{pointer}");
        }
        let [whole, none, part] = pick(body, [Some("/a"), None, Some("/a/n")]).unwrap();
        assert_eq!((whole, none, part), (Some(Scalar::Other), None, Some(Scalar::Null)));
    }

    #[test]
    fn what_is_no_json_is_told_by_its_place() {
        for body in ["", "{", "{\"a\": 1} 2", "[1,"] {
            let bad = pick(body.as_bytes(), [Some("/a")]).unwrap_err();
            assert!(bad.to_string().starts_with("not JSON"), "{bad}");
        }
    }
}
