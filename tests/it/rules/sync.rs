//! People at two trackers, deliveries that come late, twice and in any order, answers that get lost, clocks that go apart:
//! in the end both trackers and hearback agree, and nobody was written to more often than people changed something.
//!
//! `HEARBACK_SYNC_SEED=17` plays one world again and prints what happened in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hearback::domain::handling::{Handling, Resolution, Seen};
use hearback::plan::sync::{self, Step, Told};
use hearback::time::UnixMs;
use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

/// Worlds that are played.
const WORLDS: u64 = 1_000;
/// Deeds in each at most.
const DEEDS_MAX: u64 = 40;
/// What is done after the last deed until all is quiet; more would mean that it goes in a circle.
const REST_MAX: usize = 400;
/// What hearback is called in the deliveries.
const US: &str = "hearback[bot]";

/// The seed that somebody wants to see again.
#[expect(clippy::disallowed_methods, reason = "a seed is given from outside")]
pub fn asked_for() -> Option<u64> {
    std::env::var("HEARBACK_SYNC_SEED").ok().map(|seed| seed.parse().expect("HEARBACK_SYNC_SEED is a number"))
}

/// Chances of one world.
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The same for the same seed.
    pub fn of(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0.next_u64() % n
    }

    /// Whether something happens that happens once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn of_these<'t, T>(&mut self, these: &'t [T]) -> &'t T {
        let n = u64::try_from(these.len()).expect("a few");
        &these[usize::try_from(self.below(n)).expect("a few")]
    }
}

/// A ticket as its tracker has it.
#[derive(Debug)]
struct Tracker {
    resolution: Resolution,
    version: i64,
    since: i64,
    /// The unit of its clock, and how far it goes wrong, ms.
    unit: i64,
    skew: i64,
    /// Whether it knows why a ticket is closed.
    knows_reasons: bool,
    /// Whether it tells since when a ticket is open, too.
    tells_all: bool,
    /// Writes of hearback that changed it.
    written: usize,
}

/// A delivery on its way.
#[derive(Clone, Debug)]
struct Delivery {
    which: usize,
    seen: Seen,
    by: &'static str,
    settled: bool,
}

impl Tracker {
    fn change(&mut self, to: Resolution, now: i64) {
        let moved = !to.agrees(self.resolution);
        self.resolution = if self.knows_reasons || to.is_open() { to } else { Resolution::Completed };
        self.touch(now);
        if moved {
            self.since = self.version;
        }
    }

    fn touch(&mut self, now: i64) {
        self.version = self.version.max((now + self.skew).div_euclid(self.unit) * self.unit);
    }

    fn seen(&self) -> Seen {
        // As GitHub, that tells when an issue was closed and not when it was opened again; Jira tells both.
        let tells = self.tells_all || !self.resolution.is_open();
        let since = tells.then_some(UnixMs(self.since));
        Seen { resolution: self.resolution, version: UnixMs(self.version), since }
    }
}

/// Everything.
struct World {
    chance: Chance,
    now: i64,
    trackers: [Tracker; 2],
    sides: [Handling; 2],
    /// What was sent and not answered, by side.
    unanswered: BTreeMap<usize, Resolution>,
    underway: Vec<Delivery>,
    /// Whether clocks go right, moments are told, no answer is lost, and nobody is faster than a write: then a person's last
    /// word must hold.
    exact: bool,
    /// Changes of state by people.
    changes: usize,
    /// What a person made of a ticket last.
    last: Resolution,
    log: String,
}

impl World {
    fn new(seed: u64, exact: bool) -> Self {
        let mut chance = Chance::of(seed);
        let start = 1_000_000;
        let mut tracker = |unit, knows_reasons| Tracker {
            resolution: Resolution::Open,
            version: start,
            since: start,
            unit: if exact { 1 } else { unit },
            skew: if exact { 0 } else { i64::try_from(chance.below(6_000)).expect("small") - 3_000 },
            knows_reasons,
            tells_all: exact || !knows_reasons,
            written: 0,
        };
        let trackers = [tracker(1_000, true), tracker(1, false)];
        Self {
            chance,
            now: start,
            trackers,
            sides: [Handling::default(), Handling::default()],
            unanswered: BTreeMap::new(),
            underway: Vec::new(),
            exact,
            changes: 0,
            last: Resolution::Open,
            log: String::new(),
        }
    }

    fn note(&mut self, words: &str) {
        let _ = writeln!(self.log, "{:>8} {words}", self.now - 1_000_000);
    }

    fn tell(&mut self, which: usize, by: &'static str, settled: bool) {
        let delivery = Delivery { which, seen: self.trackers[which].seen(), by, settled };
        if self.chance.one_in(4) {
            self.underway.push(delivery.clone());
        }
        self.underway.push(delivery);
    }

    /// A person does something; often within one unit of the tracker's clock.
    fn person(&mut self, which: usize) {
        let to = if self.trackers[which].resolution.is_open() {
            let reasons = [Resolution::Completed, Resolution::NotPlanned, Resolution::Duplicate];
            if self.chance.one_in(4) { None } else { Some(*self.chance.of_these(&reasons)) }
        } else if self.chance.one_in(3) {
            None
        } else {
            Some(Resolution::Open)
        };
        let now = self.now;
        match to {
            None => self.trackers[which].touch(now),
            Some(to) => {
                self.changes += 1;
                self.last = to;
                self.trackers[which].change(to, now);
            }
        }
        self.note(&format!("a person: {which} is {:?}", self.trackers[which].seen()));
        self.tell(which, "ada", to.is_some());
    }

    fn deliver(&mut self) {
        if self.underway.is_empty() {
            return;
        }
        let n = u64::try_from(self.underway.len()).expect("a few");
        let at = usize::try_from(self.chance.below(n)).expect("a few");
        let d = self.underway.swap_remove(at);
        let told = Told { seen: d.seen, settled: d.settled, own: d.settled && d.by == US, by: d.by };
        let news = sync::hear(&mut self.sides, d.which, &told);
        self.note(&format!("heard {d:?}: {news:?}, decided {:?}", self.sides[0].decided));
    }

    /// hearback looks after one side: asks, and writes where that is wanted.
    fn work(&mut self, which: usize) {
        let planned = sync::step(&self.sides[which]);
        if planned == Step::Rest || self.chance.one_in(10) {
            return;
        }
        let seen = self.trackers[which].seen();
        let own = self.unanswered.get(&which).is_some_and(|sent| sent.agrees(seen.resolution));
        let news = sync::look(&mut self.sides, which, &Told { seen, settled: false, own, by: "" });
        self.note(&format!("asked {which}, {seen:?}: {news:?}, decided {:?}", self.sides[0].decided));
        self.unanswered.remove(&which);
        let Step::Write(to) = sync::step(&self.sides[which]) else { return };
        // Between the look and the write somebody may be faster.
        if !self.exact && self.chance.one_in(12) {
            self.now += 1;
            self.person(which);
        }
        self.now += 1;
        if !self.exact && self.chance.one_in(8) {
            self.note(&format!("the write to {which} never arrived"));
            self.unanswered.insert(which, to);
            return;
        }
        if !self.trackers[which].resolution.agrees(to) {
            let now = self.now;
            self.trackers[which].change(to, now);
            self.trackers[which].written += 1;
            self.tell(which, US, true);
        }
        if !self.exact && self.chance.one_in(6) {
            self.note(&format!("wrote {to:?} to {which}, and the answer was lost"));
            self.unanswered.insert(which, to);
            return;
        }
        let told = Told { seen: self.trackers[which].seen(), settled: true, own: true, by: US };
        let news = sync::look(&mut self.sides, which, &told);
        self.note(&format!("wrote {to:?} to {which}: {news:?}"));
    }

    fn step(&mut self, people: bool) {
        self.now += 1 + i64::try_from(self.chance.below(900)).expect("small");
        let which = usize::from(self.chance.one_in(2));
        match self.chance.below(if people { 6 } else { 5 }) {
            0..3 => self.deliver(),
            3 | 4 => self.work(which),
            _ => self.person(which),
        }
    }

    fn at_rest(&self) -> bool {
        self.underway.is_empty() && self.sides.iter().all(|s| sync::step(s) == Step::Rest)
    }

    /// What is wrong at the end.
    fn wrong(&self) -> Option<String> {
        if !self.at_rest() {
            return Some("it takes no rest".into());
        }
        let decided = self.sides[0].decided.resolution;
        for (side, tracker) in self.sides.iter().zip(&self.trackers) {
            if side.seen.resolution != tracker.resolution {
                return Some(format!("hearback believes {:?}, it is {:?}", side.seen, tracker.seen()));
            }
            if side.decided.resolution != decided || !tracker.resolution.agrees(decided) {
                return Some(format!("{:?} is decided, and the tracker has {:?}", side.decided, tracker.resolution));
            }
        }
        if self.exact && !decided.agrees(self.last) {
            return Some(format!("{decided:?} is decided, and the last word was {:?}", self.last));
        }
        let written: usize = self.trackers.iter().map(|t| t.written).sum();
        (written > self.changes).then(|| format!("{written} writes after {} changes", self.changes))
    }
}

fn play(seed: u64, exact: bool) -> World {
    let mut world = World::new(seed, exact);
    let deeds = 1 + world.chance.below(DEEDS_MAX);
    for _ in 0..deeds * 4 {
        world.step(true);
    }
    for _ in 0..REST_MAX {
        if world.at_rest() {
            break;
        }
        world.step(false);
        world.work(0);
        world.work(1);
    }
    world
}

/// Plays all worlds, or the one that was asked for.
fn play_all(exact: bool) {
    if let Some(seed) = asked_for() {
        let world = play(seed, exact);
        println!("{}", world.log);
        assert_eq!(world.wrong(), None, "HEARBACK_SYNC_SEED={seed}");
        return;
    }
    let (mut changes, mut written) = (0, 0);
    for seed in 0..WORLDS {
        let world = play(seed, exact);
        if let Some(wrong) = world.wrong() {
            panic!("{}\n{wrong}; again with HEARBACK_SYNC_SEED={seed}", world.log);
        }
        changes += world.changes;
        written += world.trackers.iter().map(|t| t.written).sum::<usize>();
    }
    println!("seeds 0 to {}: {changes} changes by people, {written} writes", WORLDS - 1);
    assert!(written > 1_000 && changes > written, "the worlds try something: {changes} changes, {written} writes");
}

#[test]
fn a_thousand_worlds_agree_in_the_end() {
    play_all(false);
}

#[test]
fn where_clocks_go_right_and_answers_come_the_last_word_holds() {
    play_all(true);
}
