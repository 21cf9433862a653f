//! How each sender signs: a row each, after its own documentation or source.
//!
//! Senders stand here whose deliveries are not read yet: one table shows at a glance in what schemes differ, and the
//! vectors of all of them hold the verifier.

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-1: weak as a hash, sound as an HMAC; two senders know nothing else.
    HmacSha1,
    /// Ed25519, with the sender's public key.
    Ed25519,
    /// None: the secret itself is sent, in the header or as the last part of the path.
    Token,
}

/// How the signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Lower-case hex.
    Hex,
    /// Base64 with padding.
    Base64,
}

/// How the key is written in the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The text's own bytes.
    Utf8,
    /// Base64, with or without `whsec_` before it.
    Whsec,
    /// A public key: base64 behind `whpk_`.
    Whpk,
    /// A public key in hex.
    Hex,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Since 1970, s.
    Seconds,
    /// Since 1970, ms.
    Millis,
    /// As `2026-10-09T10:00:00Z`.
    Rfc3339,
}

/// A part of what is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A header's value.
    Header(&'static str),
    /// This text.
    Text(&'static str),
    /// The raw body.
    Body,
}

/// How one sender signs.
#[derive(Debug, PartialEq, Eq)]
pub struct Scheme {
    /// How the signature is made.
    pub algorithm: Algorithm,
    /// The header that carries it, in lower case.
    pub header: &'static str,
    /// What stands before it.
    pub prefix: &'static str,
    /// How it is written.
    pub encoding: Encoding,
    /// What separates several, where several may be sent.
    pub list: Option<char>,
    /// What is signed, in this order.
    pub signed: &'static [Part],
    /// The header of the signed time, which must be near ours.
    pub time: Option<(&'static str, TimeUnit)>,
    /// How the key is written.
    pub key: Key,
}

impl Scheme {
    /// The header of the sender's id, where the signature covers one.
    pub fn id_header(&self) -> Option<&'static str> {
        self.signed.iter().find_map(|part| match part {
            Part::Header(name) if self.time.is_none_or(|(time, _)| time != *name) => Some(*name),
            Part::Header(_) | Part::Text(_) | Part::Body => None,
        })
    }
}

/// A bare hex HMAC-SHA256 of the body: the form from which most differ in a field or two.
const HEX_OF_BODY: Scheme = Scheme {
    algorithm: Algorithm::HmacSha256,
    header: "",
    prefix: "",
    encoding: Encoding::Hex,
    list: None,
    signed: &[Part::Body],
    time: None,
    key: Key::Utf8,
};

const fn hex_of_body(header: &'static str, prefix: &'static str) -> Scheme {
    Scheme { header, prefix, ..HEX_OF_BODY }
}

/// Standard Webhooks 1.0 with its headers under a prefix.
const fn standard(header: &'static str, signed: &'static [Part], time: &'static str) -> Scheme {
    Scheme {
        algorithm: Algorithm::HmacSha256,
        header,
        prefix: "v1,",
        encoding: Encoding::Base64,
        list: Some(' '),
        signed,
        time: Some((time, TimeUnit::Seconds)),
        key: Key::Whsec,
    }
}

const fn token(header: &'static str) -> Scheme {
    Scheme { algorithm: Algorithm::Token, signed: &[], header, ..HEX_OF_BODY }
}

const STANDARD_PARTS: &[Part] =
    &[Part::Header("webhook-id"), Part::Text("."), Part::Header("webhook-timestamp"), Part::Text("."), Part::Body];

/// Standard Webhooks 1.0, symmetric: `webhook-signature: v1,<base64>`, a list, over `id.timestamp.body`. `PostHog` and
/// GitLab sign so too.
pub const STANDARD: Scheme = standard("webhook-signature", STANDARD_PARTS, "webhook-timestamp");
/// The same under the names that Svix used before it was a standard.
pub const SVIX: Scheme = standard(
    "svix-signature",
    &[Part::Header("svix-id"), Part::Text("."), Part::Header("svix-timestamp"), Part::Text("."), Part::Body],
    "svix-timestamp",
);
/// Standard Webhooks 1.0, asymmetric: `v1a,<base64>` in the same list, with the sender's `whpk_` key.
pub const STANDARD_ED25519: Scheme =
    Scheme { algorithm: Algorithm::Ed25519, prefix: "v1a,", key: Key::Whpk, ..STANDARD };
/// GitHub, and GO Feature Flag's notifier.
pub const HUB_SHA256: Scheme = hex_of_body("x-hub-signature-256", "sha256=");
/// Jira Cloud's admin webhooks.
pub const JIRA: Scheme = hex_of_body("x-hub-signature", "sha256=");
/// `LaunchDarkly`, where *Sign* is on.
pub const LAUNCHDARKLY: Scheme = hex_of_body("x-ld-signature", "");
/// Flagsmith, where a secret is set.
pub const FLAGSMITH: Scheme = hex_of_body("x-flagsmith-signature", "");
/// `GrowthBook`'s event webhooks.
pub const GROWTHBOOK: Scheme = hex_of_body("x-growthbook-signature", "");
/// `GrowthBook`'s SDK webhooks: Standard Webhooks, but for the key, which is the text itself.
pub const GROWTHBOOK_SDK: Scheme = Scheme { key: Key::Utf8, ..STANDARD };
/// `ConfigCat`: `id`, time and body without a separator; one signature for each of two keys.
pub const CONFIGCAT: Scheme = Scheme {
    header: "x-configcat-webhook-signature-v1",
    encoding: Encoding::Base64,
    list: Some(','),
    signed: &[Part::Header("x-configcat-webhook-id"), Part::Header("x-configcat-webhook-timestamp"), Part::Body],
    time: Some(("x-configcat-webhook-timestamp", TimeUnit::Seconds)),
    ..HEX_OF_BODY
};
/// Statsig: `v0:<ms>:<body>`.
pub const STATSIG: Scheme = Scheme {
    signed: &[Part::Text("v0:"), Part::Header("x-statsig-request-timestamp"), Part::Text(":"), Part::Body],
    time: Some(("x-statsig-request-timestamp", TimeUnit::Millis)),
    ..hex_of_body("x-statsig-signature", "v0=")
};
/// Flipt's audit webhook, version 1.
pub const FLIPT: Scheme = hex_of_body("x-flipt-webhook-signature", "");
/// Optimizely.
pub const OPTIMIZELY: Scheme = Scheme { algorithm: Algorithm::HmacSha1, ..hex_of_body("x-hub-signature", "sha1=") };
/// `FeatBit`.
pub const FEATBIT: Scheme = hex_of_body("x-featbit-signature-256", "sha256=");
/// Sentry, and whoever sends flag changes in the form that Sentry takes.
pub const SENTRY_FLAGS: Scheme = hex_of_body("x-sentry-signature", "");
/// Sentry's integration platform. The time it sends along is not signed.
pub const SENTRY: Scheme = hex_of_body("sentry-hook-signature", "");
/// Typeform.
pub const TYPEFORM: Scheme = Scheme { encoding: Encoding::Base64, ..hex_of_body("typeform-signature", "sha256=") };
/// Intercom.
pub const INTERCOM: Scheme = OPTIMIZELY;
/// Zendesk: the time as text, then the body.
pub const ZENDESK: Scheme = Scheme {
    header: "x-zendesk-webhook-signature",
    encoding: Encoding::Base64,
    signed: &[Part::Header("x-zendesk-webhook-signature-timestamp"), Part::Body],
    time: Some(("x-zendesk-webhook-signature-timestamp", TimeUnit::Rfc3339)),
    ..HEX_OF_BODY
};
/// Slack: `v0:<s>:<body>`.
pub const SLACK: Scheme = Scheme {
    signed: &[Part::Text("v0:"), Part::Header("x-slack-request-timestamp"), Part::Text(":"), Part::Body],
    time: Some(("x-slack-request-timestamp", TimeUnit::Seconds)),
    ..hex_of_body("x-slack-signature", "v0=")
};
/// Canny signs a nonce, and neither the body nor the time.
pub const CANNY: Scheme = Scheme {
    header: "canny-signature",
    encoding: Encoding::Base64,
    signed: &[Part::Header("canny-nonce")],
    ..HEX_OF_BODY
};
/// Discord's interactions, with the application's public key in hex.
pub const DISCORD: Scheme = Scheme {
    algorithm: Algorithm::Ed25519,
    header: "x-signature-ed25519",
    signed: &[Part::Header("x-signature-timestamp"), Part::Body],
    time: Some(("x-signature-timestamp", TimeUnit::Seconds)),
    key: Key::Hex,
    ..HEX_OF_BODY
};
/// `PagerDuty`'s webhooks, version 3.
pub const PAGERDUTY: Scheme = Scheme { list: Some(','), ..hex_of_body("x-pagerduty-signature", "v1=") };
/// A secret that is sent along, for senders that sign nothing: `Authorization`, with or without `Bearer`, or the last
/// part of the path.
pub const SHARED: Scheme = token("authorization");
/// GitLab's secret token.
pub const GITLAB_TOKEN: Scheme = token("x-gitlab-token");
