//! What the App's hook hears of, in the shapes that GitHub sends.

use serde_json::{Value, json};

use super::repos::installation_stub;
use super::shapes;
use super::state::{BOT, Comment, Event, Issue, PERSONAL_LOGIN, Release, State};
use crate::worlds::post::guid;

/// Queues an event for the hook. The App's own writes are told only where the test asks for it.
pub fn queue(world: &mut State, repo: Option<u64>, name: &str, action: Option<&str>, mut payload: Value) {
    let own = [BOT, PERSONAL_LOGIN].contains(&world.actor.as_str());
    if world.hook.is_none() || (own && !world.tells_own_writes) {
        return;
    }
    if let Some(action) = action {
        payload["action"] = json!(action);
    }
    if let Some(repo) = repo {
        payload["repository"] = shapes::repo(world, repo);
        payload["organization"] = json!({"login": world.repos[&repo].owner, "id": 16, "description": ""});
    }
    payload["sender"] = shapes::user(world, &world.actor.clone());
    if payload["installation"].is_null() {
        payload["installation"] = installation_stub();
    }
    world.outgoing.push(Event {
        guid: guid(),
        name: name.into(),
        action: action.map(ToOwned::to_owned),
        payload: payload.to_string(),
        redelivery: false,
    });
}

/// `issues`.
pub fn issue(world: &mut State, repo: u64, number: u64, action: &str, changes: Option<Value>) {
    let shape = shapes::issue(world, repo, &world.repos[&repo].issues[&number]);
    let mut payload = json!({"issue": shape});
    if let Some(changes) = changes {
        payload["changes"] = changes;
    }
    queue(world, Some(repo), "issues", Some(action), payload);
}

/// What changed from `before` to `after`, an event for each.
pub fn issue_changed(world: &mut State, repo: u64, before: &Issue, after: &Issue) {
    let mut changes = json!({});
    if before.title != after.title {
        changes["title"] = json!({"from": before.title});
    }
    if before.body != after.body {
        changes["body"] = json!({"from": before.body});
    }
    if changes != json!({}) {
        issue(world, repo, after.number, "edited", Some(changes));
    }
    match (before.open, after.open) {
        (true, false) => issue(world, repo, after.number, "closed", None),
        (false, true) => issue(world, repo, after.number, "reopened", None),
        _ => {}
    }
    let differences = [(&after.labels, &before.labels, "labeled"), (&before.labels, &after.labels, "unlabeled")];
    for (has, had, action) in differences {
        for name in has.iter().filter(|name| !had.contains(name)) {
            let shape = shapes::issue(world, repo, after);
            let label = shapes::label(world, repo, name);
            queue(world, Some(repo), "issues", Some(action), json!({"issue": shape, "label": label}));
        }
    }
}

/// `issue_comment`.
pub fn comment(world: &mut State, repo: u64, number: u64, comment: &Comment, action: &str, from: Option<&str>) {
    let issue = shapes::issue(world, repo, &world.repos[&repo].issues[&number]);
    let comment = shapes::comment(world, repo, number, comment);
    let mut payload = json!({"issue": issue, "comment": comment});
    if let Some(from) = from {
        payload["changes"] = json!({"body": {"from": from}});
    }
    queue(world, Some(repo), "issue_comment", Some(action), payload);
}

/// `release`.
pub fn release(world: &mut State, repo: u64, release: &Release, action: &str) {
    let payload = json!({"release": shapes::release(world, repo, release)});
    queue(world, Some(repo), "release", Some(action), payload);
}

/// `deployment_status`.
pub fn deployment_status(world: &mut State, repo: u64, environment: &str, tag: &str, state: &str) {
    let (id, status) = (world.next_id(), world.next_id());
    let now = world.now().rfc3339();
    let creator = shapes::user(world, &world.actor.clone());
    let api = format!("{}/repos/{}/deployments/{id}", world.base, world.repos[&repo].full_name());
    let repository = format!("{}/repos/{}", world.base, world.repos[&repo].full_name());
    let payload = json!({
        "deployment_status": {
            "url": format!("{api}/statuses/{status}"),
            "id": status,
            "node_id": format!("DES_{status}"),
            "state": state,
            "creator": creator,
            "description": "",
            "environment": environment,
            "target_url": "",
            "environment_url": "https://shop.example",
            "log_url": "",
            "created_at": now,
            "updated_at": now,
            "deployment_url": api,
            "repository_url": repository,
            "performed_via_github_app": null,
        },
        "deployment": {
            "url": api,
            "id": id,
            "node_id": format!("DE_{id}"),
            "sha": "ee0a3fb31ac16e11b9dbb596ad16d4af654d08f8",
            "ref": tag,
            "task": "deploy",
            "payload": {},
            "original_environment": environment,
            "environment": environment,
            "description": null,
            "creator": creator,
            "created_at": now,
            "updated_at": now,
            "statuses_url": format!("{api}/statuses"),
            "repository_url": repository,
            "transient_environment": false,
            "production_environment": environment == "production",
            "performed_via_github_app": null,
        },
        "workflow": null,
        "workflow_run": null,
        "check_run": null,
    });
    queue(world, Some(repo), "deployment_status", Some("created"), payload);
}
