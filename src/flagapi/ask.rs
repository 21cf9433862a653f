//! Asks a platform one question, or for a list page by page.
//!
//! All of them speak JSON over GET; they differ in how a token is shown and how a page is named. What an answer means
//! stands in [`answer`](super::answer); no question is repeated here, because whoever polls asks again anyway.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use url::Url;

use super::Settings;
use super::address::{below, place, trim};
use super::answer::{at, exhausted_ms, meaning};
use super::memory::{Memory, Place, Remembered};
use crate::http::{Reach, RemoteError, classify_transport, client, read_capped};
use crate::time::{Clock, MINUTE_MS, SECOND_MS, UnixMs};

/// Longest answer that is read: a page of a hundred flags with all their rules, bytes.
const ANSWER_MAX_BYTES: usize = 32 << 20;
/// Pages of one list: beyond it the platform has more than is worth asking for, or its list has no end.
pub(super) const PAGES_MAX: usize = 100;
/// The longest that is waited within a look for a limit to be renewed, ms: LaunchDarkly's is every ten seconds.
const NAP_MAX_MS: i64 = 12 * SECOND_MS;
/// The longest that is waited so in one look altogether, ms: another process takes over one that lasts too long.
const NAPS_MAX_MS: i64 = 2 * MINUTE_MS;

/// How a platform is asked.
pub(super) struct Manner {
    /// Its name, the source's.
    pub name: &'static str,
    /// Where its own service is asked; `None` where it has none.
    pub base: Option<&'static str>,
    /// The path of its API below the base address.
    pub prefix: &'static [&'static str],
    /// How the token is shown.
    pub auth: Auth,
    /// What names its projects, for people, where they have to be named; else `None`.
    pub projects: Option<&'static str>,
    /// Headers that each request carries.
    pub headers: &'static [(&'static str, &'static str)],
    /// Which token is needed, for people.
    pub token: &'static str,
}

/// How a token is shown.
#[derive(Clone, Copy)]
pub(super) enum Auth {
    /// As `Authorization`, alone.
    Bare,
    /// As `Authorization`, after this word.
    Scheme(&'static str),
    /// As a header of this name, alone.
    Header(&'static str),
}

/// Asks one platform.
pub(super) struct Asker {
    manner: &'static Manner,
    /// The API's address.
    base: Url,
    /// Where people look.
    web: Url,
    client: reqwest::Client,
    headers: HeaderMap,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    /// Until when the limit is used up, by our clock.
    quiet_until: AtomicI64,
    /// How long this look may still wait, ms.
    naps_left: AtomicI64,
}

// The headers hold the token, and an address may hold a password.
impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").field("platform", &self.manner.name).finish_non_exhaustive()
    }
}

/// A good answer.
#[derive(Clone, Debug)]
pub(super) struct Answer<T> {
    /// What was read.
    pub value: Arc<T>,
    /// When it was given, by the platform's clock.
    pub at: UnixMs,
    /// Where it lies in its list, where the headers tell.
    pub place: Place,
}

/// A page of a list, as far as the list matters.
pub(super) struct Page {
    /// How many it held.
    pub held: usize,
    /// How many the whole list holds, where the platform says so.
    pub total: Option<usize>,
    /// The page behind it.
    pub next: Option<Url>,
}

impl Asker {
    /// For the platform with these settings; an error names the setting that lacks.
    pub fn new(manner: &'static Manner, settings: &Settings) -> anyhow::Result<Self> {
        let name = manner.name;
        if let Some(expected) = manner.projects.filter(|_| settings.projects.iter().all(|p| p.trim().is_empty())) {
            bail!("sources.{name}.projects is empty: expected {expected}");
        }
        let web = match (&settings.api_url, manner.base) {
            (Some(url), _) => url.clone(),
            (None, Some(base)) => Url::parse(base)?,
            (None, None) => bail!("sources.{name}.api_url is missing: there is no {name} but your own"),
        };
        if !["http", "https"].contains(&web.scheme()) || web.cannot_be_a_base() {
            bail!("sources.{name}.api_url: expected an address that begins with https://");
        }
        let mut web = web;
        web.set_query(None);
        web.set_fragment(None);
        trim(&mut web, manner.prefix);
        let base = below(&web, manner.prefix.iter().copied());
        let client = client(Reach::Configured(&base), settings.timeout).context("no HTTP client can be made")?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in manner.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let token = settings.token.expose_secret().trim();
        let (header, shown) = match manner.auth {
            Auth::Bare => (AUTHORIZATION, token.to_owned()),
            Auth::Scheme(scheme) => (AUTHORIZATION, format!("{scheme} {token}")),
            Auth::Header(name) => (HeaderName::from_static(name), token.to_owned()),
        };
        let Some(mut shown) = HeaderValue::from_str(&shown).ok().filter(|_| !token.is_empty()) else {
            bail!("sources.{name}.api_token: expected {}", manner.token);
        };
        shown.set_sensitive(true);
        headers.insert(header, shown);
        Ok(Self {
            manner,
            base,
            web,
            client,
            headers,
            clock: settings.clock.clone(),
            memory: Mutex::default(),
            quiet_until: AtomicI64::new(i64::MIN),
            naps_left: AtomicI64::new(NAPS_MAX_MS),
        })
    }

    /// The platform's name.
    pub fn name(&self) -> &'static str {
        self.manner.name
    }

    /// Begins a look.
    pub fn begin(&self) {
        self.naps_left.store(NAPS_MAX_MS, Ordering::Relaxed);
    }

    /// The address of something in the API.
    pub fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        below(&self.base, path)
    }

    /// The address where people look at something.
    pub fn page<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        let mut web = below(&self.web, path);
        // Who may read it is told by the token alone.
        let _ = web.set_username("");
        let _ = web.set_password(None);
        web
    }

    /// Asks for a document. `what` it is, for people.
    pub async fn get<T>(&self, url: &Url, what: &str) -> Result<Answer<T>, RemoteError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.wait_for_limit().await?;
        let remembered = self.memory().get(url.as_str()).and_then(|r| Some((r.value.clone().downcast::<T>().ok()?, r)));
        let mut request = self.client.get(url.clone()).headers(self.headers.clone());
        if let Some((_, r)) = &remembered {
            request = request.header(IF_NONE_MATCH, r.etag.clone());
        }
        let response = request.send().await.map_err(|e| classify_transport(&e, false))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let now = self.clock.now();
        if let Some(ms) = exhausted_ms(&headers, at(&headers, now)) {
            self.quiet_until.store(now.plus(ms).0, Ordering::Relaxed);
        }
        if status == StatusCode::NOT_MODIFIED
            && let Some((value, r)) = remembered
        {
            return Ok(Answer { value, at: at(&headers, now), place: r.place });
        }
        if !status.is_success() {
            return Err(meaning(self.manner, what, status, &headers, now));
        }
        let body = read_capped(response, ANSWER_MAX_BYTES).await.map_err(|e| e.classify(false))?;
        let value: Arc<T> = Arc::new(self.read(&body, status, what)?);
        let place = place(&headers, url);
        match headers.get(ETAG) {
            Some(etag) => self.memory().put(
                url.as_str(),
                Remembered { etag: etag.clone(), value: value.clone(), place: place.clone(), bytes: body.len() },
            ),
            None => self.memory().forget(url.as_str()),
        }
        Ok(Answer { value, at: at(&headers, now), place })
    }

    /// Asks for a list from `first` on; `take` sees each page and says what is behind it. Gives whether the list was
    /// read to its end, and did not change while it was read.
    pub async fn list<T>(
        &self,
        first: Url,
        what: &str,
        mut take: impl FnMut(&Answer<T>) -> Page + Send,
    ) -> Result<bool, RemoteError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let (mut next, mut held, mut pages, mut totals) = (Some(first), 0, 0, Vec::new());
        while let Some(url) = next {
            if pages == PAGES_MAX {
                tracing::warn!(
                    source = self.name(),
                    "{what} has more than {PAGES_MAX} pages: the rest is not asked for"
                );
                return Ok(false);
            }
            let page = take(&self.get(&url, what).await?);
            pages += 1;
            held += page.held;
            totals.push(page.total);
            next = page.next.filter(|_| page.held > 0);
        }
        // What goes while a list is read lets another slip through between two pages.
        let stayed = pages == 1 || totals.iter().all(|total| *total == Some(held));
        Ok(stayed && held > 0)
    }

    /// Waits for a limit to be renewed, if that is soon.
    async fn wait_for_limit(&self) -> Result<(), RemoteError> {
        let ms = UnixMs(self.quiet_until.load(Ordering::Relaxed)).since(self.clock.now());
        if ms <= 0 {
            return Ok(());
        }
        if ms > NAP_MAX_MS || self.naps_left.fetch_sub(ms, Ordering::Relaxed) < ms {
            return Err(RemoteError::Wait { ms, reason: format!("{} says that its limit is used up", self.name()) });
        }
        tokio::time::sleep(Duration::from_millis(ms.unsigned_abs())).await;
        self.quiet_until.store(i64::MIN, Ordering::Relaxed);
        Ok(())
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a document; an error says where it is not what was expected, and nothing of what it holds.
    fn read<T: DeserializeOwned>(&self, body: &[u8], status: StatusCode, what: &str) -> Result<T, RemoteError> {
        let name = self.name();
        let mut reader = serde_json::Deserializer::from_slice(body);
        let read = serde_path_to_error::deserialize(&mut reader);
        read.map_err(|e| {
            let inner = e.inner();
            let problem = if inner.is_data() {
                format!("{name} answered with other fields than expected for {what}, at {}", e.path())
            } else {
                format!(
                    "{name} answered {status} without a readable document for {what} (line {} column {}): is \
                     sources.{name}.api_url right?",
                    inner.line(),
                    inner.column()
                )
            };
            RemoteError::NotSent { problem }
        })
    }
}
