//! The published and computed vectors of `signatures.json`, and everything derived from them that has to be refused.
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hearback::sources::signature::schemes::{self, Algorithm, Encoding, Part, Scheme, TimeUnit};
use hearback::sources::signature::{Claim, Proof, SignatureError, sign, verify};
use hearback::sources::{Headers, source};
use hearback::time::{SECOND_MS, UnixMs};
use serde::Deserialize;

use super::folder;

/// A provider of the vectors: the names that it may have as a source, besides its own, and how it signs. A provider
/// that is a source by its own name needs no line; the source's own schemes hold for it.
struct Provider {
    name: &'static str,
    sources: &'static [&'static str],
    schemes: &'static [&'static Scheme],
}

const fn provider(name: &'static str, schemes: &'static [&'static Scheme]) -> Provider {
    Provider { name, sources: &[], schemes }
}

const PROVIDERS: &[Provider] = &[
    provider("canny", &[&schemes::CANNY]),
    provider("configcat", &[&schemes::CONFIGCAT]),
    provider("discord", &[&schemes::DISCORD]),
    provider("featbit", &[&schemes::FEATBIT]),
    provider("flagsmith", &[&schemes::FLAGSMITH]),
    Provider { sources: &["flipt"], ..provider("flipt_v1", &[&schemes::FLIPT]) },
    provider("formbricks", &[&schemes::STANDARD]),
    provider("github", &[&schemes::HUB_SHA256]),
    provider("gitlab", &[&schemes::GITLAB_TOKEN, &schemes::STANDARD]),
    Provider {
        sources: &["go-feature-flag", "gofeatureflag", "goff"],
        ..provider("go_feature_flag", &[&schemes::HUB_SHA256])
    },
    provider("growthbook", &[&schemes::GROWTHBOOK, &schemes::GROWTHBOOK_SDK]),
    provider("intercom", &[&schemes::INTERCOM]),
    provider("jira", &[&schemes::JIRA]),
    provider("launchdarkly", &[&schemes::LAUNCHDARKLY]),
    provider("optimizely", &[&schemes::OPTIMIZELY]),
    provider("pagerduty_v3_inbound", &[&schemes::PAGERDUTY]),
    provider("posthog", &[&schemes::STANDARD]),
    provider("sentry", &[&schemes::SENTRY]),
    provider("sentry_generic_flags", &[&schemes::SENTRY_FLAGS]),
    provider("slack", &[&schemes::SLACK]),
    Provider {
        sources: &["generic"],
        ..provider("standard_webhooks", &[&schemes::STANDARD, &schemes::STANDARD_ED25519])
    },
    provider("statsig", &[&schemes::STATSIG]),
    provider("typeform", &[&schemes::TYPEFORM]),
    provider("unleash", &[&schemes::SHARED]),
    provider("zendesk", &[&schemes::ZENDESK]),
];

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
    negative_cases_to_derive: Vec<Negative>,
}

#[derive(Deserialize)]
struct Vector {
    provider: String,
    name: String,
    secret: Option<String>,
    public_key: Option<String>,
    public_key_hex: Option<String>,
    body_base64: String,
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Negative {
    name: String,
}

/// A delivery that can be bent before it is checked.
#[derive(Clone)]
struct Case {
    name: String,
    /// How deliveries of this sender are checked.
    schemes: Vec<&'static Scheme>,
    /// The scheme among them that holds.
    scheme: &'static Scheme,
    secrets: Vec<String>,
    body: Vec<u8>,
    headers: Headers,
    token: Option<String>,
    now: UnixMs,
}

impl Case {
    fn check(&self) -> Result<Proof, SignatureError> {
        let claim = Claim { headers: &self.headers, body: &self.body, token: self.token.as_deref() };
        verify(&self.schemes, &claim, &self.secrets, self.now)
    }

    fn signs_body(&self) -> bool {
        self.scheme.signed.contains(&Part::Body)
    }

    fn proof(&self) -> Proof {
        if self.signs_body() { Proof::Signed } else { Proof::Shared }
    }

    fn with(&self, header: &str, change: impl Fn(&str) -> String) -> Self {
        let mut bent = self.clone();
        let value = bent.headers.0.get_mut(header).unwrap_or_else(|| panic!("{}: no header {header}", self.name));
        *value = change(value);
        bent
    }

    fn with_secrets(&self, secrets: &[&str]) -> Self {
        Self { secrets: secrets.iter().map(ToString::to_string).collect(), ..self.clone() }
    }

    /// Bends each signature in the header, without its prefix; what `change` gives is written with its own.
    fn with_signatures(&self, change: impl Fn(&str) -> String) -> Self {
        let entry = |e: &str| e.strip_prefix(self.scheme.prefix).map_or_else(|| e.to_owned(), &change);
        self.with(self.scheme.header, |value| match self.scheme.list {
            Some(separator) => value.split(separator).map(entry).collect::<Vec<_>>().join(&separator.to_string()),
            None => entry(value),
        })
    }
}

fn file() -> File {
    let text = std::fs::read(folder("signatures.json")).expect("the vectors");
    serde_json::from_slice(&text).expect("the vectors' form")
}

/// Each vector under the schemes of its provider, and under those of each source that reads this provider.
fn cases() -> Vec<Case> {
    file().vectors.iter().flat_map(cases_of).collect()
}

fn cases_of(v: &Vector) -> Vec<Case> {
    let listed = PROVIDERS.iter().find(|p| p.name == v.provider);
    let names = listed.map_or(&[][..], |p| p.sources).iter().copied().chain([v.provider.as_str()]);
    let mut ways: Vec<(String, Vec<&'static Scheme>)> =
        listed.map(|p| ("the table".to_owned(), p.schemes.to_vec())).into_iter().collect();
    // Two of the names may be one source's.
    let sources: BTreeMap<&str, Vec<&'static Scheme>> =
        names.filter_map(source).map(|s| (s.name, s.schemes.to_vec())).collect();
    ways.extend(sources.into_iter().map(|(name, schemes)| (format!("the source {name}"), schemes)));
    assert!(!ways.is_empty(), "the provider {} is neither a source nor in PROVIDERS", v.provider);
    ways.into_iter().map(|(way, schemes)| case(v, &way, schemes)).collect()
}

fn case(v: &Vector, way: &str, schemes: Vec<&'static Scheme>) -> Case {
    let secrets = [&v.secret, &v.public_key, &v.public_key_hex];
    let headers: BTreeMap<String, String> = v.headers.iter().map(|(k, v)| (k.to_lowercase(), v.clone())).collect();
    let name = format!("{} {:?} under {way}", v.provider, v.name);
    let mut case = Case {
        scheme: schemes[0],
        schemes,
        secrets: secrets.into_iter().flatten().cloned().collect(),
        body: BASE64.decode(&v.body_base64).expect("base64"),
        headers: Headers(headers),
        token: None,
        now: UnixMs(0),
        name,
    };
    assert_eq!(case.secrets.len(), 1, "{}: a vector has one key", case.name);
    let alone = |scheme: &&'static Scheme| {
        let now = signed_at(scheme, &case.headers);
        let alone = Case { schemes: vec![*scheme], now, ..case.clone() };
        alone.check().is_ok().then_some((*scheme, now))
    };
    let holds = case.schemes.iter().find_map(alone);
    (case.scheme, case.now) = holds.unwrap_or_else(|| panic!("no scheme holds: {}", case.name));
    case
}

/// The moment at which a delivery says that it was signed; any moment where it says none.
fn signed_at(scheme: &Scheme, headers: &Headers) -> UnixMs {
    let Some((header, unit)) = scheme.time else { return UnixMs(1_760_004_000_000) };
    let text = headers.get(header).unwrap_or_default();
    match unit {
        TimeUnit::Seconds => UnixMs(text.parse::<i64>().unwrap_or_default() * SECOND_MS),
        TimeUnit::Millis => UnixMs(text.parse().unwrap_or_default()),
        TimeUnit::Rfc3339 => UnixMs::parse_rfc3339(text).unwrap_or_default(),
    }
}

/// Keys of each kind that sign nothing here.
const OTHERS: [&str; 4] = [
    "another",
    "whsec_bmV3",
    "whpk_GcVgXPFIVVRvsb0jGcRyJwFCVdCzKWbuKlV3mzpo3d8=",
    "19c5605cf14855546fb1bd2319c47227014255d0b32966ee2a55779b3a68dddf",
];

#[test]
fn every_vector_is_believed() {
    let cases = cases();
    let vectors = file().vectors.len();
    assert!(vectors >= 35 && cases.len() >= vectors, "{vectors} vectors, {} cases", cases.len());
    for case in &cases {
        assert_eq!(case.check(), Ok(case.proof()), "{}", case.name);
        let own = case.secrets[0].as_str();
        for other in OTHERS {
            for secrets in [[other, own], [own, other]] {
                assert_eq!(case.with_secrets(&secrets).check(), Ok(case.proof()), "beside {other}: {}", case.name);
            }
        }
    }
}

#[test]
fn no_other_secret_and_no_missing_one_is_believed() {
    for case in cases() {
        assert_eq!(case.with_secrets(&[]).check(), Err(SignatureError::NoSecret), "{}", case.name);
        assert_eq!(case.with_secrets(&OTHERS).check(), Err(SignatureError::Mismatch), "{}", case.name);
    }
}

#[test]
fn what_a_vector_shows_is_what_we_sign() {
    let mut tried = BTreeSet::new();
    for case in cases().iter().filter(|c| c.scheme.algorithm != Algorithm::Ed25519) {
        let id = case.scheme.id_header().and_then(|h| case.headers.get(h)).unwrap_or_default();
        let signed = sign(case.scheme, &case.secrets[0], id, case.now, &case.body).expect("a key of ours");
        for (name, value) in signed {
            let sent = case.headers.get(name).unwrap_or_else(|| panic!("{}: {name} is not sent", case.name));
            let same = sent == value || case.scheme.list.is_some_and(|s| sent.split(s).any(|e| e == value));
            assert!(same, "{}: {name} is {sent}, not {value}", case.name);
        }
        tried.insert(case.scheme.header);
    }
    assert!(tried.len() >= 18, "{tried:?}");
}

/// `text` with another character of its alphabet in the place of its `at`th from the end.
fn flipped(text: &str, at: usize) -> String {
    // The padding of Base64 carries nothing.
    let end = text.trim_end_matches('=').len();
    let at = end.checked_sub(at).expect("a long signature");
    let other = if &text[at..=at] == "1" { "0" } else { "1" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

/// What is bent in a case, by the name that `signatures.json` gives it; nothing where it makes no sense there.
fn bent(case: &Case, name: &str) -> Vec<Case> {
    let Scheme { header, prefix, encoding, time, .. } = *case.scheme;
    let hashed = case.scheme.algorithm != Algorithm::Token;
    let body = |body: Vec<u8>| Case { body, ..case.clone() };
    match name {
        "flip last byte of body" => {
            let mut flipped = case.body.clone();
            if let Some(last) = flipped.last_mut() {
                *last ^= 1;
            }
            let bodies =
                [flipped, case.body[..case.body.len().saturating_sub(1)].to_vec(), [&case.body, &b" "[..]].concat()];
            bodies.into_iter().filter(|b| *b != case.body).map(body).collect()
        }
        "flip last hex/base64 char of signature" => {
            let flip = |at| {
                case.with_signatures(|s| format!("{prefix}{}", if s.len() > 8 { flipped(s, at) } else { s.into() }))
            };
            vec![flip(1), flip(8), case.with_signatures(|s| format!("{prefix}{}", &s[..s.len() - 4]))]
        }
        "empty signature header" => ["", " ", ",", prefix].map(|v| case.with(header, |_| v.to_owned())).into(),
        "missing signature header while a secret is configured" => {
            let mut bent = case.clone();
            bent.headers.0.remove(header);
            vec![bent]
        }
        "correct digest with wrong prefix (sha1= for sha256=)" => {
            let wrong = ["sha1=", "sha256=", "v1=", "v2,", "v1a,", "Basic ", ""];
            // A separator in it would make it an entry of its own, which is skipped.
            let other = wrong.into_iter().filter(|w| *w != prefix && (hashed || !w.is_empty()));
            let other = other.filter(|w| case.scheme.list.is_none_or(|s| !w.contains(s)));
            other.map(|w| case.with_signatures(|s| format!("{w}{s}"))).collect()
        }
        "uppercase hex digest" if hashed && encoding == Encoding::Hex => {
            vec![case.with_signatures(|s| format!("{prefix}{}", s.to_uppercase()))]
        }
        "timestamped schemes: timestamp 301 s in the past / future" if time.is_some() => {
            [301, -301].map(|s| Case { now: case.now.plus(s * SECOND_MS), ..case.clone() }).into()
        }
        "timestamped schemes: non-integer timestamp" => {
            let texts =
                ["", "soon", "1614265330.5", "-1614265330", "+1614265330", "99999999999999999999", "1614265330 "];
            let bend = |header| texts.map(|t| case.with(header, |_| t.to_owned()));
            time.into_iter().flat_map(|(header, _)| bend(header)).collect()
        }
        "re-serialised JSON body (keys reordered)" => {
            let Ok(value) = serde_json::from_slice::<serde_json::Value>(&case.body) else { return Vec::new() };
            let texts = [serde_json::to_vec(&value), serde_json::to_vec_pretty(&value)];
            texts.into_iter().map(|t| t.expect("JSON")).filter(|b| *b != case.body).map(body).collect()
        }
        "uppercase hex digest" | "timestamped schemes: timestamp 301 s in the past / future" => Vec::new(),
        other => panic!("a case that is not derived yet: {other}"),
    }
}

#[test]
fn everything_bent_is_refused() {
    // How many of the 35 vectors show each at least.
    let least = BTreeMap::from([
        ("flip last byte of body", 35),
        ("flip last hex/base64 char of signature", 35),
        ("empty signature header", 35),
        ("missing signature header while a secret is configured", 35),
        ("correct digest with wrong prefix (sha1= for sha256=)", 35),
        ("uppercase hex digest", 20),
        ("timestamped schemes: timestamp 301 s in the past / future", 14),
        ("timestamped schemes: non-integer timestamp", 14),
        ("re-serialised JSON body (keys reordered)", 28),
    ]);
    let cases = cases();
    for Negative { name } in file().negative_cases_to_derive {
        let mut tried = BTreeSet::new();
        for case in &cases {
            for bent in bent(case, &name) {
                tried.insert(case.name.as_str());
                if bent.body != case.body && !case.signs_body() {
                    assert_eq!(bent.check(), Ok(Proof::Shared), "its body is not signed: {}", case.name);
                } else {
                    assert!(bent.check().is_err(), "{name}: {}", case.name);
                }
            }
        }
        let by_table = tried.iter().filter(|n| n.ends_with("the table")).count();
        assert!(Some(&by_table) >= least.get(name.as_str()), "{name}: shown by {by_table} vectors only");
    }
}
