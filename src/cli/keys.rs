//! `hearback keys`.

use anyhow::{Result, bail};
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{Done, WrongCall};
use crate::config::KeyKind;
use crate::flow::{Context, access};
use crate::id::KeyId;
use crate::time::UnixMs;

/// What `keys` does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key. It is printed once and kept only as a hash.
    Create {
        /// `public` may add feedback from its origins and is visible to everybody; `secret` is for servers.
        #[arg(long)]
        kind: Kind,
        /// A web page's origin, such as <https://shop.example>, from which a public key may be used; may be repeated.
        #[arg(long = "origin", value_name = "URL")]
        origins: Vec<String>,
        /// Let a public key send events too, not only feedback; a secret one always may.
        #[arg(long)]
        events: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the keys that were made here.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a key back.
    Revoke {
        /// Its id, as `keys list` shows it.
        id: String,
    },
}

/// The kinds as they are typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// For web pages.
    Public,
    /// For servers.
    Secret,
}

/// Does what is asked.
pub async fn run(ctx: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Create { kind, origins, events, json } => create(ctx, kind, &origins, events, json).await,
        Command::List { json } => list(ctx, json).await,
        Command::Revoke { id } => {
            if !access::revoke_key(ctx, &KeyId(id.clone())).await? {
                bail!("no key {id} is in use; `hearback keys list` shows them");
            }
            eprintln!("took back {id}");
            Ok(Done::Well)
        }
    }
}

async fn create(ctx: &Context, kind: Kind, origins: &[String], events: bool, as_json: bool) -> Result<Done> {
    let kind = match kind {
        Kind::Public => KeyKind::Public,
        Kind::Secret => KeyKind::Secret,
    };
    let origins = origins.iter().map(|o| origin(o)).collect::<Result<Vec<_>>>()?;
    if kind == KeyKind::Public && origins.is_empty() {
        let why =
            "a public key needs at least one --origin: everybody can read it, so it must be good for your pages only";
        return Err(WrongCall(why.into()).into());
    }
    let (stored, key) = access::make_key(ctx, kind, origins, events).await?;
    if as_json {
        put!("{}", json!({"id": stored.id, "kind": stored.kind, "key": key, "origins": stored.origins}));
    } else {
        eprintln!("{} is a {} key; it is shown this once and kept only as a hash", stored.id, stored.kind);
        put!("{key}");
    }
    Ok(Done::Well)
}

/// Scheme, host and port, as a browser sends it.
fn origin(text: &str) -> Result<String> {
    match url::Url::parse(text) {
        Ok(u) if matches!(u.scheme(), "http" | "https") && matches!(u.path(), "" | "/") => {
            Ok(u.origin().ascii_serialization())
        }
        _ => {
            let why = format!("--origin {text:?}: expected an address without a path, such as https://shop.example");
            Err(WrongCall(why).into())
        }
    }
}

async fn list(ctx: &Context, as_json: bool) -> Result<Done> {
    let keys = access::all_keys(ctx).await?;
    if as_json {
        let rows: Vec<_> = keys
            .iter()
            .map(|k| {
                json!({"id": k.id, "kind": k.kind, "hint": k.hint, "origins": k.origins,
                       "created_at": k.created_at.rfc3339(), "revoked_at": k.revoked_at.map(UnixMs::rfc3339)})
            })
            .collect();
        put!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(Done::Well);
    }
    for k in &keys {
        let state = k.revoked_at.map_or_else(|| "in use".to_owned(), |t| format!("taken back {}", t.human()));
        put!("{}  {:6}  {}…  {state}  {}", k.id, k.kind, k.hint, k.origins.join(" "));
    }
    if keys.is_empty() {
        eprintln!("no key was made here yet; those in the settings are not listed");
    }
    Ok(Done::Well)
}
