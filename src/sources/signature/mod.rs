//! Proves who sent a delivery: over the raw body, in constant time, with any of several secrets, so that a secret can be
//! rotated. How each sender signs is a row of [`schemes`].

pub mod schemes;
mod signing;

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
pub use signing::{sign, sign_hub_sha256, sign_standard_webhooks};

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

/// Checks a delivery: one of `schemes` must hold with one of `secrets`. A signed body counts for more than a secret that
/// was sent along, where a sender does both. Where nothing holds, the error is about the scheme that fits best: its header
/// is there, and of its form.
pub fn verify(
    schemes: &[&'static Scheme],
    claim: &Claim<'_>,
    secrets: &[String],
    now: UnixMs,
) -> Result<Proof, SignatureError> {
    if secrets.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    let mut proof = None;
    let mut told: Option<((bool, bool), SignatureError)> = None;
    for scheme in schemes {
        match check(scheme, claim, secrets, now) {
            Ok(()) if scheme.signed.contains(&Part::Body) => return Ok(Proof::Signed),
            Ok(()) => proof = Some(Proof::Shared),
            Err(e) => {
                let there = claim.headers.get(scheme.header).is_some();
                let fits = (there, !matches!(e, SignatureError::Malformed { .. }));
                if told.as_ref().is_none_or(|(best, _)| fits > *best) {
                    told = Some((fits, e));
                }
            }
        }
    }
    proof.ok_or(told.map_or(SignatureError::Mismatch, |(_, e)| e))
}

fn check(scheme: &Scheme, claim: &Claim<'_>, secrets: &[String], now: UnixMs) -> Result<(), SignatureError> {
    let header = scheme.header;
    let value = claim.headers.get(header);
    if scheme.algorithm == Algorithm::Token {
        return match value {
            _ if [value, claim.token].into_iter().flatten().any(|s| is_secret(s, secrets)) => Ok(()),
            Some(_) => Err(SignatureError::Mismatch),
            // A path may just name a connection.
            None => Err(SignatureError::Missing { header }),
        };
    }
    let value = value.ok_or(SignatureError::Missing { header })?;
    let content = content(scheme, claim, now)?;
    let entries: Vec<&str> = match scheme.list {
        Some(separator) => value.split(separator).map(str::trim).filter(|e| !e.is_empty()).collect(),
        None => vec![value],
    };
    if entries.len() > SIGNATURES_MAX {
        return Err(SignatureError::Malformed { header });
    }
    // Other versions in a list are skipped; alone, they are not of the expected form.
    let signatures: Vec<Vec<u8>> =
        entries.iter().filter_map(|e| decode(scheme.encoding, e.strip_prefix(scheme.prefix)?)).collect();
    if signatures.is_empty() {
        return Err(SignatureError::Malformed { header });
    }
    // Every secret and every signature is tried, so that the time tells nothing about which one fits.
    let fits: usize = secrets
        .iter()
        .filter_map(|s| key(scheme.key, s))
        .map(|key| fitting(scheme.algorithm, &key, &content, &signatures))
        .sum();
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
                // Bytes must not move from one signed part to another. Without a separator the body begins at the
                // brace of its JSON, which no id or time holds.
                let moves = if scheme.signed.iter().any(|p| matches!(p, Part::Text(_))) {
                    scheme.signed.iter().any(|p| matches!(p, Part::Text(t) if value.contains(t)))
                } else {
                    scheme.signed.contains(&Part::Body) && !value.bytes().all(is_of_name_or_time)
                };
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

/// What ids and times are made of.
fn is_of_name_or_time(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:+".contains(&byte)
}

/// The key's bytes; `None` for a secret that is not of this kind, and for one without bytes, with which anybody could
/// sign.
fn key(kind: Key, secret: &str) -> Option<Vec<u8>> {
    let shared = || Some(secret).filter(|s| !is_public(s));
    match kind {
        Key::Utf8 => shared().map(|s| s.as_bytes().to_vec()),
        // Base64 behind `whsec_`, or the text itself where it is no base64.
        Key::Whsec => shared()
            .map(|s| BASE64.decode(s.strip_prefix("whsec_").unwrap_or(s)).unwrap_or_else(|_| s.as_bytes().to_vec())),
        Key::Whpk => secret.strip_prefix(PUBLIC_KEY).and_then(|s| BASE64.decode(s).ok()),
        Key::Hex => hex::decode(secret).ok(),
    }
    .filter(|key| !key.is_empty())
}

fn hmac<M: Mac + KeyInit>(key: &[u8], content: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in content {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// The signature that a key makes; `None` where only the sender can make one.
fn made(algorithm: Algorithm, key: &[u8], content: &[&[u8]]) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::HmacSha256 => Some(hmac::<Hmac<Sha256>>(key, content)),
        Algorithm::HmacSha1 => Some(hmac::<Hmac<Sha1>>(key, content)),
        Algorithm::Ed25519 | Algorithm::Token => None,
    }
}

/// How many of `signatures` are this key's. The body is hashed once, however many there are.
fn fitting(algorithm: Algorithm, key: &[u8], content: &[&[u8]], signatures: &[Vec<u8>]) -> usize {
    match algorithm {
        Algorithm::HmacSha256 | Algorithm::HmacSha1 => {
            let made = made(algorithm, key, content).unwrap_or_default();
            signatures.iter().filter(|s| bool::from(s.as_slice().ct_eq(&made))).count()
        }
        Algorithm::Ed25519 => {
            let public = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, key);
            let content = content.concat();
            signatures.iter().filter(|s| public.verify(&content, s).is_ok()).count()
        }
        Algorithm::Token => 0,
    }
}

/// Whether a text that was sent along is one of the secrets. Both may say `Bearer` before it.
pub fn is_secret(sent: &str, secrets: &[String]) -> bool {
    let digest = |text: &str| Sha256::digest(bare(text).as_bytes());
    let sent = digest(sent);
    secrets
        .iter()
        .filter(|s| !bare(s).is_empty() && !is_public(s))
        .filter(|s| bool::from(digest(s).as_slice().ct_eq(sent.as_slice())))
        .count()
        > 0
}

/// A secret as it is compared: schemes of `Authorization` are told in any case (RFC 9110, 11.1).
fn bare(text: &str) -> &str {
    let text = text.trim();
    match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim_start(),
        Some(_) | None => text,
    }
}

fn is_public(secret: &str) -> bool {
    bare(secret).starts_with(PUBLIC_KEY)
}
