//! What the counters of a rollout say: loads them, has them looked at, and keeps what is found. An alarm that is raised is
//! told once, as a decision with its evidence; nothing else tells anybody anything.

mod facts;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::json;
use tracing::{error, info, warn};

use self::facts::Loaded;
use super::Context;
use crate::analysis::alarm::latch::{Event, Latch};
use crate::analysis::findings::{Judged, Watch};
use crate::analysis::usage::RolloutClock;
use crate::domain::alarm::Grade;
use crate::domain::finding::{Finding, What};
use crate::id::{DecisionId, FindingId, RolloutId};
use crate::render::findings::line;
use crate::store::alarms::{self, AlarmRow};
use crate::store::decisions::{self, Decision};
use crate::store::findings::{self as kept, FindingRow};
use crate::store::{Tx, rollouts, themes, windows};
use crate::time::{MINUTE_MS, UnixMs};

/// The row in which the look itself is kept, beside the subjects' own.
const WATCH: &str = "";
/// The kind of finding that only a whole look works out.
const TOGETHER: &str = "together";
/// Findings are worked out anew after so long, ms; alarms at once.
const SPACING_MS: i64 = MINUTE_MS;
/// Rollouts looked at anew in one round of the schedule.
const ROUND: i64 = 200;

/// Looks at the alarms of a rollout of which something was just read, and works its findings out anew where they are
/// older than a moment, or where nothing more waits to be read. Gives what people are to be told.
pub async fn refresh(ctx: &Context, id: &RolloutId, is_last: bool) -> Result<Vec<Judged>> {
    refreshed(ctx, id, if is_last { Depth::Findings } else { Depth::Quick }).await
}

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// Alarms always, findings where they are due; costs what the counters cost.
    Quick,
    /// Alarms and findings.
    Findings,
    /// Everything, also whom other rollouts upset: costs what the rollout's people cost.
    Whole,
}

async fn refreshed(ctx: &Context, id: &RolloutId, depth: Depth) -> Result<Vec<Judged>> {
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, id).await?;
    let told = refresh_in(ctx, &mut tx, id, depth).await?;
    tx.commit().await?;
    for judged in &told {
        warn!(rollout.id = %id, alarm.subject = %judged.subject, alarm.grade = judged.shown.as_str(), "an alarm is raised");
    }
    if !told.is_empty() {
        ctx.bell.mind.notify_one();
    }
    Ok(told)
}

async fn refresh_in(ctx: &Context, tx: &mut Tx, id: &RolloutId, depth: Depth) -> Result<Vec<Judged>> {
    let Some(mut loaded) = Loaded::load(ctx, tx, id).await? else { return Ok(Vec::new()) };
    let now = ctx.now();
    let before = watch(tx, id).await?;
    let look = loaded.look(&before);
    keep_alarms(tx, id, &look.judged, &look.watch, now).await?;
    let tells = |j: &Judged| matches!(j.event, Some(Event::Raised { .. } | Event::Upgraded { .. }));
    let told: Vec<Judged> = look.judged.iter().filter(|j| tells(j)).cloned().collect();
    loaded.looked_at(look);
    let last = kept::latest(tx, id).await?;
    if depth == Depth::Quick && told.is_empty() && last.is_some_and(|at| now.since(at) < SPACING_MS) {
        return Ok(told);
    }
    loaded.deepen(ctx, tx, id, depth == Depth::Whole).await?;
    let found = loaded.findings();
    keep_findings(tx, id, &found, depth, now).await?;
    for judged in &told {
        let finding = found.iter().find(|f| f.kind == "alarm" && f.subject == judged.subject);
        let why = finding.map_or_else(String::new, |f| line(f, &str::to_owned));
        let decision = Decision {
            subject: format!("alarm {}", judged.subject),
            verdict: judged.shown.as_str().into(),
            why,
            evidence: json!(finding.map(|f| &f.evidence.counters)).to_string(),
            at_ms: now.0,
        };
        decisions::record(tx, &DecisionId::new(now, &*ctx.entropy), id, &decision).await?;
    }
    if !told.is_empty() {
        // The ticket tells it with the next plan.
        rollouts::wake(tx, id, now).await?;
    }
    Ok(told)
}

/// What the next look goes on from.
async fn watch(tx: &mut Tx, id: &RolloutId) -> Result<Watch> {
    let rows = alarms::of_rollout(tx, id).await?;
    Ok(rows
        .iter()
        .find(|r| r.subject == WATCH)
        .map(|r| serde_json::from_str(&r.state))
        .transpose()?
        .unwrap_or_default())
}

async fn keep_alarms(tx: &mut Tx, id: &RolloutId, judged: &[Judged], watch: &Watch, now: UnixMs) -> Result<()> {
    let rows = alarms::of_rollout(tx, id).await?;
    let known = |subject: &str| rows.iter().find(|r| r.subject == subject);
    let state = serde_json::to_string(watch)?;
    if known(WATCH).is_none_or(|r| r.state != state) {
        let row = AlarmRow {
            subject: WATCH.into(),
            state,
            ln_e: 0.0,
            grade: Grade::None.as_str().into(),
            raised_ms: None,
            acked_ms: None,
            changed_ms: now.0,
        };
        alarms::keep(tx, id, &row).await?;
    }
    for j in judged {
        let before = known(&j.subject);
        let grade = j.shown.as_str();
        let raised = match (j.event, before.and_then(|r| r.raised_ms)) {
            (Some(Event::Raised { .. }), _) => Some(now.0),
            (_, since) => since.filter(|_| j.shown.tells()),
        };
        if before
            .is_some_and(|r| r.grade == grade && r.ln_e.total_cmp(&j.verdict.ln_e).is_eq() && r.raised_ms == raised)
        {
            continue;
        }
        let row = AlarmRow {
            subject: j.subject.clone(),
            state: serde_json::to_string(&j.verdict)?,
            ln_e: j.verdict.ln_e,
            grade: grade.into(),
            raised_ms: raised,
            acked_ms: before.and_then(|r| r.acked_ms),
            changed_ms: now.0,
        };
        alarms::keep(tx, id, &row).await?;
    }
    Ok(())
}

/// Keeps what differs, and takes back what no longer holds.
async fn keep_findings(tx: &mut Tx, id: &RolloutId, found: &[Finding], depth: Depth, now: UnixMs) -> Result<()> {
    let kept_before = kept::of_rollout(tx, id).await?;
    let is_known =
        |row: &FindingRow| kept_before.iter().any(|k| k.id == row.id && k.hash == row.hash && k.grade == row.grade);
    let mut names = BTreeSet::new();
    for (rank, finding) in found.iter().enumerate() {
        let body = serde_json::to_string(&Ranked { rank, finding: finding.clone() })?;
        let row = FindingRow {
            id: FindingId::of_key(&format!("{id}/{}", finding.name())).0,
            kind: finding.kind.clone(),
            subject: finding.subject.clone(),
            grade: match &finding.what {
                Some(What::Alarm { grade, .. }) => grade.as_str().into(),
                _ => Grade::None.as_str().into(),
            },
            hash: FindingId::of_key(&body).0,
            body,
            at_ms: now.0,
        };
        if !is_known(&row) {
            kept::keep(tx, id, &row).await?;
        }
        names.insert(row.id);
    }
    for row in &kept_before {
        let looked_at = depth == Depth::Whole || row.kind != TOGETHER;
        if looked_at && !names.contains(&row.id) {
            kept::remove(tx, id, &row.kind, &row.subject).await?;
        }
    }
    Ok(())
}

/// A finding in its place among the others.
#[derive(serde::Serialize, serde::Deserialize)]
struct Ranked {
    rank: usize,
    #[serde(flatten)]
    finding: Finding,
}

/// What was last found, in its order.
pub async fn of_rollout(tx: &mut Tx, id: &RolloutId) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for row in kept::of_rollout(tx, id).await? {
        // One that another version wrote is worked out anew with the next look; nothing waits for it.
        if let Ok(ranked) = serde_json::from_str::<Ranked>(&row.body) {
            found.push((ranked.rank, ranked.finding));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    Ok(found.into_iter().map(|(_, f)| f).collect())
}

/// The names of a rollout's themes by id, for the lines of findings.
pub async fn theme_names(tx: &mut Tx, id: &RolloutId) -> Result<BTreeMap<String, String>> {
    Ok(themes::of_rollout(tx, id).await?.into_iter().map(|t| (t.id.0, t.name)).collect())
}

/// Somebody has seen what an alarm tells: it is armed anew, harder. `false` where nothing is raised.
pub async fn acknowledge(ctx: &Context, id: &RolloutId, subject: &str, actor: &str) -> Result<bool> {
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, id).await?;
    let Some(loaded) = Loaded::load(ctx, &mut tx, id).await? else { return Ok(false) };
    let epoch = loaded.epoch();
    let mut watch = watch(&mut tx, id).await?;
    let now = ctx.now();
    let latch = watch.latches.get(subject).cloned().unwrap_or_default();
    let ln_e = alarms::of_rollout(&mut tx, id).await?.iter().find(|r| r.subject == subject).map_or(0.0, |r| r.ln_e);
    let last = RolloutClock::last_epoch().into();
    let (latch, Some(Event::Acknowledged { grade })) = Latch::acknowledge(&latch, epoch, last, ln_e) else {
        return Ok(false);
    };
    watch.latches.insert(subject.to_owned(), latch);
    keep_alarms(&mut tx, id, &[], &watch, now).await?;
    alarms::hear(&mut tx, id, subject, now).await?;
    let decision = Decision {
        subject: format!("alarm {subject}"),
        verdict: "acknowledged".into(),
        why: format!("{actor} has seen it"),
        evidence: json!({"grade": grade.as_str(), "rearms": watch.latches[subject].rearms}).to_string(),
        at_ms: now.0,
    };
    decisions::record(&mut tx, &DecisionId::new(now, &*ctx.entropy), id, &decision).await?;
    // What leads the issue changes with it, now.
    refresh_in(ctx, &mut tx, id, Depth::Whole).await?;
    rollouts::wake(&mut tx, id, now).await?;
    tx.commit().await?;
    info!(rollout.id = %id, alarm.subject = subject, "an alarm is acknowledged");
    ctx.bell.mind.notify_one();
    Ok(true)
}

/// Looks anew at every rollout whose window collects: exposures come late, hours pass, and nothing else rings for that.
pub async fn refresh_open(ctx: &Context) -> Result<String> {
    let mut tx = ctx.db.read().await?;
    let open = windows::collecting(&mut tx, ROUND).await?;
    tx.commit().await?;
    let mut told = 0;
    for id in &open {
        match refreshed(ctx, id, Depth::Whole).await {
            Ok(raised) => told += raised.len(),
            // One rollout that can't be looked at must not keep the others waiting.
            Err(e) => error!(rollout.id = %id, "findings wait for another look: {e:#}"),
        }
    }
    Ok(format!("{} rollouts looked at, {told} alarms raised", open.len()))
}
