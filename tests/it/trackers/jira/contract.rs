//! The contract of all trackers, in both Jiras.

use std::sync::Arc;

use hearback::domain::ticket::TrackerName;
use hearback::time::{Clock as _, SystemClock, UnixMs};
use hearback::trackers::IssueTracker;
use serde_json::{Value, json};

use super::{fields, tracker};
use crate::trackers::suite::{self, World};
use crate::worlds::jira::text::Text;
use crate::worlds::jira::{Call, FakeJira, Flavour};

/// One of the two; `CLOUD` tells which.
struct Either<const CLOUD: bool>(FakeJira);

impl<const CLOUD: bool> Either<CLOUD> {
    const FLAVOUR: Flavour = if CLOUD { Flavour::Cloud } else { Flavour::DataCenter };
}

/// A document's words, top-level nodes on lines of their own, nothing trimmed.
fn words(text: &Text) -> String {
    fn gather(node: &Value) -> String {
        let own = node["text"].as_str().unwrap_or_default();
        node["content"].as_array().into_iter().flatten().map(gather).fold(own.to_owned(), |all, more| all + &more)
    }
    match text {
        Text::Wiki(text) => text.clone(),
        Text::Adf(document) => {
            let nodes = document["content"].as_array().unwrap().iter();
            nodes.map(gather).collect::<Vec<_>>().join("\n")
        }
    }
}

fn paragraph(text: &str) -> Value {
    json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})
}

/// What stands after `name=` in a marker that the suite wrapped around somebody's text.
fn part<'t>(text: &'t str, name: &str) -> &'t str {
    text.split(name).nth(1).and_then(|rest| rest.split(' ').next()).expect("a marker")
}

impl<const CLOUD: bool> World for Either<CLOUD> {
    const NAME: TrackerName = TrackerName::Jira;

    async fn start() -> Self {
        Self(FakeJira::start(Self::FLAVOUR).await)
    }

    fn tracker(&self) -> Arc<dyn IssueTracker> {
        Arc::new(tracker(&self.0, Self::FLAVOUR, fields()))
    }

    fn target(&self) -> String {
        "SHOP".into()
    }

    fn before(&self) -> UnixMs {
        SystemClock.now().plus(-60_000)
    }

    async fn tickets(&self) -> usize {
        self.0.issues().len()
    }

    async fn text(&self, key: &str) -> String {
        words(&self.0.issue_read(key).description.unwrap())
    }

    async fn person_writes_around(&self, key: &str, above: &str, below: &str) {
        if !CLOUD {
            self.0.person_edits_description(key, |ours| format!("{above}{ours}{below}")).await;
            return;
        }
        self.0
            .person_edits_document(key, |document| {
                let content = document["content"].as_array_mut().unwrap();
                content.insert(0, paragraph(above));
                content.push(paragraph(below));
            })
            .await;
    }

    async fn person_deletes(&self, key: &str) {
        self.0.person_deletes(key).await;
    }

    async fn comments(&self, key: &str) -> Vec<(String, String)> {
        self.0.comments_read(key).into_iter().map(|c| (c.id.to_string(), words(&c.body))).collect()
    }

    async fn person_deletes_comment(&self, key: &str, id: &str) {
        let mut world = self.0.lock();
        let issue = world.issues.values_mut().find(|issue| issue.key == key).unwrap();
        issue.comments.retain(|comment| comment.id.to_string() != id);
    }

    /// Copies what an issue is found by: the label, made from the MAC.
    async fn somebody_files(&self, text: &str) {
        self.0.person_posts_issue("SHOP", "Not by hearback", &format!("hb-{}", &part(text, "mac=")[..16]));
    }

    /// Copies the line that a comment is known by.
    async fn somebody_comments(&self, key: &str, text: &str) {
        let [rollout, theme, mac] = ["rollout=", "theme=", "mac="].map(|name| part(text, name));
        self.0.person_comments(key, &format!("hearback:quotes {rollout} {theme} {mac}")).await;
    }

    fn knows_authors(&self) -> bool {
        true
    }

    fn writes(&self) -> u64 {
        let calls = [
            Call::CreateIssue,
            Call::EditIssue,
            Call::CreateComment,
            Call::EditComment,
            Call::DeleteComment,
            Call::Transition,
            Call::SetProperty,
            Call::RemoteLink,
            Call::LinkIssues,
        ];
        calls.into_iter().map(|call| self.0.calls(call) as u64).sum()
    }

    fn finish(&self) {
        self.0.finish();
    }
}

mod cloud {
    use super::{Either, suite};
    suite::holds!(Either<true>);
}

mod data_center {
    use super::{Either, suite};
    suite::holds!(Either<false>);
}
