//! The columns that are known, by the heads that vendors and warehouses give them.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    User,
    Flag,
    Variant,
    Enabled,
    Release,
    Rollout,
    Environment,
    Time,
    Event,
    Value,
    Kind,
    Id,
}

impl Column {
    /// What it is called where people read it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::User => "the person",
            Self::Flag => "the flag",
            Self::Variant => "the variant",
            Self::Enabled => "whether it was on",
            Self::Release => "the release",
            Self::Rollout => "the rollout",
            Self::Environment => "the environment",
            Self::Time => "the time",
            Self::Event => "the event",
            Self::Value => "a number",
            Self::Kind => "exposure or usage",
            Self::Id => "the record's id",
        }
    }
}

/// The heads of each column; of several that are there the first counts.
pub(super) const COLUMNS: &[(Column, &[&str])] = &[
    (
        Column::User,
        &[
            "user",
            "user_id",
            "userid",
            "user_key",
            "userkey",
            "context_key",
            "contextkey",
            "context.userid",
            "context_user_id",
            "contextkeys.user",
            "context_keys.user",
            "targeting_key",
            "unit_id",
            "unitid",
            "distinct_id",
            "customer_id",
            "customer",
            "person",
            "person_id",
            "account_id",
            "anonymous_id",
            "anonymousid",
            "device_id",
        ],
    ),
    (
        Column::Flag,
        &[
            "flag",
            "flag_key",
            "flagkey",
            "feature_flag",
            "feature_flag_key",
            "feature_key",
            "feature_name",
            "featurename",
            "feature",
            "toggle",
            "toggle_name",
            "experiment_key",
            "experiment_id",
            "experiment_name",
            "experiment",
            "gate",
            "gate_name",
            "key",
        ],
    ),
    (
        Column::Variant,
        &[
            "variant",
            "variant_name",
            "variant_key",
            "variant_id",
            "variant.name",
            "variation",
            "variation_name",
            "variation_key",
            "variation_value",
            "variation_id",
            "variationkey",
            "variationid",
            "group",
            "group_name",
            "gate_value",
            "result",
            "value_served",
        ],
    ),
    (Column::Enabled, &["enabled", "is_enabled", "on"]),
    (Column::Release, &["release", "tag", "version_tag"]),
    (Column::Rollout, &["rollout", "rollout_id"]),
    (Column::Environment, &["environment", "context.environment", "environment_name", "environment_key", "env"]),
    (
        Column::Time,
        &[
            "occurred_at",
            "timestamp",
            "time",
            "event_time",
            "event_timestamp",
            "exposed_at",
            "exposure_time",
            "first_exposure",
            "first_exposure_timestamp",
            "creation_date",
            "creationdate",
            "creation_timestamp",
            "createdtimestamp",
            "created_at",
            "createdat",
            "received_at",
            "receivedtimestamp",
            "date",
        ],
    ),
    (Column::Event, &["event", "event_name", "eventname", "event_key", "metric", "metric_key"]),
    (Column::Value, &["value", "metric_value", "amount", "revenue", "duration_ms"]),
    (Column::Kind, &["type", "kind", "event_type", "eventtype"]),
    (Column::Id, &["message_id", "messageid", "event_id", "eventid", "insert_id", "uuid", "id"]),
];

/// Whose export a table looks like.
pub(super) struct Dialect {
    pub name: &'static str,
    /// Of each list one head must be there.
    pub signs: &'static [&'static [&'static str]],
}

/// Those that are known: `PostHog`'s export of events; `LaunchDarkly`'s *Warehouse Data Export* (`evaluation_events`) and
/// its streamed feature events; `GrowthBook`'s query of assignments; Unleash's impression data.
pub(super) const DIALECTS: &[Dialect] = &[
    Dialect { name: "csv/posthog", signs: &[&["distinct_id"], &["event"]] },
    Dialect { name: "csv/launchdarkly", signs: &[&["flag_key"], &["context_key"]] },
    Dialect { name: "csv/launchdarkly", signs: &[&["key"], &["creationdate", "creation_date"], &["variation"]] },
    Dialect { name: "csv/growthbook", signs: &[&["experiment_id"], &["variation_id"]] },
    Dialect { name: "csv/unleash", signs: &[&["featurename", "feature_name", "toggle_name"], &["enabled", "variant"]] },
];
