//! Entity properties, links to elsewhere, links between issues.

use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::state::State;
use super::{Call, problem, refuse};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes.
pub const ROUTES: &[Line<State>] = &[
    (MethodFilter::GET, "/issue/{key}/properties/{property}", Call::GetProperty, property),
    (MethodFilter::PUT, "/issue/{key}/properties/{property}", Call::SetProperty, set_property),
    (MethodFilter::GET, "/issue/{key}/remotelink", Call::ListRemoteLinks, remote_links),
    (MethodFilter::POST, "/issue/{key}/remotelink", Call::RemoteLink, remote_link),
    (MethodFilter::POST, "/issueLink", Call::LinkIssues, link_issues),
];

fn property(world: &mut State, ask: &Ask) -> Outcome {
    let name = ask.param("property");
    let value = world.issue(ask.param("key"))?.properties.get(name).cloned();
    let value = value.ok_or_else(|| problem(404, &format!("The property with key {name} does not exist.")))?;
    Ok(Answer::json(200, json!({"key": name, "value": value})))
}

fn set_property(world: &mut State, ask: &Ask) -> Outcome {
    let issue = world.issue(ask.param("key"))?;
    if ask.json().is_null() || ask.json().to_string().len() > 32_768 {
        return Err(problem(400, "The property value is not valid."));
    }
    let old = issue.properties.insert(ask.param("property").to_owned(), ask.json().clone());
    Ok(Answer::empty(if old.is_some() { 200 } else { 201 }))
}

fn remote_links(world: &mut State, ask: &Ask) -> Outcome {
    let links = world.issue(ask.param("key"))?.remote_links.values();
    match ask.query("globalId") {
        None => Ok(Answer::json(200, links.cloned().collect())),
        Some(global) => {
            let found = links.into_iter().find(|link| link["globalId"] == global).cloned();
            found.map(|link| Answer::json(200, link)).ok_or_else(|| problem(404, "The remote link was not found."))
        }
    }
}

/// One link a `globalId`: a second one with the same replaces it whole.
fn remote_link(world: &mut State, ask: &Ask) -> Outcome {
    for field in ["url", "title"] {
        if ask.json()["object"][field].as_str().is_none_or(str::is_empty) {
            return Err(refuse(field, &format!("'{field}' is required.")));
        }
    }
    let (new_id, base, key) = (world.next_id(), world.base.clone(), ask.param("key").to_owned());
    let links = &mut world.issue(&key)?.remote_links;
    let global = ask.text("globalId");
    let known = links.iter().find(|(_, link)| global.is_some_and(|g| link["globalId"] == g)).map(|(id, _)| *id);
    let id = known.unwrap_or(new_id);
    let at = format!("{base}/rest/api/2/issue/{key}/remotelink/{id}");
    let mut link: Value = ask.json().clone();
    link["id"] = json!(id);
    link["self"] = json!(at);
    links.insert(id, link);
    Ok(Answer::json(if known.is_some() { 200 } else { 201 }, json!({"id": id, "self": at})))
}

fn link_issues(world: &mut State, ask: &Ask) -> Outcome {
    let end = |side: &str| {
        let end = &ask.json()[side];
        world.issue_id(end["key"].as_str().or(end["id"].as_str()).unwrap_or_default())
    };
    let (inward, outward) = (end("inwardIssue")?, end("outwardIssue")?);
    let kind = ask.json()["type"]["name"].as_str().unwrap_or_default();
    if !["Relates", "Duplicate", "Blocks"].contains(&kind) {
        return Err(problem(404, &format!("No issue link type with name '{kind}' found.")));
    }
    let link = (kind.to_owned(), inward, outward);
    if !world.links.contains(&link) {
        world.links.push(link);
    }
    Ok(Answer::empty(201))
}
