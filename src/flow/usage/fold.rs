//! The rows of the people in a batch while records are folded into them, and the differences that come of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};

use super::packed::{pack, unpack};
use super::prepare::scope;
use super::{kept_since, rollouts};
use crate::analysis::usage::{Cells, Days, Kept, Participant, Person, Register, RolloutClock};
use crate::domain::rollout::Rollout;
use crate::flow::Context;
use crate::id::RolloutId;
use crate::store::Tx;
use crate::store::usage::{self, PersonRow};
use crate::time::{DAY_MS, UnixMs};

/// Whoever has had the change for longer is not followed any more, ms: what is asked of them was answered.
const FOLLOWED_MS: i64 = 60 * DAY_MS;

/// A row as it was read and as it is now.
#[derive(Default)]
struct Two<T> {
    was: T,
    is: T,
}

/// A person as they were read and as they are now.
#[derive(Default)]
struct Folded {
    row: Two<Kept>,
    /// The day of the latest change, as it was read.
    day: Option<i64>,
}

/// A rollout as far as folding needs it.
struct Home {
    register: Register,
    /// What is kept of it; `None` where nothing was counted before.
    register_was: Option<Register>,
    /// The numbers of what names it.
    scopes: Vec<u32>,
    /// What happens later does not count in it.
    until: UnixMs,
    rollout: Rollout,
}

/// All that a batch touches.
pub struct Fold {
    now: UnixMs,
    window_ms: i64,
    people: BTreeMap<String, Folded>,
    homes: BTreeMap<RolloutId, Home>,
    names: BTreeMap<u32, String>,
    /// Rollouts whose rows were let go: nothing of them changes any more.
    let_go: BTreeSet<RolloutId>,
}

impl Fold {
    /// Reads what is kept of people.
    pub async fn load(ctx: &Context, tx: &mut Tx, persons: &[&str]) -> Result<Self> {
        let mut fold = Self {
            now: ctx.now(),
            window_ms: ctx.config.policy().window_ms,
            people: BTreeMap::new(),
            homes: BTreeMap::new(),
            names: BTreeMap::new(),
            let_go: BTreeSet::new(),
        };
        let oldest = Days::day(kept_since(fold.now));
        let mut homes = BTreeSet::new();
        for PersonRow { person, state, day } in usage::people(tx, persons).await? {
            let was: Kept = unpack(&state)?;
            let mut is = was.clone();
            is.lately.forget_before(oldest);
            homes.extend(was.rollouts.keys().cloned());
            fold.people.insert(person, Folded { row: Two { was, is }, day });
        }
        for rollout in homes {
            fold.meet(tx, &rollout).await?;
        }
        Ok(fold)
    }

    /// Remembers what numbers stand for.
    pub fn named(&mut self, names: BTreeMap<u32, String>) {
        self.names.extend(names);
    }

    /// A rollout, looked up once. `None` where it is not known, or its rows were let go.
    pub async fn meet(&mut self, tx: &mut Tx, id: &RolloutId) -> Result<Option<&Rollout>> {
        if !self.homes.contains_key(id) && !self.let_go.contains(id) {
            let Some(rollout) = rollouts::get(tx, id).await? else { return Ok(None) };
            let kept = usage::registers(tx, &[id.as_str()]).await?;
            let was: Option<Register> = match kept.get(id.as_str()) {
                Some(register) => Some(serde_json::from_str(register).context("reading a register")?),
                None => None,
            };
            let clock = RolloutClock::new(rollout.started_at.unwrap_or(self.now), self.window_ms);
            let is = was.clone().unwrap_or_else(|| Register::new(clock));
            if is.let_go {
                self.let_go.insert(id.clone());
                return Ok(None);
            }
            let mut scopes = vec![scope(&format!("rollout:{id}"))];
            scopes.extend(rollout.subject.flag().map(|flag| scope(&format!("flag:{flag}"))));
            scopes.extend(rollout.about.tag.as_ref().map(|tag| scope(&format!("release:{tag}"))));
            let until = rollout.ended.map_or(UnixMs::NEVER, |(at, _)| at);
            self.homes.insert(id.clone(), Home { register: is, register_was: was, scopes, until, rollout });
        }
        Ok(self.homes.get(id).map(|h| &h.rollout))
    }

    /// Whether a rollout that was met has let go of its rows.
    pub fn has_let_go(&self, id: &RolloutId) -> bool {
        self.let_go.contains(id)
    }

    /// What is kept of a person beside rollouts.
    pub fn person(&mut self, person: &str) -> &mut Person {
        &mut self.kept(person).lately
    }

    /// A person's row in a rollout that was met.
    pub fn row(&mut self, person: &str, rollout: &RolloutId) -> &mut Participant {
        let rollouts = &mut self.kept(person).rollouts;
        if !rollouts.contains_key(rollout) {
            rollouts.insert(rollout.clone(), Participant::default());
        }
        rollouts.get_mut(rollout).expect("it was put there")
    }

    fn kept(&mut self, person: &str) -> &mut Kept {
        if !self.people.contains_key(person) {
            self.people.insert(person.to_owned(), Folded::default());
        }
        &mut self.people.get_mut(person).expect("it was put there").row.is
    }

    /// What the counters of a rollout rest on.
    pub fn register(&mut self, rollout: &RolloutId) -> Option<&mut Register> {
        self.homes.get_mut(rollout).map(|h| &mut h.register)
    }

    /// Tells the rows of rollouts what their people did.
    pub async fn settle(&mut self, tx: &mut Tx) -> Result<()> {
        self.admit(tx).await?;
        let kept = Days::day(kept_since(self.now));
        for folded in self.people.values_mut() {
            let Kept { lately, rollouts } = &mut folded.row.is;
            for (rollout, row) in rollouts {
                let Some(home) = self.homes.get(rollout) else { continue };
                // Taken back, or never more than a name: nothing of it counts.
                if *row == Participant::default() {
                    continue;
                }
                if row.since().is_some_and(|since| self.now.since(since) > FOLLOWED_MS) {
                    continue;
                }
                let register = &home.register;
                lately.tell(
                    row,
                    &home.scopes,
                    home.until,
                    kept,
                    |event| register.events.contains_key(&event),
                    |segment| register.class(segment),
                );
            }
        }
        Ok(())
    }

    /// Has rollouts tell events and segments apart that their people bring: the earliest, by name where several come at
    /// once, as long as there is room.
    async fn admit(&mut self, tx: &mut Tx) -> Result<()> {
        let mut events: BTreeMap<&RolloutId, BTreeMap<u32, UnixMs>> = BTreeMap::new();
        let mut segments: BTreeMap<&RolloutId, BTreeSet<u32>> = BTreeMap::new();
        let rows = self.people.values().flat_map(|f| f.row.is.rollouts.iter().map(move |r| (&f.row.is.lately, r)));
        for (lately, (rollout, row)) in rows {
            let Some(home) = self.homes.get(rollout) else { continue };
            let register = &home.register;
            let new = lately.segments().filter(|s| !register.segments.contains_key(s));
            let mut new = new.peekable();
            if new.peek().is_some() {
                segments.entry(rollout).or_default().extend(new);
            }
            let Some(since) = row.since() else { continue };
            for (event, at) in lately.events(&home.scopes, since, |event| !register.events.contains_key(&event)) {
                let first = events.entry(rollout).or_default().entry(event).or_insert(at);
                *first = at.min(*first);
            }
        }
        let wanted = events.values().flat_map(BTreeMap::keys).chain(segments.values().flatten());
        let missing: Vec<u32> = wanted.copied().filter(|id| !self.names.contains_key(id)).collect();
        self.names.extend(usage::names(tx, &missing).await?);
        let name = |id: &u32| self.names.get(id).map_or("", String::as_str);
        let mut admitted: Vec<(RolloutId, Vec<u32>, Vec<u32>)> = Vec::new();
        for rollout in self.homes.keys() {
            let mut new: Vec<(UnixMs, &str, u32)> =
                events.get(rollout).into_iter().flatten().map(|(id, at)| (*at, name(id), *id)).collect();
            new.sort_unstable();
            let mut divided: Vec<(&str, u32)> =
                segments.get(rollout).into_iter().flatten().map(|id| (name(id), *id)).collect();
            divided.sort_unstable();
            if !new.is_empty() || !divided.is_empty() {
                let new = new.into_iter().map(|(.., id)| id).collect();
                admitted.push((rollout.clone(), new, divided.into_iter().map(|(_, id)| id).collect()));
            }
        }
        for (rollout, events, segments) in admitted {
            let Some(home) = self.homes.get_mut(&rollout) else { continue };
            let register = &mut home.register;
            for id in events {
                let tracked = self.names.get(&id).is_some_and(|name| register.track(id, name));
                register.untracked += u64::from(!tracked);
            }
            for id in segments {
                if let Some(name) = self.names.get(&id) {
                    register.divide(id, name);
                }
            }
        }
        Ok(())
    }

    /// Writes what differs: rows, what counters rest on, and the counters.
    pub async fn save(mut self, tx: &mut Tx) -> Result<()> {
        let today = self.now.0.div_euclid(DAY_MS);
        let mut counted: BTreeMap<&RolloutId, Cells> = BTreeMap::new();
        let (mut rows, mut gone) = (Vec::new(), Vec::new());
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (person, folded) in &mut self.people {
            let Two { was, is } = &mut folded.row;
            is.rollouts.retain(|rollout, row| *row != Participant::default() || !self.homes.contains_key(rollout));
            if was == is {
                continue;
            }
            let (was, is) = (&*was, &*is);
            let both = was.rollouts.keys().chain(is.rollouts.keys().filter(|r| !was.rollouts.contains_key(r)));
            for (rollout, (before, after)) in both.map(|r| (r, (was.rollouts.get(r), is.rollouts.get(r)))) {
                let Some((id, home)) = self.homes.get_key_value(rollout).filter(|_| before != after) else { continue };
                counted.entry(id).or_default().merge(&Cells::change(before, after, &home.register.clock));
                match (before, after) {
                    (None, Some(_)) => joined.push((person.as_str(), rollout.as_str())),
                    (Some(_), None) => left.push((person.as_str(), rollout.as_str())),
                    _ => {}
                }
            }
            if *is == Kept::default() {
                gone.push(person.as_str());
                continue;
            }
            let day = if was.lately == is.lately { folded.day } else { Some(today) };
            let day = day.filter(|_| is.lately != Person::default());
            rows.push(PersonRow { person: person.clone(), state: pack(is)?, day });
        }
        usage::keep_people(tx, &rows).await?;
        usage::let_go_people(tx, &gone).await?;
        usage::join(tx, &joined).await?;
        usage::leave(tx, &left).await?;
        for (rollout, home) in &self.homes {
            let is_counted = home.register_was.is_some() || counted.contains_key(rollout);
            if is_counted && home.register_was.as_ref() != Some(&home.register) {
                usage::keep_register(tx, rollout, &serde_json::to_string(&home.register)?).await?;
            }
        }
        let cells: Vec<(&str, String, i64)> = counted
            .iter()
            .flat_map(|(rollout, cells)| cells.iter().map(move |(key, n)| (rollout.as_str(), key.to_string(), n)))
            .collect();
        usage::count(tx, &cells).await
    }
}
