//! Issues: made, read, edited.

use std::collections::BTreeMap;

use axum::routing::MethodFilter;
use serde_json::{Map, Value, json};

use super::state::{Comment, Flavour, Issue, State};
use super::text::Text;
use super::{Call, meta, refuse, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes.
pub const ROUTES: &[Line<State>] = &[
    (MethodFilter::POST, "/issue", Call::CreateIssue, create),
    (MethodFilter::GET, "/issue/{key}", Call::GetIssue, get),
    (MethodFilter::PUT, "/issue/{key}", Call::EditIssue, edit),
];

const OFF_SCREEN: &str = "cannot be set. It is not on the appropriate screen, or unknown.";
const KNOWN: &[&str] = &[
    "project",
    "issuetype",
    "summary",
    "description",
    "labels",
    "priority",
    "components",
    "fixVersions",
    "assignee",
    "reporter",
    "parent",
    "duedate",
    "environment",
    "resolution",
];

/// Every refused field at once, as Jira lists them.
fn check(world: &State, fields: &Map<String, Value>, new: bool) -> Result<(), Answer> {
    let mut errors = Map::new();
    for name in fields.keys() {
        let known = KNOWN.contains(&name.as_str()) || world.required_fields.contains(name);
        if !known || world.refused_fields.contains(name) {
            errors.insert(name.clone(), json!(format!("Field '{name}' {OFF_SCREEN}")));
        }
    }
    let summary = fields.get("summary").map(|s| s.as_str().unwrap_or_default());
    let said = match summary {
        None if new => "You must specify a summary of the issue.",
        Some(text) if text.trim().is_empty() => "You must specify a summary of the issue.",
        Some(text) if text.contains(['\n', '\r']) => "The summary is invalid because it contains newline characters.",
        Some(text) if text.chars().count() > 255 => "Summary can't exceed 255 characters.",
        _ => "",
    };
    if !said.is_empty() {
        errors.insert("summary".into(), json!(said));
    }
    for name in world.required_fields.iter().filter(|name| new && fields.get(*name).is_none_or(Value::is_null)) {
        errors.insert(name.clone(), json!(format!("{name} is required.")));
    }
    let priority = fields.get("priority").filter(|p| !p.is_null());
    let known = ["Highest", "High", "Medium", "Low", "Lowest"];
    if priority.is_some_and(|p| p["name"].as_str().is_some_and(|name| !known.contains(&name))) {
        errors.insert("priority".into(), json!("Specify the Priority (name) in string format"));
    }
    for label in labels(fields.get("labels")) {
        if label.contains(char::is_whitespace) {
            errors.insert("labels".into(), json!(format!("The label '{label}' contains spaces which is invalid.")));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Answer::json(400, json!({"errorMessages": [], "errors": errors}))) }
}

fn labels(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(|l| l.as_str().map(ToOwned::to_owned)).collect()
}

fn create(world: &mut State, ask: &Ask) -> Outcome {
    let fields = ask.json()["fields"].as_object().cloned().unwrap_or_default();
    let named = &fields.get("project").cloned().unwrap_or_default();
    let named = named["key"].as_str().or(named["id"].as_str()).unwrap_or_default();
    let Some(project) = meta::find(world, named) else {
        return Err(refuse("project", "valid project is required"));
    };
    let asked = &fields.get("issuetype").cloned().unwrap_or_default();
    let fits = |name: &&String| asked["name"] == name.as_str() || asked["id"] == meta::type_id(name);
    let Some(issue_type) = project.issue_types.iter().find(fits).cloned() else {
        return Err(refuse("issuetype", "Specify a valid issue type"));
    };
    let project = project.key.clone();
    check(world, &fields, true)?;
    let adf = world.adf(ask);
    let description = fields.get("description").filter(|d| !d.is_null());
    let description = description.map(|d| Text::read("description", d, adf)).transpose()?;
    let mut properties = BTreeMap::new();
    // Data Center takes no properties with the issue: a client has to set them afterwards.
    if world.flavour == Flavour::Cloud {
        for property in ask.json()["properties"].as_array().into_iter().flatten() {
            properties.insert(property["key"].as_str().unwrap_or_default().to_owned(), property["value"].clone());
        }
    }
    let id = add(world, world.actor, &project, fields["summary"].as_str().unwrap_or_default());
    let issue = world.issues.get_mut(&id).unwrap();
    issue.kind = issue_type;
    issue.description = description;
    issue.labels = labels(fields.get("labels"));
    issue.properties = properties;
    let own = ["project", "issuetype", "summary", "description", "labels"];
    issue.fields = fields.into_iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
    let key = issue.key.clone();
    let version = if adf { 3 } else { 2 };
    let at = format!("{}/rest/api/{version}/issue/{id}", world.base);
    Ok(Answer::json(201, json!({"id": id.to_string(), "key": key, "self": at})))
}

/// A new issue; its id.
pub fn add(world: &mut State, creator: &'static str, project: &str, summary: &str) -> u64 {
    let (id, now) = (world.next_id(), world.clock.now());
    let issue = Issue {
        id,
        key: next_key(world, project),
        old_keys: Vec::new(),
        project: project.into(),
        kind: "Task".into(),
        summary: summary.into(),
        description: None,
        revisions: Vec::new(),
        labels: Vec::new(),
        status: ("To Do".into(), "new"),
        fields: Map::new(),
        properties: BTreeMap::new(),
        comments: Vec::new(),
        remote_links: BTreeMap::new(),
        creator,
        created_at: now,
        updated_at: now,
    };
    world.issues.insert(id, issue);
    id
}

/// The project's next key.
pub fn next_key(world: &mut State, project: &str) -> String {
    let project = world.projects.get_mut(project).expect("the project");
    project.last_number += 1;
    format!("{}-{}", project.key, project.last_number)
}

fn get(world: &mut State, ask: &Ask) -> Outcome {
    let id = world.issue_id(ask.param("key"))?;
    let wanted: Option<Vec<&str>> = ask.query("fields").map(|fields| fields.split(',').collect());
    let issue = &world.issues[&id];
    let mut shape = shapes::issue(world, issue, wanted.as_deref(), world.adf(ask));
    if let Some(names) = ask.query("properties") {
        shape["properties"] = properties(issue, &names.split(',').collect::<Vec<_>>());
    }
    Ok(Answer::json(200, shape))
}

/// The named properties that the issue has.
pub fn properties(issue: &Issue, names: &[&str]) -> Value {
    let all = names.contains(&"*all");
    let asked = issue.properties.iter().filter(|(key, _)| all || names.contains(&key.as_str()));
    Value::Object(asked.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn edit(world: &mut State, ask: &Ask) -> Outcome {
    let id = world.issue_id(ask.param("key"))?;
    let fields = ask.json()["fields"].as_object().cloned().unwrap_or_default();
    let update = ask.json()["update"].as_object().cloned().unwrap_or_default();
    if let Some(twice) = fields.keys().find(|name| update.contains_key(*name)) {
        return Err(refuse(twice, "Field is specified both in 'fields' and 'update'."));
    }
    check(world, &fields, false)?;
    let (adf, now, actor) = (world.adf(ask), world.clock.now(), world.actor);
    let mut after = world.issues[&id].clone();
    for (name, value) in fields {
        set(&mut after, &name, value, adf)?;
    }
    for (name, operations) in update {
        for operation in operations.as_array().into_iter().flatten() {
            operate(world, &mut after, &name, operation, (adf, actor))?;
        }
    }
    after.updated_at = now;
    world.issues.insert(id, after);
    if ask.query("returnIssue") == Some("true") {
        return Ok(Answer::json(200, shapes::issue(world, &world.issues[&id], None, adf)));
    }
    Ok(Answer::empty(204))
}

fn set(issue: &mut Issue, name: &str, value: Value, adf: bool) -> Result<(), Answer> {
    match name {
        "summary" => value.as_str().unwrap_or_default().clone_into(&mut issue.summary),
        "labels" => issue.labels = labels(Some(&value)),
        "description" => {
            let new = if value.is_null() { None } else { Some(Text::read("description", &value, adf)?) };
            issue.describe(new);
        }
        _ => {
            issue.fields.insert(name.into(), value);
        }
    }
    Ok(())
}

fn operate(
    world: &mut State,
    issue: &mut Issue,
    name: &str,
    operation: &Value,
    (adf, actor): (bool, &'static str),
) -> Result<(), Answer> {
    let verb = operation.as_object().and_then(|o| o.iter().next());
    match (name, verb.map(|(verb, value)| (verb.as_str(), value))) {
        (_, Some(("set", value))) => set(issue, name, value.clone(), adf)?,
        ("labels", Some(("add", label))) => {
            let label = label.as_str().unwrap_or_default().to_owned();
            if label.contains(char::is_whitespace) {
                let said = format!("The label '{label}' contains spaces which is invalid.");
                return Err(refuse("labels", &said));
            }
            if !issue.labels.contains(&label) {
                issue.labels.push(label);
            }
        }
        ("labels", Some(("remove", label))) => issue.labels.retain(|own| label != own.as_str()),
        ("comment", Some(("add", comment))) => {
            let (id, now) = (world.next_id(), world.clock.now());
            let body = Text::read("comment", &comment["body"], adf)?;
            let properties = Value::Null;
            let comment =
                Comment { id, body, author: actor, properties, read: false, created_at: now, updated_at: now };
            issue.comments.push(comment);
        }
        _ => return Err(refuse(name, &format!("Field '{name}' {OFF_SCREEN}"))),
    }
    Ok(())
}

impl Issue {
    /// A new description; the old one stays in the history.
    pub fn describe(&mut self, new: Option<Text>) {
        if self.description != new {
            self.revisions.extend(std::mem::replace(&mut self.description, new));
        }
    }
}
