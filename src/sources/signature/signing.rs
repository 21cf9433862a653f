//! The sender's side: signs as the schemes want it, for those who play a sender.

use base64::Engine as _;

use super::schemes::{self, Algorithm, Encoding, Part, Scheme, TimeUnit};
use super::{BASE64, Claim, content, key, made};
use crate::sources::Headers;
use crate::time::{SECOND_MS, UnixMs};

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
    let signature = made(scheme.algorithm, &key, &content)?;
    let text = match scheme.encoding {
        Encoding::Hex => hex::encode(signature),
        Encoding::Base64 => BASE64.encode(signature),
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
