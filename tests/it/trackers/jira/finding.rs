//! Finding what was filed.

use super::{BOTH, desk, section};
use crate::worlds::fault::Fault;
use crate::worlds::jira::{Call, Flavour};

#[tokio::test]
async fn what_was_filed_is_found_oldest_first_and_open_or_not() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        assert_eq!(desk.find().await.unwrap(), []);
        for _ in 0..3 {
            desk.file().await.unwrap();
        }
        desk.jira.person_transitions("SHOP-2", "Done").await;
        let found = desk.find().await.unwrap();
        let found: Vec<_> = found.iter().map(|remote| (remote.key.as_str(), remote.open)).collect();
        assert_eq!(found, [("SHOP-1", true), ("SHOP-2", false), ("SHOP-3", true)]);
        desk.jira.finish();
    }
}

#[tokio::test]
async fn long_lists_are_read_to_their_end() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        for _ in 0..120 {
            desk.jira.person_posts_issue("SHOP", "theirs", &section().token());
        }
        let ours = desk.file().await.unwrap().remote;
        assert_eq!(desk.find().await.unwrap(), [ours]);
        assert_eq!(desk.jira.calls(Call::Search), 3);
        desk.jira.finish();
    }
}

#[tokio::test]
async fn somebody_else_s_issue_with_our_label_is_not_ours() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        desk.jira.person_posts_issue("SHOP", "copied", &section().token());
        assert_eq!(desk.find().await.unwrap(), []);
    }
}

#[tokio::test]
async fn our_issue_with_another_marker_s_property_is_not_it() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        let key = desk.file().await.unwrap().remote.key;
        desk.jira
            .lock()
            .issues
            .values_mut()
            .next()
            .unwrap()
            .properties
            .insert("hearback".into(), serde_json::json!({"v": 1, "marker": "another"}));
        assert_eq!(desk.find().await.unwrap(), [], "{key}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_adopted_once_search_shows_it() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        desk.jira.search_lag(3_600_000);
        desk.jira.fail_next(Call::CreateIssue, Fault::DropAfter);
        assert_eq!(super::kind(&desk.file().await.unwrap_err()), "unknown");
        assert_eq!(desk.find().await.unwrap(), [], "search lags");
        desk.jira.search_lag(0);
        assert_eq!(desk.find().await.unwrap(), [desk.remote("SHOP-1")]);
        assert_eq!(desk.jira.posts_to_create(), 1);
        desk.jira.finish();
    }
}

#[tokio::test]
async fn cloud_is_asked_as_its_reference_says() {
    let desk = desk(Flavour::Cloud).await;
    desk.find().await.unwrap();
    let asked = desk.jira.requests(Call::Search)[0].ask.json().to_string().replace(&section().token(), "TOKEN");
    insta::assert_snapshot!(asked, @r#"{"fields":["labels","creator","reporter","status"],"jql":"project = \"SHOP\" AND labels = \"TOKEN\" ORDER BY created ASC","maxResults":50,"properties":["hearback"]}"#);
}
