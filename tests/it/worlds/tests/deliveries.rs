//! What reaches a hook, what does not, and how it is had again.

use serde_json::{Value, json};

use super::client::{Client, link};
use super::receiver::Receiver;
use crate::worlds::github::FakeGitHub;

const ISSUES: &str = "/repos/acme/shop/issues";

#[tokio::test]
async fn one_click_on_publish_sends_two_signed_events() {
    let (github, hook) = (FakeGitHub::start().await, Receiver::start().await);
    github.deliver_to(&hook.url, "s3cret");
    let sent = github.publish_release_with("v1.2.0", "- faster\n- better", false).await;
    assert_eq!(sent.iter().map(|d| d.status).collect::<Vec<_>>(), [200, 200]);
    let arrived = hook.arrived();
    let actions: Vec<_> = arrived.iter().map(|a| a.json()["action"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actions, ["released", "published"]);
    let published = &arrived[1];
    assert!(published.signed_with("x-hub-signature-256", "s3cret"));
    assert!(!published.signed_with("x-hub-signature-256", "other"));
    assert_eq!(published.header("x-github-event"), "release");
    assert_eq!(published.header("x-github-delivery"), sent[1].event.guid);
    let body = published.json();
    assert_eq!(body["release"]["body"], "- faster\r\n- better");
    assert_eq!(body["repository"]["full_name"], "acme/shop");
    assert_eq!(body["installation"]["id"], github.installation_id());

    github.unpublish("v1.2.0").await;
    github.delete_release("v1.2.0").await;
    github.deploy("production", "v1.2.0", "success").await;
    let later: Vec<Value> = hook.arrived()[2..].iter().map(super::receiver::Arrived::json).collect();
    assert_eq!((&later[0]["action"], &later[1]["action"]), (&json!("unpublished"), &json!("deleted")));
    assert_eq!(later[2]["deployment"]["production_environment"], true);
    assert_eq!(later[2]["deployment_status"]["state"], "success");
}

#[tokio::test]
async fn people_are_told_and_the_apps_own_writes_only_when_asked() {
    let (github, hook) = (FakeGitHub::start().await, Receiver::start().await);
    github.deliver_to(&hook.url, "s");
    let client = Client::installation(&github).await;
    client.post(ISSUES, &json!({"title": "t", "body": "b"})).await;
    github.settle().await;
    assert_eq!(hook.arrived().len(), 0);
    github.person_edits_issue(1, |body| body.to_owned() + "!").await;
    github.person_comments(1, "/hearback status\nplease").await;
    github.person_closes(1).await;
    let told: Vec<Value> = hook.arrived().iter().map(super::receiver::Arrived::json).collect();
    assert_eq!(told[0]["changes"]["body"]["from"], "b");
    assert_eq!(told[1]["comment"]["body"], "/hearback status\r\nplease");
    assert_eq!(told[1]["comment"]["author_association"], "OWNER");
    assert_eq!((&told[2]["action"], &told[2]["sender"]["login"]), (&json!("closed"), &json!("ada")));

    github.tell_own_writes(true);
    client.post(ISSUES, &json!({"title": "t2"})).await;
    client.post(&format!("{ISSUES}/2/comments"), &json!({"body": "ours"})).await;
    github.settle().await;
    let own = &hook.arrived()[3..];
    let events: Vec<_> = own.iter().map(|a| a.header("x-github-event").to_owned()).collect();
    assert!(events.contains(&"issues".into()) && events.contains(&"issue_comment".into()), "{events:?}");
    assert_eq!(own[0].json()["sender"]["type"], "Bot");
    github.finish();
}

#[tokio::test]
async fn nothing_is_sent_again_by_itself_and_a_redelivery_keeps_its_guid() {
    let (github, hook) = (FakeGitHub::start().await, Receiver::start().await);
    github.deliver_to(&hook.url, "s");
    github.deliveries_fail(true);
    let lost = github.publish_release("v1").await;
    assert_eq!((lost.len(), lost[0].status, hook.arrived().len()), (2, 502, 0));
    github.deliveries_fail(false);
    hook.answer(503);
    github.deploy("production", "v1", "success").await;
    hook.answer(200);
    github.publish_release("v2").await;
    assert_eq!(hook.arrived().len(), 3);

    let app = Client::app(&github);
    let failed = app.get("/app/hook/deliveries?status=failure").await.json();
    let failed = failed.as_array().unwrap();
    assert_eq!(failed.len(), 3);
    assert_eq!((&failed[0]["status_code"], &failed[0]["event"]), (&json!(503), &json!("deployment_status")));
    let one = app.get(&format!("/app/hook/deliveries/{}", failed[2]["id"])).await.json();
    assert_eq!(one["request"]["payload"]["release"]["tag_name"], "v1");
    for delivery in failed {
        let asked = app.post(&format!("/app/hook/deliveries/{}/attempts", delivery["id"]), &Value::Null).await;
        assert_eq!(asked.status, 202);
    }
    github.settle().await;
    let again: Vec<String> = hook.arrived()[3..].iter().map(|a| a.header("x-github-delivery").to_owned()).collect();
    assert!(failed.iter().all(|d| again.contains(&d["guid"].as_str().unwrap().to_owned())), "{again:?}");
    let newest = app.get("/app/hook/deliveries").await.json();
    assert_eq!((&newest[0]["redelivery"], &newest[0]["status"]), (&json!(true), &json!("OK")));
    assert_eq!(github.deliveries().len(), 8);
    assert_eq!(github.replay(&lost[0]).await.status, 200);
    assert_eq!(github.deliveries().len(), 8, "a replay is somebody else's");
}

#[tokio::test]
async fn deliveries_are_paged_by_a_cursor() {
    let github = FakeGitHub::start().await;
    github.deliver_to("http://127.0.0.1:1/hooks/github", "s");
    for n in 0..5 {
        github.send_event("ping", json!({"zen": n.to_string()})).await;
    }
    let app = Client::app(&github);
    let (mut next, mut ids) = (Some("/app/hook/deliveries?per_page=2&status=failure".to_owned()), Vec::new());
    while let Some(path) = next {
        let got = app.get(&path).await;
        ids.extend(got.json().as_array().unwrap().iter().map(|d| d["id"].as_u64().unwrap()));
        next = link(&got, "next");
    }
    assert_eq!(ids.len(), 5);
    assert!(ids.is_sorted_by(|a, b| a > b));
    assert_eq!(app.get("/app/hook/deliveries?cursor=2").await.status, 422);
}
