//! The form that makes an issue: what is filled in, and what is left out where Jira refuses it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Fields, section};
use crate::http::RemoteError;
use crate::jira::{FieldErrors, Flavour};
use crate::render::markers::Marker;
use crate::trackers::Draft;

/// Longest summary, characters.
const SUMMARY_MAX: usize = 255;
/// Longest label, characters.
const LABEL_MAX: usize = 255;
/// Without these an issue is none, or could not be found again: they are never left out.
const NEEDED: &[&str] = &["project", "issuetype", "summary", "description", "labels"];

/// The fields of a new issue.
pub fn filled(flavour: Flavour, target: &str, fields: &Fields, draft: &Draft<'_>) -> Map<String, Value> {
    let mut form: Map<String, Value> = fields.custom.clone();
    if let Some(name) = fields.priority.get(draft.severity.as_str()) {
        form.insert("priority".into(), json!({"name": name}));
    }
    if !fields.components.is_empty() {
        let components: Vec<Value> = fields.components.iter().map(|name| json!({"name": name})).collect();
        form.insert("components".into(), components.into());
    }
    form.insert("project".into(), json!({"key": target}));
    form.insert("issuetype".into(), json!({"name": fields.issue_type}));
    form.insert("summary".into(), summary(draft.title).into());
    form.insert("description".into(), section::whole(flavour, draft.marker, draft.body));
    form.insert("labels".into(), labels(fields, draft).into());
    form
}

/// The label by which a marker's issue is found.
pub fn token_label(marker: &Marker) -> String {
    label(&marker.token())
}

/// What hearback's property says of an issue or a comment.
pub fn property(marker: &Marker) -> Value {
    json!({"v": 1, "marker": marker.mac, "rollout": marker.rollout, "subject": marker.subject})
}

fn summary(title: &str) -> String {
    let line = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SUMMARY_MAX {
        return line;
    }
    format!("{}…", line.chars().take(SUMMARY_MAX - 1).collect::<String>().trim_end())
}

fn labels(fields: &Fields, draft: &Draft<'_>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    let all = fields.labels.iter().chain(draft.labels).map(|name| label(name));
    for name in all.chain([token_label(draft.marker)]) {
        if !name.is_empty() && !labels.contains(&name) {
            labels.push(name);
        }
    }
    labels
}

/// A label without spaces, which Jira does not take.
fn label(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("-").chars().take(LABEL_MAX).collect()
}

/// Takes what Jira refused out of the form. Gives a note for each field, or the refusal where the form is none without
/// it, or Jira asks for something that we do not know.
pub fn without_refused(
    form: &mut Map<String, Value>,
    refused: &FieldErrors,
    target: &str,
    issue_type: &str,
) -> Result<Vec<String>, RemoteError> {
    let fatal: Vec<String> = refused
        .errors
        .iter()
        .filter(|(field, said)| !may_be_left_out(form, field, said))
        .map(|(field, said)| fatal(form, field, said, target, issue_type))
        .collect();
    if !fatal.is_empty() || refused.errors.is_empty() {
        let problem = if fatal.is_empty() { format!("Jira says {}", refused.words()) } else { fatal.join("; ") };
        return Err(RemoteError::Refused { problem });
    }
    let left_out = |(field, said): (&String, &String)| {
        form.remove(field);
        let setting = setting(field);
        let remedy = if not_on_screen(said) {
            format!("put the field on the form for a {issue_type} in {target}, or take it out of {setting}")
        } else {
            format!("correct {setting} to what {target} knows")
        };
        format!("left out {field}, because Jira says “{said}”: {remedy}")
    };
    Ok(refused.errors.iter().map(left_out).collect())
}

fn may_be_left_out(form: &Map<String, Value>, field: &str, said: &str) -> bool {
    form.contains_key(field) && !NEEDED.contains(&field) && !is_required(said)
}

fn is_required(said: &str) -> bool {
    said.to_lowercase().contains("is required")
}

fn not_on_screen(said: &str) -> bool {
    said.contains("cannot be set")
}

fn fatal(form: &Map<String, Value>, field: &str, said: &str, target: &str, issue_type: &str) -> String {
    match field {
        "labels" if not_on_screen(said) => format!(
            "the form for a {issue_type} in {target} has no labels, and by its label hearback finds an issue again: put \
             the field on that form"
        ),
        "description" if not_on_screen(said) => {
            format!("the form for a {issue_type} in {target} has no description: put the field on that form")
        }
        "project" => format!("Jira says “{said}” of the project {target}: set jira.project to a project's key"),
        "issuetype" => {
            format!("Jira says “{said}” of {issue_type}: set jira.issue_type to a type that {target} has")
        }
        _ if !NEEDED.contains(&field) && (is_required(said) || !form.contains_key(field)) => format!(
            "a {issue_type} in {target} needs {field} (Jira says “{said}”): add it under {}, or make it optional there",
            setting(field)
        ),
        _ => format!("Jira says “{said}” of {field}"),
    }
}

/// Where a field is set.
pub fn setting(field: &str) -> &'static str {
    match field {
        "priority" => "[jira.priority]",
        "components" => "jira.components",
        "labels" => "jira.labels",
        _ => "[jira.custom]",
    }
}

/// What is wrong with the names in the settings, by the form's own choices.
pub fn unknown_names(fields: &Fields, choices: &BTreeMap<&str, Vec<&str>>) -> Vec<String> {
    let unknown = |field: &str, name: &str| {
        let known = choices.get(field)?;
        let has = known.contains(&name);
        (!has).then(|| format!("{} names {name}, and Jira has {}", setting(field), known.join(", ")))
    };
    let priorities = fields.priority.values().filter_map(|name| unknown("priority", name));
    priorities.chain(fields.components.iter().filter_map(|name| unknown("components", name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(errors: &[(&str, &str)]) -> FieldErrors {
        let errors = errors.iter().map(|(field, said)| ((*field).to_owned(), (*said).to_owned())).collect();
        FieldErrors { errors, error_messages: vec![] }
    }

    const OFF: &str = "Field 'x' cannot be set. It is not on the appropriate screen, or unknown.";

    #[test]
    fn optional_fields_are_left_out_and_told() {
        for (errors, left) in [
            (&[("priority", OFF)][..], &["components", "customfield_1", "summary"][..]),
            (&[("priority", "The priority selected is invalid."), ("components", OFF)], &["customfield_1", "summary"]),
            (&[("customfield_1", OFF)], &["components", "priority", "summary"]),
        ] {
            let mut form = json!({"summary": "x", "priority": 1, "components": 1, "customfield_1": 1});
            let form = form.as_object_mut().unwrap();
            let notes = without_refused(form, &refuse(errors), "SHOP", "Task").unwrap();
            assert_eq!(form.keys().collect::<Vec<_>>(), left);
            for ((field, said), note) in refuse(errors).errors.iter().zip(&notes) {
                assert!(note.contains(field) && note.contains(said) && note.contains(setting(field)), "{note}");
            }
        }
    }

    #[test]
    fn a_documented_refusal_is_read() {
        let text = include_str!("../../../tests/it/fixtures/jira/error.400.response.json");
        let refused: FieldErrors = serde_json::from_str(text).unwrap();
        let mut form = json!({"priority": 1}).as_object().cloned().unwrap();
        insta::assert_snapshot!(without_refused(&mut form, &refused, "SHOP", "Task").unwrap().join("\n"), @"left out priority, because Jira says “Field 'priority' cannot be set. It is not on the appropriate screen, or unknown.”: put the field on the form for a Task in SHOP, or take it out of [jira.priority]");
        assert!(form.is_empty());
    }

    #[test]
    fn what_cannot_be_left_out_is_refused_with_its_remedy() {
        for (field, said, words) in [
            (
                "customfield_2",
                "Team is required.",
                "needs customfield_2 (Jira says “Team is required.”): add it under [jira.custom]",
            ),
            ("customfield_1", "Team is required.", "needs customfield_1"),
            ("labels", OFF, "by its label hearback finds an issue again"),
            ("description", OFF, "put the field on that form"),
            ("issuetype", "Specify a valid issue type", "set jira.issue_type to a type that SHOP has"),
            ("project", "valid project is required", "set jira.project"),
            ("summary", "too odd", "Jira says “too odd” of summary"),
        ] {
            let mut form = json!({"labels": [], "summary": "x", "priority": 1, "customfield_1": 1, "issuetype": 1});
            let form = form.as_object_mut().unwrap();
            let both = refuse(&[(field, said), ("priority", OFF)]);
            let got = without_refused(form, &both, "SHOP", "Task").unwrap_err().to_string();
            assert!(got.contains(words) && form.contains_key("priority"), "{got}");
        }
    }

    #[test]
    fn a_summary_is_one_line_and_fits() {
        assert_eq!(summary("a\r\n b\tc"), "a b c");
        let long = summary(&"ä".repeat(300));
        assert_eq!((long.chars().count(), long.ends_with('…')), (255, true));
        assert_eq!(label("two words  here"), "two-words-here");
    }
}
