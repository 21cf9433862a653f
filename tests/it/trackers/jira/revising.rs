//! Keeping our section true while people write around it.

use hearback::trackers::Revised;
use serde_json::{Value, json};

use super::{BOTH, desk, kind, says};
use crate::worlds::fault::Fault;
use crate::worlds::jira::text::Text;
use crate::worlds::jira::{Call, Flavour};

fn nodes(text: &Text) -> Vec<Value> {
    text.shape(true)["content"].as_array().unwrap().clone()
}

#[tokio::test]
async fn only_what_differs_is_written() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        let key = desk.file().await.unwrap().remote.key;
        assert_eq!(desk.revise(&key, &says("crashes on pay")).await, Ok(Revised::Unchanged));
        assert_eq!(desk.jira.calls(Call::EditIssue), 0);
        assert_eq!(desk.revise(&key, &says("crashes on every pay")).await, Ok(Revised::Written));
        assert_eq!(desk.revise(&key, &says("crashes on every pay")).await, Ok(Revised::Unchanged));
        let issue = desk.jira.issue_read(&key);
        let text = issue.description.unwrap().plain();
        assert!(text.contains("crashes on every pay") && !text.contains("crashes on pay"), "{text}");
        assert_eq!((issue.summary.as_str(), issue.labels.len()), ("Checkout crashes on pay (v1.4.0)", 3));
        let put = &desk.jira.requests(Call::EditIssue)[0].ask;
        assert_eq!(put.query("notifyUsers"), Some("false"));
        desk.jira.finish();
    }
}

#[tokio::test]
async fn people_s_nodes_around_our_section_stay_equal() {
    let desk = desk(Flavour::Cloud).await;
    let key = desk.file().await.unwrap().remote.key;
    let above = json!({"type": "panel", "attrs": {"panelType": "info"}, "content": [
        {"type": "paragraph", "attrs": {"localId": "a1"}, "content": [
            {"type": "mention", "attrs": {"id": "712020:ada", "text": "@ada", "accessLevel": ""}},
            {"type": "text", "text": " look"},
        ]},
    ]});
    let below = json!({"type": "taskList", "attrs": {"localId": "t"}, "content": [
        {"type": "taskItem", "attrs": {"localId": "i", "state": "TODO"}, "content": [{"type": "text", "text": "try it"}]},
    ]});
    let (first, last) = (above.clone(), below.clone());
    desk.jira
        .person_edits_document(&key, |document| {
            let content = document["content"].as_array_mut().unwrap();
            // As Jira gives it back after somebody saved it in the editor.
            for (n, node) in content.iter_mut().enumerate() {
                node["attrs"]["localId"] = json!(format!("{n}"));
            }
            content.insert(0, first);
            content.push(last);
        })
        .await;
    assert_eq!(desk.revise(&key, &says("crashes on pay")).await, Ok(Revised::Unchanged), "ids are no difference");
    let before = nodes(&desk.jira.issue_read(&key).description.unwrap());
    assert_eq!(desk.revise(&key, &says("crashes twice")).await, Ok(Revised::Written));
    let text = desk.jira.issue_read(&key).description.unwrap();
    let after = nodes(&text);
    assert_eq!(after[..2], before[..2]);
    assert_eq!(after[after.len() - 2..], before[before.len() - 2..]);
    assert_eq!((&after[0], after.last().unwrap()), (&above, &below));
    assert_eq!(text.plain().matches("crashes twice").count(), 1);
    super::assert_is_adf(&desk.jira.requests(Call::EditIssue)[0].ask.json()["fields"]["description"]);
    desk.jira.finish();
}

#[tokio::test]
async fn people_s_markup_around_our_section_stays_byte_for_byte() {
    let desk = desk(Flavour::DataCenter).await;
    let key = desk.file().await.unwrap().remote.key;
    let (above, below) = ("h1. Mine \r\n\r\n{quote}\r\nhm{quote}\r\n", "\r\n\r\n[~ada] \\{look\\}  \r\n");
    desk.jira.person_edits_description(&key, |ours| format!("{above}{}{below}", ours.replace('\n', "\r\n"))).await;
    assert_eq!(desk.revise(&key, &says("crashes on pay")).await, Ok(Revised::Unchanged), "line ends are no difference");
    assert_eq!(desk.revise(&key, &says("crashes twice")).await, Ok(Revised::Written));
    let Some(Text::Wiki(text)) = desk.jira.issue_read(&key).description else { panic!("wiki markup") };
    assert!(text.starts_with(above) && text.ends_with(below), "{text:?}");
    assert_eq!(text.matches("crashes twice").count(), 1);
    desk.jira.finish();
}

#[tokio::test]
async fn a_section_that_somebody_removed_is_put_at_the_end() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        let key = desk.file().await.unwrap().remote.key;
        desk.jira.person_edits_description(&key, |_| "Only mine".into()).await;
        assert_eq!(desk.revise(&key, &says("crashes on pay")).await, Ok(Revised::Written));
        assert_eq!(desk.revise(&key, &says("crashes on pay")).await, Ok(Revised::Unchanged));
        let text = desk.jira.issue_read(&key).description.unwrap().plain();
        assert!(text.starts_with("Only mine\n"), "{text}");
        assert_eq!(text.matches("crashes on pay").count(), 1);
    }
}

#[tokio::test]
async fn without_the_right_to_be_quiet_people_are_told() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        let key = desk.file().await.unwrap().remote.key;
        desk.jira.fail_next(Call::EditIssue, Fault::NotAccessible);
        assert_eq!(desk.revise(&key, &says("a")).await, Ok(Revised::Written));
        assert_eq!(desk.revise(&key, &says("b")).await, Ok(Revised::Written));
        let quiet: Vec<_> =
            desk.jira.requests(Call::EditIssue).iter().map(|put| put.ask.query("notifyUsers").is_some()).collect();
        assert_eq!(quiet, [true, false, false]);
        desk.jira.finish();
    }
}

#[tokio::test]
async fn deleted_is_told_from_not_to_be_seen() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        let key = desk.file().await.unwrap().remote.key;
        desk.jira.person_deletes(&key).await;
        assert_eq!(desk.revise(&key, &says("new")).await, Ok(Revised::Deleted));
        desk.jira.fail_next(Call::GetProject, Fault::Status(404));
        let error = desk.revise(&key, &says("new")).await.unwrap_err();
        assert_eq!(kind(&error), "gone");
        assert!(error.to_string().contains("let the account of jira.token see that project"), "{error}");
        desk.jira.fail_next(Call::Myself, Fault::Unauthorized);
        assert_eq!(kind(&desk.revise(&key, &says("new")).await.unwrap_err()), "unauthorized");
    }
}

#[tokio::test]
async fn an_issue_that_moved_is_the_same_ticket() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        let key = desk.file().await.unwrap().remote.key;
        desk.jira.move_project(&key, "OPS").await;
        assert_eq!(desk.revise(&key, &says("new")).await, Ok(Revised::Written));
        assert!(desk.jira.issue_read("OPS-1").description.unwrap().plain().contains("new"));
        desk.jira.finish();
    }
}
