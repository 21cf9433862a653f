//! What one person did lately, before it is known which rollouts they turn out to take part in.
//!
//! An exposure can become known after what it led to: senders batch, and are offline. So what a person does is kept by day,
//! the first and the last time of each, and a [`Participant`] is told from it what counts since they had the change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::participant::{Days, Did, Participant};
use crate::id::RolloutId;
use crate::time::{DAY_MS, UnixMs};

/// Events kept of one person; what is first met beyond it is let go.
const EVENTS_MAX: usize = 128;
/// Segments kept of one person, the first told.
const SEGMENTS_MAX: usize = 8;
/// Days before the change on which it is looked whether they did something then, too.
const BEFORE_DAYS: u32 = 7;
/// Days after it on which it matters whether they were active.
const AFTER_DAYS: u32 = 15;

/// The scope of events that name nothing: they count wherever their person takes part.
pub const EVERYWHERE: u32 = 0;

/// All that is kept of a person beside statements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What they did lately.
    pub lately: Person,
    /// What they are in each rollout in which they take part.
    pub rollouts: BTreeMap<RolloutId, Participant>,
}

/// What is kept of a person beside rollouts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// By scope and event: the days on which they did it, the first first. A list, as there are few.
    did: BTreeMap<(u32, u32), Vec<(u32, Times)>>,
    /// The days on which they did anything.
    days: Days,
    /// The segments that they were told to be in, each since when.
    segments: BTreeMap<u32, UnixMs>,
}

/// The first and the last time on a day, each with the number that came with it, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Times {
    first: (UnixMs, i64),
    last: (UnixMs, i64),
}

impl Person {
    /// They did something. `false` where there is no room for another event.
    pub fn does(&mut self, scope: u32, event: u32, at: UnixMs, value_milli: i64) -> bool {
        if self.did.len() >= EVENTS_MAX && !self.did.contains_key(&(scope, event)) {
            return false;
        }
        let time = (at, value_milli);
        let times = self.did.entry((scope, event)).or_default();
        let day = Days::day(at);
        match times.binary_search_by_key(&day, |(day, _)| *day) {
            Ok(found) => {
                let known = &mut times[found].1;
                (known.first, known.last) = (known.first.min(time), known.last.max(time));
            }
            Err(place) => times.insert(place, (day, Times { first: time, last: time })),
        }
        true
    }

    /// They were there.
    pub fn active(&mut self, at: UnixMs) {
        self.days.add(Days::day(at));
    }

    /// They were told to be in a segment.
    pub fn belong(&mut self, segment: u32, at: UnixMs) {
        let known = self.segments.entry(segment).or_insert(at);
        *known = (*known).min(at);
        while self.segments.len() > SEGMENTS_MAX {
            let Some(latest) = self.segments.iter().max_by_key(|(id, at)| (**at, **id)).map(|(id, _)| *id) else {
                break;
            };
            self.segments.remove(&latest);
        }
    }

    /// Lets go of what was before a day.
    pub fn forget_before(&mut self, day: u32) {
        for times in self.did.values_mut() {
            times.retain(|(on, _)| *on >= day);
        }
        self.did.retain(|_, times| !times.is_empty());
        self.days.forget_before(day);
    }

    /// The events of these scopes, of those that are `wanted`, of which a row has something to be told where its person has
    /// the change since a moment: each with the first time from a week before that on.
    pub fn events(
        &self,
        scopes: &[u32],
        since: UnixMs,
        wanted: impl Fn(u32) -> bool,
    ) -> impl Iterator<Item = (u32, UnixMs)> {
        let from = UnixMs((i64::from(Days::day(since)) - i64::from(BEFORE_DAYS)) * DAY_MS);
        self.did
            .iter()
            .filter(move |((scope, event), _)| wanted(*event) && (*scope == EVERYWHERE || scopes.contains(scope)))
            .filter_map(move |((_, event), times)| Some((*event, first_since(times, from, UnixMs::NEVER)?.0)))
    }

    /// The segments that they were told to be in.
    pub fn segments(&self) -> impl Iterator<Item = u32> + '_ {
        self.segments.keys().copied()
    }

    /// Tells a rollout's row of this person what counts there: what they did since they had the change and no later than
    /// `until`, of the events that are told apart there. `scopes` are those of events that name the rollout, `kept` is the
    /// first day of which anything is kept.
    pub fn tell(
        &self,
        row: &mut Participant,
        scopes: &[u32],
        until: UnixMs,
        kept: u32,
        tracked: impl Fn(u32) -> bool,
        class: impl Fn(u32) -> u32,
    ) {
        for (segment, at) in &self.segments {
            row.belong(class(*segment), *at);
        }
        let Some(since) = row.since() else { return };
        let day = Days::day(since);
        for known in row.events.values_mut() {
            // They have it since another moment than was known before. Where all since then is kept, it is told anew: of a
            // day not every time is kept, and which ones were there first must not show.
            known.first = known.first.filter(|(at, _)| *at >= since && kept > day);
            if kept <= day.saturating_sub(BEFORE_DAYS) {
                known.before = 0;
            }
        }
        for ((scope, event), times) in &self.did {
            if !tracked(*event) || (*scope != EVERYWHERE && !scopes.contains(scope)) {
                continue;
            }
            let before = times.iter().filter(|(on, _)| (day.saturating_sub(BEFORE_DAYS)..day).contains(on)).count();
            let told = Did { first: first_since(times, since, until), before: u8::try_from(before).unwrap_or(u8::MAX) };
            if told != Did::default() {
                row.events.entry(*event).or_default().merge(&told);
            }
        }
        row.events.retain(|_, did| *did != Did::default());
        let mut days = Days::default();
        for active in row.days.iter().chain(self.days.iter()).filter(|d| (day..=day + AFTER_DAYS).contains(d)) {
            days.add(active);
        }
        row.days = days;
    }
}

/// The first time that is known from a moment on. Of a day, the first and the last time are kept: where the first is too
/// early, the last stands for what came after.
fn first_since(times: &[(u32, Times)], since: UnixMs, until: UnixMs) -> Option<(UnixMs, i64)> {
    let day = Days::day(since);
    times
        .iter()
        .filter(|(on, _)| *on >= day)
        .find_map(|(_, t)| [t.first, t.last].into_iter().find(|(at, _)| *at >= since))
        .filter(|(at, _)| *at <= until)
}
