//! Everything that findings are worked out from, loaded.

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::{Context, policies, usage};
use crate::analysis::alarm::cells::{Baseline, BaselineCell, Said, Span};
use crate::analysis::findings::{self, Facts, Judged, Look, Pair, Series, ThemeFacts, Watch};
use crate::analysis::usage::{Cells, Register, RolloutClock, Share};
use crate::domain::alarm::AlarmRules;
use crate::domain::finding::Finding;
use crate::domain::policy::Policy;
use crate::domain::rollout::Rollout;
use crate::domain::series::Bad;
use crate::domain::theme::Theme;
use crate::domain::ticket::Severity;
use crate::id::{FeedbackId, RolloutId};
use crate::plan::tickets;
use crate::store::usage::baseline;
use crate::store::{Tx, feedback, metrics, rollouts, themes};
use crate::time::{DAY_MS, HOUR_MS, UnixMs};

/// What is usual is that of so many days before the opening.
const USUAL_DAYS: i64 = 28;
/// Statements that a finding may name.
const NAMED: i64 = 20;
/// Latest statements of a theme of which it is looked who pays.
const PAID_OF: i64 = 200;
/// The attribute that tells it.
const PLAN: &str = "plan";
/// Plans that nobody pays for.
const UNPAID: [&str; 4] = ["free", "trial", "none", "0"];
/// Themes that are put in order.
const THEMES_MAX: usize = 50;
/// Other rollouts that are looked at for people in common.
const PAIRS: i64 = 20;
/// Past rollouts that a forecast rests on.
const PAST: i64 = 50;

/// A rollout's facts, owned.
pub(super) struct Loaded {
    rules: AlarmRules,
    now: UnixMs,
    register: Register,
    cells: Cells,
    stages: Vec<Share>,
    usual: Baseline,
    series: Vec<Series>,
    themes: Vec<ThemeFacts>,
    pairs: Vec<Pair>,
    past: Vec<(i64, i64)>,
    engines: Vec<String>,
    negative: Vec<FeedbackId>,
    judged: Vec<Judged>,
    mismatch: BTreeMap<String, f64>,
}

impl Loaded {
    /// What alarms are worked out from. `None` where there is no such rollout, or nothing of it is counted yet.
    pub async fn load(ctx: &Context, tx: &mut Tx, id: &RolloutId) -> Result<Option<Self>> {
        let Some(rollout) = rollouts::get(tx, id).await? else { return Ok(None) };
        let Some((register, cells)) = usage::counted(tx, id).await? else { return Ok(None) };
        Ok(Some(Self {
            now: ctx.now(),
            stages: stages(&rollout),
            usual: usual(tx, register.clock.origin).await?,
            series: Vec::new(),
            themes: Vec::new(),
            pairs: Vec::new(),
            past: Vec::new(),
            engines: register.engines.iter().cloned().collect(),
            negative: Vec::new(),
            judged: Vec::new(),
            mismatch: BTreeMap::new(),
            rules: ctx.config.alarms(),
            register,
            cells,
        }))
    }

    /// Loads what the other findings need; with `pairs` also the rollouts that share people with this one.
    pub async fn deepen(&mut self, ctx: &Context, tx: &mut Tx, id: &RolloutId, pairs: bool) -> Result<()> {
        self.series = series(ctx, tx, id).await?;
        let policy = match rollouts::get(tx, id).await? {
            Some(rollout) => policies::of(ctx, tx, &rollout).await?,
            None => ctx.config.policy(),
        };
        self.themes = theme_facts(tx, id, &policy, &self.rules, &self.register.clock).await?;
        self.past = rollouts::past_shares(tx, id, PAST).await?;
        self.negative = feedback::negative_of(tx, id, NAMED).await?;
        if pairs {
            self.pairs = shared_people(tx, id).await?;
        }
        Ok(())
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            now: self.now,
            clock: &self.register.clock,
            cells: &self.cells,
            stages: &self.stages,
            events: &self.register.events,
            segments: &self.register.segments,
            usual: &self.usual,
            rules: &self.rules,
            judged: &self.judged,
            mismatch: &self.mismatch,
            series: &self.series,
            themes: &self.themes,
            pairs: &self.pairs,
            past: &self.past,
            engines: &self.engines,
            negative: &self.negative,
        }
    }

    pub fn look(&self, before: &Watch) -> Look {
        findings::look(&self.rules, &self.facts(), before)
    }

    pub fn looked_at(&mut self, look: Look) {
        self.judged = look.judged;
        self.mismatch = look.watch.mismatch;
    }

    pub fn findings(&self) -> Vec<Finding> {
        findings::work_out(&self.facts())
    }

    pub fn epoch(&self) -> u32 {
        self.register.clock.epoch(self.now).into()
    }
}

/// The stages in the order in which they began; those of the same share are one.
fn stages(rollout: &Rollout) -> Vec<Share> {
    let mut all: Vec<Share> = Vec::new();
    for stage in &rollout.stages {
        let share = Share::of(stage.exposure);
        if share != Share(0) && !all.contains(&share) {
            all.push(share);
        }
    }
    all
}

async fn usual(tx: &mut Tx, opened: UnixMs) -> Result<Baseline> {
    let last = opened.0.div_euclid(DAY_MS) - 1;
    let mut cells: BTreeMap<(String, String), BaselineCell> = BTreeMap::new();
    let mut days: BTreeMap<i64, Span> = BTreeMap::new();
    let count = |n: i64| n.max(0).unsigned_abs();
    for row in baseline::days(tx, last - USUAL_DAYS + 1, last).await? {
        let said = Said { negative: count(row.neg), positive: count(row.pos) };
        let cell = cells.entry((row.segment.clone(), row.channel.clone())).or_insert_with(|| BaselineCell {
            segment: row.segment.clone(),
            channel: row.channel.clone(),
            ..BaselineCell::default()
        });
        let day = days.entry(row.day).or_default();
        for (people, of) in [(&mut cell.people, &mut cell.said), (&mut day.people, &mut day.said)] {
            *people += count(row.n);
            of.negative += said.negative;
            of.positive += said.positive;
        }
    }
    Ok(Baseline { cells: cells.into_values().collect(), days: days.into_values().collect(), windows: Vec::new() })
}

async fn series(ctx: &Context, tx: &mut Tx, id: &RolloutId) -> Result<Vec<Series>> {
    let mut all = Vec::new();
    for name in metrics::names(tx, id).await? {
        let hours = metrics::hours(tx, id, &name).await?;
        let hours = hours.into_iter().filter(|h| h.n > 0).map(|h| (h.hour_ms.div_euclid(HOUR_MS), h.sum / h.n as f64));
        let configured = ctx.config.usage.iter().find(|(section, u)| u.metric.as_ref().unwrap_or(section) == &name);
        let bad = configured.map_or(Bad::High, |(_, u)| u.bad);
        all.push(Series { metric: name.clone(), bad, hours: hours.collect() });
    }
    Ok(all)
}

async fn theme_facts(
    tx: &mut Tx,
    id: &RolloutId,
    policy: &Policy,
    rules: &AlarmRules,
    clock: &RolloutClock,
) -> Result<Vec<ThemeFacts>> {
    let mut known = themes::of_rollout(tx, id).await?;
    known.retain(|t| t.tally.people() > 0);
    known.sort_by(|a, b| b.tally.people().cmp(&a.tally.people()).then_with(|| a.id.cmp(&b.id)));
    let of_people: i64 = known.iter().map(|t| t.tally.people()).sum();
    let bursts = findings::bursts(rules, clock, &known);
    let mut facts = Vec::new();
    for theme in known.iter().take(THEMES_MAX) {
        facts.push(ThemeFacts {
            id: theme.id.0.clone(),
            people: theme.tally.people(),
            negative: theme.tally.negative,
            mean_negativity: negativity(theme),
            severity: match tickets::severity(theme, policy) {
                Severity::High => 1.0,
                Severity::Medium => 0.6,
                Severity::Low => 0.2,
            },
            paid_share: paid(&feedback::attributes_of_theme(tx, &theme.id, PAID_OF).await?),
            burst: bursts.get(&theme.id.0).copied(),
            of_people,
            feedback: feedback::ids_of_theme(tx, &theme.id, NAMED).await?,
        });
    }
    Ok(facts)
}

/// Of people whose plan is told, how many are on one that is paid for, 0 to 1; 0 where none is told.
fn paid(all: &[BTreeMap<String, String>]) -> f64 {
    let plan = |a: &BTreeMap<String, String>| {
        a.iter().find(|(name, _)| name.eq_ignore_ascii_case(PLAN)).map(|(_, plan)| plan.trim().to_lowercase())
    };
    let plans: Vec<String> = all.iter().filter_map(plan).filter(|plan| !plan.is_empty()).collect();
    let paid = plans.iter().filter(|plan| !UNPAID.contains(&plan.as_str())).count();
    paid as f64 / plans.len().max(1) as f64
}

/// How negative a theme's people are, 0 to 1: of two minds counts half.
fn negativity(theme: &Theme) -> f64 {
    let t = &theme.tally;
    (t.negative as f64 + 0.5 * t.mixed as f64) / (t.people() as f64).max(1.0)
}

/// Rollouts that have people in common with this one, those with the most first.
async fn shared_people(tx: &mut Tx, id: &RolloutId) -> Result<Vec<Pair>> {
    let label = |rollout: Option<Rollout>, id: &RolloutId| {
        rollout.map_or_else(|| id.0.clone(), |r| format!("{} #{}", r.label(), r.generation))
    };
    let one = label(rollouts::get(tx, id).await?, id);
    let mut pairs = Vec::new();
    for row in feedback::shared_people(tx, id, PAIRS).await? {
        let other = RolloutId(row.rollout_id);
        pairs.push(Pair {
            one: one.clone(),
            other: label(rollouts::get(tx, &other).await?, &other),
            other_id: other.0,
            negative_here: row.negative_here,
            negative_there: row.negative_there,
            negative_both: row.negative_both,
            people: row.people,
        });
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_pays_is_a_share_of_those_whose_plan_is_told() {
        let of = |plans: &[&str]| {
            let all: Vec<BTreeMap<String, String>> =
                plans.iter().map(|plan| BTreeMap::from([("Plan".to_owned(), (*plan).to_owned())])).collect();
            paid(&[all, vec![BTreeMap::from([("country".to_owned(), "DE".to_owned())])]].concat())
        };
        for (plans, share) in [(&[][..], 0.0), (&["Free", "trial"], 0.0), (&["pro", "free", "", "Team", "free "], 0.5)]
        {
            assert!((of(plans) - share).abs() < 1e-12, "{plans:?}: {}", of(plans));
        }
    }
}
