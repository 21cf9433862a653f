//! Takes people out of the counters, counts anew, and lets go of what is no longer needed.

use anyhow::Result;

use super::heard::Counted;
use super::packed::unpack;
use super::{KEPT_MS, usage};
use crate::analysis::usage::{Cells, Participant, Register};
use crate::domain::rollout::Rollout;
use crate::flow::Context;
use crate::id::RolloutId;
use crate::store::Tx;
use crate::store::usage::{baseline, waiting};
use crate::time::{DAY_MS, HOUR_MS};

/// Rows read at one time.
const PAGE: i64 = 2_000;
/// Rows let go of in one transaction.
const LET_GO: i64 = 20_000;
/// Exposures wait this long for what they name, ms: flag platforms are asked every minute, releases take hours.
const WAIT_MS: i64 = 48 * HOUR_MS;

/// Forgets what is kept of a person beside their statements, and takes them out of every counter that still knows its
/// people: it is then what it would be without them. Called before their statements are deleted, in the same transaction.
/// Alarms that were raised stay, with the figures that they were raised on.
pub async fn forget(tx: &mut Tx, person: &str) -> Result<()> {
    usage::alone(tx).await?;
    for row in usage::participants(tx, &[person]).await? {
        let rollout = RolloutId(row.rollout_id);
        let registers = usage::registers(tx, &[rollout.as_str()]).await?;
        let Some(register) = registers.get(rollout.as_str()) else { continue };
        let register: Register = serde_json::from_str(register)?;
        let was: Participant = unpack(&row.state)?;
        add(tx, &rollout, &Cells::change(Some(&was), None, &register.clock)).await?;
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
            let one: Participant = unpack(&row.state)?;
            cells.merge(&Cells::of(&one, &register.clock));
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
    let mut gone = 0;
    loop {
        let mut tx = ctx.db.write().await?;
        usage::alone(&mut tx).await?;
        let people = usage::let_go_people(&mut tx, before.0.div_euclid(DAY_MS), LET_GO).await?;
        let closed = usage::long_closed(&mut tx, before).await?;
        gone += people;
        if let Some(rollout) = &closed {
            freeze(&mut tx, rollout).await?;
            gone += usage::let_go_rows(&mut tx, rollout, LET_GO).await?;
        }
        tx.commit().await?;
        if people < LET_GO.unsigned_abs() && closed.is_none() {
            break;
        }
    }
    let mut tx = ctx.db.write().await?;
    let waited = waiting::let_go(&mut tx, now.plus(-WAIT_MS)).await?;
    tx.commit().await?;
    Ok(format!("{gone} rows of people let go, {waited} exposures waited in vain"))
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
    let cells: Vec<(String, i64)> = cells.iter().map(|(key, n)| (key.to_string(), n)).collect();
    usage::count(tx, rollout, &cells).await
}
