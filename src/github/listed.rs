//! Issues of a repository as they are listed, for looking whether people have one about the same already.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::GitHub;
use super::answers::Failure;
use super::call::Whom;
use super::issues::{WireLabel, WireUser};
use crate::domain::existing::Listed;
use crate::domain::repo::RepoName;
use crate::time::UnixMs;

/// Pages that are read, a hundred issues each: the ones that changed last.
const PAGES_MAX: usize = 3;
/// Issues of a page.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct WireListed {
    number: u64,
    html_url: String,
    title: Option<String>,
    body: Option<String>,
    user: Option<WireUser>,
    state: String,
    #[serde(default)]
    locked: bool,
    #[serde(default)]
    labels: Vec<WireLabel>,
    updated_at: Option<String>,
    pull_request: Option<IgnoredAny>,
}

impl GitHub {
    /// Issues of others than `author` that changed last, open and closed, the latest first: at most three hundred, none
    /// that is locked. Of each text `text_max` characters.
    pub async fn issues_of_others(
        &self,
        repo: &RepoName,
        author: &str,
        text_max: usize,
    ) -> Result<Vec<Listed>, Failure> {
        let what = format!("the issues of {repo}");
        let path = format!("/repos/{repo}/issues?state=all&sort=updated&direction=desc&per_page={PAGE}");
        let pages = std::sync::atomic::AtomicUsize::new(0);
        let more = |page: &[WireListed]| {
            let read = pages.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            read < PAGES_MAX && page.len() == PAGE
        };
        let listed: Vec<WireListed> = self.pages(Whom::In(repo), &path, &what, more).await?;
        let others = listed.into_iter().filter(|i| {
            let theirs = i.user.as_ref().is_none_or(|u| !u.login.eq_ignore_ascii_case(author));
            theirs && i.pull_request.is_none() && !i.locked
        });
        Ok(others.map(|i| i.listed(text_max)).collect())
    }
}

impl WireListed {
    fn listed(self, text_max: usize) -> Listed {
        Listed {
            key: self.number.to_string(),
            url: self.html_url,
            title: self.title.unwrap_or_default(),
            text: self.body.unwrap_or_default().chars().take(text_max).collect(),
            labels: self.labels.into_iter().filter_map(WireLabel::name).collect(),
            open: self.state == "open",
            updated_at: self.updated_at.as_deref().and_then(UnixMs::parse_rfc3339).unwrap_or(UnixMs(0)),
        }
    }
}
