//! Making issues.

use hearback::render::doc::{Block, Doc, Inline};
use hearback::trackers::JiraFields;
use serde_json::{Value, json};

use super::{BOTH, desk, desk_with, fields, section, with_priority};
use crate::worlds::fault::Fault;
use crate::worlds::jira::{Call, Flavour};

fn request(desk: &super::Desk) -> Value {
    desk.jira.requests(Call::CreateIssue).last().unwrap().ask.json().clone()
}

#[tokio::test]
async fn cloud_is_asked_once_with_marker_and_document() {
    let desk = desk_with(Flavour::Cloud, with_priority("High")).await;
    let written = desk.file().await.unwrap();
    assert_eq!(written.remote, desk.remote("SHOP-1"));
    assert_eq!(written.notes, [""; 0]);
    let asked = request(&desk);
    insta::assert_snapshot!(shown(&asked), @r##"
    description: {"content":[{"content":[{"marks":[{"attrs":{"color":"#97a0af"},"type":"textColor"}],"text":"hearback:begin ro_267a90d7657eb218f1a0 th_1 MAC","type":"text"}],"type":"paragraph"},{"attrs":{"level":3},"content":[{"text":"What customers say","type":"text"}],"type":"heading"},{"content":[{"marks":[{"type":"strong"}],"text":"crashes on pay","type":"text"},{"text":", 12 people","type":"text"}],"type":"paragraph"},{"content":[{"marks":[{"attrs":{"color":"#97a0af"},"type":"textColor"}],"text":"hearback:end MAC","type":"text"}],"type":"paragraph"}],"type":"doc","version":1}
    issuetype: {"name":"Task"}
    labels: ["hearback","needs-a-look","TOKEN"]
    priority: {"name":"High"}
    project: {"key":"SHOP"}
    summary: "Checkout crashes on pay (v1.4.0)"
    properties: [{"key":"hearback","value":{"marker":"MAC","rollout":"ro_267a90d7657eb218f1a0","subject":"th_1","v":1}}]
    "##);
    assert_eq!(desk.jira.issues()[0].properties["hearback"]["marker"], section().mac.as_str());
    assert_eq!(desk.jira.calls(Call::SetProperty), 0);
    super::assert_is_adf(&asked["fields"]["description"]);
    desk.jira.finish();

    // Each part that the documented example has, too, has its form there.
    let example: Value = serde_json::from_str(include_str!("../../fixtures/jira/create_issue.request.json")).unwrap();
    for name in ["project", "issuetype", "summary", "labels", "priority"] {
        let (ours, theirs) = (&asked["fields"][name], &example["fields"][name]);
        assert_eq!(form(ours), form(theirs), "{name}");
    }
    assert_eq!(asked["fields"]["description"]["version"], example["fields"]["description"]["version"]);
    assert_eq!(asked["properties"][0]["key"], example["properties"][0]["key"]);
}

/// A request, a field a line, the marker's MAC masked.
fn shown(request: &Value) -> String {
    let fields = request["fields"].as_object().unwrap().iter();
    let other = request.as_object().unwrap().iter().filter(|(name, _)| *name != "fields");
    let lines: Vec<String> = fields.chain(other).map(|(name, value)| format!("{name}: {value}")).collect();
    lines.join("\n").replace(&section().token(), "TOKEN").replace(&section().mac, "MAC")
}

/// What kind of value it is, and its keys.
fn form(value: &Value) -> String {
    match value {
        Value::Object(map) => format!("{:?}", map.iter().map(|(k, v)| (k, form(v))).collect::<Vec<_>>()),
        Value::Array(list) => format!("[{}]", list.first().map(form).unwrap_or_default()),
        Value::String(_) => "string".into(),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn data_center_is_asked_once_with_wiki_markup_and_then_for_the_property() {
    let desk = desk_with(Flavour::DataCenter, with_priority("High")).await;
    assert_eq!(desk.file().await.unwrap().remote, desk.remote("SHOP-1"));
    insta::assert_snapshot!(shown(&request(&desk)), @r##"
    description: "{color:#97a0af}hearback:begin ro_267a90d7657eb218f1a0 th_1 MAC{color}\n\nh3. What customers say\n\n{*}crashes on pay{*}, 12 people\n\n{color:#97a0af}hearback:end MAC{color}"
    issuetype: {"name":"Task"}
    labels: ["hearback","needs-a-look","TOKEN"]
    priority: {"name":"High"}
    project: {"key":"SHOP"}
    summary: "Checkout crashes on pay (v1.4.0)"
    "##);
    let mac = section().mac;
    assert_eq!(desk.jira.issues()[0].properties["hearback"]["marker"], mac.as_str());
    assert_eq!((desk.jira.posts_to_create(), desk.jira.calls(Call::SetProperty)), (1, 1));
    desk.jira.finish();
}

#[tokio::test]
async fn a_lost_property_does_not_lose_the_issue() {
    for fault in [Fault::DropBefore, Fault::DropAfter, Fault::NotAccessible, Fault::Status(500)] {
        let desk = desk(Flavour::DataCenter).await;
        desk.jira.fail_next(Call::SetProperty, fault);
        let written = desk.file().await.unwrap();
        assert_eq!(desk.find().await.unwrap(), [written.remote], "{fault:?}");
        desk.jira.finish();
    }
}

#[tokio::test]
async fn a_refused_field_is_left_out_once_and_told() {
    for flavour in BOTH {
        let desk = desk_with(flavour, JiraFields { components: vec!["Web".into()], ..with_priority("Urgent") }).await;
        desk.jira.refuse_field("components");
        let written = desk.file().await.unwrap();
        assert_eq!((desk.jira.posts_to_create(), desk.jira.filed().len()), (2, 1));
        let [components, priority] = &written.notes[..] else { panic!("{:?}", written.notes) };
        assert!(components.contains("left out components") && components.contains("jira.components"), "{components}");
        assert!(components.contains("put the field on the form for a Task in SHOP"), "{components}");
        assert!(
            priority.contains("left out priority") && priority.contains("correct [jira.priority] to what SHOP knows"),
            "{priority}"
        );
        assert!(request(&desk)["fields"].get("priority").is_none());
        desk.jira.finish();
    }
}

#[tokio::test]
async fn a_required_field_is_named_and_nothing_is_tried_without_it() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        desk.jira.require_field("customfield_10010");
        let error = desk.file().await.unwrap_err();
        assert_eq!(super::kind(&error), "refused");
        assert!(error.to_string().contains("needs customfield_10010") && error.to_string().contains("[jira.custom]"));
        assert_eq!(desk.jira.posts_to_create(), 1);

        let custom = json!({"customfield_10010": {"value": "Customers"}}).as_object().cloned().unwrap();
        let with = desk_with(flavour, JiraFields { custom, ..fields() }).await;
        with.jira.require_field("customfield_10010");
        with.file().await.unwrap();
        assert_eq!(with.jira.filed()[0].fields["customfield_10010"]["value"], "Customers");
    }
}

#[tokio::test]
async fn without_labels_nothing_is_filed() {
    for flavour in BOTH {
        let desk = desk(flavour).await;
        desk.jira.refuse_field("labels");
        let error = desk.file().await.unwrap_err().to_string();
        assert!(error.contains("by its label hearback finds an issue again"), "{error}");
        assert_eq!((desk.jira.posts_to_create(), desk.jira.filed().len()), (1, 0));
    }
}

#[tokio::test]
async fn a_text_that_is_too_long_is_cut_between_its_parts() {
    let part = Block::Paragraph(vec![Inline::Text("x".repeat(9_000))]);
    let long = Doc { blocks: vec![part; 5] };
    let parts = |desk: &super::Desk| {
        let text = desk.jira.issues()[0].description.clone().unwrap().plain();
        text.matches(&"x".repeat(9_000)).count()
    };
    for flavour in BOTH {
        let desk = desk(flavour).await;
        let key = desk.file_as(&long, &[]).await.unwrap().remote.key;
        assert_eq!(parts(&desk), 3);
        // People's text goes first.
        let theirs = "y".repeat(12_000);
        desk.jira.person_edits_description(&key, |_| theirs.clone()).await;
        assert_eq!(desk.revise(&key, &long).await, Ok(hearback::trackers::Revised::Written));
        let text = desk.jira.issues()[0].description.clone().unwrap().plain();
        assert_eq!((parts(&desk), text.contains(&theirs), text.contains("left out here")), (1, true, true));
        desk.jira.finish();
    }
}

#[tokio::test]
async fn check_says_who_we_are_or_what_is_wrong() {
    for flavour in BOTH {
        let desk = desk_with(flavour, with_priority("High")).await;
        let said = desk.tracker_check().await.unwrap();
        assert!(said.starts_with("hearback-bot on Jira") && said.contains("files Task in SHOP"), "{said}");
        desk.jira.require_field("customfield_10010");
        desk.jira.refuse_field("priority");
        let wrong = desk.tracker_check().await.unwrap_err().to_string();
        assert!(wrong.contains("needs customfield_10010") && wrong.contains("no priority"), "{wrong}");
        desk.jira.drop_issue_type("SHOP", "Task");
        let wrong = desk.tracker_check().await.unwrap_err().to_string();
        assert!(wrong.contains("it has Bug, Story: set jira.issue_type"), "{wrong}");
        let wrong = desk.check_of("NONE").await.unwrap_err().to_string();
        assert!(wrong.contains("the project NONE is not there"), "{wrong}");
        assert_eq!(desk.jira.issues().len(), 0);
        desk.jira.finish();
    }
}
