//! GO Feature Flag: the webhook notifier, with what is different between two versions of the flags' file.
//!
//! It signs as GitHub does where a secret is set. It tells no id, no time and no actor, and names an environment and a
//! project only where `meta` does: set `environment` and `project` there. Every process that reads the file sends its
//! own notification, once, so that the same difference within a minute is the same news. Field names after
//! `notifier/webhooknotifier` and `modules/core/flag` of thomaspoignant/go-feature-flag.
//!
//! A flag comes whole, before and after ([`state`]). Progressive and scheduled rollouts go on by themselves, and nothing
//! is sent when they do: such a delivery is a hint, and what it tells is how the flag stands when it arrives. A flag that
//! reaches only whom its queries catch is told to be on for some, beside its changes, which can only name a share.

mod rule;
mod state;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{
    BadBody, CHANGES_MAX, ChangeKind, Envelope, Fact, FlagChange, Hand, Incoming, Meaning, Source, UnixMs, born, key,
    read_json, text,
};
use crate::domain::signal::{About, Exposure, Signal, SignalKind};
use crate::sources::signature::schemes;
use crate::time::MINUTE_MS;
use state::{Flag, State};

/// GO Feature Flag in the registry.
pub const SOURCE: Source = Source {
    name: "go_feature_flag",
    aliases: &["goff"],
    schemes: &[&schemes::HUB_SHA256, &schemes::SHARED],
    envelope,
    reads: |event| event != EVALUATIONS,
    parse,
    keeps: &["content-type"],
};

/// What a notification is called, which has no kind of its own.
const CHANGED: &str = "flags.changed";
/// What the exporter sends: whom the flags gave what. That is usage, and no change.
const EVALUATIONS: &str = "evaluations";

#[derive(Default, Deserialize)]
struct Meta {
    project: Option<String>,
    environment: Option<String>,
    env: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    meta: Option<Meta>,
    flags: Option<Box<RawValue>>,
    events: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Notification {
    meta: Option<Meta>,
    flags: Option<Difference>,
}

#[derive(Deserialize)]
struct Difference {
    deleted: Option<BTreeMap<String, Flag>>,
    added: Option<BTreeMap<String, Flag>>,
    updated: Option<BTreeMap<String, Updated>>,
}

#[derive(Deserialize)]
struct Updated {
    old_value: Flag,
    new_value: Flag,
}

/// The difference tells deliveries apart, and where it was found: the same file may be read in two environments.
fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let head: Head = read_json(incoming.body)?;
    match (head.flags, head.events) {
        (Some(flags), _) => {
            let meta = head.meta.unwrap_or_default();
            let of = format!("{:?} {:?} {}", meta.project, meta.environment.or(meta.env), flags.get());
            Ok(Envelope::within(CHANGED, of.as_bytes(), MINUTE_MS))
        }
        (None, Some(_)) => Ok(Envelope::of_body(EVALUATIONS, incoming.body)),
        (None, None) => Err(BadBody::of("flags", "expected the flags that changed")),
    }
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let sent: Notification = read_json(incoming.body)?;
    let Some(flags) = sent.flags else {
        return Ok(Meaning::Ignored("evaluations tell of usage, and of no change".into()));
    };
    let meta = sent.meta.unwrap_or_default();
    let (project, environment) = (text(meta.project), text(meta.environment.or(meta.env)));
    let of = |flag: &str, kind| -> Result<FlagChange, BadBody> {
        Ok(FlagChange {
            project: project.clone(),
            environment: environment.clone(),
            ..FlagChange::new("go_feature_flag", key(flag, "flags")?, kind)
        })
    };
    let at = incoming.received_at;
    let (mut changes, mut for_some, mut goes_on) = (Vec::new(), Vec::new(), false);
    for (name, flag) in flags.deleted.unwrap_or_default() {
        let was = flag.at(at);
        let change = of(&name, ChangeKind::Deleted)?;
        changes.push(FlagChange { before: Some(was.on), percent_before: was.percent, ..change });
    }
    for (name, flag) in flags.added.unwrap_or_default() {
        let is = flag.at(at);
        goes_on |= is.goes_on;
        let change = of(&name, ChangeKind::Created)?;
        changes.extend(born(FlagChange {
            after: Some(is.on),
            percent_after: is.percent,
            variants: is.variants,
            ..change
        }));
    }
    for (name, Updated { old_value, new_value }) in flags.updated.unwrap_or_default() {
        let change = of(&name, ChangeKind::MetadataChanged)?;
        let (was, is) = (old_value.at(at), new_value.at(at));
        goes_on |= is.goes_on;
        if is.on && is.only_queries && !(was.on && was.only_queries) {
            for_some.push(on_for_some(&change, at));
        }
        changes.extend(updated(&change, (&old_value, was), (&new_value, is)));
    }
    let more = changes.len() > CHANGES_MAX;
    changes.truncate(CHANGES_MAX);
    for_some.truncate(CHANGES_MAX);
    let all: Vec<Fact> = changes.into_iter().map(|c| Fact::Flag(Box::new(c))).chain(for_some).collect();
    let hint = |facts, why: &str| Meaning::Hint { facts, why: why.into() };
    Ok(match (all.is_empty(), more, goes_on) {
        (true, ..) => Meaning::Ignored("no flag changed".into()),
        (false, true, _) => hint(all, "more flags changed than are read of one delivery"),
        (false, false, true) => hint(all, "a flag goes on by its plan, and nothing is sent when it does"),
        (false, false, false) => Meaning::Facts(all),
    })
}

fn on_for_some(change: &FlagChange, received_at: UnixMs) -> Fact {
    let subject = FlagChange { kind: ChangeKind::RolloutChanged, ..change.clone() }.subject();
    let kind = SignalKind::Exposed { exposure: Exposure::Some };
    Fact::Signal(Box::new(Signal {
        subject,
        kind,
        occurred_at: None,
        received_at,
        actor: None,
        about: About::default(),
    }))
}

/// What is different in a flag: each of the switch, the shares, the values and whom it is for, by itself. Every change
/// carries the whole state.
fn updated(change: &FlagChange, (old, was): (&Flag, State), (new, is): (&Flag, State)) -> Vec<FlagChange> {
    let by_plan = old.plans() != new.plans() && old.without_plans() == new.without_plans();
    let counted = [&was, &is].iter().any(|s| s.percent.is_some() || s.only_queries);
    let whole = FlagChange {
        before: Some(was.on),
        after: Some(is.on),
        percent_before: was.percent,
        percent_after: is.percent,
        variants: is.variants,
        hand: if by_plan { Hand::Ramp } else { Hand::Person },
        ..change.clone()
    };
    let audience = old.audience() != new.audience();
    // A rule that came or went changes the audience; its shares are news only where they move the flag's.
    let rules = !audience && old.rule_shares() != new.rule_shares();
    let shares = was.percent != is.percent || old.default_shares() != new.default_shares() || rules || by_plan;
    let kinds = [
        (was.on != is.on).then_some(if is.on { ChangeKind::Enabled } else { ChangeKind::Disabled }),
        (shares && counted).then_some(ChangeKind::RolloutChanged),
        (old.values() != new.values() || (shares && !counted)).then_some(ChangeKind::VariantsChanged),
        audience.then_some(ChangeKind::TargetingChanged),
    ];
    let mut changes: Vec<FlagChange> =
        kinds.into_iter().flatten().map(|kind| FlagChange { kind, ..whole.clone() }).collect();
    if changes.is_empty() {
        changes.push(FlagChange { kind: ChangeKind::MetadataChanged, ..whole });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::OpensOn;
    use crate::domain::rollout::fold;
    use crate::sources::{Headers, Repeats};

    fn id(body: &str) -> String {
        let envelope = envelope(&Incoming::new(&Headers::default(), body.as_bytes(), UnixMs(0))).unwrap();
        assert_eq!((envelope.event.as_str(), envelope.repeats), (CHANGED, Repeats::Within { ms: MINUTE_MS }));
        envelope.id
    }

    #[test]
    fn replicas_tell_the_same_and_environments_do_not() {
        let of = |meta: &str, n: u8| id(&format!(r#"{{"meta": {{{meta}}}, "flags": {{"added": {{"a{n}": {{}}}}}}}}"#));
        let one = of(r#""hostname": "a""#, 1);
        assert_eq!(one, of(r#""hostname": "b""#, 1));
        assert_ne!(one, of(r#""hostname": "a""#, 2));
        assert_ne!(one, of(r#""hostname": "a", "environment": "staging""#, 1));
        assert_eq!(of(r#""env": "staging""#, 1), of(r#""environment": "staging""#, 1));
    }

    /// The exposures that deliveries add up to, one after the other, in production.
    fn exposures(deliveries: &[(&str, &str)]) -> Vec<Exposure> {
        let flag = |members: &str| format!(r#"{{"variations": {{"off": false, "on": true}}, {members}}}"#);
        let (mut signals, mut subject) = (Vec::new(), None);
        for (i, (old, new)) in deliveries.iter().enumerate() {
            let body = format!(
                r#"{{"meta": {{"environment": "production"}},
                    "flags": {{"updated": {{"a": {{"old_value": {}, "new_value": {}}}}}}}}}"#,
                flag(old),
                flag(new)
            );
            let at = UnixMs(i64::try_from(i).unwrap() * MINUTE_MS);
            let Meaning::Facts(facts) = parse(&Incoming::new(&Headers::default(), body.as_bytes(), at)).unwrap() else {
                panic!("{body}")
            };
            signals.extend(facts.into_iter().map(|f| match f {
                Fact::Flag(change) => change.signal(at),
                Fact::Signal(signal) => *signal,
                other => panic!("{other:?}"),
            }));
            subject = signals.last().map(|s| s.subject.clone());
        }
        let rollouts = fold(&subject.unwrap(), &signals, OpensOn::Published, &|_| true);
        rollouts.iter().flat_map(|r| &r.stages).map(|s| s.exposure).collect()
    }

    #[test]
    fn testers_come_first_then_a_share_of_all() {
        let off = r#""defaultRule": {"variation": "off"}"#;
        let testers =
            r#""targeting": [{"query": "beta eq true", "variation": "on"}], "defaultRule": {"variation": "off"}"#;
        let ten = r#""targeting": [{"query": "beta eq true", "variation": "on"}],
            "defaultRule": {"percentage": {"off": 90, "on": 10}}"#;
        let steps = [(off, testers), (testers, ten), (ten, testers)];
        assert_eq!(exposures(&steps), [Exposure::Some, Exposure::Percent(10.0), Exposure::Some]);
        // What was so before anybody listened begins nothing.
        let other = testers.replace("beta", "alpha");
        assert_eq!(exposures(&[(testers, other.as_str())]), []);
    }

    #[test]
    fn who_only_evaluates_changes_nothing_and_leaves_no_body() {
        let headers = Headers::default();
        let incoming = Incoming::new(&headers, br#"{"meta": {}, "events": [{"userKey": "u"}]}"#, UnixMs(0));
        assert!(!(SOURCE.reads)(&envelope(&incoming).unwrap().event));
        assert!(matches!(parse(&incoming), Ok(Meaning::Ignored(why)) if why.contains("usage")));
        let neither = Incoming::new(&headers, br#"{"meta": {}}"#, UnixMs(0));
        assert_eq!(envelope(&neither).unwrap_err().field, "flags");
    }
}
