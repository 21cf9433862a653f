//! `hearback replay`: sends recorded deliveries, in order, one at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::Done;
use crate::config::Config;
use crate::http;
use crate::sources::{self, signature};
use crate::time::{Clock, SystemClock};

/// What `replay` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A delivery a line: {"method", "path", "headers", "body"}; the body is text, or JSON that is sent as it stands.
    file: PathBuf,
    /// The service.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    to: Url,
    /// Sign each delivery anew with the secret in the settings: a recorded signature with a time in it is stale after
    /// five minutes.
    #[arg(long)]
    sign: bool,
    /// Print JSON lines.
    #[arg(long)]
    json: bool,
}

/// A recorded delivery.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    #[serde(default = "post")]
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
}

fn post() -> String {
    "POST".into()
}

/// Sends each line; fails where any answer is not a success.
pub async fn run(config: Config, args: Args) -> Result<Done> {
    let client = http::client(http::Reach::Configured(&args.to), config.outbox.request_timeout.duration())?;
    let file = File::open(&args.file).with_context(|| format!("opening {}", args.file.display()))?;
    let (mut sent, mut refused) = (0_usize, 0_usize);
    for (i, line) in BufReader::new(file).lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let place = format!("{}:{}", args.file.display(), i + 1);
        let mut one: Recorded = serde_json::from_str(&line).with_context(|| format!("{place}: expected a delivery"))?;
        let body = match &one.body {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        if args.sign {
            sign(&config, &mut one, &body).with_context(|| place.clone())?;
        }
        let url = args.to.join(&one.path).with_context(|| format!("{place}: path"))?;
        if url.origin() != args.to.origin() {
            bail!("{place}: path: expected one on {}, beginning with a single /", args.to);
        }
        let method = one.method.parse().with_context(|| format!("{place}: method"))?;
        let mut request = client.request(method, url).body(body);
        for (name, value) in one.headers.iter().filter(|(n, _)| !n.eq_ignore_ascii_case("content-length")) {
            request = request.header(name, value);
        }
        let answer = request.send().await.with_context(|| format!("{place}: sending to {}", args.to))?;
        let status = answer.status();
        let says = String::from_utf8_lossy(&http::read_capped(answer, 65_536).await.unwrap_or_default()).into_owned();
        sent += 1;
        refused += usize::from(!status.is_success());
        if args.json {
            put!("{}", json!({"line": i + 1, "path": one.path, "status": status.as_u16(), "answer": says}));
        } else {
            put!("{:>5}  {status}  {}  {says}", i + 1, one.path);
        }
    }
    eprintln!("{sent} deliveries sent, {refused} of them refused");
    Ok(if refused == 0 { Done::Well } else { Done::Failed })
}

/// Puts a fresh signature on a delivery, in the form of its source.
fn sign(config: &Config, one: &mut Recorded, body: &str) -> Result<()> {
    let name = one.path.strip_prefix("/hooks/").and_then(|p| p.split('/').next()).unwrap_or_default();
    let Some(source) = sources::source(name) else { bail!("{} is the path of no source", one.path) };
    let secrets = config.secrets_of(source.name);
    let Some(secret) = secrets.first() else {
        bail!("no secret for {} is in the settings, so it can't be signed", one.path);
    };
    // The scheme that the recorded delivery had, else the source's first.
    let has = |header: &str| one.headers.keys().any(|n| n.eq_ignore_ascii_case(header));
    let scheme = source.schemes.iter().find(|s| has(s.header)).or(source.schemes.first());
    let Some(scheme) = scheme else { bail!("deliveries for {} are not signed", source.name) };
    let id = scheme.id_header().map(|header| {
        let id = one.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(header)).map(|(_, v)| v.clone());
        id.with_context(|| format!("headers: {header} is missing"))
    });
    let id = id.transpose()?.unwrap_or_default();
    let fresh = signature::sign(scheme, secret.expose_secret(), &id, SystemClock.now(), body.as_bytes());
    let Some(fresh) = fresh else { bail!("only {} itself has the key that signs its deliveries", source.name) };
    one.headers.retain(|name, _| !fresh.iter().any(|(n, _)| name.eq_ignore_ascii_case(n)));
    one.headers.extend(fresh.into_iter().map(|(n, v)| (n.to_owned(), v)));
    Ok(())
}
