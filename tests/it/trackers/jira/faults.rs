//! What each fault means, and that nothing is repeated.

use hearback::http::RemoteError;

use super::{BOTH, PATIENCE_MS, desk, kind, says};
use crate::worlds::fault::Fault;
use crate::worlds::jira::Call;

#[tokio::test]
async fn each_fault_of_a_create_is_told_by_what_may_be_concluded() {
    let late = 3 * PATIENCE_MS;
    for flavour in BOTH {
        for (fault, is, made) in [
            (Fault::Status(500), "unknown", 0),
            (Fault::StatusAfter(502), "unknown", 1),
            (Fault::StatusAfter(503), "unknown", 1),
            (Fault::DropBefore, "unknown", 0),
            (Fault::DropAfter, "unknown", 1),
            (Fault::HangAfter { ms: late }, "unknown", 1),
            (Fault::LateEffect { ms: 1 }, "unknown", 1),
            (Fault::TruncatedJson, "unknown", 1),
            (Fault::BodyCut, "unknown", 1),
            (Fault::HtmlPage, "unknown", 0),
            (Fault::HtmlPageAfter, "unknown", 1),
            (Fault::SecondaryLimit { retry_after: Some("7") }, "wait", 0),
            (Fault::PrimaryLimit { reset_in_s: 600 }, "wait", 0),
            (Fault::TooMany { reason: "jira-per-issue-on-write", retry_after: Some("soon") }, "wait", 0),
            (Fault::Unauthorized, "unauthorized", 0),
            (Fault::NotAccessible, "refused", 0),
            (Fault::Status(404), "gone", 0),
            (Fault::Status(409), "not sent", 0),
            (Fault::Validation { field: "summary", code: "is odd" }, "refused", 0),
        ] {
            let desk = desk(flavour).await;
            desk.jira.fail_next(Call::CreateIssue, fault);
            let error = desk.file().await.unwrap_err();
            assert_eq!(kind(&error), is, "{flavour:?} {fault:?}: {error}");
            assert_eq!((desk.jira.posts_to_create(), desk.jira.filed().len()), (1, made), "{flavour:?} {fault:?}");
            desk.jira.finish();
        }
    }
}

#[tokio::test]
async fn each_fault_of_a_look_means_nothing_was_sent() {
    for flavour in BOTH {
        for (fault, is) in [
            (Fault::Status(500), "not sent"),
            (Fault::DropBefore, "not sent"),
            (Fault::TruncatedJson, "not sent"),
            (Fault::BodyCut, "not sent"),
            (Fault::HtmlPage, "not sent"),
            (Fault::Hang { ms: 3 * PATIENCE_MS }, "not sent"),
            (Fault::SecondaryLimit { retry_after: None }, "wait"),
            (Fault::Unauthorized, "unauthorized"),
            (Fault::NotAccessible, "refused"),
        ] {
            let desk = desk(flavour).await;
            desk.jira.fail_next(Call::Search, fault);
            let error = desk.find().await.unwrap_err();
            assert_eq!(kind(&error), is, "{flavour:?} {fault:?}: {error}");
            assert_eq!(desk.jira.calls(Call::Search), 1, "{flavour:?} {fault:?}");
            desk.jira.finish();
        }
    }
}

#[tokio::test]
async fn a_pause_is_as_long_as_jira_asks() {
    for flavour in BOTH {
        for (fault, from, to) in [
            (Fault::SecondaryLimit { retry_after: Some("7") }, 7_000, 7_000),
            // To the minute, rounded up.
            (Fault::PrimaryLimit { reset_in_s: 600 }, 590_000, 661_000),
            (Fault::SecondaryLimit { retry_after: Some("0") }, 1_000, 1_000),
        ] {
            let desk = desk(flavour).await;
            desk.jira.fail_next(Call::CreateIssue, fault);
            let error = desk.file().await.unwrap_err();
            let RemoteError::Wait { ms, reason } = &error else { panic!("{error}") };
            assert!((from..=to).contains(ms) && reason.starts_with("jira-"), "{fault:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_named() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        desk.jira.fail_always(Call::Myself, Fault::Unauthorized);
        let said = desk.tracker_check().await.unwrap_err().to_string();
        assert!(said.contains("renew jira.token"), "{said}");
    }
}

#[tokio::test]
async fn an_edit_whose_answer_is_lost_is_the_same_when_it_is_sent_again() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        let key = desk.file().await.unwrap().remote.key;
        desk.jira.fail_next(Call::EditIssue, Fault::DropAfter);
        assert_eq!(kind(&desk.revise(&key, &says("new")).await.unwrap_err()), "unknown");
        assert_eq!(desk.revise(&key, &says("new")).await, Ok(hearback::trackers::Revised::Unchanged));
        assert_eq!(desk.jira.calls(Call::EditIssue), 1);
        desk.jira.finish();
    }
}
