//! What follows from a request that failed, whichever outbox it came from: the scope waits, it is tried again, followed to
//! where its object lives now, or given up by name.

use super::Context;
use crate::http::RemoteError;
use crate::id::Entropy;
use crate::time::{HOUR_MS, UnixMs};

/// How long a scope waits whose App is suspended, before it is tried again, ms.
pub(super) const SUSPENDED_MS: i64 = HOUR_MS;

/// What is known of the tries before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tries {
    /// Failures before this one.
    pub failed: i64,
    /// When an earlier request of unknown outcome began.
    pub sent_at: Option<UnixMs>,
}

/// What follows from a failure.
pub(super) enum Next {
    /// The scope waits, and whatever was tried with it; that is no failure of it.
    Hold { until: UnixMs },
    /// Try again then. `sent` is when a request began whose outcome is unknown.
    Again { at: UnixMs, sent: Option<UnixMs> },
    /// The object lives there now; `key` where it is called something else there.
    Follow { target: String, key: Option<String> },
    /// Nothing helps but a person.
    GiveUp,
}

/// What follows from this failure; `sent` where the request may have had an effect.
pub(super) fn next(ctx: &Context, tries: Tries, error: &RemoteError, sent: bool) -> Next {
    let (now, outbox) = (ctx.now(), &ctx.config.outbox);
    match error {
        RemoteError::Wait { ms, .. } => Next::Hold { until: now.plus(*ms) },
        RemoteError::Suspended { .. } => Next::Hold { until: now.plus(SUSPENDED_MS) },
        RemoteError::Moved { to: Some(to) } => match to.split_once('#') {
            Some((target, key)) => Next::Follow { target: target.to_owned(), key: Some(key.to_owned()) },
            None => Next::Follow { target: to.clone(), key: None },
        },
        RemoteError::Refused { .. } | RemoteError::Gone { .. } | RemoteError::Moved { to: None } => Next::GiveUp,
        RemoteError::NotSent { .. } | RemoteError::Unknown { .. } | RemoteError::Unauthorized { .. } => {
            if tries.failed + 1 >= i64::from(outbox.attempts_max) {
                return Next::GiveUp;
            }
            // A known failure had no effect. Where an earlier request is still unsettled, that stays so.
            let unknown = matches!(error, RemoteError::Unknown { .. }) && sent;
            let unsettled = if unknown { Some(now) } else { tries.sent_at };
            let settle = if unsettled.is_some() { outbox.settle.ms() } else { 0 };
            Next::Again { at: now.plus(wait(ctx, tries.failed).max(settle)), sent: unsettled }
        }
    }
}

/// How long to wait after so many failures, by the settings of the outbox, ms.
pub(super) fn wait(ctx: &Context, failed: i64) -> i64 {
    backoff(failed, ctx.config.outbox.retry_min.ms(), ctx.config.outbox.retry_max.ms(), &*ctx.entropy)
}

/// How long to wait after `attempts` failures: doubling from `min` to `max` ms, a quarter more or less by chance, so
/// that workers that failed together do not return together.
fn backoff(attempts: i64, min: i64, max: i64, entropy: &dyn Entropy) -> i64 {
    let doubled = min.saturating_mul(1_i64 << attempts.clamp(0, 30)).min(max);
    let jitter = i64::try_from(entropy.bits() % 501).unwrap_or(250) - 250;
    doubled.saturating_add(doubled.saturating_mul(jitter) / 1_000)
}
