//! Takes people out of the counters, counts anew, and lets go of what is no longer needed.

use anyhow::Result;

use super::heard::Counted;
use super::packed::{pack, unpack};
use super::{KEPT_MS, usage};
use crate::analysis::usage::{Cells, Kept, Person, Register};
use crate::domain::rollout::Rollout;
use crate::flow::Context;
use crate::id::RolloutId;
use crate::store::Tx;
use crate::store::usage::{PersonRow, baseline, waiting};
use crate::time::{DAY_MS, HOUR_MS, UnixMs};

/// Rows read at one time.
const PAGE: i64 = 2_000;
/// Rows let go of in one transaction.
const LET_GO: i64 = 5_000;
/// Exposures wait this long for what they name, ms: flag platforms are asked every minute, releases take hours.
const WAIT_MS: i64 = 48 * HOUR_MS;

/// Forgets what is kept of a person beside their statements, and takes them out of every counter that still knows its
/// people: it is then what it would be without them. Called before their statements are deleted, in the same transaction.
/// Alarms that were raised stay, with the figures that they were raised on.
pub async fn forget(tx: &mut Tx, person: &str) -> Result<()> {
    usage::alone(tx).await?;
    for row in usage::people(tx, &[person]).await? {
        let was: Kept = unpack(&row.state)?;
        for (rollout, was) in &was.rollouts {
            usage::leave(tx, &[(person, rollout.as_str())]).await?;
            let registers = usage::registers(tx, &[rollout.as_str()]).await?;
            let Some(register) = registers.get(rollout.as_str()) else { continue };
            let register: Register = serde_json::from_str(register)?;
            add(tx, rollout, &Cells::change(Some(was), None, &register.clock)).await?;
        }
    }
    for (id, cell, day) in baseline::of_person(tx, person).await? {
        if let Some(counted) = Counted::parse(&cell) {
            baseline::add(tx, &counted.cell(day.0.div_euclid(DAY_MS), -1)).await?;
        }
        baseline::note(tx, &id, None).await?;
    }
    usage::drop_person(tx, person).await
}

/// Counts a rollout anew from the rows of its people: what the counters should say.
pub async fn recount(tx: &mut Tx, rollout: &RolloutId, register: &Register) -> Result<Cells> {
    let mut cells = Cells::default();
    let mut after = String::new();
    loop {
        let page = usage::of_rollout(tx, rollout, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(cells) };
        after.clone_from(&last.person);
        for row in page {
            let kept: Kept = unpack(&row.state)?;
            if let Some(one) = kept.rollouts.get(rollout) {
                cells.merge(&Cells::of(one, &register.clock));
            }
        }
    }
}

/// Where news dates the beginning of a rollout anew, its epochs begin anew too.
pub async fn redate(tx: &mut Tx, rollout: &Rollout) -> Result<()> {
    let Some(start) = rollout.started_at else { return Ok(()) };
    // What is read is what the new counters rest on: nobody may count in between.
    usage::alone(tx).await?;
    let registers = usage::registers(tx, &[rollout.id.as_str()]).await?;
    let Some(register) = registers.get(rollout.id.as_str()) else { return Ok(()) };
    let mut register: Register = serde_json::from_str(register)?;
    // Without its rows there is nothing to count anew from.
    if register.clock.origin == start || register.let_go {
        return Ok(());
    }
    register.clock.origin = start;
    let cells = recount(tx, &rollout.id, &register).await?;
    usage::clear(tx, &rollout.id).await?;
    usage::keep_register(tx, &rollout.id, &serde_json::to_string(&register)?).await?;
    add(tx, &rollout.id, &cells).await
}

/// Lets go of what no count needs any more: people of whom nothing was heard for long, rows of rollouts that closed long
/// ago, and exposures of what never came. Counters stay. Gives what was done, for people.
pub async fn let_go(ctx: &Context) -> Result<String> {
    let now = ctx.now();
    let before = now.plus(-KEPT_MS);
    let gone = let_go_unheard(ctx, before).await? + let_go_closed(ctx, before).await?;
    let mut tx = ctx.db.write().await?;
    let waited = waiting::let_go(&mut tx, now.plus(-WAIT_MS)).await?;
    tx.commit().await?;
    Ok(format!("{gone} rows of people let go, {waited} exposures waited in vain"))
}

/// Lets go of what people did lately of whom nothing was heard since a moment. They are looked for beside the writer, which
/// statements wait for.
async fn let_go_unheard(ctx: &Context, before: UnixMs) -> Result<usize> {
    let day = before.0.div_euclid(DAY_MS);
    let (mut gone, mut after) = (0, String::new());
    loop {
        let mut tx = ctx.db.read().await?;
        let unheard = usage::unheard(&mut tx, day, &after, LET_GO).await?;
        drop(tx);
        let Some(last) = unheard.last() else { return Ok(gone) };
        after.clone_from(last);
        let persons: Vec<&str> = unheard.iter().map(String::as_str).collect();
        let mut tx = ctx.db.write().await?;
        usage::alone(&mut tx).await?;
        let mut rows = usage::people(&mut tx, &persons).await?;
        rows.retain(|row| row.day.is_some_and(|d| d < day));
        gone += change(&mut tx, rows, |kept| kept.lately = Person::default()).await?;
        tx.commit().await?;
    }
}

/// Lets go of who took part in rollouts that closed before a moment.
async fn let_go_closed(ctx: &Context, before: UnixMs) -> Result<usize> {
    let mut gone = 0;
    loop {
        let mut tx = ctx.db.write().await?;
        usage::alone(&mut tx).await?;
        let Some(rollout) = usage::long_closed(&mut tx, before).await? else { return Ok(gone) };
        freeze(&mut tx, &rollout).await?;
        let members = usage::members(&mut tx, &rollout, LET_GO).await?;
        let rows = usage::people(&mut tx, &members.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        gone += change(&mut tx, rows, |kept| drop(kept.rollouts.remove(&rollout))).await?;
        let left: Vec<(&str, &str)> = members.iter().map(|person| (person.as_str(), rollout.as_str())).collect();
        usage::leave(&mut tx, &left).await?;
        tx.commit().await?;
    }
}

/// Changes what is kept of people; of whom nothing is left, nothing is kept. Gives of how many there were rows.
async fn change(tx: &mut Tx, rows: Vec<PersonRow>, how: impl Fn(&mut Kept)) -> Result<usize> {
    let n = rows.len();
    let (mut fewer, mut gone) = (Vec::new(), Vec::new());
    for row in rows {
        let mut kept: Kept = unpack(&row.state)?;
        how(&mut kept);
        if kept == Kept::default() {
            gone.push(row.person);
        } else {
            let day = row.day.filter(|_| kept.lately != Person::default());
            fewer.push(PersonRow { state: pack(&kept)?, day, ..row });
        }
    }
    usage::keep_people(tx, &fewer).await?;
    usage::let_go_people(tx, &gone.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    Ok(n)
}

/// Notes that rows of a rollout are let go: from then on its counters stand as they are.
async fn freeze(tx: &mut Tx, rollout: &RolloutId) -> Result<()> {
    let registers = usage::registers(tx, &[rollout.as_str()]).await?;
    let Some(register) = registers.get(rollout.as_str()) else { return Ok(()) };
    let mut register: Register = serde_json::from_str(register)?;
    if register.let_go {
        return Ok(());
    }
    register.let_go = true;
    usage::keep_register(tx, rollout, &serde_json::to_string(&register)?).await
}

async fn add(tx: &mut Tx, rollout: &RolloutId, cells: &Cells) -> Result<()> {
    let cells: Vec<(&str, String, i64)> = cells.iter().map(|(key, n)| (rollout.as_str(), key.to_string(), n)).collect();
    usage::count(tx, &cells).await
}
