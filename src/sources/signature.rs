//! Whether a delivery is from whom it says, over the raw bytes and in constant time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Headers;
use crate::time::{MINUTE_MS, SECOND_MS, UnixMs};

/// A signed time further from ours than this is refused, either way (Standard Webhooks 1.0).
pub const REPLAY_WINDOW_MS: i64 = 5 * MINUTE_MS;
/// Signatures that one header may carry; more are an attempt to make us work.
const SIGNATURES_MAX: usize = 10;

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

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

/// `HEADER: sha256=<64 lower-case hex digits>` over the body, as GitHub and Jira sign. Every secret is tried, so that
/// the time tells nothing about which one fits.
pub fn hub_sha256(
    headers: &Headers,
    header: &'static str,
    body: &[u8],
    secrets: &[String],
) -> Result<(), SignatureError> {
    if secrets.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    let value = headers.get(header).ok_or(SignatureError::Missing { header })?;
    let malformed = SignatureError::Malformed { header };
    let digits = value.strip_prefix("sha256=").filter(|d| d.len() == 64).ok_or_else(|| malformed.clone())?;
    if digits.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(malformed);
    }
    let signature = hex::decode(digits).map_err(|_| malformed)?;
    let fits = secrets
        .iter()
        .filter(|secret| hmac_sha256(secret.as_bytes(), &[body]).verify_slice(&signature).is_ok())
        .count();
    if fits > 0 { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// Standard Webhooks 1.0, symmetric: `webhook-signature: v1,<base64>` (a list, separated by spaces) over
/// `id.timestamp.body`; the key is the base64 behind `whsec_`. Other versions in the list are skipped.
pub fn standard_webhooks(
    headers: &Headers,
    body: &[u8],
    secrets: &[String],
    now: UnixMs,
) -> Result<(), SignatureError> {
    if secrets.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    let get = |header| headers.get(header).ok_or(SignatureError::Missing { header });
    let id = get("webhook-id")?;
    let timestamp = get("webhook-timestamp")?;
    let list = get("webhook-signature")?;
    // A dot in the id would let bytes move between the signed parts.
    if id.is_empty() || id.contains('.') {
        return Err(SignatureError::Malformed { header: "webhook-id" });
    }
    let seconds: i64 = Some(timestamp)
        .filter(|t| t.len() <= 12 && t.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|t| t.parse().ok())
        .ok_or(SignatureError::Malformed { header: "webhook-timestamp" })?;
    let age_ms = now.since(UnixMs(seconds.saturating_mul(SECOND_MS)));
    if age_ms.abs() > REPLAY_WINDOW_MS {
        return Err(SignatureError::Stale { age_ms });
    }
    let malformed = SignatureError::Malformed { header: "webhook-signature" };
    let entries: Vec<&str> = list.split(' ').filter(|e| !e.is_empty()).collect();
    if entries.is_empty() || entries.len() > SIGNATURES_MAX {
        return Err(malformed);
    }
    let signatures: Vec<Vec<u8>> =
        entries.iter().filter_map(|e| e.strip_prefix("v1,")).filter_map(|s| BASE64.decode(s).ok()).collect();
    if signatures.is_empty() {
        return Err(malformed);
    }
    let mut fits = 0;
    for secret in secrets {
        let mac = hmac_sha256(&standard_key(secret), &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
        fits += signatures.iter().filter(|s| mac.clone().verify_slice(s).is_ok()).count();
    }
    if fits > 0 { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// The bytes of a Standard Webhooks secret: base64 behind `whsec_`, or the text itself where it is no base64.
fn standard_key(secret: &str) -> Vec<u8> {
    BASE64.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).unwrap_or_else(|_| secret.as_bytes().to_vec())
}

/// Signs as [`hub_sha256`] checks; for senders such as `demo` and `replay`.
pub fn sign_hub_sha256(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hex::encode(hmac_sha256(secret.as_bytes(), &[body]).finalize().into_bytes()))
}

/// Signs as [`standard_webhooks`] checks.
pub fn sign_standard_webhooks(secret: &str, id: &str, seconds: i64, body: &[u8]) -> String {
    let stamp = seconds.to_string();
    let mac = hmac_sha256(&standard_key(secret), &[id.as_bytes(), b".", stamp.as_bytes(), b".", body]);
    format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
}
