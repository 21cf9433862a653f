//! The other trackers: a folder, and Jira.

use hearback::domain::ticket::{TicketState, TrackerName};

use super::house::House;
use crate::databases::{Kind, on_both};
use crate::worlds::jira::{EMAIL, FakeJira, Flavour, TOKEN};

on_both![
    a_folder_takes_issues_and_keeps_people_s_edits,
    jira_leaves_out_a_field_that_it_refuses_and_says_so,
    two_trackers_each_get_their_own,
];

async fn a_folder_takes_issues_and_keeps_people_s_edits(kind: Kind) {
    let house = House::with_issues(kind, &[("policy.trackers", "local")]).await;
    assert_eq!(house.github.posts_to_create(), 0);
    let ticket = house.theme_ticket().await;
    let path = url::Url::parse(ticket.url.as_deref().unwrap()).unwrap().to_file_path().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("5 people say"), "{text}");
    std::fs::write(&path, format!("{text}\nAda looks into it.\n")).unwrap();
    house.crash(&["ivo"]).await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("6 people say") && text.contains("Ada looks into it."), "{text}");
    let files = std::fs::read_dir(house.folder.path().join("issues")).unwrap();
    let issues = files.filter(|f| f.as_ref().unwrap().path().extension().is_some_and(|e| e == "md")).count();
    assert_eq!(issues, 2, "a report and a theme");
    house.finish().await;
}

async fn jira(kind: Kind, trackers: &str, prepare: impl FnOnce(&FakeJira)) -> (House, FakeJira) {
    // Jira's world lives on the machine's clock: nothing here asks it for the time.
    let jira = FakeJira::start(Flavour::Cloud).await;
    prepare(&jira);
    let settings = [
        ("jira.base_url", jira.url()),
        ("jira.email", EMAIL),
        ("jira.token", TOKEN),
        ("jira.project", "SHOP"),
        ("policy.trackers", trackers),
        ("jira.priority.high", "Highest"),
        ("jira.priority.medium", "Medium"),
        ("jira.priority.low", "Low"),
    ];
    (House::with_issues(kind, &settings).await, jira)
}

async fn jira_leaves_out_a_field_that_it_refuses_and_says_so(kind: Kind) {
    let (house, jira) = jira(kind, "jira", |jira| jira.refuse_field("priority")).await;
    assert_eq!(jira.filed().len(), 2);
    let ticket = house.theme_ticket().await;
    assert_eq!((ticket.tracker, ticket.state), (TrackerName::Jira, TicketState::Filed));
    assert!(ticket.error.as_deref().unwrap_or_default().contains("priority"), "the note names the field: {ticket:?}");
    jira.finish();
    house.finish().await;
}

async fn two_trackers_each_get_their_own(kind: Kind) {
    let (house, jira) = jira(kind, "github,jira", |_| {}).await;
    assert_eq!((house.github.filed().len(), jira.filed().len()), (2, 2));
    house.crash(&["ivo"]).await;
    assert_eq!((house.github.filed().len(), jira.filed().len()), (2, 2));
    house.read_comments();
    jira.finish();
    house.finish().await;
}
