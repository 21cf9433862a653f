//! Whether tickets could be filed in a project, before any is.

use std::collections::BTreeMap;

use super::form;
use super::{Fields, named};
use crate::http::RemoteError;
use crate::jira::{CreateField, Jira};

/// What Jira or hearback fills in by itself, whatever the form says.
const FILLED: &[&str] = &["project", "issuetype", "summary", "description", "labels", "reporter"];

/// A line for people: who we are there and what we make; or all that is wrong, at once.
pub async fn check(jira: &Jira, fields: &Fields, target: &str) -> Result<String, RemoteError> {
    let us = jira.myself().await?;
    let who = us.display_name.as_deref().or(us.name.as_deref()).unwrap_or("an account without a name");
    let project = jira.project(target).await.map_err(|e| {
        named(e, &format!("the project {target} is not there, or {who} may not see it: check jira.project"))
    })?;
    let types = jira.issue_types(target).await?;
    let wanted = &fields.issue_type;
    let Some(issue_type) = types.iter().find(|t| t.name == *wanted) else {
        let names: Vec<&str> = types.iter().map(|t| t.name.as_str()).collect();
        let has = if names.is_empty() { "none that the account can make".into() } else { names.join(", ") };
        let problem = format!("{target} has no issue type {wanted}; it has {has}: set jira.issue_type");
        return Err(RemoteError::Refused { problem });
    };
    let form = jira.create_fields(target, &issue_type.id).await?;
    let problems = problems(fields, &form, target);
    if !problems.is_empty() {
        return Err(RemoteError::Refused { problem: problems.join("; ") });
    }
    Ok(format!("{who} on {}, files {wanted} in {} ({})", jira.flavour().name(), project.key, project.name))
}

fn problems(fields: &Fields, form: &[CreateField], target: &str) -> Vec<String> {
    let on_form = |id: &str| form.iter().any(|field| field.id() == id);
    let issue_type = &fields.issue_type;
    let asked = (!fields.priority.is_empty()).then_some("priority").into_iter();
    let asked = asked.chain((!fields.components.is_empty()).then_some("components"));
    let asked: Vec<&str> = asked.chain(fields.custom.keys().map(String::as_str)).collect();

    let needed = ["description", "labels"].into_iter().filter(|id| !on_form(id));
    let needed = needed.map(|id| format!("the form for a {issue_type} in {target} has no {id}: put the field on it"));
    let missing = asked.iter().filter(|id| !on_form(id));
    let missing = missing.map(|id| {
        let setting = form::setting(id);
        format!("the form for a {issue_type} in {target} has no {id}: put the field on it, or take it out of {setting}")
    });
    let given = |field: &&CreateField| FILLED.contains(&field.id()) || asked.contains(&field.id());
    let unmet = form.iter().filter(|field| field.required && !field.has_default_value && !given(field));
    let unmet = unmet.map(|field| {
        let (id, setting) = (field.id(), form::setting(field.id()));
        format!("a {issue_type} in {target} needs {} ({id}): add it under {setting}", field.name)
    });
    let choices: BTreeMap<&str, Vec<&str>> =
        form.iter().filter_map(|field| Some((field.id(), field.choices()?))).collect();
    needed.chain(missing).chain(unmet).chain(form::unknown_names(fields, &choices)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let field = |id: &str, required: bool, choices: &Value| json!({"fieldId": id, "key": id, "name": id.to_uppercase(), "required": required, "allowedValues": choices});
        let form: Vec<CreateField> = serde_json::from_value(json!([
            field("description", false, &Value::Null),
            field("priority", false, &json!([{"name": "High"}, {"name": "Low"}])),
            field("customfield_1", true, &Value::Null),
            {"key": "customfield_2", "required": true, "hasDefaultValue": true},
            field("reporter", true, &Value::Null),
        ]))
        .unwrap();
        let fields = Fields {
            issue_type: "Task".into(),
            priority: BTreeMap::from([("high".into(), "Urgent".into()), ("low".into(), "Low".into())]),
            components: vec!["Web".into()],
            ..Fields::default()
        };
        insta::assert_snapshot!(problems(&fields, &form, "SHOP").join("\n"), @"
        the form for a Task in SHOP has no labels: put the field on it
        the form for a Task in SHOP has no components: put the field on it, or take it out of jira.components
        a Task in SHOP needs CUSTOMFIELD_1 (customfield_1): add it under [jira.custom]
        [jira.priority] names Urgent, and Jira has High, Low
        ");
    }
}
