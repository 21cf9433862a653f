//! The comment that holds customers' words.

use hearback::http::RemoteError;
use hearback::render::doc::{Block, Doc, Inline};
use hearback::render::markers::MarkerKind;
use hearback::trackers::IssueTracker as _;

use super::{BOTH, Desk, desk, kind, marker};
use crate::worlds::fault::Fault;
use crate::worlds::jira::Call;
use crate::worlds::jira::text::Text;

fn quote(text: &str) -> Doc {
    Doc { blocks: vec![Block::Quote { text: text.into(), source: vec![Inline::Code("fb_1".into())] }] }
}

impl Desk {
    async fn put(&self, known: Option<&str>, text: &str) -> Result<String, RemoteError> {
        self.tracker.put_comment("SHOP", "SHOP-1", &marker(MarkerKind::Quotes), known, &quote(text)).await
    }
}

#[tokio::test]
async fn one_comment_is_made_and_then_edited_where_it_differs() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        desk.file().await.unwrap();
        let id = desk.put(None, "It crashes").await.unwrap();
        assert_eq!(desk.put(Some(&id), "It crashes").await.as_ref(), Ok(&id));
        assert_eq!(desk.jira.calls(Call::EditComment), 0);
        assert_eq!(desk.put(Some(&id), "It crashes again").await.as_ref(), Ok(&id));
        let comments = desk.jira.comments_read("SHOP-1");
        assert_eq!(comments.len(), 1);
        if let Text::Adf(document) = &comments[0].body {
            super::assert_is_adf(document);
        }
        assert!(comments[0].body.plain().contains("It crashes again"));
        let issue = &desk.jira.issues()[0];
        assert!(!issue.description.as_ref().unwrap().plain().contains("It crashes"), "words stand in the comment only");
        desk.jira.finish();
    }
}

#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_adopted() {
    for flavour in BOTH {
        for fault in [Fault::DropAfter, Fault::TruncatedJson, Fault::StatusAfter(502), Fault::HtmlPageAfter] {
            let desk = desk(flavour).await;
            desk.file().await.unwrap();
            for _ in 0..120 {
                desk.jira.person_comments("SHOP-1", "me too").await;
            }
            desk.jira.fail_next(Call::CreateComment, fault);
            assert_eq!(kind(&desk.put(None, "old").await.unwrap_err()), "unknown", "{fault:?}");
            let id = desk.put(None, "new").await.unwrap();
            assert_eq!(desk.jira.calls(Call::CreateComment), 1);
            let ours = desk.jira.comments_read("SHOP-1").pop().unwrap();
            assert_eq!((ours.id.to_string(), ours.body.plain().contains("new")), (id, true));
            desk.jira.finish();
        }
    }
}

#[tokio::test]
async fn somebody_else_s_copy_of_our_comment_is_not_ours() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        desk.file().await.unwrap();
        desk.put(None, "It crashes").await.unwrap();
        let copy = desk.jira.comments_read("SHOP-1")[0].body.plain();
        desk.jira.lock().issues.values_mut().next().unwrap().comments.clear();
        desk.jira.person_comments("SHOP-1", &copy).await;
        desk.put(None, "It crashes").await.unwrap();
        assert_eq!(desk.jira.comments_read("SHOP-1").len(), 2);
    }
}

#[tokio::test]
async fn a_known_comment_that_a_person_deleted_stays_deleted() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        desk.file().await.unwrap();
        let id = desk.put(None, "It crashes").await.unwrap();
        desk.jira.lock().issues.values_mut().next().unwrap().comments.clear();
        assert_eq!(kind(&desk.put(Some(&id), "new").await.unwrap_err()), "gone");
        desk.jira.fail_next(Call::GetComment, Fault::Status(404));
        desk.jira.fail_next(Call::GetIssue, Fault::Status(404));
        desk.jira.fail_next(Call::GetProject, Fault::Status(404));
        let unseen = desk.put(Some(&id), "new").await.unwrap_err();
        assert_eq!(kind(&unseen), "refused", "gone would mean that a person deleted it: {unseen}");
        assert_eq!(desk.jira.calls(Call::CreateComment), 1);
    }
}
