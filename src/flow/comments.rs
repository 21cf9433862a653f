//! Hears what people write in threads: commands wait to be done, and what outsiders say of a rollout counts as their
//! statement. One comment is one statement, whatever happens to it: an edit rewords it, and a deletion takes it back.

use anyhow::Result;
use tracing::info;

use super::commands::{self, aim};
use super::feedback::{self as keeping, Sent};
use super::{Context, posts, retract};
use crate::command::{self, Asked};
use crate::domain::comment::{Change, Comment, ThreadKind};
use crate::domain::feedback::{Belongs, Statement, TEXT_MAX_CHARS};
use crate::domain::post::{Content, Reactable, Reaction, WantedPost};
use crate::id::{CommandId, FeedbackId};
use crate::render::markers;
use crate::store::commands::{Given, Outcome, end, give, lines, withdraw};
use crate::store::{Tx, comments, feedback};

/// The channel of what people say in threads.
pub const CHANNEL: &str = "github";

/// Hears one version of a comment. Gives a sentence of what followed.
pub(super) async fn hear(ctx: &Context, tx: &mut Tx, comment: &Comment) -> Result<String> {
    if markers::begins_one(&comment.text) {
        return Ok("a comment that hearback wrote, or a copy of one".into());
    }
    let gone = comment.change == Change::Deleted;
    if !comments::hear(tx, &comment.key, comment.changed_at, gone).await? {
        return Ok("a later version of the comment was heard already".into());
    }
    let mut asked = if gone { Vec::new() } else { command::read(&comment.text) };
    if comment.thread.kind == ThreadKind::Pull && matches!(comment.reactable, Some(Reactable::Issue(_))) {
        // What opens a pull request names its flags with the same word that links an issue elsewhere.
        asked.retain(|one| !command::names_a_flag(&one.line));
    }
    let said = if comment.by_program { None } else { listen(ctx, tx, comment, asked.is_empty() && !gone).await? };
    let given = take(ctx, tx, comment, &asked).await?;
    Ok(match (given, said) {
        (0, None) => "it holds no command, and is no statement about a rollout".into(),
        (0, Some(said)) => said,
        (n, None) => wait(n),
        (n, Some(said)) => format!("{}; {said}", wait(n)),
    })
}

fn wait(commands: usize) -> String {
    if commands == 1 { "1 command waits to be done".into() } else { format!("{commands} commands wait to be done") }
}

/// Keeps the commands of a comment that are new, and withdraws what waits and is no longer there. Gives how many are new.
async fn take(ctx: &Context, tx: &mut Tx, comment: &Comment, asked: &[Asked]) -> Result<usize> {
    let hashes: Vec<String> = asked.iter().map(|one| crate::domain::post::hash(&one.line)).collect();
    withdraw(tx, &comment.key, &hashes, ctx.now()).await?;
    for line in lines(tx, &comment.key).await?.into_iter().filter(|line| !hashes.contains(line)) {
        if let Some(id) = feedback::by_dedupe_key(tx, &keeping::hashed(&statement_key(comment, Some(&line)))).await? {
            retract::retract(ctx, tx, &id).await?;
        }
    }
    // Who edits another's comment asks for what is new in it, not for what its author wrote before.
    let before = comment.before.as_deref().filter(|_| comment.change == Change::Edited);
    let of_author: Option<Vec<Asked>> = before.map(command::read);
    let mut given = 0;
    // Commands of one comment are done in their order, and ids sort by their time.
    for (at, (one, line_hash)) in (0..).map(|n| ctx.now().plus(n)).zip(asked.iter().zip(hashes)) {
        let waiting = commands::Waiting {
            line: one.line.clone(),
            comment: Comment { text: String::new(), before: None, ..comment.clone() },
        };
        let is_new = match &of_author {
            Some(old) => old.iter().all(|o| o.line != one.line),
            // What a program did to a text is its own, where it is not told what.
            None => comment.by_program,
        };
        let author = if is_new { &comment.by } else { &comment.author };
        let new = Given {
            id: CommandId::new(at, &*ctx.entropy),
            comment: comment.key.clone(),
            line_hash,
            thread: comment.thread.key(),
            author: author.clone(),
            payload: serde_json::to_string(&waiting)?,
            attempts: 0,
        };
        let is_given = give(tx, &new, ctx.now()).await?;
        if is_new && comment.by_program {
            // Known from now on, and nobody's to ask for, whoever edits the text next.
            if is_given {
                end(tx, &new.id, Outcome::Refused, None, None, ctx.now()).await?;
                info!(comment = %comment.key, by = %comment.by, "a program wrote a command into somebody's text: it is left alone");
            }
        } else {
            given += usize::from(is_given);
        }
    }
    if given > 0 {
        react(ctx, tx, comment, Reaction::Eyes).await?;
        ctx.bell.commands.notify_one();
    }
    Ok(given)
}

/// Gives a comment a sign, where it takes one.
pub(super) async fn react(ctx: &Context, tx: &mut Tx, comment: &Comment, with: Reaction) -> Result<()> {
    let Some(to) = comment.reactable else { return Ok(()) };
    let post = WantedPost {
        key: format!("reaction:{}:{}", comment.key, with.as_str()),
        repo: comment.thread.repo.clone(),
        rollout: None,
        content: Content::Reaction { to, with },
    };
    posts::want(ctx, tx, &post).await?;
    Ok(())
}

/// What names the statement of a comment, or of one of its lines.
pub(super) fn statement_key(comment: &Comment, line_hash: Option<&str>) -> String {
    format!("comment {} {}", comment.key, line_hash.unwrap_or_default())
}

/// Keeps what a comment says of a rollout, rewords what it said before, or takes that back.
async fn listen(ctx: &Context, tx: &mut Tx, comment: &Comment, speaks: bool) -> Result<Option<String>> {
    let key = statement_key(comment, None);
    let before = feedback::by_dedupe_key(tx, &keeping::hashed(&key)).await?;
    let text = comment.text.trim();
    let fits = !text.is_empty() && text.chars().count() <= TEXT_MAX_CHARS;
    match before {
        Some(id) if speaks && fits => {
            let new = retract::reword(ctx, tx, &id, text).await?;
            Ok(Some(
                if new { "the statement says something else now" } else { "the statement says that already" }.into(),
            ))
        }
        Some(id) => {
            retract::retract(ctx, tx, &id).await?;
            Ok(Some("the statement was taken back".into()))
        }
        None if speaks && fits && counts_here(ctx, comment) => {
            let aim = aim::of_thread(tx, ctx, &comment.thread).await?;
            let [rollout] = aim.rollouts.as_slice() else { return Ok(None) };
            let belongs = Belongs { rollout: Some(rollout.id.0.clone()), ..Belongs::default() };
            say(ctx, tx, comment, key, text, &comment.author, belongs).await?;
            Ok(Some("kept as a statement".into()))
        }
        None => Ok(None),
    }
}

/// Whether an outsider's words in this thread are meant for the rollout: by the thread's label, because they name the App,
/// or because a discussion's words always are.
fn counts_here(ctx: &Context, comment: &Comment) -> bool {
    let settings = &ctx.config.github.feedback;
    let labelled = comment.thread.labels.iter().any(|l| settings.labels.iter().any(|s| s.eq_ignore_ascii_case(l)));
    let text = comment.text.to_lowercase();
    let mentioned = settings.mention
        && text.match_indices("@hearback").any(|(at, name)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            let in_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
            !in_name(before) && !in_name(after)
        });
    !comment.insider && (labelled || mentioned || comment.thread.kind == ThreadKind::Discussion)
}

/// Keeps words as a statement of `who`, a GitHub login or another name.
pub(super) async fn say(
    ctx: &Context,
    tx: &mut Tx,
    comment: &Comment,
    key: String,
    text: &str,
    who: &str,
    belongs: Belongs,
) -> Result<FeedbackId> {
    let statement = Statement {
        text: Some(text.to_owned()),
        rating: None,
        belongs,
        variant: None,
        user: Some(format!("github:{}", who.to_lowercase())),
        attributes: std::collections::BTreeMap::new(),
        channel: CHANNEL.into(),
        locale: None,
        url: comment.url.clone(),
        occurred_at: comment.written_at,
        metadata: None,
    };
    let accepted = keeping::keep_one(ctx, tx, Sent { statement, dedupe_key: Some(key), unproven: None }).await?;
    ctx.bell.mind.notify_one();
    Ok(accepted.id)
}
