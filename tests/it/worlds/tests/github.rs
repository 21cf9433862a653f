//! GitHub's behaviour, through octocrab where shapes matter and through plain HTTP where bytes do.

use hearback::time::{HOUR_MS, ManualClock, UnixMs};
use http::Method;
use octocrab::models::InstallationId;
use serde_json::{Value, json};

use super::client::{Client, jwt, link};
use crate::worlds::github::{BOT, Call, FakeGitHub, PERSONAL_LOGIN, PERSONAL_TOKEN};

const ISSUES: &str = "/repos/acme/shop/issues";

/// The document as octocrab's type.
fn read<T: serde::de::DeserializeOwned>(got: &super::client::Got) -> T {
    serde_json::from_str(&got.text).unwrap_or_else(|e| panic!("{e}: {}", got.text))
}

#[tokio::test]
async fn octocrab_reads_the_documents() {
    let github = FakeGitHub::start().await;
    let app = Client::app(&github);
    let found: octocrab::models::Installation = read(&app.get("/repos/acme/shop/installation").await);
    assert_eq!(found.id, InstallationId(github.installation_id()));
    let client = Client::installation(&github).await;
    let asked = json!({"title": "Checkout fails", "body": "text", "labels": ["hearback"]});
    let issue: octocrab::models::issues::Issue = read(&client.post(ISSUES, &asked).await);
    assert_eq!((issue.number, issue.user.login.as_str(), issue.user.r#type.as_str()), (1, BOT, "Bot"));
    assert_eq!(issue.html_url.as_str(), "https://github.com/acme/shop/issues/1");
    let edited: octocrab::models::issues::Issue =
        read(&client.patch(&format!("{ISSUES}/1"), &json!({"body": "more"})).await);
    assert_eq!(edited.body.as_deref(), Some("more"));
    let comment: octocrab::models::issues::Comment =
        read(&client.post(&format!("{ISSUES}/1/comments"), &json!({"body": "quotes"})).await);
    let better = json!({"body": "better quotes"});
    client.patch(&format!("{ISSUES}/comments/{}", comment.id), &better).await;
    let listed: Vec<octocrab::models::issues::Issue> =
        read(&client.get(&format!("{ISSUES}?creator=hearback%5Bbot%5D&labels=hearback")).await);
    assert_eq!(listed.len(), 1);
    let repo: octocrab::models::Repository = read(&client.get("/repos/acme/shop").await);
    assert_eq!(repo.full_name.as_deref(), Some("acme/shop"));

    let kept = github.issue_read(1);
    assert_eq!((kept.title.as_str(), kept.body.as_str(), kept.author.as_str()), ("Checkout fails", "more", BOT));
    assert_eq!(kept.revisions, ["text"], "GitHub keeps what a body said before");
    assert_eq!(kept.comments[0].body, "better quotes");
    assert_eq!(kept.comments[0].revisions, ["quotes"]);
    github.strict().finish();
}

#[tokio::test]
async fn a_token_needs_a_jwt_of_the_apps_own() {
    let github = FakeGitHub::start().await;
    let path = format!("/app/installations/{}/access_tokens", github.installation_id());
    let status = async |authorization: String| {
        let client = Client::new(github.url(), &authorization);
        client.post(&path, &Value::Null).await.status
    };
    let good = jwt(github.app_id(), github.private_key_pem());
    let (head, _) = good.rsplit_once('.').unwrap();
    assert_eq!(status(format!("Bearer {good}")).await, 201);
    assert_eq!(status(format!("token {good}")).await, 401);
    assert_eq!(status(format!("Bearer {head}.AAAA")).await, 401, "somebody else's signature");
    assert_eq!(status(format!("Bearer {head}")).await, 401, "two parts");
    assert_eq!(status(format!("Bearer {}", jwt(999, github.private_key_pem()))).await, 404, "another app");
    let forever = octocrab::jsonwebtoken::encode(
        &octocrab::jsonwebtoken::Header::new(octocrab::jsonwebtoken::Algorithm::RS256),
        &json!({"iss": github.app_id(), "iat": 0, "exp": 9_999_999_999_u64}),
        &octocrab::EncodingKey::from_rsa_pem(github.private_key_pem().as_bytes()).unwrap(),
    );
    assert_eq!(status(format!("Bearer {}", forever.unwrap())).await, 401, "more than ten minutes");
    assert_eq!(status(String::new()).await, 401);
}

#[tokio::test]
async fn a_token_ends_after_an_hour_of_the_worlds_clock() {
    let clock = ManualClock::at(UnixMs::parse_rfc3339("2026-10-09T10:00:00Z").unwrap());
    let github = FakeGitHub::start_at(clock.clone()).await;
    let client = Client::installation(&github).await;
    assert_eq!(client.get(ISSUES).await.status, 200);
    clock.advance(HOUR_MS);
    assert_eq!(client.get(ISSUES).await.status, 401);
    let client = Client::installation(&github).await;
    github.revoke_tokens();
    assert_eq!(client.get(ISSUES).await.status, 401);
    assert_eq!(github.calls(Call::Token), 2);
    assert_eq!(github.requests(Call::Token)[1].at.rfc3339(), "2026-10-09T11:00:00Z");
}

#[tokio::test]
async fn a_personal_token_acts_as_its_person() {
    let github = FakeGitHub::start().await;
    let client = Client::new(github.url(), &format!("Bearer {PERSONAL_TOKEN}"));
    assert_eq!(client.get("/user").await.json()["login"], PERSONAL_LOGIN);
    client.post(ISSUES, &json!({"title": "t"})).await;
    let made = client.get(&format!("{ISSUES}/1")).await.json();
    assert_eq!(made["performed_via_github_app"], Value::Null);
    assert_eq!(github.issues()[0].author, PERSONAL_LOGIN);
    assert!(github.filed().is_empty());
    let app = Client::installation(&github).await;
    app.post(ISSUES, &json!({"title": "t"})).await;
    assert_eq!(app.get(&format!("{ISSUES}/2")).await.json()["performed_via_github_app"]["slug"], "hearback");
    assert_eq!(app.get("/user").await.status, 403);
}

#[tokio::test]
async fn a_new_issue_is_missing_from_lists_while_they_lag() {
    let clock = ManualClock::at(UnixMs(1_790_000_000_000));
    let github = FakeGitHub::start_at(clock.clone()).await;
    let client = Client::installation(&github).await;
    github.list_lag(300);
    client.post(ISSUES, &json!({"title": "t", "body": "hearback id 8f14e45f <!-- hidden -->"})).await;
    let count = async |path: &str| {
        let got = client.get(path).await.json();
        got.as_array().or(got["items"].as_array()).unwrap().len()
    };
    let search = "/search/issues?q=repo:acme/shop+is:issue+8f14e45f";
    clock.advance(299);
    assert_eq!((count(ISSUES).await, count(search).await), (0, 0));
    assert_eq!(client.get(&format!("{ISSUES}/1")).await.status, 200, "by number it is there");
    clock.advance(1);
    assert_eq!((count(ISSUES).await, count(search).await), (1, 1));
    assert_eq!(count("/search/issues?q=is:issue+hidden").await, 0, "comments in HTML are not indexed");
    github.search_lag(1000);
    assert_eq!(count(search).await, 0);
    github.read_lag(1000);
    assert_eq!(client.get(&format!("{ISSUES}/1")).await.status, 404);
}

#[tokio::test]
async fn on_the_machines_clock_the_lag_passes_by_itself() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    github.list_lag(150);
    client.post(ISSUES, &json!({"title": "t"})).await;
    assert_eq!(client.get(ISSUES).await.json(), json!([]));
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(client.get(ISSUES).await.json()[0]["number"], 1);
}

#[tokio::test]
async fn pages_are_walked_by_their_links() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    for n in 1..=250 {
        github.person_posts_issue(&format!("issue {n}"), "").await;
    }
    let (mut next, mut seen) = (Some(format!("{ISSUES}?state=all&per_page=100")), Vec::new());
    while let Some(path) = next {
        let got = client.get(&path).await;
        seen.extend(got.json().as_array().unwrap().iter().map(|i| i["number"].as_u64().unwrap()));
        next = link(&got, "next");
        assert!(next.as_ref().is_none_or(|n| n.contains("/repositories/1296269/issues?")), "{next:?}");
        assert!(next.as_ref().is_none_or(|n| n.contains("state=all")), "{next:?}");
    }
    assert_eq!(seen, (1..=250).rev().collect::<Vec<_>>());
    assert_eq!(github.calls(Call::ListIssues), 3);

    github.link_loops(true);
    let path = format!("{}/repositories/1296269/issues?page=1&per_page=30", github.url());
    assert_eq!(link(&client.get(&path).await, "next"), Some(path));
}

#[tokio::test]
async fn lists_filter_and_sort() {
    let clock = ManualClock::at(UnixMs::parse_rfc3339("2026-10-09T10:00:00Z").unwrap());
    let github = FakeGitHub::start_at(clock.clone()).await;
    let client = Client::installation(&github).await;
    for (title, labels) in [("first", json!(["a"])), ("second", json!(["a", "b"]))] {
        client.post(ISSUES, &json!({"title": title, "labels": labels})).await;
        clock.advance(60_000);
    }
    github.person_posts_issue("third", "").await;
    github.person_opens_pull_request("fourth", "").await;
    clock.advance(60_000);
    github.person_closes_as(1, "not_planned").await;
    let listed = async |query: &str| {
        let got = client.get(&format!("{ISSUES}?{query}")).await.json();
        got.as_array().unwrap().iter().map(|i| i["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, [4, 3, 2], "open ones, pull requests too, newest first");
    assert_eq!(listed("state=closed").await, [1]);
    assert_eq!(listed("state=all&creator=hearback%5Bbot%5D").await, [2, 1]);
    assert_eq!(listed("state=all&labels=a,b").await, [2]);
    assert_eq!(listed("state=all&sort=updated").await, [1, 4, 3, 2]);
    assert_eq!(listed("state=all&direction=asc").await, [1, 2, 3, 4]);
    assert_eq!(listed("state=all&since=2026-10-09T10:02:00Z").await, [4, 3, 1]);
    assert_eq!(github.issues().len(), 3);
    let pull = client.get(&format!("{ISSUES}/4")).await.json();
    assert!(pull["pull_request"]["url"].is_string());
    assert_eq!(client.get(&format!("{ISSUES}/1")).await.json()["state_reason"], "not_planned");
}

#[tokio::test]
async fn people_change_what_is_there() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    for n in 1..=5 {
        client.post(ISSUES, &json!({"title": format!("t{n}"), "body": "ours"})).await;
    }
    github.person_edits_issue(1, |body| format!("mine\n{body}")).await;
    github.person_retitles(1, "better").await;
    github.person_labels(1, "p1").await;
    let read = client.get(&format!("{ISSUES}/1")).await.json();
    assert_eq!((&read["body"], &read["title"]), (&json!("mine\nours"), &json!("better")));
    assert_eq!(read["labels"][0]["name"], "p1");
    github.person_closes(1).await;
    github.person_reopens(1).await;
    assert_eq!(client.get(&format!("{ISSUES}/1")).await.json()["state_reason"], "reopened");

    github.person_deletes(2).await;
    for call in [
        client.get(&format!("{ISSUES}/2")).await,
        client.patch(&format!("{ISSUES}/2"), &json!({"body": "x"})).await,
        client.post(&format!("{ISSUES}/2/comments"), &json!({"body": "x"})).await,
    ] {
        assert_eq!((call.status, &call.json()["message"]), (410, &json!("This issue was deleted")));
    }
    github.person_locks(3).await;
    assert_eq!(client.post(&format!("{ISSUES}/3/comments"), &json!({"body": "x"})).await.status, 403);

    let other = github.in_repo("acme/app");
    assert_eq!(other.repo(), "acme/app");
    let number = github.person_transfers(4, &other).await;
    let moved = client.get(&format!("{ISSUES}/4")).await;
    assert_eq!(moved.status, 301);
    let there = client.get(moved.header("location").unwrap()).await.json();
    assert_eq!((&there["title"], &there["number"]), (&json!("t4"), &json!(number)));
    assert_eq!(other.filed().len(), 1);

    github.person_comments(5, "hello").await;
    github.comments_as("olaf", 5, "me too").await;
    let comments = github.comments_read(5);
    assert_eq!(comments.iter().map(|c| c.author.as_str()).collect::<Vec<_>>(), ["ada", "olaf"]);
    github.person_deletes_comment(comments[0].id).await;
    let left = client.get(&format!("{ISSUES}/5/comments")).await.json();
    assert_eq!((left[0]["body"].as_str(), left[1].as_object()), (Some("me too"), None));
    github.strict().finish();
}

#[tokio::test]
async fn a_renamed_repository_answers_301_and_works_by_its_id() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    github.rename_repo("store");
    assert_eq!(github.repo(), "acme/store");
    let moved = client.post(&format!("{ISSUES}?x=1"), &json!({"title": "t"})).await;
    let to = format!("{}/repositories/1296269/issues?x=1", github.url());
    assert_eq!((moved.status, moved.header("location")), (301, Some(to.as_str())));
    assert_eq!(github.issues().len(), 0);
    assert_eq!(client.post(&to, &json!({"title": "t"})).await.status, 201);
    assert_eq!(client.get("/repos/acme/shop").await.status, 301);
    let repo = client.get("/repos/acme/store").await.json();
    assert_eq!((&repo["id"], &repo["full_name"]), (&json!(1_296_269), &json!("acme/store")));
    let listed = client.get("/installation/repositories").await.json();
    assert_eq!((&listed["total_count"], &listed["repositories"][0]["name"]), (&json!(1), &json!("store")));
}

#[tokio::test]
async fn an_installation_can_be_suspended_deleted_and_narrowed() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    github.suspend_installation().await;
    let refused = client.get(ISSUES).await;
    assert_eq!((refused.status, &refused.json()["message"]), (403, &json!("This installation has been suspended")));
    let mint = format!("/app/installations/{}/access_tokens", github.installation_id());
    assert_eq!(Client::app(&github).post(&mint, &Value::Null).await.status, 403);
    let listed = Client::app(&github).get("/app/installations").await.json();
    assert!(listed[0]["suspended_at"].is_string());
    github.unsuspend_installation().await;
    assert_eq!(client.get(ISSUES).await.status, 200);

    github.disable_issues();
    assert_eq!(client.post(ISSUES, &json!({"title": "t"})).await.status, 410);
    github.remove_repo();
    assert_eq!(client.get(ISSUES).await.status, 404);
    assert_eq!(Client::app(&github).get("/repos/acme/shop/installation").await.status, 404);
    github.uninstall().await;
    assert_eq!(client.get("/repos/acme/shop").await.status, 401);
    assert_eq!(Client::app(&github).post(&mint, &Value::Null).await.status, 404);
    assert_eq!(Client::app(&github).get("/app").await.json()["slug"], "hearback");
}

#[tokio::test]
async fn what_github_refuses_is_refused() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    for (body, field) in [
        (json!({"body": "no title"}), "title"),
        (json!({"title": "x".repeat(257)}), "title"),
        (json!({"title": "t", "body": "x".repeat(65_537)}), "body"),
        (json!({"title": "t", "assignees": ["olaf"]}), "assignees"),
    ] {
        let got = client.post(ISSUES, &body).await;
        assert_eq!((got.status, got.json()["errors"][0]["field"].as_str()), (422, Some(field)));
    }
    client.post(ISSUES, &json!({"title": "t", "assignees": ["wendy"]})).await;
    assert_eq!(client.post(&format!("{ISSUES}/1/comments"), &json!({"body": " "})).await.status, 422);
    let broken = client.request(Method::POST, ISSUES).body("{").send().await.unwrap();
    assert_eq!(broken.status(), 400);
    let nameless = reqwest::Client::builder().no_proxy().build().unwrap().get(github.url().to_owned() + ISSUES);
    assert_eq!(nameless.send().await.unwrap().status(), 403);
    assert_eq!(client.get(&format!("{ISSUES}/77")).await.status, 404);
    github.person_comments(1, "ada's").await;
    let theirs = github.comments_read(1)[0].id;
    let refused = client.patch(&format!("{ISSUES}/comments/{theirs}"), &json!({"body": "x"})).await;
    assert_eq!(refused.status, 403, "another's comment");
    let sent = &github.requests(Call::CreateIssue)[0].ask;
    assert_eq!((sent.header("user-agent"), sent.text("body")), (Some("hearback-test"), Some("no title")));
    github.finish();
}

#[tokio::test]
async fn labels_reactions_and_comments_keep_githubs_statuses() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    client.post(ISSUES, &json!({"title": "t", "labels": ["a"]})).await;
    assert_eq!(client.post("/repos/acme/shop/labels", &json!({"name": "a"})).await.status, 422);
    assert_eq!(client.post("/repos/acme/shop/labels", &json!({"name": "c"})).await.status, 201);
    let added = client.post(&format!("{ISSUES}/1/labels"), &json!({"labels": ["a", "b"]})).await.json();
    assert_eq!(added.as_array().unwrap().len(), 2);
    assert_eq!(client.get("/repos/acme/shop/labels").await.json().as_array().unwrap().len(), 3);
    assert_eq!(client.delete(&format!("{ISSUES}/1/labels/a")).await.status, 200);
    assert_eq!(client.delete(&format!("{ISSUES}/1/labels/a")).await.status, 404);
    client.put(&format!("{ISSUES}/1/labels"), &json!({"labels": ["z"]})).await;
    assert_eq!(github.issues()[0].labels, ["z"]);

    let comment = client.post(&format!("{ISSUES}/1/comments"), &json!({"body": "hello"})).await.json();
    let comment = format!("{ISSUES}/comments/{}", comment["id"]);
    let eyes = json!({"content": "eyes"});
    assert_eq!(client.post(&format!("{comment}/reactions"), &eyes).await.status, 201);
    assert_eq!(client.post(&format!("{comment}/reactions"), &eyes).await.status, 200);
    assert_eq!(client.post(&format!("{ISSUES}/1/reactions"), &eyes).await.status, 201);
    assert_eq!(client.get(&format!("{ISSUES}/1/reactions")).await.json()[0]["content"], "eyes");
    assert_eq!(client.get(&comment).await.json()["reactions"]["eyes"], 1);
    assert_eq!(client.delete(&comment).await.status, 204);
    assert_eq!(client.get(&comment).await.status, 404);
    github.strict().finish();
}

#[tokio::test]
#[should_panic(expected = "unread comment on #1: \"hello\"")]
async fn a_strict_end_wants_each_comment_read() {
    let github = FakeGitHub::start().await.strict();
    let client = Client::installation(&github).await;
    client.post(ISSUES, &json!({"title": "t"})).await;
    client.post(&format!("{ISSUES}/1/comments"), &json!({"body": "hello"})).await;
    github.finish();
}

#[tokio::test]
async fn repositories_tell_files_people_releases_and_checks() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    let path = "/repos/acme/shop/contents/.github/hearback.yml";
    assert_eq!(client.get(path).await.status, 404);
    github.commit_file(".github/hearback.yml", &"window: 3d\n".repeat(20));
    let file = client.get(path).await;
    assert!(file.json()["content"].as_str().unwrap().contains('\n'), "base64 in lines");
    let again = client.request(Method::GET, path).header("if-none-match", file.header("etag").unwrap());
    assert_eq!(again.send().await.unwrap().status(), 304);

    let role = async |login: &str| {
        let got = client.get(&format!("/repos/acme/shop/collaborators/{login}/permission")).await.json();
        (got["permission"].as_str().unwrap().to_owned(), got["role_name"].as_str().unwrap().to_owned())
    };
    assert_eq!(role("ada").await, ("admin".into(), "admin".into()));
    assert_eq!(role("olaf").await, ("none".into(), "none".into()));
    github.grant("olaf", Some("triage"));
    assert_eq!(role("olaf").await, ("read".into(), "triage".into()));

    github.publish_release("v1").await;
    github.publish_release_with("v2-rc", "notes", true).await;
    let releases = client.get("/repos/acme/shop/releases").await.json();
    assert_eq!((&releases[0]["tag_name"], &releases[1]["tag_name"]), (&json!("v2-rc"), &json!("v1")));
    assert_eq!(client.get("/repos/acme/shop/releases/latest").await.json()["tag_name"], "v1");
    assert_eq!(client.get("/repos/acme/shop/releases/tags/v3").await.status, 404);
    let run = json!({"name": "hearback", "head_sha": "abc"});
    assert_eq!(client.post("/repos/acme/shop/check-runs", &run).await.status, 201);
    assert_eq!(github.check_runs()[0]["name"], "hearback");
    assert_eq!(client.get("/rate_limit").await.json()["resources"]["core"]["limit"], 5000);
}
