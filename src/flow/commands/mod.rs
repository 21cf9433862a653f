//! Does what people ask for in comments. A command waits as a row; what its author may is asked outside of any transaction;
//! then it is done, recorded and answered in one.

pub(super) mod act;
pub(super) mod aim;
mod answer;
mod tell;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use self::answer::Reply;
use super::{Context, retry, standing};
use crate::command::{self, Command, Role, Standing};
use crate::crash_point;
use crate::domain::comment::Comment;
use crate::http::RemoteError;
use crate::store::commands::{self as store, Given, Outcome};
use crate::time::UnixMs;

/// Tries before a command is given up by name.
const ATTEMPTS_MAX: i64 = 12;

/// What is kept of a command while it waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// The line.
    pub line: String,
    /// The comment, without its text.
    pub comment: Comment,
}

/// A command and everything around it.
struct Order<'a> {
    given: &'a Given,
    line: &'a str,
    comment: &'a Comment,
    standing: Standing,
}

impl Order<'_> {
    /// Whether its author may see more than counts. In a public repository everybody may read.
    fn is_insider(&self) -> bool {
        self.comment.thread.private || self.standing.role >= Role::Triage
    }

    /// Who acts, for histories.
    fn actor(&self) -> String {
        format!("github:{}", self.given.author)
    }
}

/// Does what waits, until `stopping` says to take nothing new. Gives how many commands were tried.
pub async fn run_due(ctx: &Context, stopping: &(dyn Fn() -> bool + Send + Sync)) -> Result<usize> {
    let mut tried = 0;
    while !stopping() {
        let now = ctx.now();
        let mut tx = ctx.db.write().await?;
        // After a crash it is taken again when the lease is over.
        let claimed = store::claim(&mut tx, now, now.plus(ctx.config.outbox.lease.ms())).await?;
        tx.commit().await?;
        let Some(given) = claimed else { break };
        crash_point!("hb.commands.claimed");
        if let Err(e) = run(ctx, &given).await {
            warn!(command.id = %given.id, "a command waits for another try: {e:#}");
            later(ctx, &given, &format!("{e:#}")).await?;
        }
        tried += 1;
    }
    Ok(tried)
}

/// When the next command may be done.
pub async fn next_due(ctx: &Context) -> Result<Option<UnixMs>> {
    let mut tx = ctx.db.read().await?;
    store::next_due(&mut tx).await
}

async fn run(ctx: &Context, given: &Given) -> Result<()> {
    let Ok(waiting) = serde_json::from_str::<Waiting>(&given.payload) else {
        // Written by another version.
        let mut tx = ctx.db.write().await?;
        store::end(&mut tx, &given.id, Outcome::Failed, None, None, ctx.now()).await?;
        return tx.commit().await;
    };
    let (line, comment) = (waiting.line.as_str(), &waiting.comment);
    let asked = command::understand(line);
    let standing = match &asked {
        Err(_) | Ok(Command::Help | Command::Feedback { customer: None, .. }) => Standing::default(),
        Ok(_) => match standing::of(ctx, &comment.thread.repo, &given.author).await? {
            Ok(standing) => standing,
            Err(error) => return unasked(ctx, given, &error).await,
        },
    };
    let order = Order { given, line, comment, standing };
    let command = match asked {
        Ok(command) => command,
        Err(problem) => return answer::say(ctx, &order, Reply::unclear(problem.to_string())).await,
    };
    if let Err(refusal) = command::may(&command, order.standing) {
        return answer::refuse(ctx, &order, &command, refusal.sentence()).await;
    }
    act::act(ctx, &order, &command).await?;
    info!(command.id = %given.id, "did /hearback {} of {}", command.name(), given.thread);
    Ok(())
}

/// GitHub did not say what the author may: later, or not at all.
async fn unasked(ctx: &Context, given: &Given, error: &RemoteError) -> Result<()> {
    warn!(command.id = %given.id, "could not ask what the author of a command may: {error}");
    if let RemoteError::Wait { ms, .. } = error {
        let mut tx = ctx.db.write().await?;
        store::postpone(&mut tx, &given.id, ctx.now().plus(*ms)).await?;
        return tx.commit().await;
    }
    later(ctx, given, &error.to_string()).await
}

async fn later(ctx: &Context, given: &Given, why: &str) -> Result<()> {
    if given.attempts >= ATTEMPTS_MAX {
        warn!(command.id = %given.id, "gave up on a command after {ATTEMPTS_MAX} tries: {why}");
        return give_up(ctx, given).await;
    }
    let wait = retry::wait(ctx, given.attempts);
    let mut tx = ctx.db.write().await?;
    store::postpone(&mut tx, &given.id, ctx.now().plus(wait)).await?;
    tx.commit().await
}

/// Ends a command that failed each time, and says so where it was given.
async fn give_up(ctx: &Context, given: &Given) -> Result<()> {
    let Ok(waiting) = serde_json::from_str::<Waiting>(&given.payload) else {
        let mut tx = ctx.db.write().await?;
        store::end(&mut tx, &given.id, Outcome::Failed, None, None, ctx.now()).await?;
        return tx.commit().await;
    };
    let (line, comment) = (waiting.line.as_str(), &waiting.comment);
    let order = Order { given, line, comment, standing: Standing::default() };
    let says = vec!["That failed here, several times; hearback's log tells why. Please write it again later.".into()];
    answer::say(ctx, &order, Reply { outcome: Outcome::Failed, rollout: None, says, link: None }).await
}
