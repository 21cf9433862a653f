//! The published and computed vectors of `signatures.json`, and everything derived from them that has to be refused.
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hearback::sources::signature::{
    REPLAY_WINDOW_MS, SignatureError, hub_sha256, sign_hub_sha256, sign_standard_webhooks, standard_webhooks,
};
use hearback::sources::{Headers, source};
use hearback::time::{SECOND_MS, UnixMs};
use serde::Deserialize;

use super::folder;

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
    negative_cases_to_derive: Vec<Negative>,
}

#[derive(Clone, Deserialize)]
struct Vector {
    provider: String,
    name: String,
    secret: Option<String>,
    body_base64: String,
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Negative {
    name: String,
}

/// Vectors of schemes that hearback does not read. One that is neither here nor checked fails the test.
const NOT_READ: &[(&str, &str)] = &[
    // Asymmetric; no source of ours is known to send it.
    ("standard_webhooks", "ed25519 v1a"),
];

/// A delivery that can be bent before it is checked.
#[derive(Clone)]
struct Case {
    provider: String,
    name: String,
    secrets: Vec<String>,
    body: Vec<u8>,
    headers: Headers,
    now: UnixMs,
}

impl Case {
    fn header(&self) -> &'static str {
        match self.provider.as_str() {
            "github" => "x-hub-signature-256",
            "jira" => "x-hub-signature",
            "standard_webhooks" => "webhook-signature",
            other => panic!("the vectors of {other} are not read yet: check them here, or name them in NOT_READ"),
        }
    }

    fn timestamped(&self) -> bool {
        self.provider == "standard_webhooks"
    }

    fn check(&self) -> Result<(), SignatureError> {
        match self.provider.as_str() {
            "github" => {
                let github = source("github").expect("GitHub");
                (github.verify)(&self.headers, &self.body, &self.secrets, self.now)
            }
            "standard_webhooks" => {
                let generic = source("generic").expect("the generic source");
                let by_source = (generic.verify)(&self.headers, &self.body, &self.secrets, self.now);
                assert_eq!(by_source, standard_webhooks(&self.headers, &self.body, &self.secrets, self.now));
                by_source
            }
            _ => hub_sha256(&self.headers, self.header(), &self.body, &self.secrets),
        }
    }

    fn with(&self, header: &str, change: impl Fn(&str) -> String) -> Self {
        let mut bent = self.clone();
        let value = bent.headers.0.get_mut(header).expect("the header");
        *value = change(value);
        bent
    }
}

fn file() -> File {
    let text = std::fs::read(folder("signatures.json")).expect("the vectors");
    serde_json::from_slice(&text).expect("the vectors' form")
}

fn cases() -> Vec<Case> {
    let read = |v: &Vector| !NOT_READ.contains(&(v.provider.as_str(), v.name.as_str()));
    file().vectors.into_iter().filter(read).map(case).collect()
}

fn case(v: Vector) -> Case {
    let headers: BTreeMap<String, String> = v.headers.into_iter().map(|(k, v)| (k.to_lowercase(), v)).collect();
    let seconds = headers.get("webhook-timestamp").map_or(0, |t| t.parse().expect("seconds"));
    Case {
        provider: v.provider,
        name: v.name,
        secrets: v.secret.into_iter().collect(),
        body: BASE64.decode(v.body_base64).expect("base64"),
        headers: Headers(headers),
        now: UnixMs(seconds * SECOND_MS),
    }
}

#[test]
fn every_vector_is_believed() {
    let providers: BTreeSet<String> = cases().into_iter().map(|c| c.provider).collect();
    assert_eq!(providers.iter().map(String::as_str).collect::<Vec<_>>(), ["github", "jira", "standard_webhooks"]);
    for case in cases() {
        assert_eq!(case.check(), Ok(()), "{} {}", case.provider, case.name);
        let mut rotated = case.clone();
        rotated.secrets.insert(0, "whsec_bmV3".into());
        assert_eq!(rotated.check(), Ok(()), "the old secret beside a new one: {} {}", case.provider, case.name);
    }
    for vector in file().vectors {
        if NOT_READ.contains(&(vector.provider.as_str(), vector.name.as_str())) {
            let mut case = case(vector);
            case.secrets = vec!["whsec_bmV3".into()];
            assert!(case.check().is_err(), "what is not read is not believed: {}", case.name);
        }
    }
}

/// Turns one character in the middle of each signature into another of its alphabet.
fn flipped(value: &str) -> String {
    let flip = |entry: &str| {
        let at = entry.len() - 12;
        let other = if &entry[at..=at] == "1" { "0" } else { "1" };
        format!("{}{other}{}", &entry[..at], &entry[at + 1..])
    };
    value.split(' ').map(|e| if e.len() > 20 { flip(e) } else { e.to_owned() }).collect::<Vec<_>>().join(" ")
}

/// What is bent in a case, by the name that `signatures.json` gives it; `None` where it makes no sense there.
fn bend(case: &Case, name: &str) -> Option<Vec<Case>> {
    let header = case.header();
    Some(match name {
        "flip last byte of body" => {
            let mut bent = case.clone();
            *bent.body.last_mut()? ^= 1;
            vec![bent]
        }
        "flip last hex/base64 char of signature" => vec![case.with(header, flipped)],
        "empty signature header" => vec![case.with(header, |_| String::new()), case.with(header, |_| " ".into())],
        "missing signature header while a secret is configured" => {
            let mut bent = case.clone();
            bent.headers.0.remove(header);
            vec![bent]
        }
        "correct digest with wrong prefix (sha1= for sha256=)" if !case.timestamped() => {
            vec![case.with(header, |v| v.replace("sha256=", "sha1=")), case.with(header, |v| v.replace("sha256=", ""))]
        }
        "uppercase hex digest" if !case.timestamped() => {
            vec![case.with(header, |v| format!("sha256={}", v["sha256=".len()..].to_uppercase()))]
        }
        "timestamped schemes: timestamp 301 s in the past / future" if case.timestamped() => {
            vec![
                Case { now: case.now.plus(301 * SECOND_MS), ..case.clone() },
                Case { now: case.now.plus(-301 * SECOND_MS), ..case.clone() },
            ]
        }
        "timestamped schemes: non-integer timestamp" if case.timestamped() => {
            ["", "soon", "1614265330.5", "-1614265330", "+1614265330", "99999999999999999999", "1614265330 "]
                .map(|t| case.with("webhook-timestamp", |_| t.to_owned()))
                .into()
        }
        "re-serialised JSON body (keys reordered)" => {
            let value: serde_json::Value = serde_json::from_slice(&case.body).ok()?;
            let body = serde_json::to_vec(&value).expect("JSON");
            if body == case.body {
                return None;
            }
            vec![Case { body, ..case.clone() }]
        }
        "correct digest with wrong prefix (sha1= for sha256=)"
        | "uppercase hex digest"
        | "timestamped schemes: timestamp 301 s in the past / future"
        | "timestamped schemes: non-integer timestamp" => return None,
        other => panic!("a case that is not derived yet: {other}"),
    })
}

#[test]
fn everything_bent_is_refused() {
    for negative in file().negative_cases_to_derive {
        let mut tried = 0;
        for case in cases() {
            for bent in bend(&case, &negative.name).into_iter().flatten() {
                assert!(bent.check().is_err(), "{}: {} {}", negative.name, case.provider, case.name);
                tried += 1;
            }
        }
        assert!(tried > 0, "no vector shows: {}", negative.name);
    }
    for case in cases() {
        let with =
            |secrets: &[&str]| Case { secrets: secrets.iter().map(ToString::to_string).collect(), ..case.clone() };
        assert_eq!(with(&[]).check(), Err(SignatureError::NoSecret), "{}", case.name);
        assert_eq!(with(&["another"]).check(), Err(SignatureError::Mismatch), "{}", case.name);
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let standard = cases().into_iter().find(Case::timestamped).expect("a vector");
    let malformed = |header| Err(SignatureError::Malformed { header });
    for (bent, said) in [
        (Case { now: standard.now.plus(REPLAY_WINDOW_MS), ..standard.clone() }, Ok(())),
        (Case { now: standard.now.plus(-REPLAY_WINDOW_MS), ..standard.clone() }, Ok(())),
        (
            Case { now: standard.now.plus(REPLAY_WINDOW_MS + 1), ..standard.clone() },
            Err(SignatureError::Stale { age_ms: REPLAY_WINDOW_MS + 1 }),
        ),
        // The parts are signed with dots between them: a dot in the id could move bytes from one to another.
        (standard.with("webhook-id", |id| format!("{id}.1")), malformed("webhook-id")),
        (standard.with("webhook-id", |_| String::new()), malformed("webhook-id")),
        (standard.with("webhook-id", |id| format!("{id}1")), Err(SignatureError::Mismatch)),
        (standard.with("webhook-signature", |s| format!("{s} ").repeat(11)), malformed("webhook-signature")),
        (standard.with("webhook-signature", |s| s.replace("v1,", "v2,")), malformed("webhook-signature")),
        (standard.with("webhook-timestamp", |_| "x".into()), malformed("webhook-timestamp")),
    ] {
        assert_eq!(bent.check(), said);
    }
}

#[test]
fn what_we_sign_we_believe() {
    let body = "{\"a\": \"\u{1f600}\"}".as_bytes();
    let headers =
        |list: &[(&str, &str)]| Headers(list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
    let hub = headers(&[("x-hub-signature", &sign_hub_sha256("s", body))]);
    assert_eq!(hub_sha256(&hub, "x-hub-signature", body, &["s".into()]), Ok(()));
    for secret in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "not base64!"] {
        let signature = sign_standard_webhooks(secret, "msg_1", 1_000, body);
        let all = headers(&[("webhook-id", "msg_1"), ("webhook-timestamp", "1000"), ("webhook-signature", &signature)]);
        assert_eq!(standard_webhooks(&all, body, &[secret.into()], UnixMs(1_000_000)), Ok(()), "{secret}");
    }
}
