//! Flags and variants among the properties of an event, by the names that analytics tools give them.

use serde_json::Value;

use super::pick::{self, Fields};
use super::{NAME_MAX, USER_MAX};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{Usage, UsageRecord};
use crate::sources::BadBody;

/// Flags of one event that are noted. `PostHog`'s library sends all that are on with every event.
const FLAGS_MAX: usize = 100;
/// What `PostHog` puts before a flag's key.
const FEATURE: &str = "$feature/";

/// Events that say that somebody was shown a variant, as [`squeezed`] writes them: `PostHog`'s, Segment's A/B testing
/// specification, Amplitude's, Mixpanel's, and what `RudderStack`'s users and `GrowthBook`'s documentation call it.
const EXPOSURES: &[&str] = &[
    "exposure",
    "experimentviewed",
    "viewedexperiment",
    "experimentstarted",
    "experimentexposure",
    "experimentexposed",
    "featureflagcalled",
    "featureflagevaluated",
    "featureflagviewed",
    "featureflagexposure",
    "flagevaluated",
    "flagexposure",
    "flagviewed",
];

const FLAG: &[&str] = &[
    "$feature_flag",
    "flag",
    "flag_key",
    "flagKey",
    "feature_flag",
    "featureFlag",
    "feature_flag_key",
    "featureFlagKey",
    "feature_key",
    "featureKey",
    "experiment_key",
    "experimentKey",
    "experiment_id",
    "experimentId",
    "experiment_name",
    "experimentName",
    "Experiment name",
    "experiment",
];
const VARIANT: &[&str] = &[
    "$feature_flag_response",
    "variant",
    "variation",
    "variant_key",
    "variantKey",
    "variation_key",
    "variationKey",
    "variation_name",
    "variationName",
    "variant_name",
    "variantName",
    "Variant name",
    "variation_id",
    "variationId",
    "variant_id",
    "variantId",
];
const RELEASE: &[&str] = &["release", "$release"];
const ENVIRONMENT: &[&str] = &["environment", "$environment", "env"];
/// Numbers that say how much, the first of them.
const VALUE: &[&str] =
    &["value", "revenue", "$revenue", "amount", "total", "price", "duration_ms", "durationMs", "duration", "$value"];

/// Whether an event of this name says that somebody was shown a variant.
pub(super) fn is_exposure(event: &str) -> bool {
    EXPOSURES.contains(&squeezed(event).as_str())
}

/// A name in lower case with letters and digits alone: `$feature_flag_called` and `Feature Flag Called` are one.
fn squeezed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// What an event's properties say of flags.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Named {
    pub belongs: Belongs,
    pub variant: Option<String>,
    pub environment: Option<String>,
    pub value: Option<f64>,
}

/// Reads the properties of an event that says that somebody was shown a variant.
pub(super) fn shown(properties: &Fields) -> Result<Named, BadBody> {
    let at = "properties.";
    let named = Named {
        belongs: Belongs {
            rollout: pick::first(properties, &["rollout"], at, NAME_MAX)?,
            flag: pick::first(properties, FLAG, at, NAME_MAX)?,
            release: pick::first(properties, RELEASE, at, NAME_MAX)?,
        },
        variant: pick::first(properties, VARIANT, at, NAME_MAX)?,
        environment: pick::first(properties, ENVIRONMENT, at, NAME_MAX)?,
        value: None,
    };
    if named.belongs == Belongs::default() {
        return Err(BadBody::of("properties", "expected the flag's key as flag, or a release or rollout"));
    }
    Ok(named)
}

/// Reads the properties of any other event. They are the sender's own: a `flag` that is no text is not meant for us.
pub(super) fn mentioned(properties: &Fields) -> Named {
    let flag = pick::perhaps(properties, FLAG, NAME_MAX);
    Named {
        variant: flag.as_ref().and_then(|_| pick::perhaps(properties, VARIANT, NAME_MAX)),
        belongs: Belongs {
            rollout: pick::perhaps(properties, &["rollout"], NAME_MAX),
            flag,
            release: pick::perhaps(properties, RELEASE, NAME_MAX),
        },
        environment: pick::perhaps(properties, ENVIRONMENT, NAME_MAX),
        value: value(properties),
    }
}

/// How much.
pub(super) fn value(properties: &Fields) -> Option<f64> {
    VALUE.iter().find_map(|name| pick::number(properties.get(*name)?))
}

/// The flags that `PostHog`'s library says were evaluated for the person, with their variants: `$feature/new-checkout`.
pub(super) fn evaluated(properties: &Fields) -> impl Iterator<Item = (String, String)> {
    let of = |(name, value): (&String, &Value)| {
        let key = name.strip_prefix(FEATURE)?.trim();
        let fits = !key.is_empty() && key.chars().count() <= NAME_MAX && !key.chars().any(char::is_control);
        Some((key.to_owned(), pick::plain(value, NAME_MAX).ok().flatten()?)).filter(|_| fits)
    };
    properties.iter().filter_map(of).take(FLAGS_MAX)
}

/// The record that a person was shown a variant, which `of` tells beside what it says.
pub(super) fn exposure(of: &UsageRecord, flag: String, variant: Option<String>) -> UsageRecord {
    debug_assert!(of.user.as_ref().is_none_or(|u| u.chars().count() <= USER_MAX), "a name was checked");
    UsageRecord {
        message_id: of.message_id.as_ref().map(|id| format!("{id}#flag:{flag}")),
        belongs: Belongs { flag: Some(flag), ..Belongs::default() },
        what: Usage::Exposure { variant },
        ..of.clone()
    }
}
