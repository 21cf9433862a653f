//! Who we are at GitHub: the App by its JWT, its installation on an account by a token that lives for an hour, or a
//! person's or machine's own token.

use std::collections::HashMap;
use std::fmt;
use std::sync::PoisonError;

use anyhow::{Context as _, Result};
use octocrab::auth::AppAuth;
use octocrab::models::AppId;
use octocrab::{AuthState, EncodingKey, Octocrab};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::answers::Failure;
use super::call::{Call, Whom};
use crate::domain::repo::RepoName;
use crate::http::RemoteError;
use crate::time::{HOUR_MS, MINUTE_MS, UnixMs};

/// A token is left alone this long before its end, so that it does not end under a request, ms.
const SPARE_MS: i64 = 5 * MINUTE_MS;

/// As whom GitHub is asked.
pub enum Auth {
    /// As a GitHub App; its issues are by `slug[bot]`.
    App {
        /// Its number.
        id: u64,
        /// Its private key, PEM.
        key_pem: SecretString,
    },
    /// With an account's token; its issues are by that account.
    Token(SecretString),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App { id, .. } => write!(f, "App {id}"),
            Self::Token(_) => f.write_str("a token"),
        }
    }
}

impl Auth {
    pub(super) fn state(self) -> Result<AuthState> {
        Ok(match self {
            Self::App { id, key_pem } => {
                let key = EncodingKey::from_rsa_pem(key_pem.expose_secret().as_bytes()).context(
                    "github.private_key is no RSA key in PEM form: use the file as GitHub handed it out for the App",
                )?;
                AuthState::App(AppAuth { app_id: AppId(id), key })
            }
            Self::Token(token) => AuthState::AccessToken { token },
        })
    }
}

/// What was learned about installations.
#[derive(Default)]
pub(super) struct Tokens {
    /// Repository, in lower case, to installation.
    installations: HashMap<String, u64>,
    /// Installation to its token and when that ends.
    tokens: HashMap<u64, (SecretString, UnixMs)>,
}

#[derive(Deserialize)]
struct Minted {
    token: SecretString,
    expires_at: Option<String>,
}

/// An installation of the App on an account.
#[derive(Debug, Deserialize)]
pub(super) struct Installation {
    id: u64,
    suspended_at: Option<String>,
    #[serde(default)]
    pub permissions: HashMap<String, String>,
    account: Option<Login>,
}

#[derive(Debug, Deserialize)]
struct Login {
    #[serde(default)]
    login: String,
}

#[derive(Deserialize)]
struct Slug {
    slug: String,
}

impl GitHub {
    /// The login under which we write: `hearback[bot]`, or the token's account. Asked once.
    pub async fn login(&self) -> Result<&str, RemoteError> {
        let ask = || async {
            if self.is_app {
                let call = Call::get("/app", "the App");
                let asked = self.asked(&call);
                let app: Slug = self.as_root(call).await?.read(asked)?;
                return Ok::<_, Failure>(format!("{}[bot]", app.slug));
            }
            let call = Call::get("/user", "the token's account");
            let asked = self.asked(&call);
            Ok(self.as_root(call).await?.read::<Login>(asked)?.login)
        };
        Ok(self.login.get_or_try_init(ask).await?.as_str())
    }

    /// octocrab with what it takes to act in `repo`.
    pub(super) async fn acting_in(&self, repo: &RepoName) -> Result<Octocrab, Failure> {
        if !self.is_app {
            return Ok(self.root.clone());
        }
        let known = self.with_tokens(|t| t.installations.get(&key(repo)).copied());
        let mut installation = match known {
            Some(known) => known,
            None => self.look_up(repo).await?.id,
        };
        let mut token = self.token_of(installation, repo).await;
        if known.is_some() && token.as_ref().is_err_and(|failure| failure.status == Some(404)) {
            // Installed anew under another number since.
            installation = self.look_up(repo).await?.id;
            token = self.token_of(installation, repo).await;
        }
        let token = token?;
        self.root.user_access_token(token).map_err(|e| {
            RemoteError::Refused { problem: format!("GitHub's token does not fit into a header: {e}") }.into()
        })
    }

    /// The next call asks for a new token.
    pub(super) fn forget_token(&self, repo: &RepoName) {
        self.with_tokens(|t| {
            if let Some(installation) = t.installations.get(&key(repo)) {
                t.tokens.remove(installation);
            }
        });
    }

    /// The installation that may act in `repo`; says what is missing where there is none.
    pub(super) async fn look_up(&self, repo: &RepoName) -> Result<Installation, Failure> {
        let what = repo.to_string();
        let mut call = Call::get(format!("/repos/{repo}/installation"), &what);
        let mut heard = self.send(&self.root, &call).await?;
        if let Some(path) = heard.location().and_then(|to| self.path_of(to)) {
            call.path = path;
            heard = self.send(&self.root, &call).await?;
        }
        let installation: Installation = match heard.judge(self.asked(&call)) {
            Ok(heard) => heard.read(self.asked(&call))?,
            Err(failure) if failure.is_gone() => return Err(self.why_not_installed(repo, failure).await),
            Err(failure) => return Err(failure),
        };
        if installation.suspended_at.is_some() {
            let remedy = format!(
                "the App's installation on {} is suspended: an owner of the account lifts that under Settings, \
                 GitHub Apps",
                repo.owner()
            );
            return Err(RemoteError::Suspended { remedy }.into());
        }
        self.with_tokens(|t| t.installations.insert(key(repo), installation.id));
        Ok(installation)
    }

    /// GitHub answers 404 alike where the App is not installed, where it may not see the repository, and where there is
    /// none. The first is mended by an owner at any time; the others are not.
    async fn why_not_installed(&self, repo: &RepoName, not_there: Failure) -> Failure {
        // In a box: in types, a page of a repository's list may need this very lookup.
        let path = "/app/installations?per_page=100";
        let listed: Result<Vec<Installation>, _> =
            Box::pin(self.pages(Whom::Root, path, "the App's installations", |_| true)).await;
        let on_account = |i: &Installation| {
            i.account.as_ref().is_some_and(|account| account.login.eq_ignore_ascii_case(repo.owner()))
        };
        match listed {
            Err(failure) => failure,
            Ok(all) if all.iter().any(on_account) => Failure {
                error: RemoteError::Gone {
                    what: format!(
                        "the App sees no repository {repo}: check the name, or add it to the installation on {}",
                        repo.owner()
                    ),
                },
                ..not_there
            },
            Ok(_) => {
                let remedy = format!("the App is not installed on {}: install it there for {repo}", repo.owner());
                Failure { error: RemoteError::Suspended { remedy }, ..not_there }
            }
        }
    }

    async fn token_of(&self, installation: u64, repo: &RepoName) -> Result<SecretString, Failure> {
        let now = self.clock.now();
        let kept = self.with_tokens(|t| t.tokens.get(&installation).cloned());
        if let Some((token, end)) = kept
            && end.plus(-SPARE_MS) > now
        {
            return Ok(token);
        }
        let what = format!("a token for {repo}");
        let path = format!("/app/installations/{installation}/access_tokens");
        // One token more or less is no effect that anybody would miss.
        let call = Call { writes: false, ..Call::post(path, json!({}), &what) };
        let asked = self.asked(&call);
        let minted: Minted = self.as_root(call).await?.read(asked)?;
        let end = minted.expires_at.as_deref().and_then(UnixMs::parse_rfc3339).unwrap_or(now.plus(HOUR_MS));
        self.with_tokens(|t| t.tokens.insert(installation, (minted.token.clone(), end)));
        Ok(minted.token)
    }

    fn with_tokens<T>(&self, f: impl FnOnce(&mut Tokens) -> T) -> T {
        f(&mut self.tokens.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn key(repo: &RepoName) -> String {
    repo.to_string().to_lowercase()
}
