//! Values out of an object that other programs fill: loose in what they may be, strict in how long.

use serde_json::{Map, Value};

use super::{PROPERTIES_DEPTH_MAX, PROPERTIES_MAX};
use crate::sources::BadBody;

/// The fields of an object.
pub(super) type Fields = Map<String, Value>;

/// A value as one line of text; numbers and truth values are taken as they read. `None` for null, blanks, and what is a
/// list or an object.
pub(super) fn plain(value: &Value, max: usize) -> Result<Option<String>, String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return Ok(None),
    };
    if text.chars().any(char::is_control) {
        return Err("expected one line without control characters".into());
    }
    if text.chars().count() > max {
        return Err(format!("expected at most {max} characters"));
    }
    Ok(Some(text).filter(|t| !t.is_empty()))
}

/// The first of the fields that holds something, as text. `at` stands before its name in an error.
pub(super) fn first(fields: &Fields, names: &[&str], at: &str, max: usize) -> Result<Option<String>, BadBody> {
    for name in names {
        let Some(value) = fields.get(*name) else { continue };
        if matches!(value, Value::Array(_) | Value::Object(_)) {
            return Err(BadBody { field: format!("{at}{name}"), problem: "expected a text".into() });
        }
        if let Some(text) = plain(value, max).map_err(|problem| BadBody { field: format!("{at}{name}"), problem })? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// The first of the fields that can be read as text; whatever else stands there is not meant for us.
pub(super) fn perhaps(fields: &Fields, names: &[&str], max: usize) -> Option<String> {
    names.iter().find_map(|name| plain(fields.get(*name)?, max).ok().flatten())
}

/// An object of this name, with bounds on what it holds; `None` where it is missing or null.
pub(super) fn object<'a>(fields: &'a Fields, name: &str) -> Result<Option<&'a Fields>, BadBody> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(inner)) => {
            bounded(inner).map_err(|problem| BadBody::of(name, problem))?;
            Ok(Some(inner))
        }
        Some(_) => Err(BadBody::of(name, "expected an object")),
    }
}

/// Whether an object holds no more than is taken.
pub(super) fn bounded(fields: &Fields) -> Result<(), String> {
    if fields.len() > PROPERTIES_MAX {
        return Err(format!("expected at most {PROPERTIES_MAX} fields"));
    }
    if fields.values().any(|v| !shallower(v, PROPERTIES_DEPTH_MAX)) {
        return Err(format!("expected values that are nested at most {PROPERTIES_DEPTH_MAX} deep"));
    }
    Ok(())
}

/// Whether a value is nested less than `depth` deep.
fn shallower(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth > 0 && items.iter().all(|v| shallower(v, depth - 1)),
        Value::Object(fields) => depth > 0 && fields.values().all(|v| shallower(v, depth - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// A finite number, also where it is written as text.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
    .filter(|n: &f64| n.is_finite())
}
