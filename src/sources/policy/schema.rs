//! The JSON Schema of a policy, for editors and checks: made from the table by which files are read.

use serde_json::{Map, Value, json};

use super::fields::{FIELDS, Field, Holds, ITEMS_MAX, PLAIN, SPAN, TEAM};

/// The schema, draft 2020-12.
pub fn schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hearback policy",
        "description": "What a repository's .github/hearback.yml may say. What it leaves out is as the service is configured.",
    });
    if let (Some(all), Value::Object(of)) = (schema.as_object_mut(), section(FIELDS)) {
        all.extend(of);
    }
    schema
}

fn section(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|f| (f.name.to_owned(), property(f))).collect();
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

fn property(field: &Field) -> Value {
    let mut of = match &field.holds {
        Holds::Version => json!({"type": "integer", "const": 1}),
        Holds::Word(words) => json!({"type": "string", "enum": words}),
        Holds::Words(words) => list(1, &json!({"type": "string", "enum": words})),
        Holds::Span => json!({"type": "string", "pattern": SPAN}),
        Holds::Whole { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Holds::Share => json!({"type": "number", "minimum": 0, "maximum": 1}),
        Holds::Texts(of) => {
            let pattern = if of.teams { TEAM } else { PLAIN };
            list(of.items_min, &json!({"type": "string", "maxLength": of.chars_max, "pattern": pattern}))
        }
        Holds::Section(fields) => section(fields),
    };
    of["description"] = json!(field.says);
    of
}

fn list(items_min: usize, items: &Value) -> Value {
    json!({"type": "array", "minItems": items_min, "maxItems": ITEMS_MAX, "uniqueItems": true, "items": items})
}
