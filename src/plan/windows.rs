//! When a window opens, soaks and closes.
//!
//! [`next`] compares a window with what the signals say and gives the one step that is due, or none. Calling it until
//! it gives none is a fixpoint: called again with the same facts it stays silent.

use crate::domain::policy::{CloseWhen, Policy};
use crate::domain::rollout::{End, Rollout};
use crate::domain::signal::Exposure;
use crate::domain::window::{Cause, Transition, Window, WindowState};
use crate::time::UnixMs;

/// Who acts where no person does.
pub const HEARBACK: &str = "hearback";

/// What was heard so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Distinct people who answered.
    pub people: i64,
    /// Whether statements wait to be read.
    pub unread: bool,
}

/// The step that is due, or `None` where the window stands as it should.
pub fn next(window: &Window, rollout: &Rollout, policy: &Policy, heard: Heard, now: UnixMs) -> Option<Transition> {
    let step = |to, at, cause| Some(by_hearback(window, to, at, cause));
    if window.seq == 0 {
        // Never later than the steps that follow from facts before now.
        let at = rollout.started_at.or(rollout.ended.map(|(at, _)| at)).map_or(now, |at| at.min(now));
        return step(WindowState::Planned, at, Cause::Announced);
    }
    match window.state {
        WindowState::Planned => match (rollout.started_at, rollout.ended) {
            (Some(_), _) if !policy.listens_to(rollout) => None,
            (Some(at), _) => {
                let mut opened = by_hearback(window, WindowState::Open, at, Cause::Exposed);
                opened.closes_at = closing_date(at, policy);
                Some(opened)
            }
            (None, Some((at, how))) => step(WindowState::Cancelled, at, Cause::Ended { how }),
            (None, None) => None,
        },
        // A late signal tells that customers were exposed after all.
        WindowState::Cancelled => rollout.started_at.filter(|_| policy.listens_to(rollout)).map(|at| {
            let mut opened = by_hearback(window, WindowState::Open, at, Cause::Exposed);
            opened.closes_at = closing_date(at, policy);
            opened
        }),
        WindowState::Open | WindowState::Soaking | WindowState::Reopened => {
            if let Some((at, how)) = ended(window, rollout) {
                return step(WindowState::Closing, at, Cause::Ended { how });
            }
            if let Some(cause) = closed_by(window, rollout, policy, heard, now) {
                return step(WindowState::Closing, now, cause);
            }
            match (window.state, rollout.full_since) {
                (WindowState::Open, Some(at)) if policy.soak_ms > 0 => {
                    step(WindowState::Soaking, at, Cause::FullyExposed)
                }
                (WindowState::Soaking, None) => step(WindowState::Open, now, Cause::Narrowed),
                _ => None,
            }
        }
        WindowState::Closing if heard.unread => None,
        WindowState::Closing => step(WindowState::Closed, now, Cause::AllRead),
        WindowState::Closed => None,
    }
}

/// When after `now` [`next`] may give something new although nothing arrives; `None` where only an arrival can.
pub fn wakes_at(window: &Window, rollout: &Rollout, policy: &Policy, now: UnixMs) -> Option<UnixMs> {
    if !matches!(window.state, WindowState::Open | WindowState::Soaking | WindowState::Reopened) {
        return None;
    }
    let date = (window.closes_at != UnixMs::NEVER).then_some(window.closes_at);
    let soak = soaked_at(window, rollout, policy).filter(|_| !by_date_alone(window, policy));
    // A moment that has passed is no reason to look again: what it asked for is done, or waits for something else.
    [date, soak].into_iter().flatten().filter(|at| *at > now).min()
}

/// The step that a person asks for, or why it can't be taken.
pub fn asked(window: &Window, wish: Wish, policy: &Policy, actor: &str, now: UnixMs) -> Result<Transition, String> {
    let state = window.state;
    let refuse =
        |what: &str, instead: &str| Err(format!("The window is {} and can't be {what}. {instead}", state.as_str()));
    let (to, cause, closes_at) = match wish {
        Wish::Close if state.may_become(WindowState::Closing) => (WindowState::Closing, Cause::Asked, window.closes_at),
        Wish::Close => return refuse("closed", "Only an open, soaking or reopened window can."),
        Wish::Reopen if state.may_become(WindowState::Reopened) => {
            (WindowState::Reopened, Cause::Asked, closing_date(now, policy))
        }
        Wish::Reopen => return refuse("reopened", "Only a closing or closed window can."),
        Wish::Extend { by_ms } if by_ms <= 0 => {
            return Err("A window can be extended by a positive time only, such as 3d.".into());
        }
        Wish::Extend { by_ms } if matches!(state, WindowState::Open | WindowState::Soaking | WindowState::Reopened) => {
            // Past dates are met where other rules hold the window open: more time begins now.
            let from = if window.closes_at == UnixMs::NEVER { now } else { window.closes_at.max(now) };
            (state, Cause::Extended { by_ms }, from.plus(by_ms))
        }
        Wish::Extend { .. } => return refuse("extended", "Reopen it instead."),
    };
    Ok(Transition { seq: window.seq + 1, from: Some(state), to, at: now, cause, actor: actor.to_owned(), closes_at })
}

/// What a person may ask of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Close it now.
    Close,
    /// Collect again.
    Reopen,
    /// Close later.
    Extend {
        /// By how much, ms.
        by_ms: i64,
    },
}

fn by_hearback(window: &Window, to: WindowState, at: UnixMs, cause: Cause) -> Transition {
    Transition {
        seq: window.seq + 1,
        from: (window.seq > 0).then_some(window.state),
        to,
        at,
        cause,
        actor: HEARBACK.to_owned(),
        closes_at: window.closes_at,
    }
}

fn closing_date(from: UnixMs, policy: &Policy) -> UnixMs {
    if policy.window_ms > 0 { from.plus(policy.window_ms) } else { UnixMs::NEVER }
}

/// The end that counts: one before a person reopened the window is known to that person.
fn ended(window: &Window, rollout: &Rollout) -> Option<(UnixMs, End)> {
    rollout.ended.filter(|(at, _)| window.reopened_at.is_none_or(|reopened| *at > reopened))
}

/// When the soak is over; `None` where it does not count, or can't end yet.
///
/// A release that came out for everybody at once has no exposure to wait for: its soak begins with it, and counts only
/// along with other rules or where no date closes the window. Reopening begins the soak anew, and there too it counts
/// only where no date does.
fn soaked_at(window: &Window, rollout: &Rollout, policy: &Policy) -> Option<UnixMs> {
    if policy.soak_ms <= 0 {
        return None;
    }
    let dated = window.closes_at != UnixMs::NEVER;
    let at_once = || rollout.started_at.filter(|_| rollout.stage().is_some_and(|s| s.exposure == Exposure::On));
    let since = match (rollout.full_since, policy.close_when) {
        (Some(since), _) => Some(since),
        (None, CloseWhen::Any) if dated => None,
        (None, CloseWhen::Any | CloseWhen::All) => at_once(),
    };
    match (window.state, window.reopened_at) {
        (WindowState::Reopened, _) if dated => None,
        (WindowState::Reopened, Some(reopened)) => since.map(|s| s.max(reopened)),
        _ => since,
    }
    .map(|s| s.plus(policy.soak_ms))
}

/// The rule that closes the window now.
///
/// A person who reopened a window or gave it more time knows what closed it, or would have: after that the number of
/// answers no longer does, nor does the soak before the person's date. Where all rules must hold, a soak that can't end
/// yet, because somebody still does not have it, holds the window open past its date.
fn closed_by(window: &Window, rollout: &Rollout, policy: &Policy, heard: Heard, now: UnixMs) -> Option<Cause> {
    let reopened = window.state == WindowState::Reopened;
    let dated = window.closes_at != UnixMs::NEVER;
    let date = dated.then(|| (now >= window.closes_at, Cause::DateReached));
    let responses = (policy.responses > 0 && !reopened)
        .then_some((heard.people >= policy.responses, Cause::ResponsesReached { people: heard.people }));
    let soak = (policy.soak_ms > 0 && !(reopened && dated))
        .then(|| (soaked_at(window, rollout, policy).is_some_and(|at| now >= at), Cause::Soaked));
    let others = [responses, soak].into_iter().flatten().filter(|_| !by_date_alone(window, policy));
    let rules: Vec<(bool, Cause)> = date.into_iter().chain(others).collect();
    match policy.close_when {
        CloseWhen::Any => rules.into_iter().find(|(holds, _)| *holds).map(|(_, cause)| cause),
        CloseWhen::All if rules.is_empty() || rules.iter().any(|(holds, _)| !holds) => None,
        CloseWhen::All if rules.len() == 1 => rules.into_iter().next().map(|(_, cause)| cause),
        CloseWhen::All => Some(Cause::AllRulesHold),
    }
}

/// Whether a person's date goes before the rules that would close the window sooner.
fn by_date_alone(window: &Window, policy: &Policy) -> bool {
    window.extended_at.is_some() && window.closes_at != UnixMs::NEVER && policy.close_when == CloseWhen::Any
}
