//! The published and computed vectors of `signatures.json`, and everything derived from them that has to be refused.
mod bends;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hearback::sources::signature::schemes::{self, Algorithm, Part, Scheme, TimeUnit};
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
