//! Has a language model put summaries in other words. What it writes is checked by
//! [`checked`](crate::analysis::summary::checked); a ticket never waits for it.
//!
//! A question is wanted by the plan, taken with a lease, paid from the day's budget before it leaves, and asked outside of any
//! transaction. Whatever comes of it is recorded under the question itself, so that the same one is not paid twice.

use anyhow::Result;
use tracing::{info, warn};

use super::{Context, summaries};
use crate::analysis::summary::checked::{self, Given};
use crate::analysis::summary::{Question, Quote, Sentence};
use crate::domain::theme::Theme;
use crate::http::RemoteError;
use crate::id::FeedbackId;
use crate::llm::{Answer, Llm, Prompt};
use crate::store::rephrased::{self, Asking, End};
use crate::store::{Tx, pauses, rollouts, themes};
use crate::time::{HOUR_MS, MINUTE_MS, SECOND_MS, UnixMs};

/// What is held back while the model rests, or the day's budget is used up.
pub(super) const SCOPE: &str = "language model";
/// Shortest time between two questions about one theme, ms: while statements come in, each would ask anew.
pub(super) const SPACING_MS: i64 = 10 * MINUTE_MS;
/// First wait after an answer that did not come, ms; doubles with each.
const WAIT_MIN_MS: i64 = MINUTE_MS;
/// Longest such wait, ms.
const WAIT_MAX_MS: i64 = HOUR_MS;
/// Times that one question is asked without an answer.
const ATTEMPTS_MAX: i64 = 6;
/// Bytes of a question that one token stands for at the least; it is rather three or four.
const BYTES_PER_TOKEN: usize = 2;

/// Asks what is due, until `stopping` says to take nothing new. Gives how many questions were taken.
pub async fn rephrase_due(ctx: &Context, stopping: &(dyn Fn() -> bool + Send + Sync)) -> Result<usize> {
    let Some(llm) = ctx.llm.clone() else { return Ok(0) };
    let mut taken = 0;
    while !stopping() {
        let now = ctx.now();
        let mut tx = ctx.db.write().await?;
        if pauses::until(&mut tx, SCOPE, now).await?.is_some() {
            return Ok(taken);
        }
        // Two requests at the most, and time to record what came of them.
        let lease = 2 * ctx.config.summary.llm.timeout.ms() + 30 * SECOND_MS;
        let claimed = rephrased::claim(&mut tx, now, now.plus(lease)).await?;
        tx.commit().await?;
        let Some(asking) = claimed else { return Ok(taken) };
        one(ctx, &llm, &asking).await?;
        taken += 1;
    }
    Ok(taken)
}

/// When the next question may be asked.
pub async fn next_due(ctx: &Context) -> Result<Option<UnixMs>> {
    let mut tx = ctx.db.read().await?;
    let due = rephrased::next_due(&mut tx).await?;
    let pause = pauses::until(&mut tx, SCOPE, ctx.now()).await?;
    Ok(due.map(|due| pause.map_or(due, |until| until.max(due))))
}

/// A question as it would be asked now.
struct Now {
    question: Question,
    computed: Sentence,
    statements: Vec<Quote>,
}

async fn one(ctx: &Context, llm: &Llm, asking: &Asking) -> Result<()> {
    let Some(now) = as_of_now(ctx, asking).await? else {
        return record(ctx, asking, &End::Replaced, None).await;
    };
    let tokens = estimate(&now.question);
    let reserved_at = ctx.now();
    let mut tx = ctx.db.write().await?;
    if !rephrased::reserve(&mut tx, reserved_at, tokens, ctx.config.summary.llm.budget_per_day).await? {
        let until = rephrased::next_day(reserved_at);
        pauses::hold(&mut tx, SCOPE, until, "the day's budget is used up (summary.llm.budget_per_day)").await?;
        rephrased::end(&mut tx, asking, &End::NotYet { at: until }, reserved_at).await?;
        tx.commit().await?;
        ctx.telemetry.rephrased("no_budget");
        info!(theme.id = %asking.theme, "the language model is not asked before tomorrow: the day's budget is used up");
        return Ok(());
    }
    tx.commit().await?;
    let prompt = Prompt {
        system: now.question.system,
        user: &now.question.user,
        answer_max_tokens: now.question.answer_max_tokens,
    };
    match llm.ask(prompt).await {
        Ok(answer) => {
            let paid = Paid { at: reserved_at, reserved: tokens, used: answer.tokens.unwrap_or(tokens) };
            judge(ctx, asking, &now, &answer, paid).await
        }
        Err(error) => {
            // What was certainly not worked on is not paid for.
            let used = if matches!(error, RemoteError::Unknown { .. }) { tokens } else { 0 };
            fail(ctx, asking, &error, Paid { at: reserved_at, reserved: tokens, used }).await
        }
    }
}

/// What is known of the theme by now; `None` where it is no longer what is wanted.
async fn as_of_now(ctx: &Context, asking: &Asking) -> Result<Option<Now>> {
    let mut tx = ctx.db.read().await?;
    let Some(rollout) = rollouts::get(&mut tx, &asking.rollout).await? else { return Ok(None) };
    let Some(theme): Option<Theme> = themes::get(&mut tx, &asking.theme).await? else { return Ok(None) };
    let of = summaries::of_theme(&mut tx, ctx, &rollout, &theme).await?;
    let question = of.question.filter(|q| q.fingerprint == asking.fingerprint);
    Ok(question.map(|question| Now { question, computed: of.told.computed.sentence, statements: of.statements }))
}

/// Tokens that a question and its answer may take.
pub(super) fn estimate(question: &Question) -> i64 {
    let bytes = question.system.len() + question.user.len();
    let asked = i64::try_from(bytes / BYTES_PER_TOKEN).unwrap_or(i64::MAX);
    asked.saturating_add(question.answer_max_tokens.into())
}

/// What a question took of the budget.
#[derive(Clone, Copy)]
struct Paid {
    at: UnixMs,
    reserved: i64,
    used: i64,
}

async fn judge(ctx: &Context, asking: &Asking, now: &Now, answer: &Answer, paid: Paid) -> Result<()> {
    let given = Given { sentence: &now.computed, statements: &now.statements };
    match checked::check(&answer.text, &given) {
        Ok(passed) => {
            let quotes: Vec<(FeedbackId, String)> = passed.quotes.into_iter().map(|q| (q.id, q.text)).collect();
            ctx.telemetry.rephrased("done");
            info!(theme.id = %asking.theme, "a language model put a summary in other words");
            record(ctx, asking, &End::Done { text: &passed.text, quotes: &quotes }, Some(paid)).await
        }
        Err(fault) => {
            ctx.telemetry.rephrased(fault.as_str());
            // Not what it wrote: it may be anybody's words.
            warn!(theme.id = %asking.theme, reason = fault.as_str(), "a language model's summary was not taken: the computed one stands");
            record(ctx, asking, &End::Refused { reason: fault.as_str() }, Some(paid)).await
        }
    }
}

/// No answer came: the model rests, and the question waits; one that the model will never answer is given up.
async fn fail(ctx: &Context, asking: &Asking, error: &RemoteError, paid: Paid) -> Result<()> {
    ctx.telemetry.rephrased("no_answer");
    warn!(theme.id = %asking.theme, "the language model gave no answer, the computed summary stands: {error}");
    let doubled = WAIT_MIN_MS << asking.attempts.clamp(0, 10);
    let wait = match error {
        RemoteError::Wait { ms, .. } => *ms,
        RemoteError::Refused { .. } => 0,
        RemoteError::NotSent { .. } | RemoteError::Unknown { .. } => doubled.min(WAIT_MAX_MS),
        // A person has to mend the settings.
        RemoteError::Unauthorized { .. }
        | RemoteError::Suspended { .. }
        | RemoteError::Gone { .. }
        | RemoteError::Moved { .. } => WAIT_MAX_MS,
    };
    let at = ctx.now().plus(wait);
    if wait > 0 {
        let mut tx = ctx.db.write().await?;
        pauses::hold(&mut tx, SCOPE, at, &error.to_string()).await?;
        tx.commit().await?;
    }
    let given_up = matches!(error, RemoteError::Refused { .. }) || asking.attempts + 1 >= ATTEMPTS_MAX;
    let end = if given_up { End::Refused { reason: "no_answer" } } else { End::Again { at, reason: "no_answer" } };
    record(ctx, asking, &end, Some(paid)).await
}

/// Records what came of a question, and has the plan look at it.
async fn record(ctx: &Context, asking: &Asking, end: &End<'_>, paid: Option<Paid>) -> Result<()> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    settle(&mut tx, paid).await?;
    let ours = rephrased::end(&mut tx, asking, end, now).await?;
    if ours && matches!(end, End::Done { .. } | End::Replaced) {
        rollouts::wake(&mut tx, &asking.rollout, now).await?;
    }
    tx.commit().await?;
    ctx.bell.mind.notify_one();
    Ok(())
}

async fn settle(tx: &mut Tx, paid: Option<Paid>) -> Result<()> {
    match paid {
        Some(paid) if paid.used != paid.reserved => rephrased::settle(tx, paid.at, paid.reserved, paid.used).await,
        Some(_) | None => Ok(()),
    }
}
