//! Sending a signed request to the service, the way providers do.

use std::sync::LazyLock;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::server::RUNTIME;

/// Where deliveries go.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The whole address.
    pub url: String,
    /// The signing secret.
    pub secret: String,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The status; 502 where nobody answered, 504 where it took too long: what GitHub notes in such cases.
    pub status: u16,
    /// `OK`, or why not.
    pub reason: String,
}

/// Ten seconds, as GitHub gives.
static SENDER: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let quiet = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().redirect(quiet).timeout(Duration::from_secs(10)).build().unwrap()
});

/// `sha256=` and the hex HMAC of the body.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Posts `body` as JSON with these headers, from the worlds' runtime.
pub async fn post(url: String, headers: Vec<(&'static str, String)>, body: String) -> Heard {
    let sent = RUNTIME.spawn(async move {
        let request = SENDER.post(&url).header("content-type", "application/json").body(body);
        headers.into_iter().fold(request, |r, (name, value)| r.header(name, value)).send().await
    });
    match sent.await.unwrap() {
        Ok(answer) if answer.status().is_success() => Heard { status: answer.status().as_u16(), reason: "OK".into() },
        Ok(answer) => Heard {
            status: answer.status().as_u16(),
            reason: format!("Invalid HTTP Response: {}", answer.status().as_u16()),
        },
        Err(e) if e.is_timeout() => Heard { status: 504, reason: "timed out".into() },
        Err(_) => Heard { status: 502, reason: "failed to connect to host".into() },
    }
}

/// A GUID of 32 random hex digits in the usual groups.
pub fn guid() -> String {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).unwrap();
    let hex = hex::encode(bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
