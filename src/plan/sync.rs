//! What people did to the tickets about one thing, in whichever tracker: what is decided by it, and which tracker has to
//! be told.
//!
//! Each tracker is known by what it showed last, with the version of that: what is older is not news, whatever order
//! deliveries come in. What a person did is a decision, and the latest one holds for all tickets of the same thing. A
//! tracker is written to only where it shows something else than what is decided, so one change leads to one write in
//! each other tracker; and what hearback wrote comes back as what was wanted, and decides nothing.

use crate::domain::handling::{Decided, Handling, Resolution, Seen};
use crate::time::UnixMs;

/// What a tracker tells of a ticket, in a delivery or when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// Where the ticket stands.
    pub seen: Seen,
    /// Whether its state changed at that moment; else something else of it did, or it was only asked for.
    pub settled: bool,
    /// Whether hearback made it so itself.
    pub own: bool,
    /// Who did; empty where that is not told.
    pub by: &'a str,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Something newer was heard before.
    Old,
    /// The ticket stands as it stood.
    Nothing,
    /// Two changes at one moment: only the tracker can say which was the last.
    Unsure,
    /// It is known now, and decides nothing: hearback did it, or somebody decided otherwise after it.
    Noted,
    /// It is decided now.
    Decided,
}

/// Somebody whom nobody named.
const SOMEBODY: &str = "somebody";

/// Hears what a delivery tells of the ticket `which`.
pub fn hear(sides: &mut [Handling], which: usize, told: &Told<'_>) -> News {
    let Some(side) = sides.get_mut(which) else { return News::Nothing };
    let before = side.seen;
    if told.seen.version == before.version && told.seen.resolution != before.resolution {
        side.sure = false;
        return News::Unsure;
    }
    let is_word = told.settled && !told.own;
    if told.seen.version < before.version {
        // What people did since made this word void; what hearback wrote over it, unheard, did not.
        let counts = is_word && side.ours && word(sides, told, told.seen.at(), true) == News::Decided;
        return if counts { News::Decided } else { News::Old };
    }
    let differs = keep(side, told);
    if differs || is_word { word(sides, told, told.seen.at(), moved(&before, &told.seen)) } else { News::Nothing }
}

/// Keeps what the tracker shows. Gives whether its state changed.
fn keep(side: &mut Handling, told: &Told<'_>) -> bool {
    let differs = told.seen.differs_from(&side.seen);
    if differs || (told.settled && !told.own) {
        side.ours = told.own;
    }
    side.seen = told.seen;
    differs
}

/// Hears what the tracker answered when it was asked for the ticket `which`. `Old` where the answer is behind what was
/// heard before: then it is to be asked again.
pub fn look(sides: &mut [Handling], which: usize, told: &Told<'_>) -> News {
    let Some(side) = sides.get_mut(which) else { return News::Nothing };
    let before = side.seen;
    if told.seen.version < before.version {
        return News::Old;
    }
    side.sure = true;
    if !keep(side, told) {
        return News::Nothing;
    }
    // What differs from what was seen at this very moment came after it.
    let at = if side.decided.at == told.seen.at() { told.seen.at().plus(1) } else { told.seen.at() };
    word(sides, told, at, moved(&before, &told.seen))
}

/// Whether it was open before and is closed now, or the reverse, there and back included.
fn moved(before: &Seen, now: &Seen) -> bool {
    !before.resolution.agrees(now.resolution) || now.is_later_than(before)
}

/// Weighs what somebody made of a ticket at a moment.
fn word(sides: &mut [Handling], told: &Told<'_>, at: UnixMs, moved: bool) -> News {
    let said = told.seen.resolution;
    let Some(decided) = sides.first().map(|s| s.decided.clone()) else { return News::Nothing };
    let newer = (at, weight(said)) > (decided.at, weight(decided.resolution));
    if told.own || !newer {
        return News::Noted;
    }
    let same = said == decided.resolution;
    // It came to what was wanted; a tracker that knows no reasons says no more than that it is closed.
    let came = moved && said.agrees(decided.resolution) && said == Resolution::Completed;
    let decided = if same || came {
        Decided { at, ..decided }
    } else {
        let by = if told.by.is_empty() { SOMEBODY } else { told.by };
        Decided { resolution: said, at, by: by.into(), why: String::new() }
    };
    for side in sides {
        side.decided = decided.clone();
    }
    if same || came { News::Noted } else { News::Decided }
}

/// Of two decisions of one moment the one that keeps a ticket open holds: nothing is lost by it.
fn weight(resolution: Resolution) -> u8 {
    match resolution {
        Resolution::Completed => 0,
        Resolution::Duplicate => 1,
        Resolution::NotPlanned => 2,
        Resolution::Open => 3,
    }
}

/// Decides for all of them, now. It comes after what was decided before, whatever the trackers' clocks say.
pub fn decide(sides: &mut [Handling], decided: &Decided) {
    let latest = sides.iter().map(|s| s.decided.at).max().unwrap_or(decided.at);
    let decided = Decided { at: decided.at.max(latest.plus(1)), ..decided.clone() };
    for side in sides {
        side.decided = decided.clone();
    }
}

/// Makes the latest decision hold for all of them: one was filed later, or they are kept in step from now on. `true` where
/// that changes anything.
pub fn align(sides: &mut [Handling]) -> bool {
    let latest = sides.iter().map(|s| &s.decided).max_by_key(|d| (d.at, weight(d.resolution))).cloned();
    let mut changed = false;
    for side in sides {
        if let Some(latest) = latest.as_ref().filter(|latest| **latest != side.decided) {
            side.decided = latest.clone();
            changed = true;
        }
    }
    changed
}

/// What is to be done about a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It stands as is decided.
    Rest,
    /// The tracker is to be asked where it stands.
    Look,
    /// It is to be brought to this.
    Write(Resolution),
}

/// What is to be done about a ticket.
pub fn step(side: &Handling) -> Step {
    match side.decided.resolution {
        _ if !side.sure => Step::Look,
        wanted if side.seen.resolution.agrees(wanted) => Step::Rest,
        wanted => Step::Write(wanted),
    }
}

#[cfg(test)]
mod tests;
