//! Builds everything once, and owns the end: what is under way ends well, what is not begun stays in the database.

mod reading;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{info, warn};

#[cfg(feature = "encoder")]
pub(crate) use self::reading::HEAD;
pub(crate) use self::reading::{Reading, model, reading};
use crate::config::{Config, JiraFlavour, without_password};
use crate::domain::ticket::TrackerName;
use crate::flagapi::{self, Platforms};
use crate::flow::{Bell, Context, Secrets};
use crate::github::{Auth, GitHub};
use crate::id::Entropy;
use crate::jira::{Flavour, Jira};
use crate::llm::{self, Llm};
use crate::pull::{Credentials, Pullers};
use crate::store::Db;
use crate::telemetry::Telemetry;
use crate::time::Clock;
use crate::trackers::{GitHubTracker, JiraFields, JiraTracker, LocalTracker, Trackers};
use crate::{github, jira, jobs, pull, web};

/// Opens the database, brings it to the newest schema, and builds what every use case needs.
pub async fn build(config: Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Context> {
    let db = Db::open(&config.database.url).await?;
    db.migrate().await?;
    let secrets = Secrets::load(&db, &*entropy).await?;
    let github = github_client(&config, &clock)?.map(Arc::new);
    let trackers = trackers(&config, github.as_ref(), &clock)?;
    let platforms = platforms(&config, &clock)?;
    let (model, encoder) = (config.analysis.model.as_deref(), config.analysis.encoder_dir.as_deref());
    let Reading { reader, embedder } = reading(model, encoder, ["analysis.model", "analysis.encoder_dir"])?;
    let llm = language_model(&config, &clock)?.map(Arc::new);
    let pullers = pullers(&config, &clock)?;
    Ok(Context {
        db,
        owner: format!("w_{:08x}", entropy.bits() & 0xffff_ffff).into(),
        clock,
        entropy,
        config: Arc::new(config),
        secrets,
        reader: Arc::new(reader),
        embedder,
        trackers: Arc::new(trackers),
        github,
        llm,
        platforms: Arc::new(platforms),
        pullers: Arc::new(pullers),
        refused: Arc::default(),
        telemetry: Telemetry::default(),
        bell: Arc::new(Bell::default()),
    })
}

fn github_client(config: &Config, clock: &Arc<dyn Clock>) -> Result<Option<GitHub>> {
    let g = &config.github;
    let auth = match (&g.token, g.app_id, &g.private_key) {
        (_, Some(id), Some(key)) => Auth::App { id, key_pem: key.clone() },
        (Some(token), ..) => Auth::Token(token.clone()),
        (None, ..) => return Ok(None),
    };
    let settings = github::Settings {
        api_url: g.api_url.clone(),
        auth,
        timeout: config.outbox.request_timeout.duration(),
        clock: clock.clone(),
    };
    GitHub::new(settings).context("setting up GitHub").map(Some)
}

fn trackers(config: &Config, github: Option<&Arc<GitHub>>, clock: &Arc<dyn Clock>) -> Result<Trackers> {
    let mut trackers =
        Trackers::default().with(TrackerName::Local, Arc::new(LocalTracker::new(config.local.dir.clone())));
    if let Some(github) = github {
        trackers = trackers.with(TrackerName::GitHub, Arc::new(GitHubTracker::new(github.clone())));
    }
    let j = &config.jira;
    if let (Some(base_url), Some(token)) = (&j.base_url, &j.token) {
        let client = Jira::new(jira::Settings {
            base_url: base_url.clone(),
            flavour: match j.flavour {
                JiraFlavour::Cloud => Flavour::Cloud,
                JiraFlavour::DataCenter => Flavour::DataCenter,
            },
            email: j.email.clone(),
            token: token.clone(),
            timeout: config.outbox.request_timeout.duration(),
            clock: clock.clone(),
        })
        .context("setting up Jira")?;
        let custom: serde_json::Map<String, serde_json::Value> = j
            .custom
            .iter()
            .map(|(field, value)| Ok((field.clone(), serde_json::to_value(value)?)))
            .collect::<Result<_>>()
            .context("reading jira.custom")?;
        let fields = JiraFields {
            issue_type: j.issue_type.clone(),
            priority: j.priority.clone(),
            labels: j.labels.clone(),
            components: j.components.clone(),
            custom,
            not_planned: j.not_planned.clone(),
        };
        trackers = trackers.with(TrackerName::Jira, Arc::new(JiraTracker::new(Arc::new(client), fields)));
    }
    Ok(trackers)
}

/// The flag platforms that can be asked: those with a token.
fn platforms(config: &Config, clock: &Arc<dyn Clock>) -> Result<Platforms> {
    let mut platforms = Platforms::default();
    for source in crate::sources::all() {
        let Some(settings) = config.source(source.name) else { continue };
        let Some(token) = settings.api_token.clone().filter(|_| settings.poll_ms() > 0) else { continue };
        let asked = flagapi::Settings {
            api_url: settings.api_url.clone(),
            token,
            projects: settings.projects.clone(),
            timeout: config.outbox.request_timeout.duration(),
            clock: clock.clone(),
        };
        let api = flagapi::client(source.name, asked).with_context(|| format!("setting up sources.{}", source.name))?;
        platforms = platforms.with(source.name, api, settings.poll_ms());
    }
    Ok(platforms)
}

/// The systems that count usage already.
fn pullers(config: &Config, clock: &Arc<dyn Clock>) -> Result<Pullers> {
    let mut pullers = Pullers::new();
    for (name, u) in &config.usage {
        let credentials = match (&u.token, &u.user, &u.password) {
            (Some(token), ..) => Credentials::Token(token.clone()),
            (None, Some(user), Some(password)) => {
                Credentials::Password { user: user.clone(), password: password.clone() }
            }
            (None, ..) => Credentials::None,
        };
        let settings = pull::Settings {
            name: name.clone(),
            kind: u.kind,
            address: u.address.clone(),
            query: u.query.clone(),
            metric: u.metric.clone().unwrap_or_else(|| name.clone()),
            credentials,
            headers: u.headers.clone(),
            project: u.project.clone(),
            binding: u.binding,
            timeout: u.timeout(),
            look_again: Duration::from_secs(1),
            clock: clock.clone(),
        };
        pullers.insert(name.clone(), pull::client(settings)?);
    }
    Ok(pullers)
}

fn language_model(config: &Config, clock: &Arc<dyn Clock>) -> Result<Option<Llm>> {
    let l = &config.summary.llm;
    let (Some(base_url), Some(model)) = (&l.base_url, &l.model) else { return Ok(None) };
    let settings = llm::Settings {
        base_url: base_url.clone(),
        model: model.clone(),
        api_key: l.api_key.clone(),
        timeout: l.timeout.duration(),
        clock: clock.clone(),
    };
    Llm::new(settings).context("setting up the language model").map(Some)
}

/// Says in the log what is not configured, and what that means.
fn say_what_is_missing(config: &Config) {
    if config.github.webhook_secrets.is_empty() {
        warn!("GitHub's webhooks are refused: github.webhook_secrets is empty");
    }
    if !config.github.is_configured() {
        info!("GitHub is not configured (github.app_id with github.private_key_file, or github.token)");
    }
    if !config.jira.is_configured() {
        info!("Jira is not configured (jira.base_url, jira.token, jira.project)");
    }
    if config.policy().trackers == [TrackerName::Local] {
        info!("tickets are written into the folder {}", config.local.dir.display());
    }
    if config.sources.get("generic").is_none_or(|s| s.secrets.is_empty()) {
        info!("generic webhooks are refused: sources.generic.secrets is empty");
    }
    if config.keys.is_empty() {
        info!("no key for /v1/feedback is in the settings; `hearback keys create --kind secret` makes one");
    }
}

/// Runs the service on a listener until `stop` comes, then ends it well.
pub async fn serve_on(ctx: Context, listener: TcpListener, stop: impl Future<Output = ()> + Send) -> Result<()> {
    let (tell, stopping) = watch::channel(false);
    let grace = ctx.config.server.shutdown_grace.duration();
    let mut work = tokio::spawn(jobs::run(ctx.clone(), stopping.clone()));
    let mut asked = stopping.clone();
    let doors_closed = async move {
        let _ = asked.wait_for(|s| *s).await;
    };
    let server_settings = ctx.config.server.clone();
    let router = web::router(ctx.clone());
    let mut doors = tokio::spawn(async move { web::serve(listener, router, &server_settings, doors_closed).await });
    tokio::select! {
        () = stop => {}
        ended = &mut work => bail!("the work stopped by itself: {ended:?}"),
        ended = &mut doors => bail!("the server stopped by itself: {ended:?}"),
    }
    info!("ending: no new requests, what is under way ends first");
    let _ = tell.send(true);
    // The server keeps its own grace; the loops end with the step that they are in.
    let _ = doors.await;
    if tokio::time::timeout(grace, &mut work).await.is_err() {
        warn!("a step did not end in time; its lease ends by itself and it is tried again at the next start");
        work.abort();
    }
    ctx.db.close().await;
    info!("ended");
    Ok(())
}

/// `hearback serve`.
pub async fn serve(config: Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<()> {
    say_what_is_missing(&config);
    let stop = jobs::stop_signal();
    let listen = config.server.listen.0;
    let database = without_password(&config.database.url);
    let ctx = build(config, clock, entropy).await?;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("listening on {listen}; is another service there? set server.listen"))?;
    info!("listening on http://{}, database {database}", listener.local_addr()?);
    serve_on(ctx, listener, stop).await
}

/// A secret for a sender that this process plays itself.
pub fn fresh_secret(entropy: &dyn Entropy) -> SecretString {
    format!("{:032x}", entropy.bits()).into()
}
