//! Jira's behaviour, Cloud and Data Center.

use hearback::time::{ManualClock, UnixMs};
use serde_json::{Value, json};

use super::client::Client;
use super::receiver::Receiver;
use crate::worlds::fault::Fault;
use crate::worlds::jira::text::Text;
use crate::worlds::jira::{Call, FakeJira, Flavour};

fn client(jira: &FakeJira) -> Client {
    Client::new(jira.url(), &jira.authorization())
}

fn doc(text: &str) -> Value {
    let words = json!([{"type": "text", "text": text}]);
    json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": words}]})
}

fn task(description: &Value) -> Value {
    json!({
        "fields": {
            "project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "Checkout fails",
            "description": description, "labels": ["hearback", "hearback-8f14e45f"],
        },
        "properties": [{"key": "hearback", "value": {"marker": "8f14e45f"}}],
    })
}

const ISSUE: &str = "/rest/api/3/issue";

#[tokio::test]
async fn cloud_files_finds_and_edits() {
    let jira = FakeJira::start(Flavour::Cloud).await;
    let client = client(&jira);
    assert!(client.get("/rest/api/3/myself").await.json()["accountId"].is_string());
    assert_eq!(client.get("/rest/api/3/serverInfo").await.json()["deploymentType"], "Cloud");
    assert_eq!(client.get("/rest/api/3/project/SHOP").await.json()["issueTypes"][0]["name"], "Task");
    let made = client.post(ISSUE, &task(&doc("text"))).await;
    assert_eq!((made.status, &made.json()["key"]), (201, &json!("SHOP-1")));

    let search = json!({
        "jql": r#"project = SHOP AND labels = "hearback-8f14e45f""#,
        "fields": ["summary", "labels"], "properties": ["hearback"],
    });
    let found = client.post("/rest/api/3/search/jql", &search).await.json();
    assert_eq!(found["issues"][0]["properties"]["hearback"]["marker"], "8f14e45f");
    let fields = found["issues"][0]["fields"].as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["labels", "summary"]);
    assert_eq!(found["isLast"], true);

    let edit =
        json!({"fields": {"description": doc("new")}, "update": {"labels": [{"add": "x"}, {"remove": "hearback"}]}});
    assert_eq!(client.put(&format!("{ISSUE}/SHOP-1"), &edit).await.status, 204);
    let kept = jira.issue_read("SHOP-1");
    assert_eq!(kept.labels, ["hearback-8f14e45f", "x"]);
    assert_eq!(kept.description, Some(Text::Adf(doc("new"))));
    assert_eq!(kept.revisions, [Text::Adf(doc("text"))]);
    let v2 = client.get("/rest/api/2/issue/SHOP-1?fields=description").await.json();
    assert_eq!(v2["fields"]["description"], "new");
    assert_eq!(client.get("/rest/api/3/search?jql=project=SHOP").await.status, 410);
    jira.finish();
}

#[tokio::test]
async fn data_center_speaks_v2_with_strings_and_offsets() {
    let jira = FakeJira::start(Flavour::DataCenter).await;
    let client = client(&jira);
    assert!(client.get("/rest/api/2/myself").await.json()["name"].is_string());
    for _ in 0..3 {
        assert_eq!(client.post("/rest/api/2/issue", &task(&json!("h3. Text"))).await.status, 201);
    }
    assert!(jira.issues()[0].properties.is_empty(), "properties do not come with the issue");
    let property = "/rest/api/2/issue/SHOP-1/properties/hearback";
    assert_eq!(client.put(property, &json!({"marker": "x"})).await.status, 201);
    assert_eq!(client.put(property, &json!({"marker": "y"})).await.status, 200);
    assert_eq!(client.get(property).await.json()["value"]["marker"], "y");

    let search = json!({"jql": "labels in (hearback) ORDER BY created DESC", "startAt": 1, "maxResults": 1});
    let found = client.post("/rest/api/2/search", &search).await.json();
    assert_eq!((&found["total"], &found["issues"][0]["key"]), (&json!(3), &json!("SHOP-2")));
    assert_eq!(found["issues"][0]["fields"]["description"], "h3. Text");
    let refused = client.post("/rest/api/2/issue", &task(&doc("text"))).await;
    assert_eq!(
        (refused.status, &refused.json()["errors"]["description"]),
        (400, &json!("Operation value must be a string"))
    );
    assert_eq!(client.get("/rest/api/3/myself").await.status, 404);
    jira.finish();
}

#[tokio::test]
async fn nobody_else_is_let_in() {
    for flavour in [Flavour::Cloud, Flavour::DataCenter] {
        let jira = FakeJira::start(flavour).await;
        for authorization in ["", "Bearer wrong", "Basic d3Jvbmc6d3Jvbmc="] {
            assert_eq!(Client::new(jira.url(), authorization).get("/rest/api/2/myself").await.status, 401);
        }
    }
}

#[tokio::test]
async fn refusals_name_the_field() {
    let jira = FakeJira::start(Flavour::Cloud).await;
    let client = client(&jira);
    jira.refuse_field("priority");
    jira.require_field("customfield_10010");
    let with = |name: &str, value: Value| {
        let mut body = task(&doc("text"));
        body["fields"]["customfield_10010"] = json!("set");
        body["fields"][name] = value;
        body
    };
    for (body, field, words) in [
        (task(&doc("text")), "customfield_10010", "is required"),
        (with("priority", json!({"name": "High"})), "priority", "cannot be set. It is not on the appropriate screen"),
        (with("customfield_1", json!(1)), "customfield_1", "cannot be set"),
        (with("summary", json!("x".repeat(256))), "summary", "255"),
        (with("summary", json!("a\nb")), "summary", "newline"),
        (with("labels", json!(["a b"])), "labels", "contains spaces"),
        (with("project", json!({"key": "NONE"})), "project", "valid project is required"),
        (with("issuetype", json!({"name": "Epic"})), "issuetype", "valid issue type"),
        (with("description", json!("plain")), "description", "Operation value must be an Atlassian Document"),
        (with("description", doc(&"x".repeat(32_768))), "description", "too long"),
    ] {
        let got = client.post(ISSUE, &body).await;
        assert_eq!(got.status, 400, "{field}");
        assert!(got.json()["errors"][field].as_str().unwrap().contains(words), "{field}: {}", got.text);
    }
    let empty = with("description", doc(""));
    assert_eq!(client.post(ISSUE, &empty).await.json()["errorMessages"][0], "INVALID_INPUT");
    assert_eq!(client.post(ISSUE, &with("summary", json!("fine"))).await.status, 201);
    let types = client.get("/rest/api/3/issue/createmeta/SHOP/issuetypes").await.json();
    let id = types["issueTypes"][0]["id"].as_str().unwrap();
    let asked = client.get(&format!("/rest/api/3/issue/createmeta/SHOP/issuetypes/{id}")).await.json();
    assert!(
        asked["fields"].as_array().unwrap().iter().any(|f| f["key"] == "customfield_10010" && f["required"] == true)
    );
    jira.drop_issue_type("SHOP", "Task");
    assert_eq!(client.post(ISSUE, &with("summary", json!("fine"))).await.status, 400);
    jira.finish();
}

#[tokio::test]
async fn search_lags_pages_and_refuses() {
    let clock = ManualClock::at(UnixMs(1_790_000_000_000));
    let jira = FakeJira::start_at(Flavour::Cloud, clock.clone()).await;
    let client = client(&jira);
    jira.search_lag(30_000);
    let made = client.post(ISSUE, &task(&doc("text"))).await.json();
    let mut search = json!({"jql": "labels = hearback"});
    let count = async |search: &Value| {
        let found = client.post("/rest/api/3/search/jql", search).await.json();
        found["issues"].as_array().unwrap().len()
    };
    assert_eq!(count(&search).await, 0);
    assert_eq!(client.get(&format!("{ISSUE}/SHOP-1")).await.status, 200);
    search["reconcileIssues"] = json!([made["id"].as_str().unwrap().parse::<u64>().unwrap()]);
    assert_eq!(count(&search).await, 1);
    clock.advance(30_000);
    for _ in 0..4 {
        client.post(ISSUE, &task(&doc("text"))).await;
    }
    clock.advance(30_000);
    let (mut path, mut ids) = ("/rest/api/3/search/jql?jql=project%3DSHOP&maxResults=2".to_owned(), Vec::new());
    loop {
        let page = client.get(&path).await.json();
        ids.extend(page["issues"].as_array().unwrap().iter().map(ToString::to_string));
        let Some(token) = page["nextPageToken"].as_str() else { break };
        path = format!("/rest/api/3/search/jql?jql=project%3DSHOP&maxResults=2&nextPageToken={token}");
    }
    assert_eq!((ids.len(), jira.calls(Call::Search)), (5, 5));
    assert!(ids.iter().all(|id| id.starts_with("{\"id\":") && !id.contains("key")), "ids only: {ids:?}");
    let count = client.post("/rest/api/3/search/approximate-count", &json!({"jql": "project = SHOP"})).await;
    assert_eq!(count.json()["count"], 5);
    for bad in ["", "ORDER BY created", "labels ~ x", "project = NONE", "foo = 1", "labels = \"open"] {
        let got = client.post("/rest/api/3/search/jql", &json!({"jql": bad})).await;
        assert_eq!(got.status, 400, "{bad}: {}", got.text);
    }
    let quoted = json!({"jql": r#"labels not in ("a\"b", hearback) AND status != Done"#});
    assert_eq!(client.post("/rest/api/3/search/jql", &quoted).await.json()["issues"], json!([]));
}

#[tokio::test]
async fn comments_transitions_and_links() {
    let jira = FakeJira::start(Flavour::Cloud).await.strict();
    let client = client(&jira);
    client.post(ISSUE, &task(&doc("text"))).await;
    client.post(ISSUE, &task(&doc("text"))).await;
    let comments = format!("{ISSUE}/SHOP-1/comment");
    assert_eq!(client.post(&comments, &json!({"body": "plain"})).await.status, 400);
    let made = client.post(&comments, &json!({"body": doc("quotes")})).await;
    let one = format!("{comments}/{}", made.json()["id"].as_str().unwrap());
    assert_eq!((made.status, client.put(&one, &json!({"body": doc("better")})).await.status), (201, 200));
    assert_eq!(client.get(&one).await.json()["body"], doc("better"));
    assert_eq!(jira.comments_read("SHOP-1")[0].body.plain(), "better");
    assert_eq!(client.get(&comments).await.json()["total"], 1);
    assert_eq!((client.delete(&one).await.status, client.get(&one).await.status), (204, 404));

    jira.demand("Done", "resolution");
    let steps = format!("{ISSUE}/SHOP-1/transitions");
    let listed = client.get(&format!("{steps}?expand=transitions.fields")).await.json();
    let done = listed["transitions"].as_array().unwrap().iter().find(|t| t["to"]["statusCategory"]["key"] == "done");
    let id = done.unwrap()["id"].clone();
    let refused = client.post(&steps, &json!({"transition": {"id": id}})).await;
    assert_eq!((refused.status, &refused.json()["errors"]["resolution"]), (400, &json!("resolution is required.")));
    let with = json!({"transition": {"id": id}, "fields": {"resolution": {"name": "Done"}}});
    assert_eq!(client.post(&steps, &with).await.status, 204);
    assert_eq!(jira.issues()[0].status, ("Done".into(), "done"));
    jira.workflow(&[("Offen", "new"), ("Erledigt", "done")]);
    assert_eq!(client.post(&steps, &with).await.status, 400);

    let remote = format!("{ISSUE}/SHOP-1/remotelink");
    let link = json!({"globalId": "system=hearback&id=1", "object": {"url": "https://x", "title": "t"}});
    assert_eq!(client.post(&remote, &link).await.status, 201);
    assert_eq!(client.post(&remote, &link).await.status, 200);
    assert_eq!(client.get(&remote).await.json().as_array().unwrap().len(), 1);
    let both = json!({
        "type": {"name": "Duplicate"}, "inwardIssue": {"key": "SHOP-2"}, "outwardIssue": {"key": "SHOP-1"},
    });
    assert_eq!(client.post("/rest/api/3/issueLink", &both).await.status, 201);
    let read = client.get(&format!("{ISSUE}/SHOP-2")).await.json();
    assert_eq!(read["fields"]["issuelinks"][0]["outwardIssue"]["key"], "SHOP-1");
    jira.finish();
}

#[tokio::test]
async fn faults_are_worded_as_jira_words_them() {
    let jira = FakeJira::start(Flavour::Cloud).await;
    let client = client(&jira);
    for (fault, status, issues) in [
        (Fault::TooMany { reason: "jira-per-issue-on-write", retry_after: Some("3") }, 429, 0),
        (Fault::SecondaryLimit { retry_after: None }, 429, 0),
        (Fault::PrimaryLimit { reset_in_s: 600 }, 429, 0),
        (Fault::Unauthorized, 401, 0),
        (Fault::NotAccessible, 403, 0),
        (Fault::Validation { field: "priority", code: "is odd" }, 400, 0),
        (Fault::Status(404), 404, 0),
        (Fault::StatusAfter(503), 503, 1),
        (Fault::TruncatedJson, 201, 2),
    ] {
        jira.fail_next(Call::CreateIssue, fault);
        let got = client.post(ISSUE, &task(&doc("text"))).await;
        assert_eq!((got.status, jira.filed().len()), (status, issues), "{fault:?}");
        if status == 429 {
            assert!(got.header("ratelimit-reason").unwrap().starts_with("jira-"));
            let reset = got.header("x-ratelimit-reset").unwrap();
            assert!(reset.len() == "2026-10-09T10:10Z".len() && reset.ends_with('Z'), "{reset}");
        }
    }
    jira.fail_next(Call::CreateIssue, Fault::DropAfter);
    let lost = client.try_send(http::Method::POST, ISSUE, &task(&doc("text"))).await;
    assert!(lost.is_err());
    assert_eq!((jira.filed().len(), jira.posts_to_create()), (3, 10));
    jira.finish();
}

#[tokio::test]
async fn people_change_issues_and_the_webhook_hears_of_it() {
    let (jira, hook) = (FakeJira::start(Flavour::Cloud).await, Receiver::start().await);
    jira.deliver_to(&hook.url, "s3cret");
    let client = client(&jira);
    client.post(ISSUE, &task(&doc("ours"))).await;
    assert_eq!(hook.arrived().len(), 0);
    jira.person_edits_description("SHOP-1", |words| format!("mine\n{words}")).await;
    jira.person_edits_document("SHOP-1", |document| document["content"] = json!([{"type": "rule"}])).await;
    jira.person_transitions("SHOP-1", "Done").await;
    jira.person_comments("SHOP-1", "/hearback status").await;
    let key = jira.move_project("SHOP-1", "OPS").await;
    assert_eq!((key.as_str(), &client.get(&format!("{ISSUE}/SHOP-1")).await.json()["key"]), ("OPS-1", &json!("OPS-1")));
    jira.person_deletes("OPS-1").await;
    assert_eq!(client.get(&format!("{ISSUE}/SHOP-1")).await.status, 404);
    assert_eq!(client.put(&format!("{ISSUE}/OPS-1"), &json!({"fields": {"summary": "x"}})).await.status, 404);
    jira.person_posts_issue("SHOP", "theirs", "hearback-8f14e45f");
    assert_eq!((jira.issues().len(), jira.filed().len()), (1, 0));

    let arrived = hook.arrived();
    assert!(arrived.iter().all(|a| a.signed_with("x-hub-signature", "s3cret")));
    let told: Vec<Value> = arrived.iter().map(super::receiver::Arrived::json).collect();
    let events: Vec<_> = told.iter().map(|t| t["webhookEvent"].as_str().unwrap()).collect();
    let updated = "jira:issue_updated";
    assert_eq!(events, [updated, updated, updated, "comment_created", updated, "jira:issue_deleted"]);
    assert_eq!(told[0]["changelog"]["items"][0]["fromString"], "ours");
    assert_eq!(told[0]["issue"]["fields"]["description"], "mine\nours", "v2 strings, never ADF");
    assert_eq!(told[2]["changelog"]["items"][0]["toString"], "Done");
    assert_eq!(told[2]["issue"]["fields"]["status"]["statusCategory"]["key"], "done");
    assert_eq!(told[3]["comment"]["body"], "/hearback status");
    assert!(jira.deliveries().iter().all(|(_, heard)| heard.status == 200));
    jira.finish();
}

#[tokio::test]
#[should_panic(expected = "unread comment on SHOP-1")]
async fn a_strict_end_wants_each_comment_read() {
    let jira = FakeJira::start(Flavour::Cloud).await.strict();
    let client = client(&jira);
    client.post(ISSUE, &task(&doc("text"))).await;
    client.post(&format!("{ISSUE}/SHOP-1/comment"), &json!({"body": doc("quotes")})).await;
    jira.finish();
}
