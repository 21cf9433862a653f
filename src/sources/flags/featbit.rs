//! `FeatBit`: webhooks with the default template, which send a flag whole, as it is after the change.
//!
//! A flag belongs to one environment. A delivery names every event that one save made, and keeps its id when it is sent
//! again. Shares are spans of the default rule: a variation with `[0, 0.25]` goes to a quarter. The variation that is
//! given while the flag is off counts as not having it. Field names after `webhooks.ts` and `WebhookSender.cs` of
//! featbit/featbit.

use serde::Deserialize;

use super::{
    BadBody, ChangeKind, Envelope, FlagChange, Incoming, Meaning, NAME_MAX, Repeats, Source, UnixMs, Variant, clean,
    facts, key, percent, read_json, text,
};
use crate::sources::signature::schemes;

/// `FeatBit` in the registry.
pub const SOURCE: Source = Source {
    name: "featbit",
    aliases: &[],
    schemes: &[&schemes::FEATBIT],
    envelope,
    reads: |event| event.contains("feature_flag."),
    parse,
    keeps: &["x-featbit-delivery"],
};

/// Events in one delivery; more are no save of a person's.
const EVENTS_MAX: usize = 20;
/// Variations that are kept of a flag.
const VARIATIONS_MAX: usize = 100;

#[derive(Deserialize)]
struct Head {
    event: String,
}

#[derive(Deserialize)]
struct Body {
    event: String,
    operator: Option<String>,
    #[serde(rename = "happenedAt")]
    happened_at: Option<String>,
    project: Option<Named>,
    environment: Option<Named>,
    data: Data,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    object: Flag,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flag {
    key: String,
    is_enabled: Option<bool>,
    disabled_variation_id: Option<String>,
    #[serde(default)]
    variations: Vec<Variation>,
    fallthrough: Option<Rule>,
}

#[derive(Deserialize)]
struct Variation {
    id: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    variations: Vec<Share>,
}

#[derive(Deserialize)]
struct Share {
    id: String,
    rollout: Option<[f64; 2]>,
}

fn delivery(incoming: &Incoming<'_>) -> Option<String> {
    text(incoming.headers.get("x-featbit-delivery").map(str::to_owned))
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let head: Head = read_json(incoming.body)?;
    let event = clean(&head.event, NAME_MAX);
    Ok(match delivery(incoming) {
        Some(id) => Envelope { id, event, repeats: Repeats::Body },
        None => Envelope::of_body(event, incoming.body),
    })
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let body: Body = read_json(incoming.body)?;
    let flag = body.data.object;
    let percent_after = flag.percent();
    let change = FlagChange {
        project: body.project.and_then(|p| text(p.name)),
        environment: body.environment.and_then(|e| text(e.name)),
        after: flag.is_enabled,
        percent_after,
        variants: flag.variants(),
        actor: text(body.operator),
        occurred_at: body.happened_at.as_deref().and_then(UnixMs::parse_rfc3339),
        source_event_id: delivery(incoming),
        ..FlagChange::new("featbit", key(&flag.key, "data.object.key")?, ChangeKind::MetadataChanged)
    };
    let changes = body
        .event
        .split(',')
        .take(EVENTS_MAX)
        .filter_map(|event| {
            let kind = match event.trim().strip_prefix("feature_flag.")? {
                "created" => ChangeKind::Created,
                "toggled" if flag.is_enabled? => ChangeKind::Enabled,
                "toggled" => ChangeKind::Disabled,
                "archived" => ChangeKind::Archived,
                "restored" => ChangeKind::Restored,
                "deleted" => ChangeKind::Deleted,
                "default_rule_changed" => ChangeKind::RolloutChanged,
                "variation_changed" => ChangeKind::VariantsChanged,
                "off_variation_changed" | "target_users_changed" | "targeting_rules_changed" => {
                    ChangeKind::TargetingChanged
                }
                "basic_info_updated" => ChangeKind::MetadataChanged,
                _ => return None,
            };
            let toggled = matches!(kind, ChangeKind::Enabled | ChangeKind::Disabled);
            Some(FlagChange { kind, before: change.after.filter(|_| toggled).map(|on| !on), ..change.clone() })
        })
        .collect();
    Ok(facts(changes, || "no event of it changes a flag".into()))
}

impl Flag {
    /// How many get another variation than while the flag is off; `None` where a share is not told.
    fn percent(&self) -> Option<f64> {
        let off = self.disabled_variation_id.as_deref()?;
        let shares = &self.fallthrough.as_ref()?.variations;
        let told: Option<Vec<f64>> = shares.iter().filter(|s| s.id != off).map(Share::percent).collect();
        // A hundredth of a percent is as fine as people set it; below that, fractions only round.
        percent((told?.iter().sum::<f64>() * 100.0).round() / 100.0)
    }

    fn variants(&self) -> Vec<Variant> {
        let share = |id: &str| self.fallthrough.as_ref()?.variations.iter().find(|s| s.id == id)?.percent();
        self.variations
            .iter()
            .take(VARIATIONS_MAX)
            .filter_map(|v| Some(Variant { name: text(v.name.clone())?, percent: share(&v.id) }))
            .collect()
    }
}

impl Share {
    fn percent(&self) -> Option<f64> {
        let [from, to] = self.rollout?;
        percent((to - from) * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Fact, Headers};

    fn kinds(event: &str, enabled: bool) -> Vec<(ChangeKind, Option<bool>, Option<f64>)> {
        let body = format!(
            r#"{{"event": "{event}", "data": {{"object": {{"key": "a", "isEnabled": {enabled}, "disabledVariationId": "off",
               "variations": [], "fallthrough": {{"variations": [{{"id": "on", "rollout": [0, 0.1]}},
               {{"id": "off", "rollout": [0.1, 1]}}]}}}}}}}}"#
        );
        let headers = Headers::default();
        match parse(&Incoming::new(&headers, body.as_bytes(), UnixMs(0))).unwrap() {
            Meaning::Facts(facts) => facts
                .into_iter()
                .map(|f| match f {
                    Fact::Flag(c) => (c.kind, c.before, c.percent_after),
                    other => panic!("{other:?}"),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_event_of_a_delivery_is_a_change() {
        let ten = Some(10.0);
        assert_eq!(kinds("feature_flag.toggled", false), [(ChangeKind::Disabled, Some(true), ten)]);
        assert_eq!(
            kinds("feature_flag.toggled,feature_flag.default_rule_changed", true),
            [(ChangeKind::Enabled, Some(false), ten), (ChangeKind::RolloutChanged, None, ten)]
        );
        assert_eq!(kinds("segment.updated,feature_flag.unheard_of", true), []);
    }
}
