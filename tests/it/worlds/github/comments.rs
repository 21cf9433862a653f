//! Comments and reactions.

use axum::routing::MethodFilter;
use hearback::time::UnixMs;
use serde_json::{Value, json};

use super::issues::{BODY_CHARS_MAX, found, tracker};
use super::provider::{invalid, problem, unprocessable};
use super::state::{Comment, State};
use super::{Call, events, paging, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes below a repository.
pub const IN_REPO: &[Line<State>] = &[
    (MethodFilter::GET, "/issues/{number}/comments", Call::ListComments, list),
    (MethodFilter::POST, "/issues/{number}/comments", Call::CreateComment, create),
    (MethodFilter::GET, "/issues/comments/{id}", Call::GetComment, get),
    (MethodFilter::PATCH, "/issues/comments/{id}", Call::EditComment, edit),
    (MethodFilter::DELETE, "/issues/comments/{id}", Call::DeleteComment, delete),
    (MethodFilter::POST, "/issues/{number}/reactions", Call::React, react_to_issue),
    (MethodFilter::GET, "/issues/{number}/reactions", Call::ListReactions, reactions),
    (MethodFilter::POST, "/issues/comments/{id}/reactions", Call::React, react_to_comment),
];

fn body(ask: &Ask) -> Result<&str, Answer> {
    match ask.text("body") {
        None => Err(invalid("IssueComment", "body", "missing_field")),
        Some(text) if text.trim().is_empty() => Err(unprocessable(&json!({
            "resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body cannot be blank",
        }))),
        Some(text) if text.chars().count() > BODY_CHARS_MAX => Err(unprocessable(&json!({
            "resource": "IssueComment", "code": "unprocessable", "field": "data",
            "message": format!("Body is too long (maximum is {BODY_CHARS_MAX} characters)"),
        }))),
        Some(text) => Ok(text),
    }
}

fn list(world: &mut State, ask: &Ask) -> Outcome {
    let since = ask.query("since").and_then(UnixMs::parse_rfc3339);
    let (repo, issue) = found(world, ask)?;
    let number = issue.number;
    let seen = issue.comments.iter().filter(|c| since.is_none_or(|since| c.updated_at >= since)).cloned();
    let seen: Vec<Comment> = seen.collect();
    let path = format!("/repositories/{repo}/issues/{number}/comments");
    let (page, links) = paging::page(world, ask, &path, seen);
    let page: Vec<Value> = page.iter().map(|c| shapes::comment(world, repo, number, c)).collect();
    Ok(links.onto(Answer::json(200, Value::Array(page))))
}

fn create(world: &mut State, ask: &Ask) -> Outcome {
    let body = body(ask)?;
    let author = world.actor.clone();
    let (repo, issue) = found(world, ask)?;
    if issue.locked {
        return Err(problem(403, "Unable to create comment because issue is locked."));
    }
    let number = issue.number;
    let comment = add(world, repo, number, &author, body);
    events::comment(world, repo, number, &comment, "created", None);
    Ok(Answer::json(201, shapes::comment(world, repo, number, &comment)))
}

/// A new comment.
pub fn add(world: &mut State, repo: u64, number: u64, author: &str, body: &str) -> Comment {
    let (id, at) = (world.next_id(), world.clock.now());
    let issue = world.repos.get_mut(&repo).unwrap().issues.get_mut(&number).unwrap();
    issue.updated_at = at;
    issue.comments.push(Comment {
        id,
        body: body.into(),
        revisions: Vec::new(),
        author: author.into(),
        reactions: Vec::new(),
        read: false,
        created_at: at,
        updated_at: at,
    });
    issue.comments[issue.comments.len() - 1].clone()
}

fn get(world: &mut State, ask: &Ask) -> Outcome {
    let repo = tracker(world, ask)?;
    let (number, comment) = world.repos.get_mut(&repo).unwrap().comment(ask.number("id"))?;
    let comment = comment.clone();
    Ok(Answer::json(200, shapes::comment(world, repo, number, &comment)))
}

fn edit(world: &mut State, ask: &Ask) -> Outcome {
    let body = body(ask)?;
    let (repo, now, actor) = (tracker(world, ask)?, world.clock.now(), world.actor.clone());
    let (number, comment) = world.repos.get_mut(&repo).unwrap().comment(ask.number("id"))?;
    if comment.author != actor {
        return Err(problem(403, "Resource not accessible by integration"));
    }
    let old = std::mem::replace(&mut comment.body, body.to_owned());
    comment.updated_at = now;
    comment.revisions.push(old.clone());
    let comment = comment.clone();
    events::comment(world, repo, number, &comment, "edited", Some(&old));
    Ok(Answer::json(200, shapes::comment(world, repo, number, &comment)))
}

fn delete(world: &mut State, ask: &Ask) -> Outcome {
    let (repo, id) = (tracker(world, ask)?, ask.number("id"));
    let home = world.repos.get_mut(&repo).unwrap();
    let (number, comment) = home.comment(id)?;
    let comment = comment.clone();
    home.issues.get_mut(&number).unwrap().comments.retain(|c| c.id != id);
    events::comment(world, repo, number, &comment, "deleted", None);
    Ok(Answer::empty(204))
}

/// Adds a reaction: 201 for a new one, 200 where it stands already.
fn react(world: &State, ask: &Ask, given: &mut Vec<(String, String)>) -> Outcome {
    let content = ask.text("content").unwrap_or_default();
    if !["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"].contains(&content) {
        return Err(invalid("Reaction", "content", "invalid"));
    }
    let reaction = (world.actor.clone(), content.to_owned());
    let status = if given.contains(&reaction) { 200 } else { 201 };
    if status == 201 {
        given.push(reaction);
    }
    Ok(Answer::json(status, reaction_shape(world, &world.actor, content)))
}

fn reaction_shape(world: &State, login: &str, content: &str) -> Value {
    let user = shapes::user(world, login);
    json!({"id": 1, "node_id": "REA_1", "user": user, "content": content, "created_at": world.now().rfc3339()})
}

fn react_to_issue(world: &mut State, ask: &Ask) -> Outcome {
    let (_, issue) = found(world, ask)?;
    let mut given = std::mem::take(&mut issue.reactions);
    let answer = react(world, ask, &mut given);
    found(world, ask)?.1.reactions = given;
    answer
}

fn react_to_comment(world: &mut State, ask: &Ask) -> Outcome {
    let (repo, id) = (tracker(world, ask)?, ask.number("id"));
    let mut given = std::mem::take(&mut world.repos.get_mut(&repo).unwrap().comment(id)?.1.reactions);
    let answer = react(world, ask, &mut given);
    world.repos.get_mut(&repo).unwrap().comment(id)?.1.reactions = given;
    answer
}

fn reactions(world: &mut State, ask: &Ask) -> Outcome {
    let (repo, issue) = found(world, ask)?;
    let number = issue.number;
    let wanted = |content: &str| ask.query("content").is_none_or(|asked| asked == content);
    let given: Vec<_> = issue.reactions.iter().filter(|(_, content)| wanted(content)).cloned().collect();
    let path = format!("/repositories/{repo}/issues/{number}/reactions");
    let (page, links) = paging::page(world, ask, &path, given);
    let page: Vec<Value> = page.iter().map(|(login, content)| reaction_shape(world, login, content)).collect();
    Ok(links.onto(Answer::json(200, Value::Array(page))))
}
