//! What holds for every scheme: what is signed is believed, what is sent along proves less, and a refusal says why.
use hearback::sources::signature::schemes::{self, Algorithm, Key, Part, Scheme};
use hearback::sources::signature::{
    Claim, Proof, REPLAY_WINDOW_MS, SignatureError, is_secret, sign, sign_hub_sha256, sign_standard_webhooks, verify,
};
use hearback::sources::{Headers, all};
use hearback::time::{SECOND_MS, UnixMs};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};

use super::{Case, OTHERS, cases};

const NOW: UnixMs = UnixMs(1_760_004_000_000);
const BODY: &[u8] = "{\"a\": \"\u{1f600}\"}".as_bytes();
const PUBLIC: &str = OTHERS[2];

macro_rules! named {
    ($($name:ident)*) => { [$((stringify!($name), &schemes::$name)),*] };
}

/// Every scheme that there is.
fn every() -> Vec<(&'static str, &'static Scheme)> {
    let listed = named![
        STANDARD SVIX STANDARD_ED25519 HUB_SHA256 JIRA LAUNCHDARKLY FLAGSMITH GROWTHBOOK GROWTHBOOK_SDK CONFIGCAT
        STATSIG FLIPT OPTIMIZELY FEATBIT SENTRY_FLAGS SENTRY TYPEFORM INTERCOM ZENDESK SLACK CANNY DISCORD PAGERDUTY
        SHARED GITLAB_TOKEN
    ];
    let text = include_str!("../../../../src/sources/signature/schemes.rs");
    for line in text.lines().filter(|l| l.starts_with("pub const ") && l.contains(": Scheme =")) {
        let name = line["pub const ".len()..].split(':').next().unwrap_or_default();
        assert!(listed.iter().any(|(n, _)| *n == name), "list {name}");
    }
    listed.to_vec()
}

fn headers(list: Vec<(&'static str, String)>) -> Headers {
    Headers(list.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn secret_for(scheme: &Scheme) -> &'static str {
    match scheme.key {
        Key::Whsec => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        Key::Utf8 => "a secret",
        Key::Whpk | Key::Hex => PUBLIC,
    }
}

fn check(
    scheme: &'static Scheme,
    headers: &Headers,
    body: &[u8],
    secret: &str,
    now: UnixMs,
) -> Result<Proof, SignatureError> {
    verify(&[scheme], &Claim { headers, body, token: None }, &[secret.to_owned()], now)
}

#[test]
fn what_we_sign_we_believe_under_every_scheme() {
    for (name, scheme) in every() {
        let secret = secret_for(scheme);
        let signed = sign(scheme, secret, "msg_1", NOW, BODY);
        if scheme.algorithm == Algorithm::Ed25519 {
            assert_eq!(signed, None, "{name}: nobody but the sender has the key");
            continue;
        }
        let sent = headers(signed.unwrap_or_else(|| panic!("{name} can't sign")));
        let by_body = scheme.signed.contains(&Part::Body);
        let proof = if by_body { Proof::Signed } else { Proof::Shared };
        assert_eq!(check(scheme, &sent, BODY, secret, NOW), Ok(proof), "{name}");
        assert_eq!(check(scheme, &sent, BODY, "another", NOW), Err(SignatureError::Mismatch), "{name}");
        let bent = if by_body { Err(SignatureError::Mismatch) } else { Ok(Proof::Shared) };
        assert_eq!(check(scheme, &sent, b"{}", secret, NOW), bent, "{name}");
        if let Some(id) = scheme.id_header() {
            assert_eq!(sent.get(id), Some("msg_1"), "{name}");
            let mut other = sent.clone();
            other.0.insert(id.to_owned(), "msg_2".into());
            assert_eq!(check(scheme, &other, BODY, secret, NOW), Err(SignatureError::Mismatch), "{name}: another id");
        }
        for ms in [REPLAY_WINDOW_MS, -REPLAY_WINDOW_MS] {
            assert_eq!(check(scheme, &sent, BODY, secret, NOW.plus(ms)), Ok(proof), "{name}");
            let late = match scheme.time {
                Some(_) => Err(SignatureError::Stale { age_ms: ms + ms.signum() }),
                None => Ok(proof),
            };
            assert_eq!(check(scheme, &sent, BODY, secret, NOW.plus(ms + ms.signum())), late, "{name}");
        }
    }
}

#[test]
fn the_two_short_forms_sign_as_their_schemes_do() {
    let hub = headers(vec![("x-hub-signature-256", sign_hub_sha256("s", BODY))]);
    assert_eq!(check(&schemes::HUB_SHA256, &hub, BODY, "s", NOW), Ok(Proof::Signed));
    for secret in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "not base64!"] {
        let seconds = NOW.0 / SECOND_MS;
        let sent = headers(vec![
            ("webhook-id", "msg_1".into()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", sign_standard_webhooks(secret, "msg_1", seconds, BODY)),
        ]);
        assert_eq!(check(&schemes::STANDARD, &sent, BODY, secret, NOW), Ok(Proof::Signed), "{secret}");
    }
}

#[test]
fn a_time_that_is_checked_is_signed() {
    for (name, scheme) in every() {
        let signed = |header| scheme.signed.contains(&Part::Header(header));
        assert!(scheme.time.is_none_or(|(header, _)| signed(header)), "{name}: an unsigned time proves nothing");
        assert_eq!(scheme.header, scheme.header.to_lowercase(), "{name}");
        assert!(!signed(scheme.header), "{name}: a signature does not sign itself");
    }
}

#[test]
fn a_public_key_is_never_a_shared_secret() {
    for (name, scheme) in every() {
        for public in [PUBLIC.to_owned(), format!(" {PUBLIC}"), format!("Bearer {PUBLIC}"), format!("bearer  {PUBLIC}")]
        {
            let sent = sign(scheme, &public, "msg_1", NOW, BODY).map(headers).unwrap_or_default();
            assert!(check(scheme, &sent, BODY, &public, NOW).is_err(), "{name}: {public}");
            let in_path = Claim { headers: &Headers::default(), body: BODY, token: Some(PUBLIC) };
            assert!(verify(&[scheme], &in_path, &[public], NOW).is_err(), "{name}");
        }
    }
    // Keys in bare hex don't tell themselves apart from secrets, so a source has either.
    for source in all() {
        let hex = source.schemes.iter().filter(|s| s.key == Key::Hex).count();
        assert!(hex == 0 || hex == source.schemes.len(), "{}", source.name);
    }
}

#[test]
fn a_secret_without_bytes_proves_nothing() {
    let mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(b"").expect("any key").chain_update(BODY);
    let sent = headers(vec![
        ("x-hub-signature-256", format!("sha256={}", hex::encode(mac.finalize().into_bytes()))),
        ("authorization", String::new()),
    ]);
    for secret in ["", " ", "Bearer", "Bearer ", "whsec_"] {
        assert_eq!(sign(&schemes::STANDARD, secret, "msg_1", NOW, BODY).is_some(), !["", "whsec_"].contains(&secret));
        for scheme in [&schemes::HUB_SHA256, &schemes::SHARED] {
            assert_eq!(check(scheme, &sent, BODY, secret, NOW), Err(SignatureError::Mismatch), "{secret:?}");
        }
    }
}

/// The vectors of senders that send their secret along.
fn tokens() -> Vec<Case> {
    let all: Vec<Case> = cases().into_iter().filter(|c| c.scheme.algorithm == Algorithm::Token).collect();
    assert!(all.iter().any(|c| c.name.starts_with("unleash")) && all.iter().any(|c| c.name.starts_with("gitlab")));
    all
}

#[test]
fn a_token_is_taken_from_the_header_or_the_path() {
    for case in tokens() {
        let header = case.scheme.header;
        let bare = case.secrets[0].trim_start_matches("Bearer ").to_owned();
        let (with, without) = (format!("Bearer {bare}"), format!(" {bare} "));
        for secret in [&bare, &with] {
            let case = case.with_secrets(&[secret]);
            for sent in [&bare, &with, &without, &format!("bearer {bare}")] {
                assert_eq!(case.with(header, |_| sent.clone()).check(), Ok(Proof::Shared), "{}: {sent}", case.name);
            }
            for sent in [format!("Basic {bare}"), format!("{bare}{bare}"), bare[1..].to_owned(), "Bearer".into()] {
                let refused = Err(SignatureError::Mismatch);
                assert_eq!(case.with(header, |_| sent.clone()).check(), refused, "{}: {sent}", case.name);
            }
            let mut by_path = case.clone();
            by_path.headers.0.remove(header);
            let path = |token: &str| Case { token: Some(token.to_owned()), ..by_path.clone() };
            assert_eq!(path(&bare).check(), Ok(Proof::Shared), "{}", case.name);
            // The path may name a connection.
            for name in ["eu-west", ""] {
                let refused = path(name).check();
                assert!(matches!(refused, Err(SignatureError::Missing { .. })), "{}: {refused:?}", case.name);
            }
            // A proxy on the way may want the header for itself.
            let beside = Case { token: Some(bare.clone()), ..case.with(header, |_| "Basic cHJveHk=".into()) };
            assert_eq!(beside.check(), Ok(Proof::Shared), "{}", case.name);
            assert!(is_secret(&bare, &case.secrets) && !is_secret("eu-west", &case.secrets));
        }
    }
}

#[test]
fn a_secret_in_the_path_proves_nothing_to_a_sender_that_signs() {
    for (name, scheme) in every().into_iter().filter(|(_, s)| s.algorithm != Algorithm::Token) {
        let claim = Claim { headers: &Headers::default(), body: BODY, token: Some("a secret") };
        let refused = verify(&[scheme], &claim, &["a secret".to_owned()], NOW);
        assert_eq!(refused, Err(SignatureError::Missing { header: scheme.header }), "{name}");
    }
}

#[test]
fn a_signed_body_counts_for_more_than_a_token_beside_it() {
    let secrets = ["a token".to_owned(), secret_for(&schemes::STANDARD).to_owned()];
    let mut sent = headers(sign(&schemes::STANDARD, &secrets[1], "msg_1", NOW, BODY).expect("a signature"));
    sent.0.insert("x-gitlab-token".into(), secrets[0].clone());
    for order in [[&schemes::GITLAB_TOKEN, &schemes::STANDARD], [&schemes::STANDARD, &schemes::GITLAB_TOKEN]] {
        let proof = |body| verify(&order, &Claim { headers: &sent, body, token: None }, &secrets, NOW);
        assert_eq!((proof(BODY), proof(b"{}")), (Ok(Proof::Signed), Ok(Proof::Shared)));
    }
}

#[test]
fn a_refusal_is_about_the_scheme_that_fits_best() {
    let missing = |header| Err(SignatureError::Missing { header });
    let both: [&Scheme; 2] = [&schemes::LAUNCHDARKLY, &schemes::SHARED];
    let gitlab: [&Scheme; 2] = [&schemes::GITLAB_TOKEN, &schemes::STANDARD];
    let standard: [&Scheme; 2] = [&schemes::STANDARD, &schemes::STANDARD_ED25519];
    let of_standard = |signature| {
        vec![("webhook-id", "msg_1"), ("webhook-timestamp", "1760004000"), ("webhook-signature", signature)]
    };
    for (schemes, sent, said) in [
        (both, vec![], missing("x-ld-signature")),
        (both, vec![("x-ld-signature", "??")], Err(SignatureError::Malformed { header: "x-ld-signature" })),
        (both, vec![("x-ld-signature", "00")], Err(SignatureError::Mismatch)),
        (both, vec![("authorization", "other")], Err(SignatureError::Mismatch)),
        (standard, of_standard("v1a,AAAA"), Err(SignatureError::Mismatch)),
        (standard, of_standard("v2,AAAA"), Err(SignatureError::Malformed { header: "webhook-signature" })),
        (gitlab, vec![], missing("x-gitlab-token")),
        (gitlab, vec![("webhook-signature", "v1,AAAA")], missing("webhook-timestamp")),
        (gitlab, vec![("x-gitlab-token", "other"), ("webhook-signature", "v1,AAAA")], Err(SignatureError::Mismatch)),
    ] {
        let sent = headers(sent.into_iter().map(|(k, v)| (k, v.to_owned())).collect());
        let refused = verify(&schemes, &Claim { headers: &sent, body: BODY, token: None }, &["secret".into()], NOW);
        assert_eq!(refused, said, "{sent:?}");
    }
}

fn vector(name: &str) -> Case {
    cases().into_iter().find(|c| c.name.starts_with(name)).unwrap_or_else(|| panic!("no vector of {name}"))
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let malformed = |header| Err(SignatureError::Malformed { header });
    let mismatch = || Err(SignatureError::Mismatch);
    let standard = vector("standard_webhooks");
    let configcat = vector("configcat");
    let (id, time) = ("x-configcat-webhook-id", "x-configcat-webhook-timestamp");
    let moved = configcat.with(time, |t| t[1..].to_owned()).with(id, |i| format!("{i}1"));
    for (bent, said) in [
        // The parts are signed with dots between them: a dot in the id could move bytes from one to another.
        (standard.with("webhook-id", |id| format!("{id}.1")), malformed("webhook-id")),
        (standard.with("webhook-id", |_| String::new()), malformed("webhook-id")),
        (standard.with("webhook-id", |id| format!("{id}1")), mismatch()),
        (standard.with("webhook-signature", |s| format!("{s} ").repeat(10)), Ok(Proof::Signed)),
        (standard.with("webhook-signature", |s| format!("{s} ").repeat(11)), malformed("webhook-signature")),
        (standard.with("webhook-signature", |s| s.replace("v1,", "v2,")), malformed("webhook-signature")),
        (standard.with("webhook-timestamp", |_| "x".into()), malformed("webhook-timestamp")),
        // The parts are signed without anything between them: a time that is moved into the id is not the signed one.
        (moved.clone(), Err(SignatureError::Stale { age_ms: 1_000_000_000 * SECOND_MS })),
        (configcat.with(id, |i| format!("{i}{{\"at\":")), malformed(id)),
    ] {
        assert_eq!(bent.check(), said);
    }
    let zendesk = vector("zendesk");
    let bent = zendesk.with("x-zendesk-webhook-signature-timestamp", |t| t.replace('Z', "+00:00"));
    assert_eq!(bent.check(), mismatch(), "the same moment in other words");
}
