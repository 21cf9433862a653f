//! The rows of the people in a batch while records are folded into them, and the differences that come of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};

use super::packed::{pack, unpack};
use super::prepare::scope;
use super::{kept_since, rollouts};
use crate::analysis::usage::{Cells, Days, Participant, Person, Register, RolloutClock};
use crate::domain::rollout::Rollout;
use crate::flow::Context;
use crate::id::RolloutId;
use crate::store::Tx;
use crate::store::usage::{self, ParticipantRow};
use crate::time::{DAY_MS, UnixMs};

/// Whoever has had the change for longer is not followed any more, ms: what is asked of them was answered.
const FOLLOWED_MS: i64 = 60 * DAY_MS;

/// A row as it was read and as it is now.
struct Two<T> {
    was: Option<T>,
    is: T,
}

/// A rollout as far as folding needs it.
struct Home {
    register: Two<Register>,
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
    people: BTreeMap<String, Two<Person>>,
    rows: BTreeMap<(String, RolloutId), Two<Participant>>,
    homes: BTreeMap<RolloutId, Home>,
    names: BTreeMap<u32, String>,
    /// Rollouts whose rows were let go: nothing of them changes any more.
    let_go: BTreeSet<RolloutId>,
}

impl Fold {
    /// Reads the rows of `everybody`, and what is kept beside rollouts of `named` people, whom senders told.
    pub async fn load(ctx: &Context, tx: &mut Tx, named: &[&str], everybody: &[&str]) -> Result<Self> {
        let mut fold = Self {
            now: ctx.now(),
            window_ms: ctx.config.policy().window_ms,
            people: BTreeMap::new(),
            rows: BTreeMap::new(),
            homes: BTreeMap::new(),
            names: BTreeMap::new(),
            let_go: BTreeSet::new(),
        };
        let oldest = Days::day(kept_since(fold.now));
        for (person, state) in usage::people(tx, named).await? {
            let was: Person = unpack(&state)?;
            let mut is = was.clone();
            is.forget_before(oldest);
            fold.people.insert(person, Two { was: Some(was), is });
        }
        for row in usage::participants(tx, everybody).await? {
            let was: Participant = unpack(&row.state)?;
            let two = Two { is: was.clone(), was: Some(was) };
            fold.rows.insert((row.person, RolloutId(row.rollout_id)), two);
        }
        let homes: BTreeSet<RolloutId> = fold.rows.keys().map(|(_, rollout)| rollout.clone()).collect();
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
            self.homes.insert(id.clone(), Home { register: Two { was, is }, scopes, until, rollout });
        }
        Ok(self.homes.get(id).map(|h| &h.rollout))
    }

    /// Whether a rollout that was met has let go of its rows.
    pub fn has_let_go(&self, id: &RolloutId) -> bool {
        self.let_go.contains(id)
    }

    /// What is kept of a person beside rollouts.
    pub fn person(&mut self, person: &str) -> &mut Person {
        if !self.people.contains_key(person) {
            self.people.insert(person.to_owned(), Two { was: None, is: Person::default() });
        }
        &mut self.people.get_mut(person).expect("it was put there").is
    }

    /// A person's row in a rollout that was met.
    pub fn row(&mut self, person: &str, rollout: &RolloutId) -> &mut Participant {
        let key = (person.to_owned(), rollout.clone());
        &mut self.rows.entry(key).or_insert_with(|| Two { was: None, is: Participant::default() }).is
    }

    /// What the counters of a rollout rest on.
    pub fn register(&mut self, rollout: &RolloutId) -> Option<&mut Register> {
        self.homes.get_mut(rollout).map(|h| &mut h.register.is)
    }

    /// Tells the rows of rollouts what their people did.
    pub async fn settle(&mut self, tx: &mut Tx) -> Result<()> {
        self.admit(tx).await?;
        let kept = Days::day(kept_since(self.now));
        for ((person, rollout), row) in &mut self.rows {
            let (Some(person), Some(home)) = (self.people.get(person), self.homes.get(rollout)) else { continue };
            // Taken back, or never more than a name: nothing of it counts.
            if row.is == Participant::default() {
                continue;
            }
            if row.is.since().is_some_and(|since| self.now.since(since) > FOLLOWED_MS) {
                continue;
            }
            let register = &home.register.is;
            person.is.tell(
                &mut row.is,
                &home.scopes,
                home.until,
                kept,
                |event| register.events.contains_key(&event),
                |segment| register.class(segment),
            );
        }
        Ok(())
    }

    /// Has rollouts tell events and segments apart that their people bring: the earliest, by name where several come at
    /// once, as long as there is room.
    async fn admit(&mut self, tx: &mut Tx) -> Result<()> {
        let mut events: BTreeMap<&RolloutId, BTreeMap<u32, UnixMs>> = BTreeMap::new();
        let mut segments: BTreeMap<&RolloutId, BTreeSet<u32>> = BTreeMap::new();
        for ((person, rollout), row) in &self.rows {
            let (Some(person), Some(home)) = (self.people.get(person), self.homes.get(rollout)) else { continue };
            let register = &home.register.is;
            let new = person.is.segments().filter(|s| !register.segments.contains_key(s));
            let mut new = new.peekable();
            if new.peek().is_some() {
                segments.entry(rollout).or_default().extend(new);
            }
            let Some(since) = row.is.since() else { continue };
            for (event, at) in person.is.events(&home.scopes, since, |event| !register.events.contains_key(&event)) {
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
            let register = &mut home.register.is;
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
    pub async fn save(self, tx: &mut Tx) -> Result<()> {
        let mut people = Vec::new();
        for (person, two) in self.people.iter().filter(|(_, two)| two.was.as_ref() != Some(&two.is)) {
            people.push((person.as_str(), pack(&two.is)?));
        }
        usage::keep_people(tx, &people, self.now.0.div_euclid(DAY_MS)).await?;
        let mut counted: BTreeMap<&RolloutId, Cells> = BTreeMap::new();
        let mut rows = Vec::new();
        for ((person, rollout), two) in &self.rows {
            let Some(home) = self.homes.get(rollout) else { continue };
            if two.was.as_ref() == Some(&two.is) {
                continue;
            }
            let empty = two.is == Participant::default();
            let is = (!empty).then_some(&two.is);
            let change = Cells::change(two.was.as_ref(), is, &home.register.is.clock);
            counted.entry(rollout).or_default().merge(&change);
            if empty {
                usage::drop_participant(tx, person, rollout).await?;
                continue;
            }
            rows.push(ParticipantRow {
                person: person.clone(),
                rollout_id: rollout.0.clone(),
                state: pack(&two.is)?,
                exposed_ms: two.is.since().map(|at| at.0),
            });
        }
        usage::keep_participants(tx, &rows).await?;
        for (rollout, home) in &self.homes {
            if home.register.was.as_ref() != Some(&home.register.is) {
                usage::keep_register(tx, rollout, &serde_json::to_string(&home.register.is)?).await?;
            }
        }
        for (rollout, cells) in counted {
            let cells: Vec<(String, i64)> = cells.iter().map(|(key, n)| (key.to_string(), n)).collect();
            usage::count(tx, rollout, &cells).await?;
        }
        Ok(())
    }
}
