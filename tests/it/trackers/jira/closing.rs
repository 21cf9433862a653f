//! Closing doubles.

use hearback::trackers::IssueTracker as _;

use super::{BOTH, Desk, desk, kind};
use crate::worlds::fault::Fault;
use crate::worlds::jira::Call;

async fn two(flavour: crate::worlds::jira::Flavour) -> Desk {
    let desk = desk(flavour).await;
    desk.file().await.unwrap();
    desk.file().await.unwrap();
    desk
}

impl Desk {
    async fn close(&self) -> Result<(), hearback::http::RemoteError> {
        self.tracker.close_double("SHOP", "SHOP-2", &self.remote("SHOP-1")).await
    }
}

#[tokio::test]
async fn a_double_is_linked_explained_and_done_once() {
    for flavour in BOTH {
        let desk = two(flavour).await;
        for _ in 0..2 {
            desk.close().await.unwrap();
        }
        let double = desk.jira.issue_read("SHOP-2");
        assert_eq!((double.status.1, double.comments.len()), ("done", 1));
        assert!(double.comments[0].body.plain().contains("This doubles"), "{}", double.comments[0].body.plain());
        let ids: Vec<u64> = desk.jira.issues().iter().map(|issue| issue.id).collect();
        assert_eq!(desk.jira.lock().links, [("Duplicate".to_owned(), ids[1], ids[0])]);
        assert_eq!(desk.jira.issue_read("SHOP-1").status.1, "new");
        assert_eq!(desk.jira.calls(Call::Transition), 1);
        desk.jira.finish();
    }
}

#[tokio::test]
async fn a_double_that_a_person_opened_again_stays_open() {
    for flavour in BOTH {
        let desk = two(flavour).await;
        desk.close().await.unwrap();
        desk.jira.person_transitions("SHOP-2", "To Do").await;
        desk.close().await.unwrap();
        let double = desk.jira.issue_read("SHOP-2");
        assert_eq!((double.status.1, double.comments.len()), ("new", 1));
        desk.jira.finish();
    }
}

#[tokio::test]
async fn a_step_that_asks_for_something_is_left_to_people() {
    for flavour in BOTH {
        let desk = two(flavour).await;
        desk.jira.demand("Done", "resolution");
        for _ in 0..2 {
            let said = desk.close().await.unwrap_err().to_string();
            assert_eq!(
                said,
                "refused: I can't move SHOP-2 to *Done*: that workflow needs a value for resolution. Close it by hand: it \
                 doubles SHOP-1."
            );
        }
        let said = desk.jira.comments_read("SHOP-2");
        assert_eq!((said.len(), desk.jira.calls(Call::Transition)), (1, 0));
        assert!(
            said[0].body.plain().contains("that workflow needs a value for resolution"),
            "{}",
            said[0].body.plain()
        );
        // Somebody mends the workflow.
        desk.jira.workflow(&[("Erledigt", "done")]);
        desk.close().await.unwrap();
        assert_eq!(desk.jira.issue_read("SHOP-2").status.0, "Erledigt");
        desk.jira.finish();
    }
}

#[tokio::test]
async fn a_lost_answer_on_the_way_is_taken_up_again() {
    for flavour in BOTH {
        for call in [Call::LinkIssues, Call::CreateComment, Call::Transition] {
            let desk = two(flavour).await;
            desk.jira.fail_next(call, Fault::DropAfter);
            assert_eq!(kind(&desk.close().await.unwrap_err()), "unknown", "{call:?}");
            desk.close().await.unwrap();
            let double = desk.jira.issue_read("SHOP-2");
            assert_eq!((double.status.1, double.comments.len()), ("done", 1), "{call:?}");
            assert_eq!(desk.jira.lock().links.len(), 1);
            desk.jira.finish();
        }
    }
}

#[tokio::test]
async fn without_links_the_comment_will_do_and_a_deleted_double_is_closed() {
    for flavour in BOTH {
        let desk = two(flavour).await;
        desk.jira.fail_next(Call::LinkIssues, Fault::Status(404));
        desk.close().await.unwrap();
        assert_eq!(desk.jira.issue_read("SHOP-2").status.1, "done");
        desk.jira.person_deletes("SHOP-2").await;
        desk.close().await.unwrap();
        desk.jira.finish();
    }
}
