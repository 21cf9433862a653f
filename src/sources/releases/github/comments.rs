//! What people write: comments on issues, pull requests and discussions, and the text that opens each.
//!
//! Who may what is not judged here: `author_association` is a hint. What programs write is told as theirs.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Repository, web_address};
use crate::domain::comment::{Change, Comment, Thread, ThreadKind};
use crate::domain::post::Reactable;
use crate::sources::{BadBody, Fact, Meaning, clean, read_json};
use crate::time::UnixMs;

/// Events that bring nothing but text that people wrote.
pub(super) const EVENTS: [&str; 4] =
    ["issue_comment", "pull_request_review_comment", "discussion", "discussion_comment"];
/// Longest login that is kept, in characters.
const NAME_MAX: usize = 100;
/// Labels that are looked at.
const LABELS_MAX: usize = 100;

#[derive(Deserialize)]
struct Event {
    action: String,
    repository: Home,
    sender: Option<Account>,
    issue: Option<Text>,
    pull_request: Option<Text>,
    discussion: Option<Text>,
    comment: Option<Text>,
    changes: Option<Changes>,
}

#[derive(Deserialize)]
struct Changes {
    body: Option<Before>,
}

#[derive(Deserialize)]
struct Before {
    from: Option<String>,
}

#[derive(Deserialize)]
struct Home {
    #[serde(flatten)]
    names: Repository,
    #[serde(default)]
    private: bool,
}

#[derive(Deserialize)]
struct Account {
    login: String,
    #[serde(default)]
    r#type: String,
}

#[derive(Deserialize)]
struct Label {
    name: Option<String>,
}

/// An issue, a pull request, a discussion or a comment: what they have in common.
#[derive(Deserialize)]
struct Text {
    id: Option<u64>,
    number: Option<u64>,
    #[serde(default)]
    node_id: String,
    body: Option<String>,
    user: Option<Account>,
    author_association: Option<String>,
    html_url: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    performed_via_github_app: Option<IgnoredAny>,
    /// Of an issue: that it is a pull request.
    pull_request: Option<IgnoredAny>,
    #[serde(default)]
    labels: Option<Vec<Label>>,
}

/// What one of [`EVENTS`] tells.
pub(super) fn comment(event: &str, body: &[u8], received_at: UnixMs) -> Result<Meaning, BadBody> {
    match read(event, body, received_at)? {
        Ok(comment) => Ok(Meaning::Facts(vec![Fact::Comment(Box::new(comment))])),
        Err(why) => Ok(Meaning::Ignored(why)),
    }
}

/// What an issue or a pull request tells, and the text that opens it where that is new or another.
pub(super) fn with_opening(event: &str, body: &[u8], received_at: UnixMs, meaning: Meaning) -> Meaning {
    // The event was read as what it is already: what is no text of a person adds nothing.
    let Ok(Ok(comment)) = read(event, body, received_at) else { return meaning };
    let fact = Fact::Comment(Box::new(comment));
    match meaning {
        Meaning::Facts(mut facts) => {
            facts.push(fact);
            Meaning::Facts(facts)
        }
        Meaning::Ignored(_) => Meaning::Facts(vec![fact]),
        hint @ Meaning::Hint { .. } => hint,
    }
}

fn read(event: &str, body: &[u8], received_at: UnixMs) -> Result<Result<Comment, String>, BadBody> {
    let e: Event = read_json(body)?;
    let change = match e.action.as_str() {
        "opened" | "created" => Change::Created,
        "edited" => Change::Edited,
        "deleted" => Change::Deleted,
        other => return Ok(Err(format!("{event}.{} is not used", clean(other, super::NAME_MAX)))),
    };
    let kind = match event {
        "discussion" | "discussion_comment" => ThreadKind::Discussion,
        "pull_request" | "pull_request_review_comment" => ThreadKind::Pull,
        _ if e.issue.as_ref().is_some_and(|issue| issue.pull_request.is_some()) => ThreadKind::Pull,
        _ => ThreadKind::Issue,
    };
    let (field, opening) = match kind {
        ThreadKind::Discussion => ("discussion", e.discussion),
        ThreadKind::Pull => ("pull_request", e.pull_request.or(e.issue)),
        ThreadKind::Issue => ("issue", e.issue),
    };
    let Some(opening) = opening else { return Err(BadBody::of(field, "expected it with the event")) };
    let Some(number) = opening.number else { return Err(BadBody::of(field, "expected its number")) };
    let origin = e.repository.names.origin();
    let thread = Thread {
        origin: origin.clone(),
        repo: e.repository.names.name()?,
        private: e.repository.private,
        kind,
        number,
        node: clean(&opening.node_id, NAME_MAX),
        labels: opening.labels.iter().flatten().take(LABELS_MAX).filter_map(|l| l.name.clone()).collect(),
    };
    let (key, reactable, text) = match e.comment {
        None => {
            let reactable = (kind != ThreadKind::Discussion).then_some(Reactable::Issue(number));
            (format!("{origin}/{field}/{number}"), reactable, opening)
        }
        Some(comment) => {
            let Some(id) = comment.id else { return Err(BadBody::of("comment.id", "expected a number")) };
            let reactable = match event {
                "issue_comment" => Some(Reactable::IssueComment(id)),
                "pull_request_review_comment" => Some(Reactable::ReviewComment(id)),
                _ => None,
            };
            (format!("{origin}/{event}/{id}"), reactable, comment)
        }
    };
    let is_program = |account: &Account| account.r#type == "Bot" || account.login.ends_with("[bot]");
    let Some(author) = text.user else { return Ok(Err("the account that wrote it is gone".into())) };
    let by_program = change != Change::Deleted && e.sender.as_ref().is_some_and(is_program);
    // What a program puts into a person's text has to be known, so that it is never taken for the person's.
    let wrote = text.performed_via_github_app.is_some() || is_program(&author);
    if wrote || (by_program && change != Change::Edited) {
        return Ok(Err("a program wrote it".into()));
    }
    let association = text.author_association.unwrap_or_default();
    let at = |text: Option<&String>| text.and_then(|t| UnixMs::parse_rfc3339(t));
    let written_at = at(text.created_at.as_ref()).unwrap_or(received_at);
    let by = e.sender.map_or_else(|| author.login.clone(), |s| s.login);
    Ok(Ok(Comment {
        key,
        thread,
        reactable,
        author: clean(&author.login, NAME_MAX),
        by: clean(&by, NAME_MAX),
        by_program,
        before: e.changes.and_then(|changes| changes.body).map(|body| body.from.unwrap_or_default()),
        insider: ["OWNER", "MEMBER", "COLLABORATOR"].contains(&association.as_str()),
        text: text.body.unwrap_or_default(),
        url: web_address(text.html_url),
        change,
        written_at,
        changed_at: at(text.updated_at.as_ref()).unwrap_or(written_at),
    }))
}
