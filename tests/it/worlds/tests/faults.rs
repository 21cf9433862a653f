//! Each fault as a client sees it, and what it left behind.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::client::Client;
use crate::worlds::fault::Fault;
use crate::worlds::github::{Call, FakeGitHub};

const ISSUES: &str = "/repos/acme/shop/issues";

/// What one attempt to create came to: the status, or `"error"` where there was no whole answer.
async fn create(client: &Client) -> Result<super::client::Got, String> {
    let body = json!({"title": "Checkout fails", "body": "b"});
    client.try_send(Method::POST, ISSUES, &body).await.map_err(|e| format!("{e:?}"))
}

#[tokio::test]
async fn a_status_comes_before_or_after_the_effect() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    for (fault, status, issues) in [(Fault::Status(502), 502, 0), (Fault::StatusAfter(502), 502, 1)] {
        github.fail_next(Call::CreateIssue, fault);
        let got = create(&client).await.unwrap();
        assert_eq!((got.status, github.issues().len()), (status, issues), "{fault:?}");
        assert_eq!(got.json()["message"], "Server Error");
    }
    assert_eq!(create(&client).await.unwrap().status, 201, "each happens once");
    assert_eq!(github.posts_to_create(), 3);
    github.finish();
}

#[tokio::test]
async fn a_dropped_connection_is_an_error_and_never_an_answer() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    for (fault, issues) in [(Fault::DropBefore, 0), (Fault::DropAfter, 1), (Fault::BodyCut, 2)] {
        github.fail_next(Call::CreateIssue, fault);
        let error = create(&client).await.unwrap_err();
        assert!(!error.contains("TimedOut"), "{fault:?}: {error}");
        assert_eq!(github.issues().len(), issues, "{fault:?}");
    }
    assert_eq!(github.posts_to_create(), 3, "no client of ours repeats by itself");
    github.finish();
}

#[tokio::test]
async fn a_dropped_connection_carries_not_one_byte() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let github = FakeGitHub::start().await;
    github.fail_next(Call::App, Fault::DropAfter);
    let address = github.url().strip_prefix("http://").unwrap();
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET /app HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut heard = Vec::new();
    socket.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"");
}

#[tokio::test]
async fn a_hang_ends_well_unless_the_client_leaves() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    github.fail_next(Call::CreateIssue, Fault::Hang { ms: 50 });
    assert_eq!(create(&client).await.unwrap().status, 201);

    github.fail_next(Call::CreateIssue, Fault::Hang { ms: 400 });
    let left = tokio::time::timeout(Duration::from_millis(100), create(&client)).await;
    assert!(left.is_err());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(github.issues().len(), 1, "nothing was done for a client that left");

    github.fail_next(Call::CreateIssue, Fault::HangAfter { ms: 400 });
    let left = tokio::time::timeout(Duration::from_millis(100), create(&client)).await;
    assert!(left.is_err());
    assert_eq!(github.issues().len(), 2, "it was done before the client left");
}

#[tokio::test]
async fn a_late_effect_happens_to_a_client_that_left() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    github.fail_next(Call::CreateIssue, Fault::LateEffect { ms: 300 });
    let left = tokio::time::timeout(Duration::from_millis(100), create(&client)).await;
    assert!(left.is_err());
    assert_eq!(github.issues().len(), 0);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(github.issues().len(), 1);
}

#[tokio::test]
async fn documents_that_are_none_arrive_with_a_good_status() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    for (fault, status, issues) in
        [(Fault::TruncatedJson, 201, 1), (Fault::HtmlPage, 200, 1), (Fault::HtmlPageAfter, 200, 2)]
    {
        github.fail_next(Call::CreateIssue, fault);
        let got = create(&client).await.unwrap();
        assert_eq!((got.status, github.issues().len()), (status, issues), "{fault:?}");
        assert!(serde_json::from_str::<serde_json::Value>(&got.text).is_err(), "{fault:?}");
    }
}

#[tokio::test]
async fn limits_and_refusals_are_worded_as_github_words_them() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    for (fault, status, words) in [
        (Fault::SecondaryLimit { retry_after: Some("7") }, 403, "secondary rate limit"),
        (Fault::SecondaryLimit { retry_after: None }, 403, "secondary rate limit"),
        (Fault::PrimaryLimit { reset_in_s: 90 }, 403, "API rate limit exceeded"),
        (Fault::TooMany { reason: "burst", retry_after: Some("-1") }, 429, "Too many"),
        (Fault::Unauthorized, 401, "Bad credentials"),
        (Fault::NotAccessible, 403, "Resource not accessible by integration"),
        (Fault::Validation { field: "labels", code: "invalid" }, 422, "Validation Failed"),
        (Fault::Status(404), 404, "Not Found"),
    ] {
        github.fail_next(Call::CreateIssue, fault);
        let got = create(&client).await.unwrap();
        assert_eq!(got.status, status, "{fault:?}");
        assert!(got.text.contains(words), "{fault:?}: {}", got.text);
        match fault {
            Fault::SecondaryLimit { retry_after } => {
                assert_eq!(got.header("retry-after"), retry_after);
                assert_eq!(got.header("x-ratelimit-remaining"), None, "no header shows the secondary limit");
            }
            Fault::PrimaryLimit { .. } => {
                assert_eq!(got.header("x-ratelimit-remaining"), Some("0"));
                assert!(got.header("x-ratelimit-reset").is_some());
            }
            Fault::Validation { .. } => assert_eq!(got.json()["errors"][0]["field"], "labels"),
            _ => {}
        }
    }
    assert_eq!(github.issues().len(), 0);
}

#[tokio::test]
async fn faults_queue_up_for_their_call_and_an_outage_ends_when_healed() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    github.fail_times(Call::CreateIssue, 2, Fault::Status(500));
    github.fail_next(Call::CreateIssue, Fault::Status(503));
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(create(&client).await.unwrap().status);
    }
    assert_eq!(seen, [500, 500, 503, 201]);
    assert_eq!(client.get(ISSUES).await.status, 200);

    github.fail_always(Call::ListIssues, Fault::Status(500));
    assert_eq!((client.get(ISSUES).await.status, client.get(ISSUES).await.status), (500, 500));
    github.heal();
    github.fail_everything(Fault::Status(503));
    assert_eq!(client.get("/repos/acme/shop").await.status, 503);
    github.heal();
    assert_eq!(client.get(ISSUES).await.status, 200);
    github.finish();
}

#[tokio::test]
#[should_panic(expected = "fault never met")]
async fn a_fault_that_nothing_met_fails_the_test() {
    let github = FakeGitHub::start().await;
    github.fail_next(Call::EditIssue, Fault::Status(500));
    github.finish();
}

#[tokio::test]
#[should_panic(expected = "unexpected call: GET /repos/acme/shop/stargazers?page=2")]
async fn a_call_to_nowhere_fails_the_test() {
    let github = FakeGitHub::start().await;
    let client = Client::installation(&github).await;
    assert_eq!(client.get("/repos/acme/shop/stargazers?page=2").await.status, 404);
    github.finish();
}
