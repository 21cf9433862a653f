//! One exposure of customers to one change, folded from signals.
//!
//! [`fold`] knows no order of arrival: it sorts what it is given by the source's own time, so that late, doubled and
//! reordered deliveries end in the same rollouts.

use serde::{Deserialize, Serialize};

use super::flag::{ChangeKind, Hand};
use super::flag_state::FlagState;
use super::policy::OpensOn;
use super::signal::{About, Exposure, Signal, SignalKind, Subject};
use crate::id::RolloutId;
use crate::time::{DAY_MS, MINUTE_MS, UnixMs};

/// A source's time older than this, against the arrival, does not date a window: GitHub redelivers for three days, and
/// a window that opened years ago would be closed before anybody could speak.
pub const LATE_DELIVERY_MAX_MS: i64 = 3 * DAY_MS;
/// A source's clock may be this far ahead of ours.
pub const CLOCK_SKEW_MAX_MS: i64 = 5 * MINUTE_MS;

/// A part of a rollout with one exposure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// `10 %`, `pre-release`, `production`.
    pub name: String,
    /// How many it reaches.
    pub exposure: Exposure,
    /// Since when.
    pub from: UnixMs,
    /// Until when; `None` while it lasts.
    pub until: Option<UnixMs>,
    /// Whose hand began it.
    #[serde(default, skip_serializing_if = "Hand::is_person")]
    pub by: Hand,
}

/// How a rollout ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Switched off or unpublished.
    RolledBack,
    /// The release or flag is gone.
    Deleted,
    /// The flag was put away.
    Archived,
}

/// What the signals say of one rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// From the subject and the generation: the same on every machine.
    pub id: RolloutId,
    /// What is rolled out.
    pub subject: Subject,
    /// 1 for the first time on, 2 for the second.
    pub generation: u32,
    /// The rollout of the same subject before this one.
    pub parent: Option<RolloutId>,
    /// Since when customers are exposed; `None` while it is only planned.
    pub started_at: Option<UnixMs>,
    /// The exposures so far, oldest first.
    pub stages: Vec<Stage>,
    /// Since when it reaches everybody, after stages that did not; `None` before, and for what never had stages.
    pub full_since: Option<UnixMs>,
    /// When and how it ended.
    pub ended: Option<(UnixMs, End)>,
    /// For people.
    pub about: About,
}

impl Rollout {
    /// What people call it: `v1.4.0`, `new-checkout in production`.
    pub fn label(&self) -> String {
        match &self.subject {
            Subject::Release { release, .. } => self.about.tag.clone().unwrap_or_else(|| release.clone()),
            Subject::Flag { environment, flag, .. } if environment.is_empty() => flag.clone(),
            Subject::Flag { environment, flag, .. } => format!("{flag} in {environment}"),
            Subject::FlagEverywhere { flag, .. } => flag.clone(),
            Subject::Tag { tag, .. } => tag.clone(),
        }
    }

    /// The stage that a statement made at `at` belongs to.
    pub fn stage_at(&self, at: UnixMs) -> Option<&Stage> {
        self.stages.iter().rev().find(|s| s.from <= at)
    }

    /// The stage that lasts.
    pub fn stage(&self) -> Option<&Stage> {
        self.stages.last()
    }
}

/// The moment that dates a window: the source's, unless it lies in the future or too far back.
fn effective(signal: &Signal) -> UnixMs {
    match signal.occurred_at {
        Some(at)
            if at <= signal.received_at.plus(CLOCK_SKEW_MAX_MS)
                && signal.received_at.since(at) <= LATE_DELIVERY_MAX_MS =>
        {
            UnixMs(at.0.min(signal.received_at.0))
        }
        Some(_) | None => signal.received_at,
    }
}

/// The rollouts of one subject, oldest first. `signals` may come in any order and repeat.
///
/// `watched` tells whether customers live in an environment; what happens elsewhere opens nothing.
pub fn fold(subject: &Subject, signals: &[Signal], opens_on: OpensOn, watched: &dyn Fn(&str) -> bool) -> Vec<Rollout> {
    let sorted = in_order(subject, signals);
    let mut about = About::default();
    let mut rollouts: Vec<Rollout> = Vec::new();
    let mut state = FlagState::default();
    for (signal, at) in sorted.iter().zip(dates(&sorted)) {
        about = merged(about, &signal.about);
        let change = match subject {
            Subject::Flag { environment, .. } => {
                flag_moves(&mut state, &signal.kind, rollouts.last(), watched(environment))
            }
            Subject::FlagEverywhere { .. } => None,
            Subject::Release { .. } | Subject::Tag { .. } => {
                release_moves(&signal.kind, rollouts.last(), opens_on, watched)
            }
        };
        if let Some(change) = change {
            change.to(&mut rollouts, subject, at);
        }
    }
    for rollout in &mut rollouts {
        rollout.about = about.clone();
    }
    rollouts
}

/// The signals as they happened. A release that is deleted does not come back under the same id, so its deletion is the
/// last word whatever the clocks say; a flag may be made anew under its old key.
pub fn in_order<'a>(subject: &Subject, signals: &'a [Signal]) -> Vec<&'a Signal> {
    let gone = |s: &Signal| s.kind == SignalKind::Deleted && !matches!(subject, Subject::Flag { .. });
    let mut sorted: Vec<&Signal> = signals.iter().collect();
    sorted.sort_by(|a, b| {
        (gone(a), a.at(), a.kind.sequence(), a.kind.rank(), a.received_at)
            .cmp(&(gone(b), b.at(), b.kind.sequence(), b.kind.rank(), b.received_at))
            .then_with(|| format!("{:?} {:?}", a.kind, a.about).cmp(&format!("{:?} {:?}", b.kind, b.about)))
    });
    sorted
}

/// When each signal took effect. One that came too late to be dated by its source is dated no later than what is known
/// to have come after it.
fn dates(sorted: &[&Signal]) -> Vec<UnixMs> {
    let mut dates: Vec<UnixMs> = sorted.iter().map(|s| effective(s)).collect();
    for i in (1..dates.len()).rev() {
        dates[i - 1] = dates[i - 1].min(dates[i]);
    }
    dates
}

fn release_moves(
    kind: &SignalKind,
    latest: Option<&Rollout>,
    opens_on: OpensOn,
    watched: &dyn Fn(&str) -> bool,
) -> Option<Change> {
    let shown = |name: &str, exposure| Change::Show { name: name.to_owned(), exposure, by: Hand::Person };
    Some(match kind {
        SignalKind::Published { .. } | SignalKind::Promoted if opens_on == OpensOn::Deployed => Change::Plan,
        SignalKind::Published { prerelease: true } => shown("pre-release", Exposure::Some),
        SignalKind::Published { prerelease: false } | SignalKind::Promoted => shown("released", Exposure::On),
        SignalKind::Deployed { environment, production } => match (opens_on, *production || watched(environment)) {
            (OpensOn::Deployed, true) => shown(environment, Exposure::On),
            // Trying it elsewhere takes it from nobody who has it already.
            (OpensOn::Deployed, false) if latest.is_some_and(|r| r.ended.is_none() && r.stage().is_some()) => {
                return None;
            }
            (OpensOn::Deployed, false) => shown(environment, Exposure::Some),
            // Published to everybody already: a deployment names the stage and changes no exposure.
            (OpensOn::Published, true) => Change::Name(environment.clone()),
            (OpensOn::Published, false) => return None,
        },
        SignalKind::Exposed { exposure: Exposure::Off } | SignalKind::Unpublished => Change::End(End::RolledBack),
        SignalKind::Exposed { exposure } => shown(&exposure.words(), *exposure),
        SignalKind::Archived => Change::End(End::Archived),
        SignalKind::Deleted => Change::End(End::Deleted),
        SignalKind::Created | SignalKind::Edited | SignalKind::Flag(_) | SignalKind::FlagSeen { .. } => return None,
    })
}

/// What news of a flag does to its rollouts. A flag that is first seen at some exposure has been there for nobody knows
/// how long: only what changes from there on begins a rollout.
fn flag_moves(state: &mut FlagState, kind: &SignalKind, latest: Option<&Rollout>, watched: bool) -> Option<Change> {
    let (before, after) = state.hear(kind);
    if let Some(end) = end_of(kind) {
        return Some(Change::End(end));
    }
    let by = match kind {
        SignalKind::Flag(change) => change.hand,
        _ => Hand::Person,
    };
    let live = latest.is_some_and(|r| r.ended.is_none());
    match (before, after) {
        (_, None) => None,
        (_, Some(Exposure::Off)) => Some(Change::End(End::RolledBack)),
        (_, Some(_)) if !watched => None,
        (Some(before), Some(after)) if !live && before == after => None,
        (None, Some(_)) if !live && !begins(kind) => None,
        (_, Some(exposure)) => Some(Change::Show { name: exposure.words(), exposure, by }),
    }
}

/// How a flag ends by this news, where it does, however many had it.
fn end_of(kind: &SignalKind) -> Option<End> {
    match kind {
        SignalKind::Archived | SignalKind::FlagSeen { archived: true, .. } => Some(End::Archived),
        SignalKind::Deleted => Some(End::Deleted),
        SignalKind::Flag(change) if change.kind == ChangeKind::Archived => Some(End::Archived),
        SignalKind::Flag(change) if change.kind == ChangeKind::Deleted => Some(End::Deleted),
        _ => None,
    }
}

/// Whether news of a flag of which nothing was known means that it changed what customers see.
fn begins(kind: &SignalKind) -> bool {
    match kind {
        SignalKind::Exposed { .. } => true,
        SignalKind::Flag(change) => {
            matches!(
                change.kind,
                ChangeKind::Created | ChangeKind::Enabled | ChangeKind::RolloutChanged | ChangeKind::Restored
            )
        }
        _ => false,
    }
}

/// What a signal does to the latest rollout.
enum Change {
    Plan,
    Show { name: String, exposure: Exposure, by: Hand },
    Name(String),
    End(End),
}

impl Change {
    fn to(self, rollouts: &mut Vec<Rollout>, subject: &Subject, at: UnixMs) {
        let live = rollouts.last_mut().filter(|r| r.ended.is_none());
        match (self, live) {
            (Self::Plan, Some(_)) | (Self::Name(_), None) => {}
            (Self::Plan, None) => begin(rollouts, subject),
            (Self::Show { name, exposure, by }, Some(rollout)) => show(rollout, name, exposure, by, at),
            (Self::Show { name, exposure, by }, None) => {
                begin(rollouts, subject);
                if let Some(rollout) = rollouts.last_mut() {
                    show(rollout, name, exposure, by, at);
                }
            }
            (Self::Name(name), Some(rollout)) => {
                if let Some(stage) = rollout.stages.last_mut() {
                    stage.name = name;
                }
            }
            (Self::End(end), Some(rollout)) => {
                rollout.ended = Some((at, end));
                if let Some(stage) = rollout.stages.last_mut() {
                    stage.until = Some(at);
                }
            }
            // Gone after it was taken back: the end is told, its moment stays.
            (Self::End(end), None) => {
                if let Some((_, how)) = rollouts.last_mut().and_then(|r| r.ended.as_mut())
                    && end == End::Deleted
                {
                    *how = end;
                }
            }
        }
    }
}

fn begin(rollouts: &mut Vec<Rollout>, subject: &Subject) {
    let generation = u32::try_from(rollouts.len()).unwrap_or(u32::MAX).saturating_add(1);
    rollouts.push(Rollout {
        id: RolloutId::of_key(&format!("{}#{generation}", subject.key())),
        subject: subject.clone(),
        generation,
        parent: rollouts.last().map(|r| r.id.clone()),
        started_at: None,
        stages: Vec::new(),
        full_since: None,
        ended: None,
        about: About::default(),
    });
}

fn show(rollout: &mut Rollout, name: String, exposure: Exposure, by: Hand, at: UnixMs) {
    let started = *rollout.started_at.get_or_insert(at);
    let at = UnixMs(at.0.max(started.0));
    if let Some(last) = rollout.stages.last_mut() {
        if last.exposure == exposure {
            return;
        }
        last.until = Some(at);
        rollout.full_since = (exposure == Exposure::On).then_some(at);
    } else if exposure == Exposure::On && matches!(rollout.subject, Subject::Flag { .. }) {
        rollout.full_since = Some(at);
    }
    rollout.stages.push(Stage { name, exposure, from: at, until: None, by });
}

/// Later facts win where they say something.
fn merged(old: About, new: &About) -> About {
    About {
        repo: new.repo.clone().or(old.repo),
        tag: new.tag.clone().or(old.tag),
        title: new.title.clone().filter(|t| !t.is_empty()).or(old.title),
        url: new.url.clone().or(old.url),
        installation: new.installation.or(old.installation),
    }
}
