//! Who calls: a key in `Authorization: Bearer KEY`, from the settings or from the store.
//!
//! A secret key may do everything. A public key stands in pages that everybody reads: it may add feedback from its
//! registered origins, and where it was made for that tell what people do, and what it says of who speaks is not proven.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::problem::Problem;
use crate::config::KeyKind;
use crate::flow::{Context, access};
use crate::store::keys;

/// Longest key that is looked at, bytes.
const KEY_MAX: usize = 512;

/// A caller whose key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Names the key, not the key itself.
    pub id: String,
    /// What it may do.
    pub kind: KeyKind,
    /// Where a public key may be used.
    pub origins: Vec<String>,
    /// Whether a public key may tell what people do, too.
    pub events: bool,
}

/// The keys of the settings, by hash.
#[derive(Clone, Debug)]
pub struct SettingsKeys(Vec<(String, Caller)>);

impl SettingsKeys {
    /// Hashes them once.
    pub fn of(ctx: &Context) -> Self {
        let keys = ctx.config.keys.iter().map(|k| {
            let key = k.key.expose_secret();
            // By a keyed hash: the name stands in histories, and people choose keys that can be guessed.
            let id = format!("ky_{}", ctx.secrets.pseudonym(key).trim_start_matches("p_"));
            let origins = k.origins.iter().map(|o| origin_form(o)).collect();
            (access::hash(key), Caller { id, kind: k.kind, origins, events: k.events })
        });
        Self(keys.collect())
    }

    fn find(&self, wanted: &str) -> Option<&Caller> {
        // Every key is compared to its end, so that the time tells nothing about which one fits.
        self.0.iter().fold(None, |found, (hash, caller)| {
            if bool::from(hash.as_bytes().ct_eq(wanted.as_bytes())) { Some(caller) } else { found }
        })
    }

    /// Whether a public key of the settings may be used from `origin`.
    fn know_origin(&self, origin: &str) -> bool {
        self.0.iter().any(|(_, c)| c.kind == KeyKind::Public && c.origins.iter().any(|o| o == origin))
    }
}

/// An origin as it is compared: browsers send it in lower case and without a slash at the end.
fn origin_form(origin: &str) -> String {
    origin.trim().trim_end_matches('/').to_ascii_lowercase()
}

/// The origin that a browser names.
pub fn origin(headers: &HeaderMap) -> Option<String> {
    headers.get(header::ORIGIN).map(|v| origin_form(&String::from_utf8_lossy(v.as_bytes())))
}

/// Finds out who calls.
pub async fn caller(ctx: &Context, settings: &SettingsKeys, headers: &HeaderMap) -> Result<Caller, Problem> {
    let unknown = |detail: &str| {
        Problem::of(StatusCode::UNAUTHORIZED)
            .because(detail)
            .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"hearback\""))
    };
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Err(unknown("The header Authorization is missing; send Authorization: Bearer KEY."));
    };
    let key = value.to_str().ok().and_then(bearer).filter(|k| !k.is_empty() && k.len() <= KEY_MAX);
    let Some(key) = key else {
        return Err(unknown("The header Authorization is not of the form Bearer KEY."));
    };
    let hash = access::hash(key);
    if let Some(caller) = settings.find(&hash) {
        return Ok(caller.clone());
    }
    let mut tx = ctx.db.read().await?;
    let stored = keys::find(&mut tx, &hash).await?;
    tx.commit().await?;
    let stored = stored
        .ok_or_else(|| unknown("This key is not known here, or was taken back; hearback keys create makes one."))?;
    Ok(Caller {
        id: stored.id.0,
        kind: if stored.kind == KeyKind::Secret.as_str() { KeyKind::Secret } else { KeyKind::Public },
        origins: stored.origins.iter().map(|o| origin_form(o)).collect(),
        events: stored.events,
    })
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Finds out who calls, and lets only secret keys through.
pub async fn secret(ctx: &Context, settings: &SettingsKeys, headers: &HeaderMap) -> Result<Caller, Problem> {
    let caller = caller(ctx, settings, headers).await?;
    match caller.kind {
        KeyKind::Secret => Ok(caller),
        KeyKind::Public => Err(Problem::of(StatusCode::FORBIDDEN).because(
            "A public key may add feedback, and events where it was made for that; use a secret key, from a server.",
        )),
    }
}

/// Whether the caller may call from where it does.
pub fn check_origin(caller: &Caller, origin: Option<&str>) -> Result<(), Problem> {
    let refused = |detail: &str| Err(Problem::of(StatusCode::FORBIDDEN).because(detail));
    match (caller.kind, origin) {
        (KeyKind::Secret, _) => Ok(()),
        (KeyKind::Public, Some(origin)) if caller.origins.iter().any(|o| o == origin) => Ok(()),
        (KeyKind::Public, Some(_)) => {
            refused("This public key may not be used from that origin; register it with the key.")
        }
        (KeyKind::Public, None) if caller.origins.is_empty() => Ok(()),
        (KeyKind::Public, None) => {
            refused("This public key may be used from its registered origins only, and the header Origin is missing.")
        }
    }
}

/// Whether any public key may be used from `origin`: a preflight names no key.
pub async fn origin_is_known(ctx: &Context, settings: &SettingsKeys, origin: &str) -> Result<bool, Problem> {
    if settings.know_origin(origin) {
        return Ok(true);
    }
    let mut tx = ctx.db.read().await?;
    let stored = keys::all(&mut tx).await?;
    tx.commit().await?;
    Ok(stored.iter().any(|k| {
        k.revoked_at.is_none()
            && k.kind == KeyKind::Public.as_str()
            && k.origins.iter().any(|o| origin_form(o) == origin)
    }))
}
