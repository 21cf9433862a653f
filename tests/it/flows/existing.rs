//! People's own issues first.

use hearback::domain::ticket::{TicketState, TrackerName};
use hearback::time::{DAY_MS, MINUTE_MS};

use super::house::{FIVE, House};
use crate::databases::{Kind, on_both};
use crate::worlds::github::{BOT, Call};
use crate::worlds::jira::{EMAIL, FakeJira, Flavour, TOKEN};

on_both![
    ours_names_what_people_wrote_about_the_same,
    what_people_wrote_becomes_the_ticket_where_that_is_wished,
    a_comment_of_ours_that_a_person_deleted_stays_deleted,
    a_linked_issue_that_a_person_deleted_is_over,
    a_linked_issue_is_its_people_s_to_close_and_to_open,
    what_is_closed_is_mentioned_alone,
    switched_off_nobody_looks,
    a_look_that_fails_stops_nothing_and_is_told,
    what_is_locked_ours_or_a_pull_request_is_left_alone,
    one_look_serves_for_some_minutes,
    jira_s_issues_are_named_by_their_keys,
];

const TITLE: &str = "Crash on checkout when pressing pay @acme/everybody <b>";
const TEXT: &str = "Steps: add an item, go to checkout, tap pay. The checkout crashes.";

async fn told(house: &House) -> Vec<String> {
    house
        .ledger
        .column("SELECT verdict || ': ' || why FROM decisions WHERE subject LIKE 'people%' ORDER BY at_ms, id")
        .await
}

/// How often everybody's issues were listed.
fn looks(house: &House) -> usize {
    house.github.requests(Call::ListIssues).iter().filter(|r| r.ask.query("creator").is_none()).count()
}

async fn ours_names_what_people_wrote_about_the_same(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let other =
        house.github.person_posts_issue("Newsletter: add a Portuguese translation", "Volunteers offered help.").await;
    let same = house.github.person_posts_issue(TITLE, TEXT).await;
    house.crash(&FIVE).await;
    let issues = house.github.filed();
    let ours = issues.iter().find(|i| i.author == BOT && i.title.contains("crash")).expect("ours");
    assert!(ours.body.contains(&format!("**Possibly related:** [\\#{same}](<")), "{}", ours.body);
    assert!(!ours.body.contains(&format!("\\#{other}]")) && !ours.body.contains("everybody"), "{}", ours.body);
    assert_eq!(told(&house).await, [format!("mention: {same} may say the same")]);
    let writes = ours.revisions.len();
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.issue_read(ours.number).revisions.len(), writes, "what was filed is what is wanted");
    house.crash(&["ivo"]).await;
    let later = house.github.issue_read(ours.number);
    assert!(later.body.contains("6 people say") && later.body.contains("Possibly related"), "{}", later.body);
    let theirs = house.github.issue_read(same);
    assert_eq!((theirs.body.as_str(), theirs.comments.len()), (TEXT, 0));
    house.read_comments();
    house.finish().await;
}

async fn what_people_wrote_becomes_the_ticket_where_that_is_wished(kind: Kind) {
    let house = House::with_release(kind, &[("policy.existing", "link")]).await;
    let same = house.github.person_posts_issue(TITLE, TEXT).await;
    house.github.person_posts_issue("Newsletter: add a Portuguese translation", "Volunteers offered help.").await;
    house.crash(&FIVE).await;
    assert_eq!(house.github.posts_to_create(), 1, "the report alone");
    let ticket = house.theme_ticket().await;
    assert_eq!((ticket.state, ticket.key.as_deref()), (TicketState::Filed, Some(same.to_string().as_str())));
    assert_eq!(told(&house).await, [format!("link: {same} says the same already")]);
    let theirs = house.github.issue_read(same);
    assert_eq!(
        (theirs.title.as_str(), theirs.body.as_str(), theirs.revisions.len()),
        (TITLE, TEXT, 0),
        "Olaf's stays Olaf's"
    );
    let comments = house.github.comments_read(same);
    assert_eq!(comments.len(), 2, "what we say, and the quotes: {comments:#?}");
    assert!(comments.iter().all(|c| c.author == BOT));
    assert!(comments.iter().any(|c| c.body.contains("5 people say")), "{comments:#?}");
    house.crash(&["ivo"]).await;
    house.later(11 * MINUTE_MS).await;
    house.sweep().await;
    let comments = house.github.comments_read(same);
    assert_eq!(comments.len(), 2);
    assert!(comments.iter().any(|c| c.body.contains("6 people say")), "{comments:#?}");
    assert!(house.report().body.contains(&format!("[\\#{same}](<")), "{}", house.report().body);
    house.finish().await;
}

async fn a_comment_of_ours_that_a_person_deleted_stays_deleted(kind: Kind) {
    let house = House::with_release(kind, &[("policy.existing", "link")]).await;
    let same = house.github.person_posts_issue(TITLE, TEXT).await;
    house.crash(&FIVE).await;
    for comment in house.github.comments_read(same) {
        house.github.person_deletes_comment(comment.id).await;
    }
    house.work().await;
    for people in [["ivo", "hana"], ["jo", "kim"]] {
        house.crash(&people).await;
    }
    assert_eq!(house.github.comments_read(same).len(), 0);
    assert_eq!(house.github.posts_to_create(), 1);
    house.finish().await;
}

async fn a_linked_issue_that_a_person_deleted_is_over(kind: Kind) {
    let house = House::with_release(kind, &[("policy.existing", "link")]).await;
    let same = house.github.person_posts_issue(TITLE, TEXT).await;
    house.crash(&FIVE).await;
    house.github.comments_read(same);
    house.github.person_deletes(same).await;
    house.work().await;
    house.crash(&["ivo"]).await;
    assert_eq!(house.theme_ticket().await.state, TicketState::Dismissed);
    assert_eq!(house.github.posts_to_create(), 1);
    house.finish().await;
}

async fn a_linked_issue_is_its_people_s_to_close_and_to_open(kind: Kind) {
    let house = House::with_release(kind, &[("policy.existing", "link")]).await;
    let same = house.github.person_posts_issue(TITLE, TEXT).await;
    house.crash(&FIVE).await;
    house.later(MINUTE_MS).await;
    house.github.person_closes(same).await;
    house.work().await;
    house.later(MINUTE_MS).await;
    house.crash(&["hana", "ivo", "jo", "kim", "lea", "mia"]).await;
    house.later(DAY_MS).await;
    assert!(!house.github.issue_read(same).open, "others say it, and yet it is not ours to open");
    house.read_comments();
    house.finish().await;
}

async fn what_is_closed_is_mentioned_alone(kind: Kind) {
    let house = House::with_release(kind, &[("policy.existing", "link")]).await;
    let same = house.github.person_posts_issue(TITLE, TEXT).await;
    house.github.person_closes(same).await;
    house.crash(&FIVE).await;
    assert_eq!(house.github.posts_to_create(), 2, "the report, and one of ours");
    assert_eq!(told(&house).await, [format!("mention: {same} may say the same")]);
    house.read_comments();
    house.finish().await;
}

async fn switched_off_nobody_looks(kind: Kind) {
    let house = House::with_release(kind, &[("policy.existing", "off")]).await;
    house.github.person_posts_issue(TITLE, TEXT).await;
    house.crash(&FIVE).await;
    assert_eq!(house.github.posts_to_create(), 2);
    assert_eq!(looks(&house), 0);
    house.read_comments();
    house.finish().await;
}

async fn a_look_that_fails_stops_nothing_and_is_told(kind: Kind) {
    for setting in ["mention", "link"] {
        let house = House::with_release(kind, &[("policy.existing", setting)]).await;
        house.github.person_posts_issue(TITLE, TEXT).await;
        house.github.lists_of_all_fail(true);
        house.crash(&FIVE).await;
        assert_eq!(house.github.posts_to_create(), 2, "{setting}");
        let told = told(&house).await;
        assert!(
            told.len() == 1 && told[0].starts_with("file: people's own issues could not be looked through"),
            "{told:?}"
        );
        house.read_comments();
        house.finish().await;
    }
}

async fn what_is_locked_ours_or_a_pull_request_is_left_alone(kind: Kind) {
    let house = House::with_release(kind, &[("policy.existing", "link")]).await;
    let locked = house.github.person_posts_issue(TITLE, TEXT).await;
    house.github.person_locks(locked).await;
    house.github.person_opens_pull_request(TITLE, TEXT).await;
    let over = house.github.person_posts_issue(TITLE, TEXT).await;
    house.github.person_closes(over).await;
    // Closed long ago: what customers say now is another matter.
    house.github.lock().repos.values_mut().next().unwrap().issues.get_mut(&over).unwrap().updated_at =
        house.ctx.now().plus(-100 * DAY_MS);
    house.crash(&FIVE).await;
    assert_eq!(house.github.posts_to_create(), 2);
    assert_eq!(told(&house).await, Vec::<String>::new());
    house.read_comments();
    house.finish().await;
}

async fn one_look_serves_for_some_minutes(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.crash(&FIVE).await;
    assert_eq!(looks(&house), 1);
    for user in ["a", "b", "c", "d", "e"] {
        let text = "Please add a wish list that I can share with my family";
        house.post(serde_json::json!({"release": super::house::TAG, "user": user, "text": text})).await;
    }
    house.work().await;
    house.later(MINUTE_MS).await;
    assert_eq!((house.github.posts_to_create(), looks(&house)), (3, 1));
    house.read_comments();
    house.finish().await;
}

async fn jira_s_issues_are_named_by_their_keys(kind: Kind) {
    let jira = FakeJira::start(Flavour::Cloud).await;
    let key = jira.person_writes_issue("SHOP", "Crash on checkout when pressing pay");
    let settings = [
        ("jira.base_url", jira.url()),
        ("jira.email", EMAIL),
        ("jira.token", TOKEN),
        ("jira.project", "SHOP"),
        ("policy.trackers", "jira"),
    ];
    let house = House::with_issues(kind, &settings).await;
    let ticket = house.theme_ticket().await;
    assert_eq!((ticket.tracker, ticket.state), (TrackerName::Jira, TicketState::Filed));
    assert_eq!(told(&house).await, [format!("mention: {key} may say the same")]);
    let text = format!("{:?}", jira.issue_read(ticket.key.as_deref().unwrap()));
    assert!(text.contains("Possibly related") && text.contains(&key), "{text}");
    jira.finish();
    house.finish().await;
}
