//! Proves who sent a delivery: over the raw body, in constant time, with any of several secrets, so that a secret can be
//! rotated. How each sender signs is a row of [`schemes`].

pub mod schemes;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::Headers;
use crate::time::{MINUTE_MS, SECOND_MS, UnixMs};
use schemes::{Algorithm, Encoding, Key, Part, Scheme, TimeUnit};

/// A signed time further from ours than this is refused, either way (Standard Webhooks 1.0).
pub const REPLAY_WINDOW_MS: i64 = 5 * MINUTE_MS;
/// Signatures that one header may carry; more are an attempt to make us work.
const SIGNATURES_MAX: usize = 10;
/// Standard Webhooks writes this before a public key, which must never serve as a shared secret: everybody knows it.
const PUBLIC_KEY: &str = "whpk_";

/// Why a delivery is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// The header is not there.
    Missing {
        /// Which.
        header: &'static str,
    },
    /// The header is not of the scheme's form.
    Malformed {
        /// Which.
        header: &'static str,
    },
    /// The signed time is too far from ours.
    Stale {
        /// How far, ms; negative where it lies in the future.
        age_ms: i64,
    },
    /// No secret gives this signature.
    Mismatch,
    /// No secret is configured, so that nothing can be believed.
    NoSecret,
}

impl std::fmt::Display for SignatureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing { header } => {
                write!(f, "the header {header} is missing; set the secret on the sender's side")
            }
            Self::Malformed { header } => write!(f, "the header {header} is not of the expected form"),
            Self::Stale { age_ms } => {
                write!(
                    f,
                    "the signed time is {} s away from ours; 300 s are allowed: check both clocks",
                    age_ms / SECOND_MS
                )
            }
            Self::Mismatch => f.write_str("the signature fits no configured secret; compare the secrets of both sides"),
            Self::NoSecret => f.write_str("no secret is configured for this source"),
        }
    }
}

/// How a delivery was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its body is signed.
    Signed,
    /// Its sender knows a secret that it sends along; what the body says is only as good as the way here.
    Shared,
}

/// What has to be proved.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The request's headers.
    pub headers: &'a Headers,
    /// The raw body.
    pub body: &'a [u8],
    /// The last part of the path, which may be a secret where the sender can send no header.
    pub token: Option<&'a str>,
}

/// Checks a delivery: one of `schemes` must hold with one of `secrets`. Where none does, the error is about the first
/// scheme whose header is there.
pub fn verify(
    schemes: &[&'static Scheme],
    claim: &Claim<'_>,
    secrets: &[String],
    now: UnixMs,
) -> Result<Proof, SignatureError> {
    if secrets.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    let mut told: Option<SignatureError> = None;
    for scheme in schemes {
        match check(scheme, claim, secrets, now) {
            Ok(()) if scheme.signed.contains(&Part::Body) => return Ok(Proof::Signed),
            Ok(()) => return Ok(Proof::Shared),
            Err(e) => {
                let better = matches!(told, None | Some(SignatureError::Missing { .. }))
                    && !(told.is_some() && matches!(e, SignatureError::Missing { .. }));
                if better {
                    told = Some(e);
                }
            }
        }
    }
    Err(told.unwrap_or(SignatureError::Mismatch))
}

fn check(scheme: &Scheme, claim: &Claim<'_>, secrets: &[String], now: UnixMs) -> Result<(), SignatureError> {
    let header = scheme.header;
    if scheme.algorithm == Algorithm::Token {
        let sent = [claim.headers.get(header), claim.token];
        if sent.iter().all(Option::is_none) {
            return Err(SignatureError::Missing { header });
        }
        return if sent.into_iter().flatten().any(|s| is_secret(s, secrets)) {
            Ok(())
        } else if claim.headers.get(header).is_none() {
            // A path may just name a connection.
            Err(SignatureError::Missing { header })
        } else {
            Err(SignatureError::Mismatch)
        };
    }
    let value = claim.headers.get(header).ok_or(SignatureError::Missing { header })?;
    let content = content(scheme, claim, now)?;
    let entries: Vec<&str> = match scheme.list {
        Some(separator) => value.split(separator).map(str::trim).filter(|e| !e.is_empty()).collect(),
        None => vec![value],
    };
    if entries.is_empty() || entries.len() > SIGNATURES_MAX {
        return Err(SignatureError::Malformed { header });
    }
    // Other versions in a list are skipped; alone, they are not of the expected form.
    let signatures: Vec<Vec<u8>> =
        entries.iter().filter_map(|e| decode(scheme.encoding, e.strip_prefix(scheme.prefix)?)).collect();
    if signatures.is_empty() {
        return Err(SignatureError::Malformed { header });
    }
    // Every secret and every signature is tried, so that the time tells nothing about which one fits.
    let mut fits = 0_usize;
    for key in secrets.iter().filter_map(|s| key(scheme.key, s)) {
        fits += signatures.iter().filter(|s| fits_key(scheme.algorithm, &key, &content, s)).count();
    }
    if fits > 0 { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// The signed bytes, in parts, once the signed time is found to be near ours.
fn content<'a>(scheme: &Scheme, claim: &Claim<'a>, now: UnixMs) -> Result<Vec<&'a [u8]>, SignatureError> {
    if let Some((header, unit)) = scheme.time {
        let text = claim.headers.get(header).ok_or(SignatureError::Missing { header })?;
        let at = read_time(text, unit).ok_or(SignatureError::Malformed { header })?;
        let age_ms = now.since(at);
        if age_ms.abs() > REPLAY_WINDOW_MS {
            return Err(SignatureError::Stale { age_ms });
        }
    }
    let mut parts: Vec<&'a [u8]> = Vec::with_capacity(scheme.signed.len());
    for part in scheme.signed {
        parts.push(match part {
            Part::Body => claim.body,
            Part::Text(text) => text.as_bytes(),
            Part::Header(header) => {
                let value = claim.headers.get(header).ok_or(SignatureError::Missing { header })?;
                // A separator in a part would let bytes move between the signed parts.
                let moves = scheme.signed.iter().any(|p| matches!(p, Part::Text(t) if value.contains(t)));
                if value.is_empty() || moves {
                    return Err(SignatureError::Malformed { header });
                }
                value.as_bytes()
            }
        });
    }
    Ok(parts)
}

fn read_time(text: &str, unit: TimeUnit) -> Option<UnixMs> {
    let digits = |max: usize| {
        Some(text)
            .filter(|t| t.len() <= max && t.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|t| t.parse::<i64>().ok())
    };
    match unit {
        TimeUnit::Seconds => Some(UnixMs(digits(12)?.saturating_mul(SECOND_MS))),
        TimeUnit::Millis => Some(UnixMs(digits(15)?)),
        TimeUnit::Rfc3339 => UnixMs::parse_rfc3339(text),
    }
}

fn decode(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
    match encoding {
        // Every known sender writes lower case; another form of the same bytes is another's.
        Encoding::Hex if text.bytes().any(|b| b.is_ascii_uppercase()) => None,
        Encoding::Hex => hex::decode(text).ok(),
        Encoding::Base64 => BASE64.decode(text).ok(),
    }
    .filter(|bytes| !bytes.is_empty())
}

/// The key's bytes; `None` for a secret that is not of this kind.
fn key(kind: Key, secret: &str) -> Option<Vec<u8>> {
    let shared = || Some(secret).filter(|s| !s.starts_with(PUBLIC_KEY));
    match kind {
        Key::Utf8 => shared().map(|s| s.as_bytes().to_vec()),
        // Base64 behind `whsec_`, or the text itself where it is no base64.
        Key::Whsec => shared()
            .map(|s| BASE64.decode(s.strip_prefix("whsec_").unwrap_or(s)).unwrap_or_else(|_| s.as_bytes().to_vec())),
        Key::Whpk => secret.strip_prefix(PUBLIC_KEY).and_then(|s| BASE64.decode(s).ok()),
        Key::Hex => hex::decode(secret).ok(),
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], content: &[&[u8]]) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in content {
        mac.update(part);
    }
    mac
}

fn fits_key(algorithm: Algorithm, key: &[u8], content: &[&[u8]], signature: &[u8]) -> bool {
    match algorithm {
        Algorithm::HmacSha256 => hmac::<Hmac<Sha256>>(key, content).verify_slice(signature).is_ok(),
        Algorithm::HmacSha1 => hmac::<Hmac<Sha1>>(key, content).verify_slice(signature).is_ok(),
        Algorithm::Ed25519 => {
            let public = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, key);
            public.verify(&content.concat(), signature).is_ok()
        }
        Algorithm::Token => false,
    }
}

/// Whether a text that was sent along is one of the secrets. Both may say `Bearer` before it.
pub fn is_secret(sent: &str, secrets: &[String]) -> bool {
    let bare = |text: &str| Sha256::digest(text.trim().strip_prefix("Bearer ").unwrap_or(text).trim().as_bytes());
    let sent = bare(sent);
    secrets
        .iter()
        .filter(|s| !s.starts_with(PUBLIC_KEY))
        .filter(|s| bool::from(bare(s).as_slice().ct_eq(sent.as_slice())))
        .count()
        > 0
}

/// The headers that make a delivery hold under `scheme`: for senders such as `demo` and `replay`. `None` for a scheme
/// whose private key nobody but the sender has.
pub fn sign(scheme: &Scheme, secret: &str, id: &str, now: UnixMs, body: &[u8]) -> Option<Vec<(&'static str, String)>> {
    let mut headers = Headers::default();
    let mut sent = Vec::new();
    let mut put = |name: &'static str, value: String| {
        headers.0.insert(name.to_owned(), value.clone());
        sent.push((name, value));
    };
    if scheme.algorithm == Algorithm::Token {
        put(scheme.header, secret.to_owned());
        return Some(sent);
    }
    for part in scheme.signed {
        if let Part::Header(name) = part {
            let value = match scheme.time {
                Some((header, TimeUnit::Seconds)) if header == *name => now.0.div_euclid(SECOND_MS).to_string(),
                Some((header, TimeUnit::Millis)) if header == *name => now.0.to_string(),
                Some((header, TimeUnit::Rfc3339)) if header == *name => now.rfc3339(),
                _ => id.to_owned(),
            };
            put(name, value);
        }
    }
    let content = content(scheme, &Claim { headers: &headers, body, token: None }, now).ok()?;
    let key = key(scheme.key, secret)?;
    let mac = match scheme.algorithm {
        Algorithm::HmacSha256 => hmac::<Hmac<Sha256>>(&key, &content).finalize().into_bytes().to_vec(),
        Algorithm::HmacSha1 => hmac::<Hmac<Sha1>>(&key, &content).finalize().into_bytes().to_vec(),
        Algorithm::Ed25519 | Algorithm::Token => return None,
    };
    let text = match scheme.encoding {
        Encoding::Hex => hex::encode(mac),
        Encoding::Base64 => BASE64.encode(mac),
    };
    sent.push((scheme.header, format!("{}{text}", scheme.prefix)));
    Some(sent)
}

/// GitHub's signature of a body.
pub fn sign_hub_sha256(secret: &str, body: &[u8]) -> String {
    last(sign(&schemes::HUB_SHA256, secret, "", UnixMs(0), body))
}

/// The signature of Standard Webhooks 1.0.
pub fn sign_standard_webhooks(secret: &str, id: &str, seconds: i64, body: &[u8]) -> String {
    last(sign(&schemes::STANDARD, secret, id, UnixMs(seconds.saturating_mul(SECOND_MS)), body))
}

fn last(headers: Option<Vec<(&'static str, String)>>) -> String {
    headers.and_then(|mut h| h.pop()).map(|(_, value)| value).unwrap_or_default()
}
