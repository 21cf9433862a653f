//! Jira's documents.

use chrono::DateTime;
use hearback::time::UnixMs;
use serde_json::{Map, Value, json};

use super::state::{Comment, Flavour, Issue, State};
use super::{BOT, EMAIL};

/// `2026-10-09T10:10:00.000+0000`.
pub fn stamp(at: UnixMs) -> String {
    DateTime::from_timestamp_millis(at.0).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// An account: Cloud knows it by `accountId`, Data Center by `name`.
pub fn user(world: &State, login: &str) -> Value {
    let email = if login == BOT { EMAIL.to_owned() } else { format!("{login}@acme.test") };
    match world.flavour {
        Flavour::Cloud => json!({
            "self": format!("{}/rest/api/3/user?accountId=712020:{login}", world.base),
            "accountId": format!("712020:{login}"),
            "accountType": "atlassian",
            "emailAddress": email,
            "displayName": login,
            "active": true,
            "timeZone": "Etc/UTC",
        }),
        Flavour::DataCenter => json!({
            "self": format!("{}/rest/api/2/user?username={login}", world.base),
            "name": login,
            "key": format!("JIRAUSER{}", login.len()),
            "emailAddress": email,
            "displayName": login,
            "active": true,
            "timeZone": "Etc/UTC",
        }),
    }
}

/// A status.
pub fn status(name: &str, category: &str) -> Value {
    let (id, words, colour) = match category {
        "new" => (2, "To Do", "blue-gray"),
        "done" => (3, "Done", "green"),
        _ => (4, "In Progress", "yellow"),
    };
    json!({
        "name": name,
        "id": (10_000 + id).to_string(),
        "statusCategory": {"id": id, "key": category, "colorName": colour, "name": words},
    })
}

/// A comment.
pub fn comment(world: &State, issue: &Issue, comment: &Comment, adf: bool) -> Value {
    let author = user(world, comment.author);
    json!({
        "self": format!("{}/rest/api/2/issue/{}/comment/{}", world.base, issue.id, comment.id),
        "id": comment.id.to_string(),
        "author": author,
        "body": comment.body.shape(adf),
        "updateAuthor": author,
        "created": stamp(comment.created_at),
        "updated": stamp(comment.updated_at),
        "jsdPublic": true,
        "properties": comment.properties,
    })
}

/// An issue with the wanted fields (`None`: all of them).
pub fn issue(world: &State, issue: &Issue, wanted: Option<&[&str]>, adf: bool) -> Value {
    let version = if adf { 3 } else { 2 };
    let all = fields(world, issue, adf);
    let take = |name: &str| {
        wanted.is_none_or(|wanted| {
            let asked = |asked: &&str| *asked == name || ["*all", "*navigable"].contains(asked);
            wanted.iter().any(asked) && !wanted.contains(&format!("-{name}").as_str())
        })
    };
    let fields: Map<String, Value> = all.into_iter().filter(|(name, _)| take(name)).collect();
    json!({
        "expand": "renderedFields,names,schema,operations,editmeta,changelog",
        "id": issue.id.to_string(),
        "self": format!("{}/rest/api/{version}/issue/{}", world.base, issue.id),
        "key": issue.key,
        "fields": fields,
    })
}

fn fields(world: &State, issue: &Issue, adf: bool) -> Map<String, Value> {
    let project = &world.projects[&issue.project];
    let creator = user(world, issue.creator);
    let comments: Vec<Value> = issue.comments.iter().map(|c| comment(world, issue, c, adf)).collect();
    let links = world.links.iter().filter(|(_, inward, outward)| [*inward, *outward].contains(&issue.id));
    let links: Vec<Value> = links
        .map(|(kind, inward, outward)| {
            let (side, other) = if *inward == issue.id { ("outwardIssue", outward) } else { ("inwardIssue", inward) };
            let key = world.issues.get(other).map(|other| &other.key);
            json!({"type": {"name": kind}, side: {"id": other.to_string(), "key": key}})
        })
        .collect();
    let mut fields = json!({
        "summary": issue.summary,
        "description": issue.description.as_ref().map(|text| text.shape(adf)),
        "labels": issue.labels,
        "project": {"id": project.id.to_string(), "key": project.key, "name": project.key},
        "issuetype": {"id": super::meta::type_id(&issue.kind), "name": issue.kind, "subtask": false},
        "status": status(&issue.status.0, issue.status.1),
        "creator": creator,
        "reporter": creator,
        "created": stamp(issue.created_at),
        "updated": stamp(issue.updated_at),
        "comment": {"comments": comments, "total": issue.comments.len(), "startAt": 0, "maxResults": 5000},
        "issuelinks": links,
        "resolution": null,
        "priority": {"name": "Medium", "id": "3"},
        "assignee": null,
    });
    for (name, value) in &issue.fields {
        fields[name] = value.clone();
    }
    fields.as_object().cloned().unwrap_or_default()
}
