//! Jira as a tracker: tickets are issues of a project.
//!
//! An issue is found by a label that carries its marker's token, and counts only where our account made it and its
//! property, where it has one, says the same. Search lags behind what was written: whoever lost an answer waits before
//! looking. Issues are named by id wherever something is written, so that a move to another project changes nothing.
//!
//! Jira offers no condition on writes. What a person saves between our reading of a description and our writing it, a
//! moment apart, stands in its history.

mod check;
mod double;
mod form;
mod section;
mod settle;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use tracing::warn;

use super::{Draft, IssueTracker, OTHERS_TEXT_MAX, Remote, Revised, Written};
use crate::domain::existing::Listed;
use crate::domain::handling::{Resolution, Seen};
use crate::http::RemoteError;
use crate::jira::{Account, Comment, Created, Failure, Flavour, Issue, Jira, NewIssue};
use crate::render::doc::Doc;
use crate::render::markers::Marker;
use crate::time::UnixMs;

/// What an issue gets besides its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// `Task`.
    pub issue_type: String,
    /// Jira's name for each severity; one that is missing sets none.
    pub priority: BTreeMap<String, String>,
    /// Labels besides the policy's.
    pub labels: Vec<String>,
    /// Components by name.
    pub components: Vec<String>,
    /// Other fields by id, as REST takes them.
    pub custom: Map<String, Value>,
    /// Names of resolutions and statuses that mean that nothing will be done, besides the usual ones.
    pub not_planned: Vec<String>,
}

/// Files issues in Jira.
#[derive(Debug)]
pub struct JiraTracker {
    jira: Arc<Jira>,
    fields: Fields,
    us: OnceCell<Account>,
    /// Whether the account may change an issue without everybody who watches it being told.
    quietly: AtomicBool,
}

impl JiraTracker {
    /// A tracker; asks nothing yet.
    pub fn new(jira: Arc<Jira>, fields: Fields) -> Self {
        Self { jira, fields, us: OnceCell::new(), quietly: AtomicBool::new(true) }
    }

    async fn us(&self) -> Result<&Account, RemoteError> {
        self.us.get_or_try_init(|| self.jira.myself()).await
    }

    /// Whether an issue that search gave for a marker's label is ours.
    async fn is_ours(&self, issue: &Issue, marker: &Marker) -> Result<bool, RemoteError> {
        let us = self.us().await?;
        let author = issue.fields.creator.as_ref().or(issue.fields.reporter.as_ref());
        if !author.is_some_and(|author| author.is(us)) || !issue.fields.labels.contains(&form::token_label(marker)) {
            return Ok(false);
        }
        let property = match self.jira.flavour() {
            Flavour::Cloud => issue.properties.get(crate::jira::PROPERTY).cloned(),
            Flavour::DataCenter => self.jira.property(&issue.id).await?,
        };
        // Without a property the label decides: Data Center sets it after the issue is made, and may have been cut off.
        Ok(property.is_none_or(|property| property["marker"] == marker.mac.as_str()))
    }

    fn remote(&self, key: &str, open: bool) -> Remote {
        Remote { key: key.to_owned(), url: self.jira.browse(key), open }
    }

    /// Makes the issue; where Jira refuses a field that can be done without, once more without it.
    async fn make(&self, target: &str, new: &mut NewIssue) -> Result<(Created, Vec<String>), RemoteError> {
        let refused = match self.jira.create(new).await {
            Ok(created) => return Ok((created, Vec::new())),
            Err(Failure::Fields(refused)) => refused,
            Err(failure) => return Err(failure.into()),
        };
        let issue_type = &self.fields.issue_type;
        let notes = form::without_refused(&mut new.fields, &refused, target, issue_type)?;
        match self.jira.create(new).await {
            Ok(created) => Ok((created, notes)),
            // Again fields: whatever they are, they are told, not left out one by one.
            Err(Failure::Fields(refused)) => match form::without_refused(&mut new.fields, &refused, target, issue_type)
            {
                Err(refusal) => Err(refusal),
                Ok(more) => Err(RemoteError::Refused { problem: [notes, more].concat().join("; ") }),
            },
            Err(failure) => Err(failure.into()),
        }
    }

    async fn bring(&self, key: &str, draft: &Draft<'_>) -> Result<Revised, RemoteError> {
        let issue = self.jira.issue(key, &["description"]).await?;
        match section::spliced(self.jira.flavour(), &issue.fields.description, draft.marker, draft.body) {
            None => Ok(Revised::Unchanged),
            Some(new) => self.describe(&issue.id, &new).await.map(|()| Revised::Written),
        }
    }

    /// Jira says the same of what is deleted and of what may not be seen: an issue is deleted where we can still see its
    /// project. As ourselves: with a token that has ended Jira may show a public project to nobody in particular.
    async fn is_deleted(&self, target: &str, key: &str) -> Result<(), RemoteError> {
        self.jira.myself().await?;
        let what = format!("{key}, and the project {target} too: let the account of jira.token see that project");
        self.jira.project(target).await.map(drop).map_err(|error| named(error, &what))
    }

    /// Writes a description, quietly where the account may.
    async fn describe(&self, key: &str, description: &Value) -> Result<(), RemoteError> {
        if self.quietly.load(Ordering::Relaxed) {
            match self.jira.describe(key, description, false).await {
                Err(Failure::Forbidden { .. }) => self.quietly.store(false, Ordering::Relaxed),
                done => return Ok(done?),
            }
        }
        Ok(self.jira.describe(key, description, true).await?)
    }

    /// Our comment with this marker line, where there is one.
    async fn own_comment(&self, key: &str, line: &str, mac: Option<&str>) -> Result<Option<Comment>, RemoteError> {
        let us = self.us().await?;
        let ours = |comment: &Comment| {
            let property = comment.property().zip(mac);
            comment.author.as_ref().is_some_and(|author| author.is(us))
                && (property.is_some_and(|(p, mac)| p["marker"] == mac) || text::has_line(&comment.body, line))
        };
        Ok(self.jira.comments(key).await?.into_iter().find(ours))
    }

    async fn bring_comment(
        &self,
        key: &str,
        marker: &Marker,
        known: Option<&str>,
        body: &Doc,
    ) -> Result<String, RemoteError> {
        let line = text::begin(marker);
        let wanted = self.comment_body(body, &line);
        let present = match known {
            Some(id) => Some(self.jira.comment(key, id).await?),
            None => self.own_comment(key, &line, Some(&marker.mac)).await?,
        };
        match present {
            Some(comment) => {
                if !text::same(&comment.body, &wanted) {
                    self.jira.edit_comment(key, &comment.id, &wanted).await?;
                }
                Ok(comment.id)
            }
            None => Ok(self.jira.add_comment(key, &wanted, &form::property(marker)).await?),
        }
    }

    /// Gone means that a person deleted a comment: that may be said only where the issue is seen or deleted itself.
    async fn why_comment_is_gone(&self, target: &str, key: &str) -> Result<RemoteError, RemoteError> {
        let seen = match self.jira.issue(key, &["status"]).await {
            Err(RemoteError::Gone { .. }) => self.is_deleted(target, key).await,
            seen => seen.map(drop),
        };
        match seen {
            Ok(()) => Ok(RemoteError::Gone { what: format!("a person deleted hearback's comment on {key}") }),
            Err(RemoteError::Gone { what }) => Ok(RemoteError::Refused { problem: what }),
            Err(error) => Err(error),
        }
    }

    fn comment_body(&self, doc: &Doc, line: &str) -> Value {
        text::signed(text::render(self.jira.flavour(), doc, text::CHARS_MAX), line)
    }
}

/// The same error with `what` for what is gone.
fn named(error: RemoteError, what: &str) -> RemoteError {
    match error {
        RemoteError::Gone { .. } => RemoteError::Gone { what: what.to_owned() },
        other => other,
    }
}

#[async_trait]
impl IssueTracker for JiraTracker {
    /// The label is in no ticket but this marker's, so all are given that have it: a bound by time would only add the
    /// difference between two clocks.
    async fn find(&self, target: &str, marker: &Marker, _since: UnixMs) -> Result<Vec<Remote>, RemoteError> {
        let fields = ["labels", "creator", "reporter", "status"];
        let mut found = Vec::new();
        for issue in self.jira.labelled(target, &form::token_label(marker), &fields).await? {
            if self.is_ours(&issue, marker).await? {
                found.push(self.remote(&issue.key, !issue.fields.status.is_done()));
            }
        }
        Ok(found)
    }

    async fn create(&self, target: &str, draft: &Draft<'_>) -> Result<Written, RemoteError> {
        let property = form::property(draft.marker);
        let fields = form::filled(self.jira.flavour(), target, &self.fields, draft);
        let mut new = NewIssue { fields, property };
        let (created, notes) = self.make(target, &mut new).await?;
        if self.jira.flavour() == Flavour::DataCenter {
            // The issue is there and is found by its label; the property only helps to be sure.
            if let Err(failure) = self.jira.set_property(&created.id, &new.property).await {
                warn!(issue.key = %created.key, "set no property on an issue: {}", RemoteError::from(failure));
            }
        }
        Ok(Written { remote: self.remote(&created.key, true), notes })
    }

    async fn revise(&self, target: &str, key: &str, draft: &Draft<'_>) -> Result<Revised, RemoteError> {
        match self.bring(key, draft).await {
            Err(RemoteError::Gone { .. }) => self.is_deleted(target, key).await.map(|()| Revised::Deleted),
            done => done,
        }
    }

    async fn put_comment(
        &self,
        target: &str,
        key: &str,
        marker: &Marker,
        known: Option<&str>,
        body: &Doc,
    ) -> Result<String, RemoteError> {
        match self.bring_comment(key, marker, known, body).await {
            Err(RemoteError::Gone { .. }) if known.is_some() => Err(self.why_comment_is_gone(target, key).await?),
            done => done,
        }
    }

    async fn close_double(&self, target: &str, key: &str, keeper: &Remote) -> Result<(), RemoteError> {
        double::close(self, target, key, keeper).await
    }

    async fn others(&self, target: &str) -> Result<Vec<Listed>, RemoteError> {
        self.jira.issues_of_others(target, self.us().await?, OTHERS_TEXT_MAX).await
    }

    async fn stands(&self, target: &str, key: &str) -> Result<Option<Seen>, RemoteError> {
        Ok(settle::there(self, target, key).await?.map(|issue| settle::seen(self, &issue)))
    }

    async fn close(&self, target: &str, key: &str, reason: Resolution) -> Result<Option<Seen>, RemoteError> {
        settle::settle(self, target, key, reason).await
    }

    async fn reopen(&self, target: &str, key: &str) -> Result<Option<Seen>, RemoteError> {
        settle::settle(self, target, key, Resolution::Open).await
    }

    async fn us(&self) -> Result<String, RemoteError> {
        let us = self.us().await?;
        Ok([&us.account_id, &us.key, &us.name].into_iter().flatten().next().cloned().unwrap_or_default())
    }

    async fn check(&self, target: &str) -> Result<String, RemoteError> {
        check::check(&self.jira, &self.fields, target).await
    }
}
