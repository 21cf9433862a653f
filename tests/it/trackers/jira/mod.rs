//! Jira as a tracker, against both Jiras.

mod closing;
mod commenting;
mod contract;
mod faults;
mod filing;
mod finding;
mod revising;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hearback::domain::ticket::Severity;
use hearback::http::RemoteError;
use hearback::id::RolloutId;
use hearback::jira::{Flavour, Jira, Settings};
use hearback::render::doc::{Block, Doc, Inline};
use hearback::render::markers::{Marker, MarkerKind};
use hearback::time::{SystemClock, UnixMs};
use hearback::trackers::{Draft, IssueTracker, JiraFields, JiraTracker, Remote, Written};

use crate::worlds::jira::{self as world, FakeJira};

const BOTH: [world::Flavour; 2] = [world::Flavour::Cloud, world::Flavour::DataCenter];
/// How long the client waits, ms.
const PATIENCE_MS: u64 = 500;

/// A Jira and a tracker that files there.
struct Desk {
    jira: FakeJira,
    tracker: JiraTracker,
}

fn fields() -> JiraFields {
    JiraFields { issue_type: "Task".into(), ..JiraFields::default() }
}

async fn desk(flavour: world::Flavour) -> Desk {
    desk_with(flavour, fields()).await
}

async fn desk_with(flavour: world::Flavour, fields: JiraFields) -> Desk {
    let jira = FakeJira::start(flavour).await;
    Desk { tracker: tracker(&jira, flavour, fields), jira }
}

fn tracker(jira: &FakeJira, flavour: world::Flavour, fields: JiraFields) -> JiraTracker {
    let (flavour, email) = match flavour {
        world::Flavour::Cloud => (Flavour::Cloud, Some(world::EMAIL.to_owned())),
        world::Flavour::DataCenter => (Flavour::DataCenter, None),
    };
    let client = Jira::new(Settings {
        base_url: jira.url().parse().unwrap(),
        flavour,
        email,
        token: world::TOKEN.into(),
        timeout: Duration::from_millis(PATIENCE_MS),
        clock: Arc::new(SystemClock),
    });
    JiraTracker::new(Arc::new(client.unwrap()), fields)
}

fn marker(kind: MarkerKind) -> Marker {
    Marker::sign(b"secret", kind, "jira", &RolloutId::of_key("release|1"), "th_1")
}

fn section() -> Marker {
    marker(MarkerKind::Section)
}

fn says(text: &str) -> Doc {
    let heading = Block::Heading { level: 3, text: vec![Inline::Text("What customers say".into())] };
    Doc {
        blocks: vec![heading, Block::Paragraph(vec![Inline::Strong(text.into()), Inline::Text(", 12 people".into())])],
    }
}

impl Desk {
    async fn file(&self) -> Result<Written, RemoteError> {
        self.file_as(&says("crashes on pay"), &["hearback".into(), "needs a look".into()]).await
    }

    async fn file_as(&self, body: &Doc, labels: &[String]) -> Result<Written, RemoteError> {
        let marker = section();
        let title = "Checkout crashes on pay (v1.4.0)";
        self.tracker.create("SHOP", &Draft { marker: &marker, title, body, labels, severity: Severity::High }).await
    }

    async fn revise(&self, key: &str, body: &Doc) -> Result<hearback::trackers::Revised, RemoteError> {
        let marker = section();
        let draft = Draft { marker: &marker, title: "Another title", body, labels: &[], severity: Severity::High };
        self.tracker.revise("SHOP", key, &draft).await
    }

    async fn find(&self) -> Result<Vec<Remote>, RemoteError> {
        self.tracker.find("SHOP", &section(), UnixMs(0)).await
    }

    async fn tracker_check(&self) -> Result<String, RemoteError> {
        self.check_of("SHOP").await
    }

    async fn check_of(&self, project: &str) -> Result<String, RemoteError> {
        self.tracker.check(project).await
    }

    fn remote(&self, key: &str) -> Remote {
        Remote { key: key.into(), url: format!("{}/browse/{key}", self.jira.url()), open: true }
    }
}

/// What may be concluded from an error, in a word.
fn kind(error: &RemoteError) -> &'static str {
    match error {
        RemoteError::NotSent { .. } => "not sent",
        RemoteError::Unknown { .. } => "unknown",
        RemoteError::Wait { .. } => "wait",
        RemoteError::Unauthorized { .. } => "unauthorized",
        RemoteError::Suspended { .. } => "suspended",
        RemoteError::Refused { .. } => "refused",
        RemoteError::Gone { .. } => "gone",
        RemoteError::Moved { .. } => "moved",
    }
}

fn with_priority(name: &str) -> JiraFields {
    JiraFields { priority: BTreeMap::from([("high".into(), name.into())]), ..fields() }
}

/// Atlassian's own schema takes it.
fn assert_is_adf(document: &serde_json::Value) {
    let schema = include_str!("../../fixtures/jira/adf-schema.full.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let wrong: Vec<String> = schema.iter_errors(document).map(|e| e.to_string()).collect();
    assert!(wrong.is_empty(), "{document}: {wrong:?}");
}
