//! `DevCycle`: a webhook with what changed in one feature.
//!
//! It signs nothing and sends no header of the user's choice: a secret in the path is all that a delivery is as good as.
//! Which kinds of change there are is not documented beyond two examples, so that a change is told by what is in it: a
//! `status`, `targets`, a `distribution`. Payload after docs.devcycle.com, *Webhooks*; contents after the schemas of
//! features and their configurations in the Management API.
//!
//! A target's distribution shares those whom it catches out among variations; which of them is the new one is not told,
//! so that there are variants, and no share of the flag. `_environments` may hold ids instead of keys.

use serde::Deserialize;
use serde_json::Value;

use super::{
    BadBody, CHANGES_MAX, ChangeKind, Envelope, FlagChange, Incoming, Meaning, NAME_MAX, Source, UnixMs, Variant,
    clean, facts, key, percent, read_json, text,
};
use crate::sources::signature::schemes;
use crate::time::MINUTE_MS;

/// `DevCycle` in the registry.
pub const SOURCE: Source = Source {
    name: "devcycle",
    aliases: &[],
    schemes: &[&schemes::SHARED],
    envelope,
    reads: |_| true,
    parse,
    keeps: &["content-type"],
};

/// Shares are fractions.
const FRACTION_PERCENT: f64 = 100.0;
/// Variants that are kept of one change.
const VARIANTS_MAX: usize = 100;

#[derive(Deserialize)]
struct Delivery {
    #[serde(default)]
    events: Vec<String>,
    key: Option<String>,
    #[serde(rename = "projectId")]
    project: Option<String>,
    date: Option<String>,
    user: Option<User>,
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct User {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "newContents")]
    new: Option<Contents>,
    #[serde(rename = "previousContents")]
    previous: Option<Contents>,
    #[serde(rename = "_environments", default)]
    environments: Option<Vec<String>>,
}

/// What is read of the changed resource, whatever it is.
#[derive(Default, Deserialize, PartialEq)]
#[serde(default)]
struct Contents {
    status: Option<Value>,
    targets: Option<Vec<Target>>,
    distribution: Option<Vec<Share>>,
    audience: Option<Value>,
    rollout: Option<Value>,
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(default)]
struct Target {
    audience: Option<Value>,
    distribution: Option<Vec<Share>>,
    rollout: Option<Value>,
}

#[derive(Deserialize, PartialEq)]
struct Share {
    #[serde(rename = "_variation")]
    variation: Option<String>,
    percentage: Option<f64>,
}

/// No delivery has an id; the body holds the moment of the change.
fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let d: Delivery = read_json(incoming.body)?;
    let event = clean(&d.events.join(","), NAME_MAX);
    Ok(match d.date {
        Some(_) => Envelope::of_body(event, incoming.body),
        None => Envelope::within(event, incoming.body, MINUTE_MS),
    })
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let d: Delivery = read_json(incoming.body)?;
    let Some(feature) = text(d.key) else {
        return Ok(Meaning::Ignored("it names no feature".into()));
    };
    let change = FlagChange {
        project: text(d.project),
        actor: d.user.and_then(|u| text(u.name).or_else(|| text(u.email))),
        occurred_at: d.date.as_deref().and_then(UnixMs::parse_rfc3339),
        ..FlagChange::new("devcycle", key(&feature, "key")?, ChangeKind::MetadataChanged)
    };
    let (mut changes, mut unknown) = (Vec::new(), Vec::new());
    for of in d.changes {
        let told = of.told(&change);
        if told.is_empty() {
            unknown.push(clean(&of.kind, NAME_MAX));
        }
        let named = of.environments.into_iter().flatten().filter_map(|e| text(Some(e)));
        let mut environments: Vec<Option<String>> = named.map(Some).collect();
        if environments.is_empty() {
            environments.push(None);
        }
        for environment in environments {
            changes.extend(told.iter().map(|c| FlagChange { environment: environment.clone(), ..c.clone() }));
            // A change of a thousand environments is none that anybody made.
            changes.truncate(CHANGES_MAX);
        }
    }
    unknown.dedup();
    unknown.truncate(5);
    Ok(facts(changes, || format!("nothing that customers see is told by {}", clean(&unknown.join(", "), NAME_MAX))))
}

impl Change {
    /// What it means; empty where nothing in it says.
    fn told(&self, change: &FlagChange) -> Vec<FlagChange> {
        let of = |kind, after| FlagChange { kind, after, ..change.clone() };
        let feature = self.kind.ends_with("Feature");
        match (&self.previous, &self.new) {
            (None, Some(_)) if feature => return vec![of(ChangeKind::Created, None)],
            (Some(_), None) if feature => return vec![of(ChangeKind::Deleted, None)],
            _ => {}
        }
        let none = Contents::default();
        let (was, is) = (self.previous.as_ref().unwrap_or(&none), self.new.as_ref().unwrap_or(&none));
        let mut changes = Vec::new();
        if was.status != is.status {
            changes.extend(status(was.status(), is.status()).map(|(kind, after)| of(kind, after)));
        }
        if was.shares() != is.shares() {
            changes.push(FlagChange { variants: is.variants(), ..of(ChangeKind::VariantsChanged, None) });
        }
        if was.rollouts() != is.rollouts() {
            changes.push(FlagChange { variants: is.variants(), ..of(ChangeKind::RolloutChanged, None) });
        }
        if was.audiences() != is.audiences() {
            changes.push(of(ChangeKind::TargetingChanged, None));
        }
        if changes.is_empty() && feature {
            changes.push(of(ChangeKind::MetadataChanged, None));
        }
        changes
    }
}

/// What a feature's or a configuration's new status means: `active`, `inactive`, `complete`, `archived`.
fn status(was: Option<&str>, is: Option<&str>) -> Option<(ChangeKind, Option<bool>)> {
    match (was, is) {
        (_, Some("archived")) => Some((ChangeKind::Archived, None)),
        (Some("archived"), Some("active" | "complete")) => Some((ChangeKind::Restored, None)),
        (_, Some("active")) => Some((ChangeKind::Enabled, Some(true))),
        (_, Some("inactive")) => Some((ChangeKind::Disabled, Some(false))),
        _ => None,
    }
}

impl Contents {
    fn status(&self) -> Option<&str> {
        self.status.as_ref()?.as_str()
    }

    /// The targets' distributions, or the one of a target that is told by itself.
    fn shares(&self) -> Vec<Option<&Vec<Share>>> {
        match &self.targets {
            Some(targets) => targets.iter().map(|t| t.distribution.as_ref()).collect(),
            None => self.distribution.iter().map(Some).collect(),
        }
    }

    fn rollouts(&self) -> Vec<Option<&Value>> {
        match &self.targets {
            Some(targets) => targets.iter().map(|t| t.rollout.as_ref()).collect(),
            None => self.rollout.iter().map(Some).collect(),
        }
    }

    fn audiences(&self) -> Vec<Option<&Value>> {
        match &self.targets {
            Some(targets) => targets.iter().map(|t| t.audience.as_ref()).collect(),
            None => self.audience.iter().map(Some).collect(),
        }
    }

    /// The variations of the only target; with several, nobody knows how many each of them catches.
    fn variants(&self) -> Vec<Variant> {
        let shares = self.shares();
        let [Some(only)] = shares.as_slice() else { return Vec::new() };
        only.iter()
            .take(VARIANTS_MAX)
            .filter_map(|share| {
                let name = text(share.variation.clone())?;
                Some(Variant { name, percent: share.percentage.and_then(|p| percent(p * FRACTION_PERCENT)) })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Fact, Headers, Repeats};

    fn kinds(change: &str) -> Vec<(ChangeKind, Option<bool>)> {
        let body = format!(r#"{{"key": "a", "changes": [{{"type": "modifiedFeatureConfig", {change}}}]}}"#);
        match parse(&Incoming::new(&Headers::default(), body.as_bytes(), UnixMs(0))).unwrap() {
            Meaning::Facts(facts) => facts
                .into_iter()
                .map(|f| match f {
                    Fact::Flag(change) => (change.kind, change.after),
                    other => panic!("{other:?}"),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_change_is_told_by_what_is_in_it() {
        use ChangeKind::{Archived, Enabled, RolloutChanged, TargetingChanged, VariantsChanged};
        let share = |p: &str| format!(r#"[{{"_variation": "on", "percentage": {p}}}]"#);
        for (new, previous, expected) in [
            (r#"{"status": "active"}"#.to_owned(), "null".to_owned(), vec![(Enabled, Some(true))]),
            (r#"{"status": "archived"}"#.into(), "{}".into(), vec![(Archived, None)]),
            (r#"{"status": "complete"}"#.into(), r#"{"status": "active"}"#.into(), vec![]),
            (r#"{"status": 1}"#.into(), "{}".into(), vec![]),
            (
                format!(r#"{{"distribution": {}}}"#, share("0.5")),
                format!(r#"{{"distribution": {}}}"#, share("1")),
                vec![(VariantsChanged, None)],
            ),
            (
                r#"{"audience": 1, "rollout": 1}"#.into(),
                "{}".into(),
                vec![(RolloutChanged, None), (TargetingChanged, None)],
            ),
            (r#"{"name": "b"}"#.into(), r#"{"name": "a"}"#.into(), vec![]),
        ] {
            let change = format!(r#""newContents": {new}, "previousContents": {previous}"#);
            assert_eq!(kinds(&change), expected, "{change}");
        }
    }

    #[test]
    fn no_body_makes_more_changes_than_are_read() {
        let environments = vec!["\"production\""; 3_000].join(",");
        let change = format!(r#""newContents": {{"status": "active"}}, "_environments": [{environments}]"#);
        assert_eq!(kinds(&change).len(), CHANGES_MAX);
    }

    #[test]
    fn the_body_stands_for_the_delivery() {
        let sent = |body: &str| envelope(&Incoming::new(&Headers::default(), body.as_bytes(), UnixMs(0))).unwrap();
        let timed = sent(r#"{"events": ["modifiedFeature", "addedVariable"], "date": "2026-10-09T10:00:00.000Z"}"#);
        assert_eq!((timed.event.as_str(), timed.repeats), ("modifiedFeature,addedVariable", Repeats::Body));
        assert_eq!(sent("{}").repeats, Repeats::Within { ms: MINUTE_MS });
    }
}
