//! Issues: made, edited, listed, searched.

use axum::routing::MethodFilter;
use hearback::time::UnixMs;
use serde_json::{Value, json};

use super::provider::{invalid, not_found, problem, unprocessable};
use super::state::{Fate, Issue, Repo, State};
use super::{Call, events, paging, repos, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// The most characters of an issue's or comment's text.
pub const BODY_CHARS_MAX: usize = 65_536;
/// The most characters of a title.
const TITLE_CHARS_MAX: usize = 256;

/// Routes below a repository.
pub const IN_REPO: &[Line<State>] = &[
    (MethodFilter::GET, "/issues", Call::ListIssues, list),
    (MethodFilter::POST, "/issues", Call::CreateIssue, create),
    (MethodFilter::GET, "/issues/{number}", Call::GetIssue, get),
    (MethodFilter::PATCH, "/issues/{number}", Call::EditIssue, edit),
];

/// Routes outside of repositories.
pub const ROUTES: &[Line<State>] = &[(MethodFilter::GET, "/search/issues", Call::SearchIssues, search)];

/// The repository with issues enabled.
pub fn tracker(world: &State, ask: &Ask) -> Result<u64, Answer> {
    let repo = repos::find(world, ask)?;
    if world.repos[&repo].has_issues { Ok(repo) } else { Err(problem(410, "Issues are disabled for this repo")) }
}

/// The issue that the request names, where it can be seen already.
pub fn found<'w>(world: &'w mut State, ask: &Ask) -> Result<(u64, &'w mut Issue), Answer> {
    let repo = tracker(world, ask)?;
    let number = ask.number("number");
    let lags = world.repos[&repo].issues.get(&number).is_some_and(|i| world.lags(i.created_at, world.read_lag_ms));
    if lags {
        return Err(not_found());
    }
    let base = world.base.clone();
    let issue = world.repos.get_mut(&repo).unwrap().issue(&base, number)?;
    Ok((repo, issue))
}

/// What a body says of an issue's fields; 422 where it cannot be.
fn check(world: &State, ask: &Ask) -> Result<(), Answer> {
    let long = |field: &str, max: usize| {
        unprocessable(&json!({
            "resource": "Issue", "code": "custom", "field": field,
            "message": format!("{field} is too long (maximum is {max} characters)"),
        }))
    };
    match &ask.json()["title"] {
        Value::String(title) if title.trim().is_empty() => return Err(invalid("Issue", "title", "missing_field")),
        Value::String(title) if title.chars().count() > TITLE_CHARS_MAX => {
            return Err(long("title", TITLE_CHARS_MAX));
        }
        Value::Null | Value::String(_) => {}
        _ => return Err(invalid("Issue", "title", "invalid")),
    }
    if ask.text("body").is_some_and(|body| body.chars().count() > BODY_CHARS_MAX) {
        return Err(long("body", BODY_CHARS_MAX));
    }
    for login in names(&ask.json()["assignees"]) {
        if world.people.get(&login).is_none_or(|p| p.role.is_none()) {
            return Err(unprocessable(
                &json!({"value": login, "resource": "Issue", "field": "assignees", "code": "invalid"}),
            ));
        }
    }
    Ok(())
}

/// Strings, or objects with a name.
pub fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|v| v.as_str().or_else(|| v["name"].as_str()).map(ToOwned::to_owned)).collect()
}

fn create(world: &mut State, ask: &Ask) -> Outcome {
    let repo = tracker(world, ask)?;
    if ask.text("title").is_none() {
        return Err(invalid("Issue", "title", "missing_field"));
    }
    check(world, ask)?;
    let author = world.actor.clone();
    let number = add(world, repo, &author, ask.text("title").unwrap_or(""), ask.text("body").unwrap_or(""));
    let home = world.repos.get_mut(&repo).unwrap();
    let labels = names(&ask.json()["labels"]);
    home.know_labels(&labels);
    let issue = home.issues.get_mut(&number).unwrap();
    issue.labels = labels;
    issue.assignees = names(&ask.json()["assignees"]);
    events::issue(world, repo, number, "opened", None);
    let shape = shapes::issue(world, repo, &world.repos[&repo].issues[&number]);
    let location = shape["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::json(201, shape).with("location", location))
}

/// A new issue; its number.
pub fn add(world: &mut State, repo: u64, author: &str, title: &str, body: &str) -> u64 {
    let (id, at) = (world.next_id(), world.clock.now());
    let repo = world.repos.get_mut(&repo).unwrap();
    let number = repo.issues.keys().next_back().map_or(1, |last| last + 1);
    let issue = Issue {
        id,
        number,
        title: title.into(),
        body: body.into(),
        revisions: Vec::new(),
        open: true,
        state_reason: None,
        labels: Vec::new(),
        assignees: Vec::new(),
        author: author.into(),
        locked: false,
        pull_request: false,
        comments: Vec::new(),
        reactions: Vec::new(),
        fate: Fate::Here,
        created_at: at,
        updated_at: at,
        closed_at: None,
    };
    repo.issues.insert(number, issue);
    number
}

fn get(world: &mut State, ask: &Ask) -> Outcome {
    let (repo, issue) = found(world, ask)?;
    let issue = issue.clone();
    Ok(Answer::json(200, shapes::issue(world, repo, &issue)))
}

fn edit(world: &mut State, ask: &Ask) -> Outcome {
    check(world, ask)?;
    let now = world.clock.now();
    let (repo, issue) = found(world, ask)?;
    let number = issue.number;
    let before = issue.clone();
    issue.rewrite(ask.text("title"), ask.text("body"));
    match ask.text("state") {
        Some("closed") => issue.close(ask.text("state_reason").unwrap_or("completed"), now),
        Some("open") => issue.reopen(),
        Some(_) => return Err(invalid("Issue", "state", "invalid")),
        None => {}
    }
    if ask.json()["assignees"].is_array() {
        issue.assignees = names(&ask.json()["assignees"]);
    }
    issue.updated_at = now;
    if ask.json()["labels"].is_array() {
        issue.labels = names(&ask.json()["labels"]);
        let labels = issue.labels.clone();
        world.repos.get_mut(&repo).unwrap().know_labels(&labels);
    }
    let after = world.repos[&repo].issues[&number].clone();
    events::issue_changed(world, repo, &before, &after);
    Ok(Answer::json(200, shapes::issue(world, repo, &after)))
}

impl Issue {
    /// New words; the old ones stay in its history.
    pub fn rewrite(&mut self, title: Option<&str>, body: Option<&str>) {
        for (field, new) in [(&mut self.title, title), (&mut self.body, body)] {
            if let Some(new) = new.filter(|new| *new != field.as_str()) {
                self.revisions.push(std::mem::replace(field, new.to_owned()));
            }
        }
    }

    /// Closed for `reason`.
    pub fn close(&mut self, reason: &str, now: UnixMs) {
        self.open = false;
        self.state_reason = Some(reason.into());
        self.closed_at.get_or_insert(now);
        self.updated_at = now;
    }

    /// Open again.
    pub fn reopen(&mut self) {
        if !self.open {
            self.open = true;
            self.state_reason = Some("reopened".into());
            self.closed_at = None;
        }
    }
}

impl Repo {
    /// Labels that an issue is given come into being.
    pub fn know_labels(&mut self, names: &[String]) {
        for name in names {
            if !self.labels.contains(name) {
                self.labels.push(name.clone());
            }
        }
    }
}

fn list(world: &mut State, ask: &Ask) -> Outcome {
    let repo = tracker(world, ask)?;
    if world.lists_of_all_fail && ask.query("creator").is_none() {
        return Err(problem(502, "Server Error"));
    }
    let state = ask.query("state").unwrap_or("open");
    let since = ask.query("since").and_then(UnixMs::parse_rfc3339);
    let labels: Vec<&str> = ask.query("labels").unwrap_or("").split(',').filter(|l| !l.is_empty()).collect();
    let seen = world.repos[&repo].issues.values().filter(|issue| {
        issue.fate == Fate::Here
            && !world.lags(issue.created_at, world.list_lag_ms)
            && (state == "all" || (state == "open") == issue.open)
            && since.is_none_or(|since| issue.updated_at >= since)
            && ask.query("creator").is_none_or(|login| issue.author.eq_ignore_ascii_case(login))
            && labels.iter().all(|label| issue.labels.iter().any(|own| own.eq_ignore_ascii_case(label)))
    });
    let mut seen: Vec<Issue> = seen.cloned().collect();
    match ask.query("sort").unwrap_or("created") {
        "updated" => seen.sort_by_key(|i| (i.updated_at, i.number)),
        "comments" => seen.sort_by_key(|i| (i.comments.len(), i.number)),
        _ => seen.sort_by_key(|i| (i.created_at, i.number)),
    }
    if ask.query("direction") != Some("asc") {
        seen.reverse();
    }
    let (page, links) = paging::page(world, ask, &format!("/repositories/{repo}/issues"), seen);
    let page: Vec<Value> = page.iter().map(|issue| shapes::issue(world, repo, issue)).collect();
    Ok(links.onto(Answer::json(200, Value::Array(page))))
}

/// Search by plain words and `repo:`; HTML comments are not indexed, and the index lags.
fn search(world: &mut State, ask: &Ask) -> Outcome {
    let q = ask.query("q").unwrap_or_default();
    let (terms, words): (Vec<&str>, Vec<&str>) = q.split_whitespace().partition(|term| term.contains(':'));
    if !terms.iter().any(|t| ["is:issue", "is:pull-request", "type:issue"].contains(t)) {
        return Err(invalid("Search", "q", "invalid"));
    }
    let in_repo = terms.iter().find_map(|term| term.strip_prefix("repo:"));
    let lag = world.list_lag_ms.max(world.search_lag_ms);
    let mut hits = Vec::new();
    for repo in world.repos.values().filter(|r| !r.removed && in_repo.is_none_or(|name| name == r.full_name())) {
        for issue in repo.issues.values().filter(|i| i.fate == Fate::Here && !world.lags(i.created_at, lag)) {
            let text = format!("{} {}", issue.title, visible(&issue.body)).to_lowercase();
            if words.iter().all(|word| text.contains(&word.trim_matches('"').to_lowercase())) {
                hits.push((repo.id, issue.clone()));
            }
        }
    }
    let total = hits.len();
    let (page, links) = paging::page(world, ask, "/search/issues", hits);
    let items: Vec<Value> = page.iter().map(|(repo, issue)| shapes::issue(world, *repo, issue)).collect();
    let body = json!({"total_count": total, "incomplete_results": false, "items": items});
    Ok(links.onto(Answer::json(200, body)))
}

fn visible(body: &str) -> String {
    let mut shown = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("<!--") {
        shown.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    shown + rest
}
