//! GitHub as an App or with a token, through octocrab. Knows no database and repeats nothing by itself.
//!
//! octocrab brings the App's JWT, the bearer headers, the API's version and the base address. Its stack is put together
//! here layer by layer, because the ready-made one repeats a POST on its own and follows redirects with another method.
//! Answers are read as they are rather than through its models: whether a failed write may have happened, how long to
//! wait, and where a repository went, stand in the status and headers.

mod answers;
mod auth;
mod call;
mod checks;
mod contents;
mod discussions;
mod hook;
mod issues;
mod listed;
mod pages;
mod people;
mod pulls;
mod reactions;
mod repos;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result};
use http::HeaderValue;
use http::header::{ACCEPT, USER_AGENT};
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{Octocrab, OctocrabBuilder};
use tokio::sync::OnceCell;
use url::Url;

pub use answers::Failure;
pub use auth::Auth;
pub use checks::MadeCheck;
pub use contents::{Contents, File};
pub use discussions::DiscussionComment;
pub use hook::HookDelivery;
pub use issues::{Comment, Issue, StateReason};
pub use repos::Repo;

use crate::http::{self as outbound, Reach};
use crate::time::Clock;

/// What a client is built from.
#[derive(Debug)]
pub struct Settings {
    /// `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server.
    pub api_url: Url,
    /// As whom.
    pub auth: Auth,
    /// A request that takes longer is given up.
    pub timeout: Duration,
    /// When tokens end, and from when a wait is counted.
    pub clock: Arc<dyn Clock>,
}

/// GitHub's REST API.
pub struct GitHub {
    /// As the App itself, or with the token.
    root: Octocrab,
    is_app: bool,
    api_url: Url,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    tokens: Mutex<auth::Tokens>,
    login: OnceCell<String>,
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let as_whom = if self.is_app { "an App" } else { "a token's holder" };
        write!(f, "GitHub at {} as {as_whom}", self.api_url)
    }
}

impl GitHub {
    /// A client; nothing is called yet. Works only within a tokio runtime, where octocrab keeps a task.
    pub fn new(settings: Settings) -> Result<Self> {
        let Settings { api_url, auth, timeout, clock } = settings;
        tokio::runtime::Handle::try_current().context("GitHub's client is built within a tokio runtime")?;
        let is_app = matches!(auth, Auth::App { .. });
        let client = outbound::client(Reach::Configured(&api_url), timeout).context("building a client for GitHub")?;
        let base = api_url.as_str().parse().context("github.api_url is no address")?;
        let headers = vec![
            (USER_AGENT, HeaderValue::from_static(outbound::USER_AGENT)),
            (ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
        ];
        let Ok(root) = OctocrabBuilder::new_empty()
            .with_service(ReqwestConnector::new(client))
            .with_layer(&BaseUriLayer::new(base))
            .with_layer(&ExtraHeadersLayer::new(Arc::new(headers)))
            .with_auth(auth.state()?)
            .build();
        Ok(Self { root, is_app, api_url, timeout, clock, tokens: Mutex::default(), login: OnceCell::new() })
    }

    /// Whether it acts as an App, which alone has deliveries of its own.
    pub fn is_app(&self) -> bool {
        self.is_app
    }

    /// How long a request may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}
