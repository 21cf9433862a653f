//! What hearback concludes from each thing that can go wrong between it and GitHub, and how often it then has asked.

use std::sync::Arc;
use std::time::Duration;

use hearback::domain::ticket::Severity;
use hearback::github::{Auth, GitHub, Settings};
use hearback::http::RemoteError;
use hearback::id::RolloutId;
use hearback::render::doc::{Block, Doc, Inline};
use hearback::render::markers::{Marker, MarkerKind};
use hearback::time::{HOUR_MS, MINUTE_MS, ManualClock, SystemClock, UnixMs};
use hearback::trackers::{Draft, GitHubTracker, IssueTracker, Remote, Revised, Written};

use super::github::{as_app, client};
use crate::worlds::fault::Fault;
use crate::worlds::github::{BOT, Call, FakeGitHub, PERSONAL_TOKEN};

const SHOP: &str = "acme/shop";

struct Us {
    github: FakeGitHub,
    tracker: GitHubTracker,
    clock: ManualClock,
}

fn marker(kind: MarkerKind) -> Marker {
    Marker::sign(b"secret", kind, "github", &RolloutId::of_key("r"), "th_1")
}

fn says(words: &str) -> Doc {
    Doc { blocks: vec![Block::Paragraph(vec![Inline::Text(words.to_owned())])] }
}

impl Us {
    async fn start() -> Self {
        let clock = ManualClock::at(UnixMs(1_790_000_000_000));
        let github = FakeGitHub::start_at(clock.clone()).await;
        let tracker = GitHubTracker::new(Arc::new(as_app(&github, clock.clone())));
        Self { github, tracker, clock }
    }

    /// The same with a client that has learned nothing yet.
    fn anew(&self) -> GitHubTracker {
        GitHubTracker::new(Arc::new(as_app(&self.github, self.clock.clone())))
    }

    /// A client that waits for 300 ms.
    fn hasty(&self) -> GitHubTracker {
        let auth = Auth::App { id: self.github.app_id(), key_pem: self.github.private_key_pem().into() };
        let api_url = self.github.url().parse().unwrap();
        let (timeout, clock) = (Duration::from_millis(300), Arc::new(self.clock.clone()));
        GitHubTracker::new(Arc::new(GitHub::new(Settings { api_url, auth, timeout, clock }).unwrap()))
    }

    async fn creates(&self) -> Result<Written, RemoteError> {
        create(&self.tracker, SHOP).await
    }

    async fn finds(&self) -> Result<Vec<Remote>, RemoteError> {
        self.tracker.find(SHOP, &marker(MarkerKind::Section), UnixMs(0)).await
    }

    async fn revises(&self, words: &str) -> Result<Revised, RemoteError> {
        revise(&self.tracker, words).await
    }

    async fn comments(&self, known: Option<&str>) -> Result<String, RemoteError> {
        self.tracker.put_comment(SHOP, "1", &marker(MarkerKind::Quotes), known, &says("words")).await
    }
}

async fn create(tracker: &GitHubTracker, target: &str) -> Result<Written, RemoteError> {
    let (marker, body, labels) = (marker(MarkerKind::Section), says("twelve people"), ["hearback".to_owned()]);
    let draft =
        Draft { marker: &marker, title: "Checkout fails", body: &body, labels: &labels, severity: Severity::High };
    tracker.create(target, &draft).await
}

async fn revise(tracker: &GitHubTracker, words: &str) -> Result<Revised, RemoteError> {
    let (marker, body) = (marker(MarkerKind::Section), says(words));
    let draft = Draft { marker: &marker, title: "Checkout fails", body: &body, labels: &[], severity: Severity::High };
    tracker.revise(SHOP, "1", &draft).await
}

/// The conclusion by its name.
fn name<T: std::fmt::Debug>(result: &Result<T, RemoteError>) -> String {
    match result {
        Ok(_) => "Ok".into(),
        Err(RemoteError::Wait { ms, .. }) => format!("Wait {ms}"),
        Err(RemoteError::Moved { to }) => format!("Moved {}", to.as_deref().unwrap_or("?")),
        Err(other) => format!("{other:?}").split(' ').next().unwrap().to_owned(),
    }
}

/// Each fault, what it means for a create, how many issues it leaves, and what it means for a list.
const TABLE: &[(Fault, &str, usize, &str)] = &[
    (Fault::Status(500), "Unknown", 0, "NotSent"),
    (Fault::Status(502), "Unknown", 0, "NotSent"),
    (Fault::StatusAfter(502), "Unknown", 1, "NotSent"),
    (Fault::DropBefore, "Unknown", 0, "NotSent"),
    (Fault::DropAfter, "Unknown", 1, "NotSent"),
    (Fault::TruncatedJson, "Unknown", 1, "NotSent"),
    (Fault::BodyCut, "Unknown", 1, "NotSent"),
    (Fault::HtmlPage, "Unknown", 0, "NotSent"),
    (Fault::HtmlPageAfter, "Unknown", 1, "NotSent"),
    (Fault::SecondaryLimit { retry_after: Some("7") }, "Wait 7000", 0, "Wait 7000"),
    (Fault::SecondaryLimit { retry_after: Some("soon") }, "Wait 60000", 0, "Wait 60000"),
    (Fault::SecondaryLimit { retry_after: None }, "Wait 60000", 0, "Wait 60000"),
    (Fault::PrimaryLimit { reset_in_s: 90 }, "Wait 90000", 0, "Wait 90000"),
    (Fault::PrimaryLimit { reset_in_s: -90 }, "Wait 60000", 0, "Wait 60000"),
    (Fault::TooMany { reason: "", retry_after: Some("-1") }, "Wait 60000", 0, "Wait 60000"),
    (Fault::TooMany { reason: "", retry_after: Some("3") }, "Wait 3000", 0, "Wait 3000"),
    (Fault::NotAccessible, "Refused", 0, "Refused"),
    (Fault::Validation { field: "title", code: "custom" }, "Refused", 0, "Refused"),
    (Fault::Status(404), "Gone", 0, "Gone"),
    (Fault::Status(409), "NotSent", 0, "NotSent"),
    (Fault::Hang { ms: 20 }, "Ok", 1, "Ok"),
];

#[tokio::test]
async fn each_fault_of_a_create_is_concluded_from_one_post() {
    for (fault, wanted, left, _) in TABLE {
        let us = Us::start().await;
        us.github.fail_next(Call::CreateIssue, *fault);
        let created = us.creates().await;
        assert_eq!(name(&created), *wanted, "{fault:?}: {created:?}");
        assert_eq!((us.github.posts_to_create(), us.github.issues().len()), (1, *left), "{fault:?}");
        us.github.finish();
    }
}

#[tokio::test]
async fn a_list_that_failed_had_no_effect() {
    let us = Us::start().await;
    us.creates().await.unwrap();
    for (fault, _, _, wanted) in TABLE {
        us.github.fail_next(Call::ListIssues, *fault);
        let found = us.finds().await;
        assert_eq!(name(&found), *wanted, "{fault:?}: {found:?}");
    }
    assert_eq!(us.github.calls(Call::ListIssues), TABLE.len(), "none was repeated");
    us.github.finish();
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_lost() {
    for (fault, left) in [(Fault::HangAfter { ms: 900 }, 1), (Fault::LateEffect { ms: 600 }, 0)] {
        let us = Us::start().await;
        let hasty = us.hasty();
        hasty.find(SHOP, &marker(MarkerKind::Section), UnixMs(0)).await.unwrap();
        us.github.fail_next(Call::CreateIssue, fault);
        let created = create(&hasty, SHOP).await;
        assert_eq!(name(&created), "Unknown", "{fault:?}: {created:?}");
        assert_eq!((us.github.posts_to_create(), us.github.issues().len()), (1, left), "{fault:?}");
    }
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end() {
    let us = Us::start().await;
    us.creates().await.unwrap();
    us.finds().await.unwrap();
    assert_eq!((us.github.calls(Call::Token), us.github.calls(Call::RepoInstallation)), (1, 1));
    us.clock.advance(HOUR_MS - 4 * MINUTE_MS);
    us.finds().await.unwrap();
    assert_eq!(us.github.calls(Call::Token), 2, "it had four minutes left");
    us.github.finish();
}

#[tokio::test]
async fn a_token_that_is_refused_is_minted_anew_once() {
    let us = Us::start().await;
    us.finds().await.unwrap();
    us.github.revoke_tokens();
    us.creates().await.unwrap();
    assert_eq!((us.github.calls(Call::Token), us.github.issues().len()), (2, 1));

    us.github.fail_always(Call::CreateIssue, Fault::Unauthorized);
    let before = us.github.posts_to_create();
    assert_eq!(name(&us.creates().await), "Unauthorized");
    assert_eq!((us.github.posts_to_create() - before, us.github.issues().len()), (2, 1), "each refused, none done");
}

#[tokio::test]
async fn minting_that_fails_is_certain_to_have_had_no_effect() {
    for (fault, wanted) in [
        (Fault::Status(502), "NotSent"),
        (Fault::DropAfter, "NotSent"),
        (Fault::Unauthorized, "Unauthorized"),
        (Fault::SecondaryLimit { retry_after: Some("7") }, "Wait 7000"),
    ] {
        let us = Us::start().await;
        us.github.fail_next(Call::Token, fault);
        assert_eq!(name(&us.creates().await), wanted, "{fault:?}");
        assert_eq!(us.github.posts_to_create(), 0);
    }
}

#[tokio::test]
async fn an_account_s_token_is_not_minted_and_its_refusal_is_told() {
    let github = FakeGitHub::start().await;
    let good = GitHubTracker::new(Arc::new(client(&github, Auth::Token(PERSONAL_TOKEN.into()), SystemClock)));
    create(&good, SHOP).await.unwrap();
    let bad = GitHubTracker::new(Arc::new(client(&github, Auth::Token("ghp_revoked".into()), SystemClock)));
    assert_eq!(name(&create(&bad, SHOP).await), "Unauthorized");
    assert_eq!((github.calls(Call::Token), github.posts_to_create()), (0, 2));
    github.finish();
}

#[tokio::test]
async fn a_suspended_app_and_one_that_is_not_installed_wait_for_an_owner() {
    let us = Us::start().await;
    us.creates().await.unwrap();
    us.github.suspend_installation().await;
    for tracker in [&us.tracker, &us.anew()] {
        let created = create(tracker, SHOP).await;
        assert_eq!(name(&created), "Suspended", "{created:?}");
        assert!(created.unwrap_err().to_string().contains("suspended"));
    }
    us.github.unsuspend_installation().await;
    us.creates().await.unwrap();
    us.github.uninstall().await;
    for tracker in [&us.tracker, &us.anew()] {
        let created = create(tracker, SHOP).await;
        assert_eq!(name(&created), "Suspended", "{created:?}");
        assert!(created.unwrap_err().to_string().contains("not installed on acme"));
    }
    assert_eq!(us.github.issues().len(), 2);
    us.github.finish();
}

#[tokio::test]
async fn a_repository_that_may_not_be_seen_takes_no_ticket_with_it() {
    let us = Us::start().await;
    us.creates().await.unwrap();
    let comment = us.comments(None).await.unwrap();
    us.github.remove_repo();
    assert_eq!(name(&us.creates().await), "Gone");
    assert_eq!(name(&create(&us.anew(), SHOP).await), "Gone");
    assert_eq!(name(&us.revises("more").await), "Gone", "not deleted by a person");
    assert_eq!(name(&us.comments(Some(&comment)).await), "Refused", "gone would mean that a person deleted it");
    us.github.finish();
}

#[tokio::test]
async fn a_renamed_repository_tells_its_new_name() {
    let us = Us::start().await;
    us.creates().await.unwrap();
    us.github.rename_repo("store");
    for tracker in [&us.tracker, &us.anew()] {
        assert_eq!(name(&create(tracker, SHOP).await), "Moved acme/store");
        assert_eq!(name(&revise(tracker, "more").await), "Moved acme/store");
    }
    create(&us.tracker, "acme/store").await.unwrap();
    assert_eq!(us.github.issues().len(), 2);
    us.github.finish();
}

#[tokio::test]
async fn a_transferred_issue_tells_where_it_went() {
    let us = Us::start().await;
    us.creates().await.unwrap();
    let other = us.github.in_repo("acme/other");
    other.person_posts_issue("first there", "x").await;
    us.github.person_transfers(1, &other).await;
    assert_eq!(name(&us.revises("more").await), "Moved acme/other#2");
    us.github.finish();
}

#[tokio::test]
async fn an_issue_that_is_not_shown_yet_was_not_deleted() {
    let us = Us::start().await;
    us.github.read_lag(MINUTE_MS);
    us.creates().await.unwrap();
    assert_eq!(name(&us.revises("more").await), "NotSent");
    us.clock.advance(MINUTE_MS);
    assert_eq!(us.revises("more").await, Ok(Revised::Written));
    us.github.finish();
}

#[tokio::test]
async fn issues_that_are_switched_off_are_named_with_the_remedy() {
    let us = Us::start().await;
    us.creates().await.unwrap();
    us.github.disable_issues();
    for refused in
        [us.creates().await.map(drop), us.revises("more").await.map(drop), us.tracker.check(SHOP).await.map(drop)]
    {
        assert_eq!(name(&refused), "Refused");
        assert!(refused.unwrap_err().to_string().contains("Settings"));
    }
    us.github.finish();
}

#[tokio::test]
async fn refused_labels_are_left_out_and_told() {
    let us = Us::start().await;
    us.github.fail_next(Call::CreateIssue, Fault::Validation { field: "labels", code: "invalid" });
    let written = us.creates().await.unwrap();
    assert_eq!(us.github.posts_to_create(), 2);
    assert!(written.notes[0].contains("hearback") && written.notes[0].contains("policy.labels"), "{:?}", written.notes);
    assert_eq!(us.github.issues()[0].labels, Vec::<String>::new());
    us.github.finish();
}

#[tokio::test]
async fn a_locked_or_closed_issue_is_still_kept_true() {
    let us = Us::start().await;
    us.creates().await.unwrap();
    us.github.person_closes(1).await;
    us.github.person_locks(1).await;
    assert_eq!(us.revises("more").await, Ok(Revised::Written));
    assert!(!us.github.issues()[0].open, "and stays closed");
    let refused = us.comments(None).await;
    assert_eq!(name(&refused), "Refused");
    assert!(refused.unwrap_err().to_string().contains("unlock"));
    us.github.finish();
}

#[tokio::test]
async fn a_double_that_a_person_opened_again_stays_open() {
    let us = Us::start().await;
    let keeper = us.creates().await.unwrap().remote;
    us.creates().await.unwrap();
    us.github.fail_next(Call::EditIssue, Fault::Validation { field: "state_reason", code: "invalid" });
    us.tracker.close_double(SHOP, "2", &keeper).await.unwrap();
    let double = us.github.issue_read(2);
    assert_eq!((double.open, double.state_reason.as_deref()), (false, Some("not_planned")));
    assert!(double.comments[0].body.contains("#1"), "{}", double.comments[0].body);
    us.github.person_reopens(2).await;
    us.tracker.close_double(SHOP, "2", &keeper).await.unwrap();
    let double = us.github.issue_read(2);
    assert_eq!((double.open, double.comments.len()), (true, 1));
    us.github.finish();
}

#[tokio::test]
async fn a_long_list_is_read_to_its_end_by_its_links() {
    let us = Us::start().await;
    {
        let github = Arc::new(as_app(&us.github, us.clock.clone()));
        let shop = hearback::domain::repo::RepoName::parse(SHOP).unwrap();
        for n in 0..249 {
            github.create_issue(&shop, &format!("not it, {n}"), "x", &[]).await.unwrap();
        }
    }
    us.github.person_opens_pull_request("a pull request", "x").await;
    us.creates().await.unwrap();
    let found = us.finds().await.unwrap();
    assert_eq!(found.iter().map(|f| f.key.as_str()).collect::<Vec<_>>(), ["251"]);
    assert_eq!(us.github.calls(Call::ListIssues), 3);

    us.github.link_loops(true);
    assert_eq!(name(&us.finds().await), "NotSent", "half a list must not pass for the whole");
    assert!(us.github.calls(Call::ListIssues) < 10);
    us.github.finish();
}

#[tokio::test]
async fn every_request_says_who_asks_and_by_which_version() {
    let us = Us::start().await;
    us.creates().await.unwrap();
    us.comments(None).await.unwrap();
    for call in [Call::RepoInstallation, Call::Token, Call::CreateIssue, Call::ListComments] {
        let seen = &us.github.requests(call)[0].ask;
        assert!(seen.header("user-agent").unwrap().starts_with("hearback/"), "{call:?}");
        assert_eq!(seen.header("accept"), Some("application/vnd.github+json"), "{call:?}");
        assert_eq!(seen.header("x-github-api-version"), Some("2022-11-28"), "{call:?}");
    }
    assert_eq!(us.github.issues()[0].author, BOT);
    us.github.finish();
}

#[tokio::test]
async fn deliveries_are_listed_back_to_a_moment_and_asked_for_again() {
    let us = Us::start().await;
    let github = as_app(&us.github, us.clock.clone());
    us.github.publish_release("v0").await;
    us.clock.advance(HOUR_MS);
    let since = hearback::time::Clock::now(&us.clock);
    for n in 0..120 {
        us.github.send_event("release", serde_json::json!({"action": "published", "n": n})).await;
    }
    let listed = github.hook_deliveries(since).await.unwrap();
    assert_eq!((listed.len(), us.github.calls(Call::Deliveries)), (120, 2), "older ones are left out");
    assert!(listed.iter().all(|d| !d.ok && d.event == "release" && d.delivered_at >= since));
    github.redeliver(listed[0].id).await.unwrap();
    us.github.settle().await;
    let again = github.hook_deliveries(since).await.unwrap();
    assert_eq!((again.len(), &again[0].guid), (121, &listed[0].guid));

    let by_token = client(&us.github, Auth::Token(PERSONAL_TOKEN.into()), SystemClock);
    assert_eq!(by_token.hook_deliveries(since).await.unwrap(), []);
    us.github.finish();
}
