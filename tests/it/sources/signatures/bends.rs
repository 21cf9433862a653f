//! Each negative case of `signatures.json`, derived from every vector that can show it.
use std::collections::{BTreeMap, BTreeSet};

use hearback::sources::signature::schemes::{Algorithm, Encoding, Scheme};
use hearback::sources::signature::{Proof, SignatureError};
use hearback::time::SECOND_MS;

use super::{Case, Negative, OTHERS, cases, file};

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
                    continue;
                }
                assert!(bent.check().is_err(), "{name}: {}", case.name);
                let own = bent.secrets[0].as_str();
                for secrets in [&[&OTHERS[..], &[own]].concat(), &[&[own], &OTHERS[..]].concat()] {
                    assert!(bent.with_secrets(secrets).check().is_err(), "{name}, in rotation: {}", case.name);
                }
                assert!(bent.with_secrets(&OTHERS).check().is_err(), "{name}, by another: {}", case.name);
                assert_eq!(bent.with_secrets(&[]).check(), Err(SignatureError::NoSecret), "{}", case.name);
            }
        }
        let by_table = tried.iter().filter(|n| n.ends_with("the table")).count();
        assert!(Some(&by_table) >= least.get(name.as_str()), "{name}: shown by {by_table} vectors only");
    }
}
