//! Issues of a GitHub repository.
//!
//! A marker counts only in an issue or comment of our own account: its MAC alone would pass when somebody copies it.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Draft, IssueTracker, OTHERS_TEXT_MAX, Remote, Revised, Written, reworded};
use crate::domain::existing::Listed;
use crate::domain::handling::{Resolution, Seen};
use crate::domain::repo::RepoName;
use crate::github::{Comment, Failure, GitHub, Issue, StateReason};
use crate::http::RemoteError;
use crate::render::doc::Doc;
use crate::render::markdown;
use crate::render::markers::{self, Marker};
use crate::time::UnixMs;

/// Files issues in GitHub.
#[derive(Clone, Debug)]
pub struct GitHubTracker {
    github: Arc<GitHub>,
}

impl GitHubTracker {
    /// Through that client.
    pub fn new(github: Arc<GitHub>) -> Self {
        Self { github }
    }

    /// Ends a write with everything around it within the time that one request has: the caller's lease is counted by
    /// that.
    async fn in_time<T>(&self, write: impl Future<Output = Result<T, RemoteError>> + Send) -> Result<T, RemoteError> {
        let cut = |_| {
            let problem = "GitHub did not answer in time".to_owned();
            Err(RemoteError::Unknown { problem })
        };
        tokio::time::timeout(self.github.timeout(), write).await.unwrap_or_else(cut)
    }

    async fn create_in(&self, repo: &RepoName, draft: &Draft<'_>) -> Result<Written, RemoteError> {
        let body = markers::wrap(draft.marker, &markdown::render(draft.body));
        let mut notes = Vec::new();
        let wanted = draft.labels.join(", ");
        let issue = match self.github.create_issue(repo, draft.title, &body, draft.labels).await {
            Err(refused) if !draft.labels.is_empty() && names_labels(&refused) => {
                notes.push(format!(
                    "GitHub refused the labels {wanted} in {repo}, so they were left out: make them there, or change \
                     policy.labels"
                ));
                self.github.create_issue(repo, draft.title, &body, &[]).await?
            }
            other => {
                let issue = other?;
                // Without the right to label, GitHub drops them and says nothing.
                if !draft.labels.iter().all(|l| issue.labels.iter().any(|has| has.eq_ignore_ascii_case(l))) {
                    notes.push(format!(
                        "GitHub left out labels of {wanted} in {repo}: hearback needs Issues: read and write there, \
                         or for a token the Triage role"
                    ));
                }
                issue
            }
        };
        Ok(Written { remote: remote(&issue), notes })
    }

    /// Why an issue is not there: deleted by a person, hidden with its repository, or not shown yet.
    async fn fate(&self, repo: &RepoName, number: u64, gone: &Failure) -> Result<Revised, RemoteError> {
        self.reachable(repo).await?;
        // GitHub says 410 of what was deleted; a 404 is also what an issue answers that is seconds old.
        if gone.status == Some(404) && self.github.lists_among_newest(repo, self.github.login().await?, number).await? {
            let problem = format!("{repo}#{number} is listed and not shown yet");
            return Err(RemoteError::NotSent { problem });
        }
        Ok(Revised::Deleted)
    }

    /// The repository as it is, with issues; else what is wrong with it.
    async fn reachable(&self, repo: &RepoName) -> Result<(), RemoteError> {
        let found = self.github.repo(repo).await?;
        let refused = |problem| Err(RemoteError::Refused { problem });
        if !found.full_name.eq_ignore_ascii_case(&repo.to_string()) {
            return Err(RemoteError::Moved { to: Some(found.full_name) });
        }
        if !found.has_issues {
            return refused(format!(
                "issues are switched off for {repo}: switch them on in the repository's Settings, General, Features, \
                 or name another repository"
            ));
        }
        if found.archived {
            return refused(format!(
                "{repo} is archived and takes no issues: unarchive it, or name another repository"
            ));
        }
        Ok(())
    }

    async fn revise_in(&self, repo: &RepoName, number: u64, draft: &Draft<'_>) -> Result<Revised, RemoteError> {
        let issue = match self.github.issue(repo, number).await {
            Ok(issue) => issue,
            Err(gone) if gone.is_gone() => return self.fate(repo, number, &gone).await,
            Err(other) => return Err(other.error),
        };
        let body = markers::splice(&issue.body, draft.marker, &markdown::render(draft.body));
        if body == issue.body {
            return Ok(Revised::Unchanged);
        }
        self.github.edit_body(repo, number, &body).await?;
        Ok(Revised::Written)
    }

    async fn put(
        &self,
        repo: &RepoName,
        number: u64,
        marker: &Marker,
        known: Option<u64>,
        section: &str,
    ) -> Result<u64, RemoteError> {
        let found = if let Some(id) = known {
            Some(self.known_comment(repo, id).await?)
        } else {
            let me = self.github.login().await?;
            let all = match self.github.comments(repo, number).await {
                Err(gone) if matches!(gone.error, RemoteError::Gone { .. }) => {
                    self.fate(repo, number, &gone).await?;
                    return Err(gone.error);
                }
                other => other?,
            };
            all.into_iter().find(|c| c.author.eq_ignore_ascii_case(me) && markers::holds(&c.body, marker))
        };
        let Some(comment) = found else {
            return Ok(self.github.create_comment(repo, number, &markers::wrap(marker, section)).await?);
        };
        let body = reworded(&comment.body, marker, section);
        if body != comment.body {
            self.github.edit_comment(repo, comment.id, &body).await?;
        }
        Ok(comment.id)
    }

    /// A comment of ours. It counts as deleted only where the repository is there to say so.
    async fn known_comment(&self, repo: &RepoName, id: u64) -> Result<Comment, RemoteError> {
        let failure = match self.github.comment(repo, id).await {
            Ok(comment) => return Ok(comment),
            Err(failure) => failure,
        };
        if failure.is_gone() {
            self.reachable(repo).await.map_err(|e| match e {
                RemoteError::Gone { what } => RemoteError::Refused { problem: format!("not there: {what}") },
                other => other,
            })?;
        }
        Err(failure.error)
    }

    async fn close_as_double(&self, repo: &RepoName, number: u64, keeper: &Remote) -> Result<(), RemoteError> {
        let issue = match self.github.issue(repo, number).await {
            Err(gone) if gone.is_gone() => return Ok(()),
            other => other?,
        };
        let me = self.github.login().await?;
        let words = format!(
            "This says the same as #{}, which hearback keeps up to date; it was filed twice by mistake. Please go on \
             there.",
            keeper.key
        );
        let said = self.github.comments(repo, number).await?;
        let said = said.iter().any(|c| c.author.eq_ignore_ascii_case(me) && c.body.trim() == words);
        // Opened again after that: a person wants it.
        if !issue.open || (said && issue.reason.as_deref() == Some("reopened")) {
            return Ok(());
        }
        if !said {
            self.github.create_comment(repo, number, &words).await?;
        }
        self.close_as(repo, number, StateReason::Duplicate).await?;
        Ok(())
    }

    async fn close_as(&self, repo: &RepoName, number: u64, reason: StateReason) -> Result<Issue, RemoteError> {
        match self.github.close(repo, number, reason).await {
            // Older Enterprise Servers know no duplicates.
            Err(refused) if refused.status == Some(422) && reason == StateReason::Duplicate => {
                Ok(self.github.close(repo, number, StateReason::NotPlanned).await?)
            }
            other => Ok(other?),
        }
    }

    /// The issue; `None` where a person deleted it.
    async fn there(&self, repo: &RepoName, number: u64) -> Result<Option<Issue>, RemoteError> {
        match self.github.issue(repo, number).await {
            Ok(issue) => Ok(Some(issue)),
            Err(gone) if gone.is_gone() => self.fate(repo, number, &gone).await.map(|_| None),
            Err(other) => Err(other.error),
        }
    }

    async fn settle(&self, repo: &RepoName, number: u64, to: Resolution) -> Result<Option<Seen>, RemoteError> {
        let Some(issue) = self.there(repo, number).await? else { return Ok(None) };
        if issue.open == to.is_open() {
            return Ok(Some(seen(&issue)));
        }
        let reason = match to {
            Resolution::Open => return Ok(Some(seen(&self.github.reopen(repo, number).await?))),
            Resolution::Completed => StateReason::Completed,
            Resolution::Duplicate => StateReason::Duplicate,
            Resolution::NotPlanned => StateReason::NotPlanned,
        };
        Ok(Some(seen(&self.close_as(repo, number, reason).await?)))
    }
}

#[async_trait]
impl IssueTracker for GitHubTracker {
    async fn find(&self, target: &str, marker: &Marker, since: UnixMs) -> Result<Vec<Remote>, RemoteError> {
        let repo = repo(target)?;
        let me = self.github.login().await?;
        let mut ours = self.github.issues_by(&repo, me, since).await?;
        ours.retain(|issue| issue.author.eq_ignore_ascii_case(me) && markers::holds(&issue.body, marker));
        ours.sort_by_key(|issue| issue.number);
        Ok(ours.iter().map(remote).collect())
    }

    async fn create(&self, target: &str, draft: &Draft<'_>) -> Result<Written, RemoteError> {
        let repo = repo(target)?;
        self.in_time(self.create_in(&repo, draft)).await
    }

    async fn revise(&self, target: &str, key: &str, draft: &Draft<'_>) -> Result<Revised, RemoteError> {
        let (repo, number) = (repo(target)?, number(key)?);
        self.in_time(self.revise_in(&repo, number, draft)).await
    }

    async fn put_comment(
        &self,
        target: &str,
        key: &str,
        marker: &Marker,
        known: Option<&str>,
        body: &Doc,
    ) -> Result<String, RemoteError> {
        let (repo, issue) = (repo(target)?, number(key)?);
        let known = known.map(number).transpose()?;
        let section = markdown::render(body);
        let id = self.in_time(self.put(&repo, issue, marker, known, &section)).await?;
        Ok(id.to_string())
    }

    async fn close_double(&self, target: &str, key: &str, keeper: &Remote) -> Result<(), RemoteError> {
        self.close_as_double(&repo(target)?, number(key)?, keeper).await
    }

    async fn others(&self, target: &str) -> Result<Vec<Listed>, RemoteError> {
        let repo = repo(target)?;
        let me = self.github.login().await?;
        Ok(self.github.issues_of_others(&repo, me, OTHERS_TEXT_MAX).await?)
    }

    async fn stands(&self, target: &str, key: &str) -> Result<Option<Seen>, RemoteError> {
        Ok(self.there(&repo(target)?, number(key)?).await?.as_ref().map(seen))
    }

    async fn close(&self, target: &str, key: &str, reason: Resolution) -> Result<Option<Seen>, RemoteError> {
        let (repo, number) = (repo(target)?, number(key)?);
        self.in_time(self.settle(&repo, number, reason)).await
    }

    async fn reopen(&self, target: &str, key: &str) -> Result<Option<Seen>, RemoteError> {
        let (repo, number) = (repo(target)?, number(key)?);
        self.in_time(self.settle(&repo, number, Resolution::Open)).await
    }

    async fn us(&self) -> Result<String, RemoteError> {
        self.github.login().await.map(ToOwned::to_owned)
    }

    async fn check(&self, target: &str) -> Result<String, RemoteError> {
        let repo = repo(target)?;
        let me = self.github.login().await?;
        if !self.github.may_write_issues(&repo).await? {
            let problem = format!(
                "{me} may not write issues in {repo}: give the App the permission Issues: read and write, and let an \
                 owner of {} accept it",
                repo.owner()
            );
            return Err(RemoteError::Refused { problem });
        }
        self.reachable(&repo).await?;
        Ok(format!("files issues in {repo} as {me}"))
    }
}

fn remote(issue: &Issue) -> Remote {
    Remote { key: issue.number.to_string(), url: issue.url.clone(), open: issue.open }
}

fn seen(issue: &Issue) -> Seen {
    let resolution = match (issue.open, issue.reason.as_deref()) {
        (true, _) => Resolution::Open,
        (false, Some("not_planned")) => Resolution::NotPlanned,
        (false, Some("duplicate")) => Resolution::Duplicate,
        (false, _) => Resolution::Completed,
    };
    let since = issue.closed_at.filter(|_| !issue.open);
    Seen { resolution, version: issue.updated_at.unwrap_or_default(), since }
}

fn names_labels(refused: &Failure) -> bool {
    refused.status == Some(422) && refused.fields.iter().any(|field| field == "labels" || field == "name")
}

fn repo(target: &str) -> Result<RepoName, RemoteError> {
    RepoName::parse(target).ok_or_else(|| RemoteError::Refused {
        problem: format!("expected a repository as owner/name, found {target:?}"),
    })
}

fn number(key: &str) -> Result<u64, RemoteError> {
    key.parse().map_err(|_| RemoteError::Refused { problem: format!("expected a number from GitHub, found {key:?}") })
}
