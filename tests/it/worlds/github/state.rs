//! What GitHub remembers.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearback::time::{Clock, UnixMs};
use serde_json::Value;

use super::Call;
use crate::worlds::ask::Answer;
use crate::worlds::post::Hook;
use crate::worlds::server::Books;

/// The App's id.
pub const APP_ID: u64 = 12345;
/// The App's slug; its issues are by `hearback[bot]`.
pub const APP_SLUG: &str = "hearback";
/// The login under which the App acts.
pub const BOT: &str = "hearback[bot]";
/// The one installation.
pub const INSTALLATION_ID: u64 = 4242;
/// A personal token that works, and whose it is.
pub const PERSONAL_TOKEN: &str = "github_pat_test_0001";
/// The account behind [`PERSONAL_TOKEN`].
pub const PERSONAL_LOGIN: &str = "hearback-svc";

/// Everything.
#[expect(clippy::struct_excessive_bools, reason = "faults that are switched on one by one")]
pub struct State {
    /// Requests and faults.
    pub books: Books<Call>,
    /// The time here.
    pub clock: Arc<dyn Clock>,
    /// Own base address.
    pub base: String,
    /// Repositories by id.
    pub repos: BTreeMap<u64, Repo>,
    /// People by login, with their role in the repositories (`None`: no collaborator).
    pub people: BTreeMap<String, Person>,
    /// People of teams, as `organisation/team`.
    pub teams: BTreeMap<String, Vec<String>>,
    /// Installation tokens and when they end.
    pub tokens: BTreeMap<String, UnixMs>,
    /// The installation's fate.
    pub installation: Installation,
    /// For how long a new issue is missing from lists, then from search.
    pub list_lag_ms: i64,
    /// For how long a new issue is missing from search.
    pub search_lag_ms: i64,
    /// For how long a new issue answers 404 by its number.
    pub read_lag_ms: i64,
    /// A list of everybody's issues answers 502; one of an author's does not.
    pub lists_of_all_fail: bool,
    /// Whether `rel="next"` leads back to the same page.
    pub link_loops: bool,
    /// Whether the App's own writes are delivered to its hook too, as GitHub does.
    pub tells_own_writes: bool,
    /// Where deliveries go.
    pub hook: Option<Hook>,
    /// Deliveries reach nobody while this is set.
    pub deliveries_fail: bool,
    /// Every attempt, oldest first.
    pub deliveries: Vec<Delivery>,
    /// Events that wait to be sent.
    pub outgoing: Vec<Event>,
    /// Events taken from the queue and not yet noted.
    pub in_flight: usize,
    /// Who caused what happens now; the App unless a person acts.
    pub actor: String,
    /// Counts ids of every kind.
    pub last_id: u64,
}

/// What the App may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installation {
    /// Everything asked for.
    Active,
    /// Nothing, until it is unsuspended.
    Suspended,
    /// Gone.
    Deleted,
}

/// An account.
#[derive(Clone, Debug)]
pub struct Person {
    /// Its number.
    pub id: u64,
    /// `admin`, `maintain`, `write`, `triage`, `read`, or no collaborator.
    pub role: Option<&'static str>,
}

/// A repository.
#[derive(Debug)]
pub struct Repo {
    /// Never changes.
    pub id: u64,
    /// The owner's login.
    pub owner: String,
    /// Its name now.
    pub name: String,
    /// Names that lead here.
    pub old_names: Vec<String>,
    /// Whether issues are enabled.
    pub has_issues: bool,
    /// Whether the installation may no longer see it.
    pub removed: bool,
    /// Issues by number.
    pub issues: BTreeMap<u64, Issue>,
    /// Label names.
    pub labels: Vec<String>,
    /// Files of the default branch.
    pub files: BTreeMap<String, String>,
    /// Files at commits: what pull requests propose.
    pub proposed: BTreeMap<(String, String), String>,
    /// Releases by tag.
    pub releases: BTreeMap<String, Release>,
    /// What pull requests have besides an issue, by number.
    pub pulls: BTreeMap<u64, Pull>,
    /// Check runs as they were asked for.
    pub check_runs: Vec<Value>,
}

/// A release.
#[derive(Clone, Debug)]
pub struct Release {
    /// Never changes.
    pub id: u64,
    /// The tag.
    pub tag: String,
    /// Notes.
    pub body: String,
    /// Unpublished ones are drafts.
    pub draft: bool,
    /// Whether it is a pre-release.
    pub prerelease: bool,
    /// When it was published.
    pub published_at: UnixMs,
    /// When it last changed.
    pub updated_at: UnixMs,
}

/// What a pull request has besides an issue.
#[derive(Clone, Debug, Default)]
pub struct Pull {
    /// When it was merged.
    pub merged_at: Option<UnixMs>,
    /// Changed files by name, each with its patch.
    pub files: Vec<(String, String)>,
    /// Its latest commit, where a test says which.
    pub head: Option<String>,
}

/// An issue, or a pull request.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Never changes.
    pub id: u64,
    /// Its number in the repository.
    pub number: u64,
    /// The title.
    pub title: String,
    /// The body.
    pub body: String,
    /// Every body and title that it had before: GitHub shows them to readers and never forgets one.
    pub revisions: Vec<String>,
    /// Open or closed.
    pub open: bool,
    /// `completed`, `not_planned`, `duplicate`, `reopened`.
    pub state_reason: Option<String>,
    /// Label names.
    pub labels: Vec<String>,
    /// Logins.
    pub assignees: Vec<String>,
    /// Who wrote it.
    pub author: String,
    /// Whether comments are refused.
    pub locked: bool,
    /// Whether it is a pull request.
    pub pull_request: bool,
    /// Comments, oldest first.
    pub comments: Vec<Comment>,
    /// Reactions as (login, content).
    pub reactions: Vec<(String, String)>,
    /// Whether a person deleted it, or moved it where.
    pub fate: Fate,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it last changed.
    pub updated_at: UnixMs,
    /// When it was closed.
    pub closed_at: Option<UnixMs>,
}

/// What became of an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is there.
    Here,
    /// 410 from now on.
    Deleted,
    /// 301 to the repository and number.
    Moved(u64, u64),
}

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Never changes.
    pub id: u64,
    /// The text.
    pub body: String,
    /// Every text that it had before.
    pub revisions: Vec<String>,
    /// Who wrote it.
    pub author: String,
    /// Reactions as (login, content).
    pub reactions: Vec<(String, String)>,
    /// Whether the test has looked at it.
    pub read: bool,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it last changed.
    pub updated_at: UnixMs,
}

/// Something that the hook shall hear of.
#[derive(Clone, Debug)]
pub struct Event {
    /// The delivery's GUID; a redelivery keeps it.
    pub guid: String,
    /// `X-GitHub-Event`.
    pub name: String,
    /// The payload's action.
    pub action: Option<String>,
    /// The body's bytes.
    pub payload: String,
    /// Whether it was sent before.
    pub redelivery: bool,
}

/// One attempt to deliver.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// This attempt's number.
    pub id: u64,
    /// What was sent.
    pub event: Event,
    /// When.
    pub at: UnixMs,
    /// The receiver's status, 502 where nobody answered.
    pub status: u16,
    /// `OK`, or why not.
    pub reason: String,
}

impl State {
    /// A number that was never given before.
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The time here, to the second, as GitHub keeps it.
    pub fn now(&self) -> UnixMs {
        UnixMs(self.clock.now().0.div_euclid(1000) * 1000)
    }

    /// Whether something made at `then` still lags behind by `lag_ms`.
    pub fn lags(&self, then: UnixMs, lag_ms: i64) -> bool {
        lag_ms > 0 && self.clock.now().since(then) < lag_ms
    }

    /// The account, made on first mention as somebody without a role.
    pub fn person(&mut self, login: &str) -> Person {
        if !self.people.contains_key(login) {
            let id = self.next_id();
            self.people.insert(login.into(), Person { id, role: None });
        }
        self.people[login].clone()
    }
}

impl Repo {
    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The issue, or the answer that tells what became of it.
    pub fn issue(&mut self, base: &str, number: u64) -> Result<&mut Issue, Answer> {
        let Some(issue) = self.issues.get_mut(&number) else { return Err(super::provider::not_found()) };
        match issue.fate {
            Fate::Here => Ok(issue),
            Fate::Deleted => Err(super::provider::problem(410, "This issue was deleted")),
            Fate::Moved(repo, number) => {
                Err(super::provider::moved(&format!("{base}/repositories/{repo}/issues/{number}")))
            }
        }
    }

    /// The comment with its issue's number.
    pub fn comment(&mut self, id: u64) -> Result<(u64, &mut Comment), Answer> {
        let here = self.issues.values_mut().filter(|issue| issue.fate == Fate::Here);
        let mut comments = here.flat_map(|i| i.comments.iter_mut().map(|c| (i.number, c)));
        comments.find(|(_, c)| c.id == id).ok_or_else(super::provider::not_found)
    }
}
