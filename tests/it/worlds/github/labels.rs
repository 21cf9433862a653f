//! Labels.

use axum::routing::MethodFilter;
use serde_json::Value;

use super::issues::{found, names, tracker};
use super::provider::{invalid, problem};
use super::state::State;
use super::{Call, events, paging, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes below a repository.
pub const IN_REPO: &[Line<State>] = &[
    (MethodFilter::POST, "/issues/{number}/labels", Call::AddLabels, |world, ask| {
        let added = asked(ask);
        change(world, ask, |own| own.extend(added))
    }),
    (MethodFilter::PUT, "/issues/{number}/labels", Call::SetLabels, |world, ask| {
        let set = asked(ask);
        change(world, ask, |own| *own = set)
    }),
    (MethodFilter::DELETE, "/issues/{number}/labels/{name}", Call::RemoveLabel, |world, ask| {
        let name = ask.param("name");
        if !found(world, ask)?.1.labels.iter().any(|own| own == name) {
            return Err(problem(404, "Label does not exist"));
        }
        change(world, ask, |own| own.retain(|l| l != name))
    }),
    (MethodFilter::GET, "/labels", Call::ListLabels, list),
    (MethodFilter::POST, "/labels", Call::CreateLabel, create),
];

/// `{"labels": [...]}`, or the list alone.
fn asked(ask: &Ask) -> Vec<String> {
    let body = ask.json();
    names(if body.is_array() { body } else { &body["labels"] })
}

fn change(world: &mut State, ask: &Ask, with: impl FnOnce(&mut Vec<String>)) -> Outcome {
    let now = world.clock.now();
    let (repo, issue) = found(world, ask)?;
    let before = issue.clone();
    with(&mut issue.labels);
    let mut seen = std::collections::BTreeSet::new();
    issue.labels.retain(|label| seen.insert(label.clone()));
    issue.updated_at = now;
    let after = issue.clone();
    world.repos.get_mut(&repo).unwrap().know_labels(&after.labels);
    events::issue_changed(world, repo, &before, &after);
    let labels = after.labels.iter().map(|name| shapes::label(world, repo, name)).collect();
    Ok(Answer::json(200, Value::Array(labels)))
}

fn list(world: &mut State, ask: &Ask) -> Outcome {
    let repo = tracker(world, ask)?;
    let names = world.repos[&repo].labels.clone();
    let (page, links) = paging::page(world, ask, &format!("/repositories/{repo}/labels"), names);
    let page = page.iter().map(|name| shapes::label(world, repo, name)).collect();
    Ok(links.onto(Answer::json(200, Value::Array(page))))
}

fn create(world: &mut State, ask: &Ask) -> Outcome {
    let repo = tracker(world, ask)?;
    let Some(name) = ask.text("name").filter(|name| !name.is_empty() && name.chars().count() <= 50) else {
        return Err(invalid("Label", "name", "invalid"));
    };
    let home = world.repos.get_mut(&repo).unwrap();
    if home.labels.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Err(invalid("Label", "name", "already_exists"));
    }
    home.labels.push(name.to_owned());
    Ok(Answer::json(201, shapes::label(world, repo, name)))
}
