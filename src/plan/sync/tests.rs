//! What is heard, line by line.

use super::*;
use crate::time::UnixMs;

const OPEN: Resolution = Resolution::Open;
const DONE: Resolution = Resolution::Completed;
const NEVER: Resolution = Resolution::NotPlanned;

fn told(resolution: Resolution, ms: i64, by: &str) -> Told<'_> {
    Told { seen: Seen { resolution, version: UnixMs(ms), since: None }, settled: !by.is_empty(), own: by == "us", by }
}

fn pair() -> [Handling; 2] {
    [Handling::default(), Handling::default()]
}

fn steps(sides: &[Handling]) -> [Step; 2] {
    [step(&sides[0]), step(&sides[1])]
}

#[test]
fn each_line_is_heard_as_it_is_meant() {
    for (heard, news, then, decided) in [
        // A person's deed is a decision, and the other tracker is told.
        (&[(0, DONE, 10, "ada")][..], News::Decided, [Step::Rest, Step::Write(DONE)], DONE),
        (&[(1, NEVER, 10, "ada")], News::Decided, [Step::Write(NEVER), Step::Rest], NEVER),
        // Told twice is told once, and what is old is nothing.
        (&[(0, DONE, 10, "ada"), (0, DONE, 10, "ada")], News::Noted, [Step::Rest, Step::Write(DONE)], DONE),
        (&[(0, OPEN, 20, "ada"), (0, DONE, 10, "ada")], News::Old, [Step::Rest, Step::Rest], OPEN),
        // What was written comes back, with whatever reason the tracker knows.
        (&[(0, DONE, 10, "ada"), (1, DONE, 11, "us")], News::Noted, [Step::Rest, Step::Rest], DONE),
        (&[(0, NEVER, 10, "ada"), (1, DONE, 11, "")], News::Noted, [Step::Rest, Step::Rest], NEVER),
        // Both closed it: nothing is left to write, the later reason holds.
        (&[(0, DONE, 10, "ada"), (1, NEVER, 12, "bo")], News::Decided, [Step::Rest, Step::Rest], NEVER),
        // Another reason is another decision.
        (&[(0, NEVER, 10, "ada"), (0, DONE, 20, "ada")], News::Decided, [Step::Rest, Step::Write(DONE)], DONE),
        // The later of two decides, whatever comes first.
        (
            &[(0, DONE, 10, "ada"), (1, DONE, 11, "us"), (1, OPEN, 30, "bo")],
            News::Decided,
            [Step::Write(OPEN), Step::Rest],
            OPEN,
        ),
        (
            &[(0, DONE, 10, "ada"), (1, DONE, 12, "us"), (0, OPEN, 30, "ada"), (1, NEVER, 20, "bo")],
            News::Noted,
            [Step::Rest, Step::Write(OPEN)],
            OPEN,
        ),
        // A word that was written over before it was heard still counts.
        (
            &[(0, DONE, 10, "ada"), (1, DONE, 40, "us"), (1, OPEN, 30, "bo")],
            News::Decided,
            [Step::Write(OPEN), Step::Write(OPEN)],
            OPEN,
        ),
        // At one moment only the tracker knows.
        (&[(0, DONE, 10, "ada"), (0, OPEN, 10, "ada")], News::Unsure, [Step::Look, Step::Write(DONE)], DONE),
        // At one moment in two trackers, open holds.
        (
            &[(0, DONE, 10, "ada"), (1, DONE, 11, "us"), (0, OPEN, 20, "ada"), (1, NEVER, 20, "bo")],
            News::Noted,
            [Step::Rest, Step::Write(OPEN)],
            OPEN,
        ),
    ] {
        let mut sides = pair();
        let mut last = News::Nothing;
        for (which, resolution, ms, by) in heard {
            last = hear(&mut sides, *which, &told(*resolution, *ms, by));
        }
        assert_eq!((last, steps(&sides), sides[0].decided.resolution), (news, then, decided), "{heard:?}");
    }
}

#[test]
fn asking_settles_what_one_moment_hides() {
    for (resolution, news) in [(OPEN, News::Decided), (DONE, News::Nothing)] {
        let mut sides = pair();
        hear(&mut sides, 0, &told(DONE, 10, "ada"));
        hear(&mut sides, 0, &told(OPEN, 10, "ada"));
        assert_eq!(look(&mut sides, 0, &told(OPEN, 9, "")), News::Old);
        assert_eq!(step(&sides[0]), Step::Look, "an answer from before says nothing");
        assert_eq!(look(&mut sides, 0, &told(resolution, 10, "")), news);
        assert_eq!(sides[0].decided.resolution, resolution);
        assert_eq!(step(&sides[0]), Step::Rest);
    }
}

#[test]
fn what_hearback_decides_comes_after_what_was_decided() {
    let mut sides = pair();
    hear(&mut sides, 0, &told(DONE, 1_000, "ada"));
    let again = Decided { resolution: OPEN, at: UnixMs(500), by: "hearback".into(), why: "five more".into() };
    decide(&mut sides, &again);
    assert_eq!(steps(&sides), [Step::Write(OPEN), Step::Rest]);
    assert_eq!(sides[0].decided.at, UnixMs(1_001), "a tracker's clock may go before ours");
}

#[test]
fn who_comes_later_is_told_what_is_decided() {
    let mut sides = pair();
    hear(&mut sides[..1], 0, &told(NEVER, 1_000, "ada"));
    assert_eq!(steps(&sides), [Step::Rest, Step::Rest]);
    assert!(align(&mut sides));
    assert_eq!(steps(&sides), [Step::Rest, Step::Write(NEVER)]);
    assert!(!align(&mut sides));
}
