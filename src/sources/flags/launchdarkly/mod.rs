//! `LaunchDarkly`: webhooks, each an entry of its audit log.
//!
//! An entry names in `accesses` every action that one save did, each with its resource, and holds the whole flag before
//! and after, though maybe not each of its environments. Entries come in any order, at most twice, and may be lost; `date`
//! and `_version` order them. Field names after `AuditLogEntryRep` and `FeatureFlagConfig` of
//! launchdarkly/api-client-go; weights are thousandths of a percent.
//!
//! A flag that is on reaches those who get another variation than the off variation: by the default rule
//! (`fallthrough`), or by the widest percentage rollout among its rules. How many a rule with a fixed variation, or a list
//! of targets, catches is not told: a flag that reaches others only so has no percentage, nor has one without an off
//! variation.
//!
//! Assumed, since no document says it: a guarded rollout that `LaunchDarkly` reverts by itself is an `updateFallthrough` or
//! `updateRules` whose description speaks of the guarded rollout; a scheduled or workflow change that takes effect carries
//! `updateScheduledChanges` or `updateFeatureWorkflows` among its actions.

pub(crate) mod flag;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    BadBody, CHANGES_MAX, ChangeKind, Envelope, FlagChange, Hand, Incoming, Meaning, NAME_MAX, Repeats, Source, UnixMs,
    clean, facts, key, read_json, text, web,
};
use crate::sources::signature::schemes;
use flag::{Flag, Link, Setting};

/// `LaunchDarkly` in the registry.
pub const SOURCE: Source = Source {
    name: "launchdarkly",
    aliases: &[],
    // *Sign* may be off; then what the path or a header carries has to do.
    schemes: &[&schemes::LAUNCHDARKLY, &schemes::SHARED],
    envelope,
    reads: |event| event.starts_with("flag."),
    parse,
    keeps: &[],
};

/// Where people look at flags; entries hold only the path.
const SITE: &str = "https://app.launchdarkly.com";

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "_id")]
    id: String,
    kind: String,
    accesses: Option<Vec<Access>>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "_id")]
    id: String,
    date: Option<i64>,
    accesses: Option<Vec<Access>>,
    description: Option<String>,
    #[serde(rename = "titleVerb")]
    verb: Option<String>,
    member: Option<Actor>,
    token: Option<Actor>,
    app: Option<Actor>,
    #[serde(rename = "_links")]
    links: Option<Links>,
    #[serde(rename = "previousVersion")]
    before: Option<Flag>,
    #[serde(rename = "currentVersion")]
    after: Option<Flag>,
}

#[derive(Deserialize)]
struct Access {
    action: String,
    resource: String,
}

#[derive(Deserialize)]
struct Actor {
    email: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Links {
    site: Option<Link>,
}

/// What one access did, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Created,
    Deleted,
    Archived,
    Rollout,
    Targeting,
    Variations,
    Switched,
    Other,
}

impl Deed {
    fn of(action: &str) -> Self {
        match action {
            "createFlag" | "cloneFlag" => Self::Created,
            "deleteFlag" => Self::Deleted,
            "updateGlobalArchived" | "updateArchived" => Self::Archived,
            "updateFallthrough" => Self::Rollout,
            "updateRules"
            | "updateTargets"
            | "updateExpiringTargets"
            | "updateExpiringRules"
            | "updatePrerequisites"
            | "updateOffVariation" => Self::Targeting,
            "updateFlagVariations" => Self::Variations,
            "updateOn" => Self::Switched,
            // Guarded rollouts were called measured ones: updateFallthroughWith…, updateRulesWith…, stop…OnFlagRule.
            other if other.contains("MeasuredRollout") && !other.ends_with("Configuration") => Self::Rollout,
            _ => Self::Other,
        }
    }
}

/// A flag in an environment, as a resource names it; without an environment, in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    project: &'a str,
    flag: &'a str,
    environment: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// Reads `proj/shop;tag:env/production;tag:flag/new-checkout;tag`.
    fn of(resource: &'a str) -> Option<Self> {
        let part = |kind: &str| {
            let part = resource.split(':').find_map(|p| p.strip_prefix(kind))?;
            part.split(';').next().filter(|name| !name.is_empty())
        };
        let environment = part("env/").filter(|name| *name != "*");
        Some(Self { project: part("proj/").unwrap_or_default(), flag: part("flag/")?, environment })
    }
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let e: Head = read_json(incoming.body)?;
    let action = e.accesses.iter().flatten().next().map_or("", |a| a.action.as_str());
    let event = clean(&format!("{}.{action}", e.kind), NAME_MAX);
    Ok(Envelope { id: clean(&e.id, NAME_MAX), event, repeats: Repeats::Id })
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let e: Entry = read_json(incoming.body)?;
    let mut deeds: BTreeMap<Place<'_>, BTreeSet<Deed>> = BTreeMap::new();
    for access in e.accesses.iter().flatten() {
        let Some(place) = Place::of(&access.resource) else { continue };
        for environment in e.environments(place) {
            deeds.entry(Place { environment, ..place }).or_default().insert(Deed::of(&access.action));
        }
    }
    let base = e.change();
    let (mut changes, mut told, mut unseen) = (Vec::new(), BTreeSet::new(), false);
    for (place, deeds) in deeds.iter().take(CHANGES_MAX) {
        let states = [&e.before, &e.after].map(|flag| flag.as_ref()?.setting(place.flag, place.environment?));
        let change = e.change_in(&base, place, deeds, states)?;
        let kinds = e.kinds(deeds, &change, states);
        unseen |= change.after.is_none() && deeds.iter().any(|d| (Deed::Rollout..Deed::Other).contains(d));
        if !kinds.is_empty() {
            told.insert((place.project, place.flag));
        }
        changes.extend(kinds.into_iter().map(|kind| FlagChange { kind, ..change.clone() }));
    }
    // What else was done to a flag concerns its readers alone, in all environments.
    let flags: BTreeSet<_> = deeds.keys().map(|p| (p.project, p.flag)).collect();
    for (project, flag) in flags.difference(&told).take(CHANGES_MAX) {
        let place = Place { project, flag, environment: None };
        let change = e.change_in(&base, &place, &BTreeSet::new(), [None, None])?;
        changes.push(FlagChange { hand: Hand::Person, ..change });
    }
    changes.truncate(CHANGES_MAX);
    let told = facts(changes, || "no access is about a flag".into());
    Ok(match told {
        Meaning::Facts(facts) if unseen => {
            Meaning::Hint { facts, why: "the entry leaves out the flag's state in an environment".into() }
        }
        told => told,
    })
}

impl Entry {
    /// The environments that an access is about: the one that it names, else all that the entry holds.
    fn environments<'a>(&'a self, place: Place<'a>) -> Vec<Option<&'a str>> {
        let held = [&self.after, &self.before].into_iter().flatten().find_map(|f| f.environments.as_ref());
        match (place.environment, held) {
            (None, Some(held)) if !held.is_empty() => held.keys().map(|e| Some(e.as_str())).collect(),
            (environment, _) => vec![environment],
        }
    }

    /// What is the same in all changes of the entry.
    fn change(&self) -> FlagChange {
        let mut actors = [&self.member, &self.token, &self.app].into_iter().flatten();
        let site = self.links.as_ref().and_then(|l| l.site.as_ref()?.href.as_deref());
        FlagChange {
            hand: self.hand(),
            actor: actors.find_map(|a| text(a.email.clone()).or_else(|| text(a.name.clone()))),
            occurred_at: self.date.map(UnixMs),
            sequence: self.after.as_ref().or(self.before.as_ref()).and_then(|f| f.version),
            source_event_id: text(Some(self.id.clone())),
            url: web(site.filter(|path| path.starts_with('/')).map(|path| format!("{SITE}{path}"))),
            ..FlagChange::new("launchdarkly", "", ChangeKind::MetadataChanged)
        }
    }

    fn change_in(
        &self,
        base: &FlagChange,
        place: &Place<'_>,
        deeds: &BTreeSet<Deed>,
        [before, after]: [Option<&Setting>; 2],
    ) -> Result<FlagChange, BadBody> {
        let verb = || deeds.contains(&Deed::Switched).then(|| self.switched()).flatten();
        Ok(FlagChange {
            project: text(Some(place.project.to_owned())),
            environment: text(place.environment.map(str::to_owned)),
            flag: key(place.flag, "accesses.resource")?,
            before: before.and_then(|s| s.on),
            after: after.and_then(|s| s.on).or_else(verb),
            percent_before: before.and_then(Setting::percent),
            percent_after: after.and_then(Setting::percent),
            variants: self.after.as_ref().zip(after).map_or_else(Vec::new, |(f, s)| f.variants(s)),
            ..base.clone()
        })
    }

    /// What was done to a flag in one environment; nothing where only its readers are concerned.
    fn kinds(
        &self,
        deeds: &BTreeSet<Deed>,
        change: &FlagChange,
        [before, after]: [Option<&Setting>; 2],
    ) -> Vec<ChangeKind> {
        match deeds.first() {
            Some(Deed::Created) => return vec![ChangeKind::Created],
            Some(Deed::Deleted) => return vec![ChangeKind::Deleted],
            Some(Deed::Archived) if self.is_archived() => return vec![ChangeKind::Archived],
            Some(Deed::Archived) => return vec![ChangeKind::Restored],
            _ if change.environment.is_none() => return Vec::new(),
            _ => {}
        }
        let states = before.zip(after);
        // Also where a scheduled change or a copy from another environment did it.
        let moved = states.is_some() && change.percent_before != change.percent_after;
        let mut kinds = Vec::new();
        if moved || (deeds.contains(&Deed::Rollout) && states.is_none()) {
            kinds.push(ChangeKind::RolloutChanged);
        }
        let given = deeds.contains(&Deed::Rollout) && states.is_some_and(|(b, a)| b.fallthrough != a.fallthrough);
        if deeds.contains(&Deed::Variations) || (given && !moved) {
            kinds.push(ChangeKind::VariantsChanged);
        }
        let aimed = deeds.contains(&Deed::Targeting) || (deeds.contains(&Deed::Rollout) && kinds.is_empty());
        if aimed && !moved {
            kinds.push(ChangeKind::TargetingChanged);
        }
        match (change.before, change.after) {
            (Some(true), Some(false)) => kinds.push(ChangeKind::Disabled),
            (Some(false), Some(true)) => kinds.push(ChangeKind::Enabled),
            (None, Some(on)) if deeds.contains(&Deed::Switched) => {
                kinds.push(if on { ChangeKind::Enabled } else { ChangeKind::Disabled });
            }
            _ => {}
        }
        kinds
    }

    /// To which side the flag was switched, in the entry's words.
    fn switched(&self) -> Option<bool> {
        let verb = self.verb.as_deref()?;
        [("turned on", true), ("turned off", false)].into_iter().find_map(|(v, on)| verb.contains(v).then_some(on))
    }

    fn is_archived(&self) -> bool {
        let verb = self.verb.as_deref().unwrap_or_default();
        let told = self.after.as_ref().and_then(|f| f.archived);
        told.unwrap_or_else(|| !verb.contains("restore") && !verb.contains("unarchive"))
    }

    fn hand(&self) -> Hand {
        let did = |part: &str| self.accesses.iter().flatten().any(|a| a.action.contains(part));
        let about = self.description.as_deref().unwrap_or_default().to_lowercase();
        if about.contains("manually reverted") {
            Hand::Person
        } else if did("MeasuredRollout") || about.contains("guarded rollout") {
            Hand::Guard
        } else if did("updateScheduledChanges") || did("updateFeatureWorkflows") {
            Hand::Ramp
        } else {
            Hand::Person
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_no_part_of_a_key() {
        let place = |project, environment, flag| Some(Place { project, flag, environment });
        for (resource, read) in [
            ("proj/shop:env/test:flag/a.b-c_d", place("shop", Some("test"), "a.b-c_d")),
            ("proj/shop;web,eu:env/test;x:flag/a;y,z", place("shop", Some("test"), "a")),
            ("proj/shop:env/*:flag/a", place("shop", None, "a")),
            ("proj/shop:flag/a", place("shop", None, "a")),
            ("proj/shop:env/test", None),
            ("proj/shop:env/test:flag/;y", None),
            ("member/1", None),
            ("", None),
        ] {
            assert_eq!(Place::of(resource), read, "{resource}");
        }
    }

    #[test]
    fn an_access_without_an_environment_is_about_all_that_are_held() {
        let body = r#"{"_id": "1", "kind": "flag", "accesses": [{"action": "updateOn", "resource": "proj/shop:env/*:flag/a"}],
            "previousVersion": {"environments": {"x": {"on": false}, "y": {"on": true}}},
            "currentVersion": {"environments": {"x": {"on": true}, "y": {"on": false}}}}"#;
        let headers = crate::sources::Headers::default();
        let Ok(Meaning::Facts(facts)) = parse(&Incoming::new(&headers, body.as_bytes(), UnixMs(0))) else {
            panic!("facts");
        };
        let told: Vec<_> = facts
            .iter()
            .map(|f| match f {
                crate::sources::Fact::Flag(c) => (c.environment.as_deref(), c.kind),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, [(Some("x"), ChangeKind::Enabled), (Some("y"), ChangeKind::Disabled)]);
    }
}
