//! Search: Cloud's by token, Data Center's by offset. It lags behind what was written.

use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::comments::span;
use super::jql::Jql;
use super::state::{Flavour, Issue, State};
use super::{Call, issues, problem, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes.
pub const ROUTES: &[Line<State>] = &[
    (MethodFilter::GET, "/search/jql", Call::Search, by_token),
    (MethodFilter::POST, "/search/jql", Call::Search, by_token),
    (MethodFilter::GET, "/search", Call::Search, by_offset),
    (MethodFilter::POST, "/search", Call::Search, by_offset),
    (MethodFilter::POST, "/search/approximate-count", Call::Count, count),
];

fn text<'a>(ask: &'a Ask, name: &str) -> Option<&'a str> {
    ask.query(name).or_else(|| ask.text(name))
}

/// A list of names: `a,b` in a query, an array in a body.
fn list<'a>(ask: &'a Ask, name: &str) -> Option<Vec<&'a str>> {
    if let Some(given) = ask.query(name) {
        return Some(given.split(',').collect());
    }
    ask.json()[name].as_array().map(|given| given.iter().filter_map(Value::as_str).collect())
}

/// What fits. Issues named in `reconcileIssues` are seen even while search lags.
fn hits(world: &State, ask: &Ask) -> Result<Vec<Issue>, Answer> {
    let jql = Jql::parse(text(ask, "jql").unwrap_or_default()).map_err(|e| problem(400, &e))?;
    if world.flavour == Flavour::Cloud && !jql.bounded() {
        let said = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
        return Err(problem(400, said));
    }
    let reconciled = ask.json()["reconcileIssues"].as_array().cloned().unwrap_or_default();
    let mut hits = Vec::new();
    for issue in world.issues.values() {
        // The query is judged on each issue, hidden or not, so that an error does not depend on the lag.
        let fits = jql.fits(world, issue).map_err(|e| problem(400, &e))?;
        if fits && (!world.lags(issue) || reconciled.contains(&json!(issue.id))) {
            hits.push(issue.clone());
        }
    }
    if jql.descending() {
        hits.reverse();
    }
    Ok(hits)
}

fn by_token(world: &mut State, ask: &Ask) -> Outcome {
    if world.flavour == Flavour::DataCenter {
        return Err(Answer::empty(404));
    }
    let hits = hits(world, ask)?;
    let (_, size) = span(ask, 50, 100);
    let start = match text(ask, "nextPageToken") {
        None => 0,
        Some(token) => token
            .strip_prefix("tok-")
            .and_then(|n| n.parse().ok())
            .ok_or_else(|| problem(400, "The provided next page token is invalid."))?,
    };
    // Only ids, unless fields are named.
    let wanted = list(ask, "fields");
    let adf = world.adf(ask);
    let shape = |issue: &Issue| match &wanted {
        None => json!({"id": issue.id.to_string()}),
        Some(wanted) => shapes::issue(world, issue, Some(wanted), adf),
    };
    let with_properties = |issue: &Issue| {
        let mut shape = shape(issue);
        if let Some(names) = list(ask, "properties") {
            shape["properties"] = issues::properties(issue, &names);
        }
        shape
    };
    let page: Vec<Value> = hits.iter().skip(start).take(size).map(with_properties).collect();
    let last = start + size >= hits.len();
    let mut body = json!({"isLast": last, "issues": page});
    if !last {
        body["nextPageToken"] = json!(format!("tok-{}", start + size));
    }
    Ok(Answer::json(200, body))
}

fn by_offset(world: &mut State, ask: &Ask) -> Outcome {
    if world.flavour == Flavour::Cloud {
        let said = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.";
        return Err(problem(410, said));
    }
    let hits = hits(world, ask)?;
    let (start, size) = span(ask, 50, 1000);
    let wanted = list(ask, "fields");
    let page = hits.iter().skip(start).take(size);
    let page: Vec<Value> = page.map(|issue| shapes::issue(world, issue, wanted.as_deref(), false)).collect();
    Ok(Answer::json(200, json!({"startAt": start, "maxResults": size, "total": hits.len(), "issues": page})))
}

fn count(world: &mut State, ask: &Ask) -> Outcome {
    Ok(Answer::json(200, json!({"count": hits(world, ask)?.len()})))
}
