//! Which numbers are asked for now, from whom, and for which hours.

use serde::{Deserialize, Serialize};

use crate::domain::series::{Hours, hour_of};
use crate::id::RolloutId;
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMs};

/// An hour is asked for this long after its end, ms: samples come late.
pub const SETTLE_MS: i64 = 5 * MINUTE_MS;
/// Hours before a rollout began that are asked for too, to compare with, ms.
pub const BASELINE_MS: i64 = 7 * DAY_MS;
/// Hours that one question asks for at most, ms: a longer span would be answered with coarser steps.
pub const SPAN_MAX_MS: i64 = 7 * DAY_MS;
/// Hours that are asked for again with the next, ms: what came later than late is mended.
const AGAIN_MS: i64 = HOUR_MS;

/// A source as the plan sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in the settings.
    pub name: String,
    /// How often it is asked about each rollout, ms.
    pub every_ms: i64,
    /// Shortest time between two questions to it, ms; 0 where it sets no limit.
    pub spacing_ms: i64,
    /// Its question names a flag, so that rollouts of releases are no matter of it.
    pub needs_flag: bool,
    /// When it was asked last, about whichever rollout.
    pub asked_at: Option<UnixMs>,
    /// Until when it asked not to be asked.
    pub rests_until: Option<UnixMs>,
}

/// A rollout that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Which.
    pub rollout: RolloutId,
    /// Whether it is one of a flag.
    pub of_flag: bool,
    /// When it began.
    pub began: UnixMs,
    /// When its window closed; nothing later is asked for.
    pub closed: Option<UnixMs>,
}

/// How far a source was asked about a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The source's name.
    pub source: String,
    /// The rollout.
    pub rollout: RolloutId,
    /// Everything before is known.
    pub known_to: Option<UnixMs>,
    /// When it was tried last.
    pub tried_at: Option<UnixMs>,
}

/// A question that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Whom to ask.
    pub source: String,
    /// About what.
    pub rollout: RolloutId,
    /// For which hours.
    pub hours: Hours,
}

/// The questions that are due, those that waited longest first; of a source with a limit at most one.
pub fn due(now: UnixMs, sources: &[Source], watched: &[Watched], marks: &[Mark]) -> Vec<Pull> {
    let settled = hour_of(now.plus(-SETTLE_MS));
    let mut found: Vec<(UnixMs, Pull)> = Vec::new();
    for source in sources.iter().filter(|s| may_ask(s, now)) {
        let mut of_source: Vec<(UnixMs, Pull)> = watched
            .iter()
            .filter(|w| w.of_flag || !source.needs_flag)
            .filter_map(|w| {
                let mark = marks.iter().find(|m| m.source == source.name && m.rollout == w.rollout);
                let tried_at = mark.and_then(|m| m.tried_at);
                if tried_at.is_some_and(|at| now.since(at) < source.every_ms) {
                    return None;
                }
                let hours = wanted(w, mark.and_then(|m| m.known_to), settled)?;
                let pull = Pull { source: source.name.clone(), rollout: w.rollout.clone(), hours };
                Some((tried_at.unwrap_or(UnixMs(i64::MIN)), pull))
            })
            .collect();
        of_source.sort_by(|a, b| (a.0, &a.1.rollout).cmp(&(b.0, &b.1.rollout)));
        if source.spacing_ms > 0 {
            of_source.truncate(1);
        }
        found.extend(of_source);
    }
    found.sort_by(|a, b| (a.0, &a.1.source, &a.1.rollout).cmp(&(b.0, &b.1.source, &b.1.rollout)));
    found.into_iter().map(|(_, pull)| pull).collect()
}

fn may_ask(source: &Source, now: UnixMs) -> bool {
    let rested = source.rests_until.is_none_or(|until| until <= now);
    rested && source.asked_at.is_none_or(|at| now.since(at) >= source.spacing_ms)
}

/// The hours of a rollout that are not known yet; `None` where all are.
fn wanted(w: &Watched, known_to: Option<UnixMs>, settled: UnixMs) -> Option<Hours> {
    // The hour in which a window closed is asked for as a whole.
    let end = w.closed.map_or(settled, |at| hour_of(at.plus(HOUR_MS - 1)).min(settled));
    if known_to.is_some_and(|known| known >= end) {
        return None;
    }
    let first = w.began.plus(-BASELINE_MS);
    let from = known_to.map_or(first, |known| known.plus(-AGAIN_MS).max(first));
    let hours = Hours::between(from, end.min(from.plus(SPAN_MAX_MS)));
    (!hours.is_empty()).then_some(hours)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: UnixMs = UnixMs(1_791_547_200_000);

    fn source(name: &str) -> Source {
        Source {
            name: name.into(),
            every_ms: HOUR_MS,
            spacing_ms: 0,
            needs_flag: false,
            asked_at: None,
            rests_until: None,
        }
    }

    fn watched(id: &str, began: UnixMs) -> Watched {
        Watched { rollout: RolloutId(id.into()), of_flag: true, began, closed: None }
    }

    fn mark(source: &str, id: &str, known_to: UnixMs, tried_at: UnixMs) -> Mark {
        Mark {
            source: source.into(),
            rollout: RolloutId(id.into()),
            known_to: Some(known_to),
            tried_at: Some(tried_at),
        }
    }

    #[test]
    fn the_week_before_is_asked_for_first_and_the_rest_hour_by_hour() {
        let (sources, rollouts) = ([source("latency")], [watched("a", NOON)]);
        let ask = |now, marks: &[Mark]| due(now, &sources, &rollouts, marks);
        let first = ask(NOON.plus(SETTLE_MS), &[]);
        assert_eq!(first[0].hours, Hours { from: NOON.plus(-BASELINE_MS), to: NOON });
        let known = [mark("latency", "a", NOON, NOON.plus(SETTLE_MS))];
        assert_eq!(ask(NOON.plus(HOUR_MS), &known), []);
        let next = ask(NOON.plus(HOUR_MS + SETTLE_MS), &known);
        assert_eq!(next[0].hours, Hours { from: NOON.plus(-HOUR_MS), to: NOON.plus(HOUR_MS) });
    }

    #[test]
    fn a_limit_lets_one_question_through_and_the_longest_waiting_first() {
        let limited = Source { spacing_ms: MINUTE_MS, ..source("posthog") };
        let rollouts = [watched("a", NOON), watched("b", NOON)];
        let later = NOON.plus(3 * HOUR_MS);
        let marks = [mark("posthog", "a", NOON, NOON.plus(HOUR_MS)), mark("posthog", "b", NOON, NOON.plus(5))];
        let pulls = due(later, std::slice::from_ref(&limited), &rollouts, &marks);
        assert_eq!(pulls.iter().map(|p| p.rollout.as_str()).collect::<Vec<_>>(), ["b"]);
        for asked in [
            Source { asked_at: Some(later.plus(-MINUTE_MS + 1)), ..limited.clone() },
            Source { rests_until: Some(later.plus(1)), ..limited.clone() },
        ] {
            assert_eq!(due(later, &[asked], &rollouts, &marks), []);
        }
    }

    #[test]
    fn releases_are_no_matter_of_a_question_about_a_flag_and_a_closed_window_ends() {
        let of_flags = Source { needs_flag: true, ..source("latency") };
        let release = Watched { of_flag: false, ..watched("r", NOON) };
        assert_eq!(due(NOON.plus(DAY_MS), &[of_flags], &[release], &[]), []);
        let closed = Watched { closed: Some(NOON.plus(90 * MINUTE_MS)), ..watched("c", NOON) };
        let now = NOON.plus(DAY_MS);
        let end = NOON.plus(2 * HOUR_MS);
        let pulls = due(now, &[source("latency")], std::slice::from_ref(&closed), &[mark("latency", "c", NOON, NOON)]);
        assert_eq!(pulls[0].hours.to, end);
        assert_eq!(due(now, &[source("latency")], &[closed], &[mark("latency", "c", end, NOON)]), []);
    }

    proptest! {
        /// Whoever asks for what is due and notes it has asked for every hour, each question within bounds, and is then done.
        #[test]
        fn asking_comes_to_an_end_and_leaves_no_hour_out(began_h in 0..2_000_i64, age_h in 0..1_000_i64, minutes in 0..60_i64) {
            let began = NOON.plus(began_h * HOUR_MS + minutes * MINUTE_MS);
            let now = began.plus(age_h * HOUR_MS);
            let (sources, rollouts) = ([Source { every_ms: 0, ..source("s") }], [watched("a", began)]);
            let mut marks: Vec<Mark> = Vec::new();
            let mut reached = hour_of(began.plus(-BASELINE_MS));
            for _ in 0..20 {
                let pulls = due(now, &sources, &rollouts, &marks);
                let Some(pull) = pulls.first() else { break };
                prop_assert!(pull.hours.from <= reached && pull.hours.to > reached, "{:?} after {}", pull, reached);
                prop_assert!(pull.hours.ms() <= SPAN_MAX_MS && pull.hours.to <= now);
                reached = pull.hours.to;
                marks = vec![mark("s", "a", reached, now)];
            }
            prop_assert_eq!(due(now, &sources, &rollouts, &marks), vec![]);
            prop_assert_eq!(reached, hour_of(now.plus(-SETTLE_MS)));
        }
    }
}
