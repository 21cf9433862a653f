//! `GrowthBook`: event webhooks in the payload types *json* and *raw* (legacy), and SDK webhooks.
//!
//! An event holds the whole feature, in *json* with `previous_attributes`: those of its top-level fields that differ, as
//! they were. A feature is off in an environment when that environment is not enabled; while on it reaches those who get
//! something else than its default value, for a boolean those who get `true`. That is the widest of its enabled rules: a
//! `rollout` its `coverage`, a `force` rule without a condition everybody, an `experiment` its coverage times the weights. How
//! many a condition, a schedule, an experiment by reference or a running safe rollout reaches is not told: a feature that
//! reaches others only so has no percentage.
//!
//! Ramps and safe rollouts move a feature by publishing it, so that `feature.updated` tells what they did, with the user
//! `system`; their own events name no feature, or say what should be done, and are hints. So is the SDK webhook, whose
//! payload has no diff. Drafts (`feature.revision.*`) change nothing, and what is published or reverted is told by
//! `feature.updated` too. Names after `feature-webhook-schemas.ts`, `EventModel.ts`, `legacy.ts`, `getApiFeatureObj` and
//! `sdkWebhooks.ts` of growthbook/growthbook.

pub(crate) mod feature;

use serde::Deserialize;

use super::{
    BadBody, CHANGES_MAX, ChangeKind, Envelope, FlagChange, Hand, Incoming, Meaning, NAME_MAX, Repeats, Source, UnixMs,
    clean, facts, key, read_json, text,
};
use crate::sources::signature::schemes;
use feature::{Environment, Feature};

/// `GrowthBook` in the registry.
pub const SOURCE: Source = Source {
    name: "growthbook",
    aliases: &[],
    schemes: &[&schemes::GROWTHBOOK, &schemes::GROWTHBOOK_SDK],
    envelope,
    reads: |event| event.starts_with("feature.") || event == SDK_PAYLOAD,
    parse,
    // Names an SDK webhook, and tells it from an event.
    keeps: &["webhook-id"],
};

/// The event of an SDK webhook, whose body may have a form of the user's choice, or be empty.
const SDK_PAYLOAD: &str = "payload.changed";
const CREATED: &str = "feature.created";
const DELETED: &str = "feature.deleted";

#[derive(Deserialize)]
struct Head {
    event: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    created: Option<i64>,
    user: Option<User>,
    data: Data,
}

#[derive(Deserialize)]
struct User {
    #[serde(rename = "type")]
    kind: Option<String>,
    email: Option<String>,
    name: Option<String>,
}

/// *json* has the first two, *raw* the others.
#[derive(Deserialize)]
struct Data {
    object: Option<Feature>,
    previous_attributes: Option<Feature>,
    current: Option<Feature>,
    previous: Option<Feature>,
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    if let Some(id) = incoming.headers.get("webhook-id") {
        return Ok(Envelope { id: clean(id, NAME_MAX), event: SDK_PAYLOAD.into(), repeats: Repeats::Id });
    }
    let head: Head = read_json(incoming.body)?;
    match head.event.or(head.kind) {
        Some(event) => Ok(Envelope::of_body(clean(&event, NAME_MAX), incoming.body)),
        None => Err(BadBody::of("event", "expected the kind of event; the payload type has to be json or raw")),
    }
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let hint = |why: &str| Ok(Meaning::Hint { facts: Vec::new(), why: why.into() });
    let ignored = |why: &str| Ok(Meaning::Ignored(why.into()));
    match incoming.event {
        CREATED | DELETED | "feature.updated" => told(incoming.event, read_json(incoming.body)?),
        SDK_PAYLOAD => hint("what an SDK gets changed: which feature is not told"),
        "feature.rampSchedule.actions.started"
        | "feature.rampSchedule.actions.completed"
        | "feature.rampSchedule.actions.rolledBack"
        | "feature.rampSchedule.actions.jumped"
        | "feature.rampSchedule.actions.step.advanced" => hint("a ramp moved: which feature is not told"),
        "feature.saferollout.ship" => hint("a safe rollout may reach everybody: whether it does is not told"),
        "feature.saferollout.rollback" => hint("a safe rollout should be taken back: whether it is is not told"),
        "feature.revision.published" | "feature.revision.reverted" => ignored("told by feature.updated too"),
        event if event.starts_with("feature.revision.") => ignored("a draft changes nothing that customers see"),
        _ => ignored("it changes nothing that customers see"),
    }
}

fn told(event: &str, e: Event) -> Result<Meaning, BadBody> {
    let (field, now, before) = match (e.data.object, e.data.current, e.data.previous) {
        (Some(now), _, _) => ("data.object.id", now, e.data.previous_attributes),
        (None, Some(now), before) => ("data.current.id", now, before),
        (None, None, Some(gone)) => ("data.previous.id", gone, None),
        (None, None, None) => return Err(BadBody::of("data.object", "expected the feature")),
    };
    // A feature that is gone was last updated before.
    let updated = now.updated_at.as_deref().filter(|_| event != DELETED).and_then(UnixMs::parse_rfc3339);
    let change = FlagChange {
        project: text(now.project.clone()),
        actor: e.user.as_ref().and_then(|u| text(u.email.clone()).or_else(|| text(u.name.clone()))),
        occurred_at: e.created.map(UnixMs).or(updated),
        ..FlagChange::new("growthbook", key(now.id.as_deref().unwrap_or_default(), field)?, ChangeKind::MetadataChanged)
    };
    let by_system = e.user.is_some_and(|u| u.kind.as_deref() == Some("system"));
    let before = before.unwrap_or_default();
    let mut changes: Vec<FlagChange> = Vec::new();
    for (name, is) in now.environments.iter().flatten().take(CHANGES_MAX) {
        let was = before.environments.as_ref().map_or(Some(is), |old| old.get(name));
        let (exists, existed) = (event != DELETED, event != CREATED);
        let state = FlagChange {
            environment: text(Some(name.clone())),
            before: was.filter(|_| existed).and_then(|s| s.enabled),
            after: is.enabled.filter(|_| exists),
            percent_before: was.filter(|_| existed).and_then(|s| s.percent(&before.basis(&now))),
            percent_after: is.percent(&now.basis(&now)).filter(|_| exists),
            variants: if exists { is.variants() } else { Vec::new() },
            ..change.clone()
        };
        let kinds = match event {
            CREATED => vec![ChangeKind::Created],
            DELETED => vec![ChangeKind::Deleted],
            _ => match before.archived.filter(|was| now.archived == Some(!was)) {
                Some(false) => vec![ChangeKind::Archived],
                Some(true) => vec![ChangeKind::Restored],
                None => was.map_or_else(Vec::new, |was| kinds(&state, was, is, before.default_differs(&now))),
            },
        };
        let hand = match was.filter(|_| by_system) {
            Some(was) if !was.is_as_safe(is) => Hand::Guard,
            Some(_) => Hand::Ramp,
            None => Hand::Person,
        };
        changes.extend(kinds.into_iter().map(|kind| FlagChange { kind, hand, ..state.clone() }));
    }
    changes.truncate(CHANGES_MAX);
    if changes.is_empty() {
        let kind = match event {
            CREATED => ChangeKind::Created,
            DELETED => ChangeKind::Deleted,
            _ => ChangeKind::MetadataChanged,
        };
        changes.push(FlagChange { kind, ..change });
    }
    Ok(facts(changes, String::new))
}

/// What an update did in one environment.
fn kinds(state: &FlagChange, was: &Environment, is: &Environment, default_changed: bool) -> Vec<ChangeKind> {
    let mut kinds = Vec::new();
    let moved = state.percent_before != state.percent_after;
    if moved {
        kinds.push(ChangeKind::RolloutChanged);
    }
    if !moved && (default_changed || !was.gives_as(is)) {
        kinds.push(ChangeKind::VariantsChanged);
    }
    if !moved && !was.aims_as(is) {
        kinds.push(ChangeKind::TargetingChanged);
    }
    match (state.before, state.after) {
        (Some(true), Some(false)) => kinds.push(ChangeKind::Disabled),
        (Some(false), Some(true)) => kinds.push(ChangeKind::Enabled),
        _ => {}
    }
    kinds
}
