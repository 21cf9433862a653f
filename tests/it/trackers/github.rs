//! The contract at GitHub, as the App and with a token, and what is GitHub's own.

use std::sync::Arc;
use std::time::Duration;

use hearback::domain::repo::RepoName;
use hearback::domain::ticket::TrackerName;
use hearback::github::{Auth, GitHub, Settings};
use hearback::time::{Clock, SystemClock, UnixMs};
use hearback::trackers::{GitHubTracker, IssueTracker};

use super::suite::{self, World};
use crate::worlds::fault::Fault;
use crate::worlds::github::{Call, FakeGitHub, PERSONAL_TOKEN};

/// A client as the App, with two seconds for a request.
pub fn as_app(github: &FakeGitHub, clock: impl Clock + 'static) -> GitHub {
    let auth = Auth::App { id: github.app_id(), key_pem: github.private_key_pem().into() };
    client(github, auth, clock)
}

pub fn client(github: &FakeGitHub, auth: Auth, clock: impl Clock + 'static) -> GitHub {
    let api_url = github.url().parse().unwrap();
    GitHub::new(Settings { api_url, auth, timeout: Duration::from_secs(2), clock: Arc::new(clock) }).unwrap()
}

struct AsApp {
    github: FakeGitHub,
}

/// The same world, asked with an account's token.
struct WithToken(AsApp);

impl World for AsApp {
    const NAME: TrackerName = TrackerName::GitHub;

    async fn start() -> Self {
        Self { github: FakeGitHub::start().await }
    }

    fn tracker(&self) -> Arc<dyn IssueTracker> {
        Arc::new(GitHubTracker::new(Arc::new(as_app(&self.github, SystemClock))))
    }

    fn target(&self) -> String {
        self.github.repo()
    }

    fn before(&self) -> UnixMs {
        SystemClock.now().plus(-60_000)
    }

    async fn tickets(&self) -> usize {
        self.github.issues().len()
    }

    async fn text(&self, key: &str) -> String {
        self.github.issue_read(key.parse().unwrap()).body
    }

    async fn person_writes_around(&self, key: &str, above: &str, below: &str) {
        self.github.person_edits_issue(key.parse().unwrap(), |body| format!("{above}{body}{below}")).await;
    }

    async fn person_deletes(&self, key: &str) {
        self.github.person_deletes(key.parse().unwrap()).await;
    }

    async fn comments(&self, key: &str) -> Vec<(String, String)> {
        let all = self.github.comments_read(key.parse().unwrap());
        all.into_iter().map(|c| (c.id.to_string(), c.body)).collect()
    }

    async fn person_deletes_comment(&self, _: &str, id: &str) {
        self.github.person_deletes_comment(id.parse().unwrap()).await;
    }

    async fn somebody_files(&self, text: &str) {
        self.github.person_posts_issue("Not by hearback", text).await;
    }

    async fn somebody_comments(&self, key: &str, text: &str) {
        self.github.comments_as("olaf", key.parse().unwrap(), text).await;
    }

    fn knows_authors(&self) -> bool {
        true
    }

    fn writes(&self) -> u64 {
        let calls = [Call::CreateIssue, Call::EditIssue, Call::CreateComment, Call::EditComment, Call::DeleteComment];
        calls.into_iter().map(|call| self.github.calls(call) as u64).sum()
    }

    fn finish(&self) {
        self.github.finish();
    }
}

impl World for WithToken {
    const NAME: TrackerName = TrackerName::GitHub;

    async fn start() -> Self {
        Self(AsApp::start().await)
    }

    fn tracker(&self) -> Arc<dyn IssueTracker> {
        let github = client(&self.0.github, Auth::Token(PERSONAL_TOKEN.into()), SystemClock);
        Arc::new(GitHubTracker::new(Arc::new(github)))
    }

    fn target(&self) -> String {
        self.0.target()
    }

    fn before(&self) -> UnixMs {
        self.0.before()
    }

    async fn tickets(&self) -> usize {
        self.0.tickets().await
    }

    async fn text(&self, key: &str) -> String {
        self.0.text(key).await
    }

    async fn person_writes_around(&self, key: &str, above: &str, below: &str) {
        self.0.person_writes_around(key, above, below).await;
    }

    async fn person_deletes(&self, key: &str) {
        self.0.person_deletes(key).await;
    }

    async fn comments(&self, key: &str) -> Vec<(String, String)> {
        self.0.comments(key).await
    }

    async fn person_deletes_comment(&self, key: &str, id: &str) {
        self.0.person_deletes_comment(key, id).await;
    }

    async fn somebody_files(&self, text: &str) {
        self.0.somebody_files(text).await;
    }

    async fn somebody_comments(&self, key: &str, text: &str) {
        self.0.somebody_comments(key, text).await;
    }

    fn knows_authors(&self) -> bool {
        true
    }

    fn writes(&self) -> u64 {
        self.0.writes()
    }

    fn finish(&self) {
        self.0.finish();
    }
}

mod app {
    use super::{AsApp, suite};
    suite::holds!(AsApp);
}

mod token {
    use super::{WithToken, suite};
    suite::holds!(WithToken);
}

#[tokio::test]
async fn what_a_pull_request_changed_is_looked_for_in_three_pages() {
    let github = FakeGitHub::start().await;
    let client = as_app(&github, SystemClock);
    let shop = RepoName::parse("acme/shop").unwrap();
    let pull = github.person_opens_pull_request("many files", "").await.to_string();
    let before: Vec<String> = (0..350).map(|n| format!(".a/{n:03}")).collect();
    for (others, patch, found, calls) in [
        (0, "+flags:", Some("+flags:"), 1),
        (250, "+flags:", Some("+flags:"), 3),
        (350, "+flags:", None, 3),
        (99, "", None, 1),
    ] {
        let mut files: Vec<(&str, &str)> = before.iter().take(others).map(|name| (name.as_str(), "+x")).collect();
        files.push((".github/hearback.yml", patch));
        github.pull_changes(pull.parse().unwrap(), &files);
        let asked = github.calls(Call::PullFiles);
        let answer = client.patch(&shop, &pull, ".github/hearback.yml").await.unwrap();
        assert_eq!(
            (answer.as_deref(), github.calls(Call::PullFiles) - asked),
            (found, calls),
            "behind {others} others"
        );
    }
    github.fail_next(Call::PullFiles, Fault::NotAccessible);
    let refused = client.patch(&shop, &pull, ".github/hearback.yml").await.unwrap_err();
    assert!(refused.to_string().contains("the permission Pull requests: read"), "{refused}");
    assert!(client.patch(&shop, "99", "x").await.is_err(), "no such pull request");
    github.finish();
}
