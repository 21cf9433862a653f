//! Comments.

use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::state::{Comment, State};
use super::text::Text;
use super::{Call, problem, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes.
pub const ROUTES: &[Line<State>] = &[
    (MethodFilter::GET, "/issue/{key}/comment", Call::ListComments, list),
    (MethodFilter::POST, "/issue/{key}/comment", Call::CreateComment, create),
    (MethodFilter::GET, "/issue/{key}/comment/{id}", Call::GetComment, get),
    (MethodFilter::PUT, "/issue/{key}/comment/{id}", Call::EditComment, edit),
    (MethodFilter::DELETE, "/issue/{key}/comment/{id}", Call::DeleteComment, delete),
];

/// `startAt` and `maxResults`, from the query or the body.
pub fn span(ask: &Ask, default: usize, max: usize) -> (usize, usize) {
    let number = |name: &str| {
        let asked = ask.query(name).and_then(|v| v.parse().ok());
        asked.or_else(|| ask.json()[name].as_u64().and_then(|n| usize::try_from(n).ok()))
    };
    (number("startAt").unwrap_or(0), number("maxResults").unwrap_or(default).min(max))
}

fn list(world: &mut State, ask: &Ask) -> Outcome {
    let issue = world.issue(ask.param("key"))?.clone();
    let (start, size) = span(ask, 50, 100);
    let mut comments: Vec<&Comment> = issue.comments.iter().collect();
    if ask.query("orderBy") == Some("-created") {
        comments.reverse();
    }
    let adf = world.adf(ask);
    let page: Vec<Value> =
        comments.into_iter().skip(start).take(size).map(|c| shapes::comment(world, &issue, c, adf)).collect();
    let total = issue.comments.len();
    Ok(Answer::json(200, json!({"startAt": start, "maxResults": size, "total": total, "comments": page})))
}

fn body(world: &State, ask: &Ask) -> Result<Text, Answer> {
    let text = Text::read("comment", &ask.json()["body"], world.adf(ask))?;
    if text.plain().trim().is_empty() {
        return Err(super::refuse("comment", "Comment body can not be empty!"));
    }
    Ok(text)
}

fn create(world: &mut State, ask: &Ask) -> Outcome {
    let body = body(world, ask)?;
    let actor = world.actor;
    let id = world.issue_id(ask.param("key"))?;
    let mut comment = add(world, id, actor, body);
    comment.properties = ask.json()["properties"].clone();
    let issue = world.issues.get_mut(&id).unwrap();
    *issue.comments.last_mut().unwrap() = comment.clone();
    let issue = issue.clone();
    Ok(Answer::json(201, shapes::comment(world, &issue, &comment, world.adf(ask))))
}

/// A new comment.
pub fn add(world: &mut State, issue: u64, author: &'static str, body: Text) -> Comment {
    let (id, now) = (world.next_id(), world.clock.now());
    let comment = Comment { id, body, author, properties: json!([]), read: false, created_at: now, updated_at: now };
    let issue = world.issues.get_mut(&issue).expect("the issue");
    issue.updated_at = now;
    issue.comments.push(comment.clone());
    comment
}

fn position(world: &mut State, ask: &Ask) -> Result<(u64, usize), Answer> {
    let issue = world.issue(ask.param("key"))?;
    let wanted = ask.number("id");
    let at = issue.comments.iter().position(|c| c.id == wanted);
    let lost = || problem(404, &format!("Can not find a comment for the id: {wanted}."));
    Ok((issue.id, at.ok_or_else(lost)?))
}

fn get(world: &mut State, ask: &Ask) -> Outcome {
    let (id, at) = position(world, ask)?;
    let issue = &world.issues[&id];
    Ok(Answer::json(200, shapes::comment(world, issue, &issue.comments[at], world.adf(ask))))
}

fn edit(world: &mut State, ask: &Ask) -> Outcome {
    let body = body(world, ask)?;
    let (id, at) = position(world, ask)?;
    let now = world.clock.now();
    let issue = world.issues.get_mut(&id).unwrap();
    issue.comments[at].body = body;
    issue.comments[at].updated_at = now;
    issue.updated_at = now;
    let issue = &world.issues[&id];
    Ok(Answer::json(200, shapes::comment(world, issue, &issue.comments[at], world.adf(ask))))
}

fn delete(world: &mut State, ask: &Ask) -> Outcome {
    let (id, at) = position(world, ask)?;
    world.issues.get_mut(&id).unwrap().comments.remove(at);
    Ok(Answer::empty(204))
}
