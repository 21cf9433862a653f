//! What people did, and the counters over it. Rows are read and written many at a time: a batch of records costs a handful
//! of statements, whatever its size.

pub mod baseline;
pub mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use sqlx::QueryBuilder;

use super::Tx;
use crate::id::RolloutId;
use crate::time::UnixMs;

/// Rows in one statement, the larger first. Both databases take more than 30,000 parameters. With a few sizes there are a few
/// texts, each of which is prepared once.
const ROWS: [usize; 4] = [1_000, 100, 10, 1];
/// Names that are kept in all.
const WORDS_MAX: i64 = 20_000;

/// The lock that whoever changes people, participants and counters has alone.
const COUNTING: i64 = 0x6865_6172_636f_756e;

/// What is kept of a person, as bytes.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonRow {
    /// Who, under a pseudonym.
    pub person: String,
    /// What is known, as whoever counts writes it.
    pub state: Vec<u8>,
    /// The day of the latest change since 1970; `None` where nothing is kept beside rollouts.
    pub day: Option<i64>,
}

/// Cuts rows into parts of the sizes of [`ROWS`].
fn parts<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = ROWS.into_iter().find(|size| *size <= rows.len())?;
        let (part, rest) = rows.split_at(size);
        rows = rest;
        Some(part)
    })
}

/// Waits until nobody else counts, and keeps others waiting until the transaction ends. Taken after any lock on rollouts
/// and before people are read: a count is the difference to what was read. SQLite has one writer anyhow.
pub async fn alone(tx: &mut Tx) -> Result<()> {
    if let Tx::Postgres(tx) = tx {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(COUNTING).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Keeps names by their numbers. Gives the numbers that stand for these names: those whose number stands for another name,
/// and those for which there is no more room, are not among them.
pub async fn name(tx: &mut Tx, words: &BTreeMap<u32, String>) -> Result<BTreeSet<u32>> {
    let ids: Vec<u32> = words.keys().copied().collect();
    let mut known = names(tx, &ids).await?;
    let new: Vec<(&u32, &String)> = words.iter().filter(|(id, _)| !known.contains_key(id)).collect();
    if !new.is_empty() {
        let kept: i64 = on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM words").fetch_one(c).await?);
        let room = usize::try_from((WORDS_MAX - kept).max(0)).unwrap_or(0);
        for part in parts(&new[..room.min(new.len())]) {
            on!(tx, c => {
                let mut q = QueryBuilder::new("INSERT INTO words (id, word) ");
                q.push_values(part, |mut row, (id, word)| {
                    row.push_bind(i64::from(**id)).push_bind(word.as_str());
                });
                q.push(" ON CONFLICT (id) DO NOTHING");
                q.build().execute(c).await?;
            });
        }
        known.extend(new.iter().take(room).map(|(id, word)| (**id, (*word).clone())));
    }
    Ok(words.iter().filter(|(id, word)| known.get(id) == Some(word)).map(|(id, _)| *id).collect())
}

/// Of these names, the numbers of those that are kept already: nothing is kept anew.
pub async fn known(tx: &mut Tx, words: &BTreeMap<u32, String>) -> Result<BTreeSet<u32>> {
    let ids: Vec<u32> = words.keys().copied().collect();
    let known = names(tx, &ids).await?;
    Ok(words.iter().filter(|(id, word)| known.get(id) == Some(word)).map(|(id, _)| *id).collect())
}

/// The names that numbers stand for.
pub async fn names(tx: &mut Tx, ids: &[u32]) -> Result<BTreeMap<u32, String>> {
    let mut all = BTreeMap::new();
    for part in parts(ids) {
        let rows: Vec<(i64, String)> = on!(tx, c => {
            let mut q = QueryBuilder::new("SELECT id, word FROM words WHERE id IN (");
            let mut list = q.separated(", ");
            for id in part {
                list.push_bind(i64::from(*id));
            }
            q.push(")");
            q.build_query_as().fetch_all(c).await?
        });
        all.extend(rows.into_iter().filter_map(|(id, word)| Some((u32::try_from(id).ok()?, word))));
    }
    Ok(all)
}

/// What is kept of people.
pub async fn people(tx: &mut Tx, persons: &[&str]) -> Result<Vec<PersonRow>> {
    let mut all = Vec::with_capacity(persons.len());
    for part in parts(persons) {
        all.extend(on!(tx, c => {
            let mut q = QueryBuilder::new("SELECT person, state, day FROM people WHERE person IN (");
            let mut list = q.separated(", ");
            for person in part {
                list.push_bind(*person);
            }
            q.push(")");
            q.build_query_as::<PersonRow>().fetch_all(c).await?
        }));
    }
    Ok(all)
}

/// Keeps what is known of people now.
pub async fn keep_people(tx: &mut Tx, rows: &[PersonRow]) -> Result<()> {
    for part in parts(rows) {
        on!(tx, c => {
            let mut q = QueryBuilder::new("INSERT INTO people (person, state, day) ");
            q.push_values(part, |mut row, r| {
                row.push_bind(r.person.as_str()).push_bind(r.state.as_slice()).push_bind(r.day);
            });
            q.push(" ON CONFLICT (person) DO UPDATE SET state = excluded.state, day = excluded.day");
            q.build().execute(c).await?;
        });
    }
    Ok(())
}

/// Lets go of what is kept of people.
pub async fn let_go_people(tx: &mut Tx, persons: &[&str]) -> Result<()> {
    for part in parts(persons) {
        on!(tx, c => {
            let mut q = QueryBuilder::new("DELETE FROM people WHERE person IN (");
            let mut list = q.separated(", ");
            for person in part {
                list.push_bind(*person);
            }
            q.push(")");
            q.build().execute(c).await?;
        });
    }
    Ok(())
}

/// Forgets what is kept of a person beside statements. The counters, and in which rollouts they take part, are another
/// matter.
pub async fn drop_person(tx: &mut Tx, person: &str) -> Result<()> {
    on!(tx, c => {
        for sql in ["DELETE FROM people WHERE person = $1", "DELETE FROM waiting_exposures WHERE person = $1"] {
            sqlx::query(sql).bind(person).execute(&mut *c).await?;
        }
    });
    Ok(())
}

/// Notes that people take part in rollouts: pairs of a person and a rollout.
pub async fn join(tx: &mut Tx, pairs: &[(&str, &str)]) -> Result<()> {
    for part in parts(pairs) {
        on!(tx, c => {
            let mut q = QueryBuilder::new("INSERT INTO participants (person, rollout_id) ");
            q.push_values(part, |mut row, (person, rollout)| {
                row.push_bind(*person).push_bind(*rollout);
            });
            q.push(" ON CONFLICT (rollout_id, person) DO NOTHING");
            q.build().execute(c).await?;
        });
    }
    Ok(())
}

/// Notes that people no longer take part in rollouts: pairs as in [`join`].
pub async fn leave(tx: &mut Tx, pairs: &[(&str, &str)]) -> Result<()> {
    for part in parts(pairs) {
        on!(tx, c => {
            let mut q = QueryBuilder::new("DELETE FROM participants WHERE (person, rollout_id) IN (");
            q.push_values(part, |mut row, (person, rollout)| {
                row.push_bind(*person).push_bind(*rollout);
            });
            q.push(")");
            q.build().execute(c).await?;
        });
    }
    Ok(())
}

/// What is kept of the people of a rollout, by person, after `after`.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId, after: &str, limit: i64) -> Result<Vec<PersonRow>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT w.person, w.state, w.day FROM participants p JOIN people w ON w.person = p.person
         WHERE p.rollout_id = $1 AND p.person > $2 ORDER BY p.person LIMIT $3")
        .bind(rollout.as_str()).bind(after).bind(limit).fetch_all(c).await?))
}

/// Who takes part in a rollout, at most `limit`.
pub async fn members(tx: &mut Tx, rollout: &RolloutId, limit: i64) -> Result<Vec<String>> {
    Ok(
        on!(tx, c => sqlx::query_scalar("SELECT person FROM participants WHERE rollout_id = $1 ORDER BY person LIMIT $2")
        .bind(rollout.as_str()).bind(limit).fetch_all(c).await?),
    )
}

/// People of whom nothing was heard since a day, by person, after `after`.
pub async fn unheard(tx: &mut Tx, day: i64, after: &str, limit: i64) -> Result<Vec<String>> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT person FROM people WHERE person > $1 AND day < $2 ORDER BY person LIMIT $3")
        .bind(after).bind(day).bind(limit).fetch_all(c).await?))
}

/// Adds to counters, each with its rollout and its key; one that comes to 0 goes away.
pub async fn count(tx: &mut Tx, cells: &[(&str, String, i64)]) -> Result<()> {
    for part in parts(cells) {
        on!(tx, c => {
            let mut q = QueryBuilder::new("INSERT INTO usage_cells (rollout_id, key, n) ");
            q.push_values(part, |mut row, (rollout, key, n)| {
                row.push_bind(*rollout).push_bind(key.as_str()).push_bind(*n);
            });
            q.push(" ON CONFLICT (rollout_id, key) DO UPDATE SET n = usage_cells.n + excluded.n");
            q.build().execute(c).await?;
        });
    }
    let fewer: Vec<(&str, &str)> =
        cells.iter().filter(|(.., n)| *n < 0).map(|(r, key, _)| (*r, key.as_str())).collect();
    for part in parts(&fewer) {
        on!(tx, c => {
            let mut q = QueryBuilder::new("DELETE FROM usage_cells WHERE n = 0 AND (rollout_id, key) IN (");
            q.push_values(part, |mut row, (rollout, key)| {
                row.push_bind(*rollout).push_bind(*key);
            });
            q.push(")");
            q.build().execute(c).await?;
        });
    }
    Ok(())
}

/// The counters of a rollout, by key.
pub async fn cells(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<(String, i64)>> {
    Ok(on!(tx, c => sqlx::query_as("SELECT key, n FROM usage_cells WHERE rollout_id = $1 ORDER BY key")
        .bind(rollout.as_str()).fetch_all(c).await?))
}

/// Takes the counters of a rollout away, before they are counted anew.
pub async fn clear(tx: &mut Tx, rollout: &RolloutId) -> Result<()> {
    on!(tx, c => sqlx::query("DELETE FROM usage_cells WHERE rollout_id = $1")
        .bind(rollout.as_str()).execute(c).await?.rows_affected());
    Ok(())
}

/// What the counters of rollouts rest on, as JSON.
pub async fn registers(tx: &mut Tx, rollouts: &[&str]) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for part in parts(rollouts) {
        all.extend(on!(tx, c => {
            let mut q = QueryBuilder::new("SELECT rollout_id, register FROM registers WHERE rollout_id IN (");
            let mut list = q.separated(", ");
            for rollout in part {
                list.push_bind(*rollout);
            }
            q.push(")");
            q.build_query_as::<(String, String)>().fetch_all(c).await?
        }));
    }
    Ok(all)
}

/// Keeps what the counters of a rollout rest on.
pub async fn keep_register(tx: &mut Tx, rollout: &RolloutId, register: &str) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO registers (rollout_id, register) VALUES ($1, $2) ON CONFLICT (rollout_id) DO UPDATE SET register = $2")
        .bind(rollout.as_str()).bind(register).execute(c).await?.rows_affected());
    Ok(())
}

/// A rollout whose window closed before a moment and of whose people there are rows; `None` where there is none.
pub async fn long_closed(tx: &mut Tx, before: UnixMs) -> Result<Option<RolloutId>> {
    let found: Option<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT w.rollout_id FROM windows w WHERE w.state IN ('closed', 'cancelled') AND w.closed_ms < $1
           AND EXISTS (SELECT 1 FROM participants p WHERE p.rollout_id = w.rollout_id) LIMIT 1")
        .bind(before.0).fetch_optional(c).await?);
    Ok(found.map(RolloutId))
}
