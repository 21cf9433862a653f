//! What people ask for in comments, and what follows from it.

use hearback::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use serde_json::{Value, json};

use super::house::{FIVE, GENERIC_SECRET, House, TAG};
use crate::databases::{Kind, on_both};
use crate::worlds::fault::Fault;
use crate::worlds::github::{BOT, Call};

on_both![
    who_may_write_steers_a_window,
    outsiders_steer_nothing_and_are_told_once,
    outsiders_are_told_counts_only,
    a_command_is_done_once_however_often_it_comes,
    an_edit_does_only_what_is_new,
    who_edits_asks_for_what_is_new_only,
    a_pull_request_opens_a_window,
    what_can_t_be_meant_is_asked_back,
    an_answer_whose_outcome_is_unknown_is_adopted,
    a_permission_that_can_t_be_asked_waits,
    what_programs_write_does_nothing,
    what_outsiders_say_counts_and_can_be_taken_back,
    feedback_in_somebody_s_name_takes_write_access,
    themes_are_muted_and_merged,
    an_issue_that_is_there_becomes_the_ticket,
    an_issue_can_be_linked_before_there_is_a_ticket,
    a_hold_is_noted_and_shown,
];

/// The answers of hearback in a thread, without its other comments.
fn answers(house: &House, number: u64) -> Vec<String> {
    let all = house.github.comments_read(number);
    all.into_iter().filter(|c| c.author == BOT && c.body.contains("kind=answer")).map(|c| c.body).collect()
}

/// The one answer of hearback in a thread.
fn answer(house: &House, number: u64) -> String {
    let mut all = answers(house, number);
    assert_eq!(all.len(), 1, "one comment: {all:#?}");
    // Without what keeps other programs from acting on it.
    all.remove(0).replace('\u{2060}', "")
}

/// What hearback reacted to the latest comment of a person in a thread with.
fn signs(house: &House, number: u64) -> Vec<String> {
    let all = house.github.comments_read(number);
    let latest = all.iter().rfind(|c| c.author != BOT).expect("a comment of a person");
    let mut all: Vec<String> =
        latest.reactions.iter().filter(|(who, _)| who == BOT).map(|(_, what)| what.clone()).collect();
    all.sort();
    all
}

/// Somebody writes, and everything that follows from it is done.
async fn write(house: &House, login: &str, number: u64, text: &str) {
    house.github.comments_as(login, number, text).await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
}

async fn outcomes(house: &House) -> Vec<String> {
    house.ledger.column("SELECT author || ' ' || COALESCE(outcome, state) FROM commands ORDER BY id").await
}

async fn closes_at(house: &House) -> i64 {
    house.ledger.number("SELECT closes_ms FROM windows").await
}

async fn finish(house: House) {
    house.read_comments();
    house.finish().await;
}

async fn who_may_write_steers_a_window(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.report().number;
    let before = closes_at(&house).await;
    write(&house, "wendy", number, "Let us wait for the weekend.\n/hearback extend 3d").await;
    assert_eq!(closes_at(&house).await - before, 3 * DAY_MS);
    assert_eq!(signs(&house, number), ["+1", "eyes"]);
    let said = answer(&house, number);
    assert!(said.starts_with("<!-- hearback:begin v=1 kind=answer rollout=none theme=po_"), "{said}");
    assert!(said.contains("`/hearback extend 3d` by wendy") && said.contains("v1.4.0: open until"), "{said}");

    write(&house, "ada", number, "/hearback close").await;
    assert_eq!(house.windows().await, ["closed"]);
    let said = answer(&house, number);
    assert!(said.find("/hearback close").unwrap() < said.find("/hearback extend").unwrap(), "newest first: {said}");
    write(&house, "ada", number, "/hearback reopen").await;
    assert_eq!(house.windows().await, ["reopened"]);
    // What can't be done is said, and how.
    write(&house, "ada", number, "/hearback reopen").await;
    assert_eq!(signs(&house, number), ["confused", "eyes"]);
    assert!(answer(&house, number).contains("can't be reopened"));
    let why: Value =
        serde_json::from_str(&house.get(&format!("/v1/rollouts/{}/timeline", house.rollout().await)).await).unwrap();
    assert!(why.to_string().contains("github:wendy"), "{why}");
    finish(house).await;
}

async fn outsiders_steer_nothing_and_are_told_once(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.report().number;
    let before = closes_at(&house).await;
    for text in ["/hearback close", "/hearback extend 3d", "/hearback feedback slow for @ana"] {
        write(&house, "olaf", number, text).await;
        assert_eq!(signs(&house, number), ["confused", "eyes"], "{text}");
    }
    assert_eq!((house.windows().await, closes_at(&house).await), (vec!["open".to_owned()], before));
    let said = answer(&house, number);
    assert_eq!(said.matches("takes write access").count(), 1, "{said}");
    assert_eq!(outcomes(&house).await, ["olaf refused"; 3]);
    let decided = house.ledger.column("SELECT why FROM decisions WHERE verdict = 'refused' ORDER BY at_ms").await;
    assert_eq!(decided.len(), 3, "{decided:?}");
    // Somebody who was given the right a moment later is asked about again.
    house.github.grant("olaf", Some("write"));
    write(&house, "olaf", number, "/hearback close").await;
    assert_eq!(house.windows().await, ["closed"]);
    house.github.grant("olaf", Some("triage"));
    write(&house, "olaf", number, "/hearback reopen").await;
    assert_eq!(house.windows().await, ["closed"]);
    finish(house).await;
}

async fn outsiders_are_told_counts_only(kind: Kind) {
    let settings = [("server.public_url", "https://hearback.acme.test"), ("server.dashboard", "true")];
    let house = House::with_issues(kind, &settings).await;
    let number = house.theme().number;
    let theme = house.ledger.column("SELECT name FROM themes").await.remove(0);
    write(&house, "olaf", number, "/hearback report\n/hearback why\n/hearback status").await;
    assert_eq!(signs(&house, number), ["+1", "eyes"]);
    let said = answer(&house, number);
    assert!(!said.contains(&theme), "{theme} in {said}");
    assert!(said.contains("5 negative") && said.contains("1 theme of two people or more"), "{said}");
    assert!(said.contains("https://hearback.acme.test/rollouts/ro_"), "{said}");
    write(&house, "wendy", number, "/hearback report").await;
    let said = answer(&house, number);
    assert!(said.contains(&theme) && said.contains("5 of them unhappy"), "{theme} in {said}");
    write(&house, "wendy", number, "/hearback why").await;
    assert!(answer(&house, number).contains("distinct people say it"));
    finish(house).await;
}

async fn a_command_is_done_once_however_often_it_comes(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.report().number;
    let before = closes_at(&house).await;
    let sent = house.github.comments_as("wendy", number, "/hearback extend 3d").await;
    house.work().await;
    for delivery in &sent {
        house.github.replay(delivery).await;
        // The same event over another hook has another id.
        house.github.send_event("issue_comment", serde_json::from_str(&delivery.event.payload).unwrap()).await;
    }
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(closes_at(&house).await - before, 3 * DAY_MS);
    assert_eq!(outcomes(&house).await, ["wendy done"]);
    answer(&house, number);
    finish(house).await;
}

async fn an_edit_does_only_what_is_new(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.report().number;
    let before = closes_at(&house).await;
    let first = house.github.comments_as("wendy", number, "/hearback extend 3d").await;
    house.work().await;
    let id = house.github.comments_read(number).last().unwrap().id;
    let id = house.github.comments_read(number).iter().rfind(|c| c.author == "wendy").map_or(id, |c| c.id);
    house.later(MINUTE_MS).await;
    house.github.edits_comment_as("wendy", id, "> /hearback close\n\n/hearback extend 3d\n/hearback hold").await;
    house.work().await;
    assert_eq!(closes_at(&house).await - before, 3 * DAY_MS);
    assert_eq!(outcomes(&house).await, ["wendy done", "wendy done"]);
    // Who edits another's comment asks in their own name.
    house.later(MINUTE_MS).await;
    house.github.edits_comment_as("olaf", id, "/hearback extend 3d\n/hearback close").await;
    house.work().await;
    assert_eq!(outcomes(&house).await.last().unwrap(), "olaf refused");
    // An old version that comes late says nothing any more.
    house.github.replay(&first[0]).await;
    house.github.send_event("issue_comment", serde_json::from_str(&first[0].event.payload).unwrap()).await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!((house.windows().await, outcomes(&house).await.len()), (vec!["open".to_owned()], 3));
    answer(&house, number);
    finish(house).await;
}

async fn who_edits_asks_for_what_is_new_only(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.report().number;
    // What an outsider wrote is not heard before a maintainer mends a word in it.
    house.github.deliveries_fail(true);
    house.github.comments_as("olaf", number, "Plase.\n\n/hearback close").await;
    house.github.deliveries_fail(false);
    let id = house.github.comments_read(number).pop().unwrap().id;
    house.github.edits_comment_as("ada", id, "Please.\n\n/hearback close\n/hearback extend 1d").await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(outcomes(&house).await, ["olaf refused", "ada done"]);
    assert_eq!(house.windows().await, ["open"]);
    finish(house).await;
}

async fn a_pull_request_opens_a_window(kind: Kind) {
    let house = House::with(kind, &[("sources.generic.secrets", GENERIC_SECRET)]).await;
    let number = house.github.person_opens_pull_request("New checkout", "Behind a flag.\n\n/hearback status").await;
    house.work().await;
    let said = answer(&house, number);
    assert!(said.contains("belongs to no rollout") && said.contains("There is none yet"), "{said}");
    write(&house, "olaf", number, "/hearback open new-checkout for 2d").await;
    assert_eq!(house.windows().await, Vec::<String>::new());
    write(&house, "wendy", number, "/hearback open new-checkout for 20d").await;
    assert_eq!(house.windows().await, ["open"]);
    let said = answer(&house, number);
    assert!(said.contains("new-checkout in production: open until") && said.contains("opened by hand"), "{said}");
    let opened = house.ledger.number("SELECT opened_ms FROM windows").await;
    assert_eq!(closes_at(&house).await - opened, 20 * DAY_MS);
    // The platform tells of it now: it is the same rollout, and the name means it.
    house.roll_out("new-checkout", 10.0).await;
    write(&house, "wendy", number, "/hearback close new-checkout").await;
    assert_eq!(house.windows().await, ["closed"]);
    write(&house, "wendy", number, "/hearback open new-checkout").await;
    assert_eq!(house.windows().await, ["reopened"]);
    finish(house).await;
}

async fn what_can_t_be_meant_is_asked_back(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let number = house.github.person_posts_issue("A question", "How is it going?").await;
    write(&house, "wendy", number, "/hearback closee\n/hearback close\n/hearback close v9\n/hearback extend").await;
    let said = answer(&house, number);
    for part in [
        "Did you mean close?",
        "This thread belongs to no rollout that hearback knows.",
        "No rollout of this repository is called “v9”.",
        "that is v1.4.0",
        "“extend” needs a time",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(
        (signs(&house, number), house.windows().await),
        (vec!["confused".into(), "eyes".into()], vec!["open".into()])
    );
    // A rollout of another repository is nobody's here to steer.
    let elsewhere = house.github.in_repo("acme/vault");
    let there = elsewhere.person_posts_issue("A question", "Hm.").await;
    elsewhere.comments_as("wendy", there, &format!("/hearback close {TAG}")).await;
    house.work().await;
    assert_eq!(house.windows().await, ["open"]);
    let said = elsewhere.comments_read(there).pop().unwrap().body;
    assert!(said.contains("No rollout of this repository is called “v1.4.0”. There is none yet"), "{said}");
    write(&house, "wendy", number, &format!("/hearback close {TAG}")).await;
    assert_eq!(house.windows().await, ["closed"]);
    write(&house, "olaf", number, "/hearback help").await;
    assert!(answer(&house, number).contains("collects for longer"));
    // What people type stays text.
    write(&house, "wendy", number, "/hearback close <img/src=x>@ada").await;
    let said = answers(&house, number).remove(0);
    assert!(!said.contains("“<img") && !said.contains("@ada") && said.contains("@\u{2060}ada"), "{said}");
    finish(house).await;
}

async fn an_answer_whose_outcome_is_unknown_is_adopted(kind: Kind) {
    let house = House::with_issues(kind, &[("outbox.settle", "5m")]).await;
    let number = house.report().number;
    house.github.fail_next(Call::CreateComment, Fault::DropAfter);
    house.github.comments_as("wendy", number, "/hearback status").await;
    house.work().await;
    house.later(MINUTE_MS).await;
    assert_eq!(answers(&house, number).len(), 1, "it was made, and nobody heard of it");
    house.later(HOUR_MS).await;
    let said = answer(&house, number);
    write(&house, "wendy", number, "/hearback hold").await;
    assert_ne!(answer(&house, number), said, "the same comment says more");
    // Where a person deletes it, the next answer is said anew.
    let id = house.github.comments_read(number).into_iter().find(|c| c.body.contains("kind=answer")).unwrap().id;
    house.github.person_deletes_comment(id).await;
    write(&house, "wendy", number, "/hearback resume").await;
    assert!(answer(&house, number).contains("/hearback resume"));
    finish(house).await;
}

async fn a_permission_that_can_t_be_asked_waits(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.report().number;
    house.github.fail_next(Call::Permission, Fault::Status(502));
    house.github.comments_as("wendy", number, "/hearback close").await;
    house.work().await;
    assert_eq!((house.windows().await, outcomes(&house).await), (vec!["open".into()], vec!["wendy waiting".into()]));
    house.later(HOUR_MS).await;
    assert_eq!((house.windows().await, outcomes(&house).await), (vec!["closed".into()], vec!["wendy done".into()]));
    // What is asked again within a minute is known.
    let asked = house.github.calls(Call::Permission);
    house.github.comments_as("wendy", number, "/hearback reopen\n/hearback status\n/hearback why").await;
    house.work().await;
    assert_eq!(house.github.calls(Call::Permission), asked + 1);
    house.later(2 * MINUTE_MS).await;
    answer(&house, number);
    finish(house).await;
}

async fn what_programs_write_does_nothing(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.github.tell_own_writes(true);
    let number = house.report().number;
    house.github.grant("renovate[bot]", Some("write"));
    write(&house, "renovate[bot]", number, "/hearback close").await;
    write(&house, BOT, number, "/hearback close").await;
    assert_eq!((house.windows().await, outcomes(&house).await), (vec!["open".to_owned()], vec![]));
    // What a program writes into a person's text is not that person's, whoever edits the text next.
    write(&house, "wendy", number, "It goes well.").await;
    let theirs = house.github.comments_read(number).iter().rfind(|c| c.author == "wendy").unwrap().id;
    house.clock.advance(MINUTE_MS);
    house.github.edits_comment_as("renovate[bot]", theirs, "It goes well.\n\n/hearback close").await;
    house.work().await;
    house.clock.advance(MINUTE_MS);
    house.github.edits_comment_as("wendy", theirs, "It goes very well.\n\n/hearback close").await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(
        (house.windows().await, outcomes(&house).await),
        (vec!["open".to_owned()], vec!["renovate[bot] refused".to_owned()])
    );
    house.github.person_deletes_comment(theirs).await;
    house.work().await;
    // Neither does our own answer, nor a copy of it by somebody.
    write(&house, "wendy", number, "/hearback close nothing").await;
    let said = answer(&house, number);
    write(&house, "wendy", number, &format!("{said}\n\n/hearback close")).await;
    house.later(HOUR_MS).await;
    assert_eq!(
        (house.windows().await, outcomes(&house).await),
        (vec!["open".to_owned()], vec!["renovate[bot] refused".to_owned(), "wendy unclear".to_owned()])
    );
    finish(house).await;
}

async fn what_outsiders_say_counts_and_can_be_taken_back(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.theme().number;
    assert_eq!(house.heard().await, (5, 5));
    let cells = async || house.ledger.column("SELECT key || ' ' || n FROM usage_cells WHERE n <> 0 ORDER BY key").await;
    let beside_usage = cells().await;
    // Who belongs to the house is no customer, and who only talks is not asked.
    write(&house, "ada", number, "@hearback I love the new checkout").await;
    write(&house, "olaf", number, "Has anybody looked into this?").await;
    assert_eq!(house.heard().await, (5, 5));
    write(&house, "olaf", number, "@hearback the checkout crashes when I tap pay").await;
    assert_eq!(house.heard().await, (6, 6));
    let said = house
        .ledger
        .column("SELECT channel || ' ' || sentiment || ' ' || counts FROM feedback WHERE channel = 'github'")
        .await;
    assert_eq!(said, ["github negative 1"]);
    let first = house.github.comments_read(number).pop().unwrap().id;
    // Edited twice before it is read again, and back from a command: it is one statement all the time.
    for text in ["@hearback the checkout crashes whenever I pay", "/hearback help"] {
        house.clock.advance(MINUTE_MS);
        house.github.edits_comment_as("olaf", first, text).await;
    }
    house.work().await;
    assert_eq!(house.heard().await, (5, 5));
    house.clock.advance(MINUTE_MS);
    house.github.edits_comment_as("olaf", first, "@hearback the checkout crashes when I tap pay").await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(house.heard().await, (6, 6));
    // A second statement of the same person is the one that counts.
    write(&house, "olaf", number, "@hearback now it is great, I love it").await;
    assert_eq!(house.heard().await, (6, 7));
    let second = house.github.comments_read(number).pop().unwrap().id;
    let unhappy = async || house.ledger.number("SELECT negative FROM rollouts").await;
    assert_eq!(unhappy().await, 5);
    // Taken back, the earlier one counts again; reworded, it says something else under the same id.
    house.github.person_deletes_comment(second).await;
    house.work().await;
    assert_eq!((house.heard().await, unhappy().await), ((6, 6), 6));
    house.github.edits_comment_as("olaf", first, "@hearback it works for me now, thank you, I love it").await;
    house.work().await;
    assert_eq!((house.heard().await, unhappy().await), ((6, 6), 5));
    house.github.person_deletes_comment(first).await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!((house.heard().await, unhappy().await), ((5, 5), 5));
    let left = house.ledger.column("SELECT COALESCE(text, '-') FROM feedback WHERE channel = 'github'").await;
    assert_eq!(left, ["-", "-"]);
    let people =
        house.ledger.number("SELECT people FROM themes WHERE into_id IS NULL ORDER BY people DESC LIMIT 1").await;
    assert_eq!(people, 5, "its theme does not count it either");
    assert_eq!(cells().await, beside_usage, "nor does anything that is counted beside what people do");
    finish(house).await;
}

async fn feedback_in_somebody_s_name_takes_write_access(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.report().number;
    write(&house, "wendy", number, "/hearback feedback The checkout crashes when I tap pay for @acme-corp").await;
    write(&house, "olaf", number, "/hearback feedback The checkout crashes when I tap pay").await;
    assert_eq!(house.heard().await, (7, 7));
    assert!(answer(&house, number).contains("Kept as a statement about v1.4.0."));
    assert!(!answer(&house, number).contains("tap pay"), "words are kept as a statement alone");
    let kept = house.ledger.column("SELECT answer FROM commands").await.join(" ");
    assert!(!kept.contains("tap pay"), "{kept}");
    let id = house.github.comments_read(number).iter().rfind(|c| c.author == "wendy").unwrap().id;
    house.github.edits_comment_as("wendy", id, "/hearback feedback The pay button is slow for @acme-corp").await;
    house.work().await;
    assert_eq!(house.heard().await, (7, 7));
    house.github.person_deletes_comment(id).await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(house.heard().await, (6, 6));
    finish(house).await;
}

async fn themes_are_muted_and_merged(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.theme().number;
    let theme = house.ledger.column("SELECT id FROM themes").await.remove(0);
    // Of two that follow each other the second waits for the coalescing time.
    for user in ["hal", "ina"] {
        house.post(json!({"release": TAG, "user": user, "text": "The checkout crashes when I tap pay"})).await;
        house.work().await;
    }
    let before = house.theme().body;
    assert!(before.contains("6 people say"), "{before}");
    assert_eq!(
        house.ledger.number("SELECT COUNT(*) FROM actions WHERE kind = 'revise' AND state = 'waiting'").await,
        2,
        "in the theme's ticket and in the report"
    );
    write(&house, "wendy", number, &format!("/hearback mute {theme} for 1d")).await;
    assert_eq!(house.theme().body, before, "what was planned is not written");
    house.crash(&["ida", "jon"]).await;
    assert_eq!(house.theme().body, before, "nothing is written about it");
    house.later(DAY_MS).await;
    assert!(house.theme().body.contains("9 people say"), "{}", house.theme().body);
    // Merging by names, one of which is none.
    write(&house, "wendy", number, &format!("/hearback merge {theme} \"nothing of the kind\"")).await;
    assert!(answer(&house, number).contains("No theme of this rollout is called “nothing of the kind”."));
    for user in FIVE {
        let text = "Please add a dark mode to the settings page";
        house.post(json!({"release": TAG, "user": format!("x{user}"), "text": text})).await;
    }
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    let ids = house.ledger.column("SELECT id FROM themes WHERE people > 0 ORDER BY people DESC").await;
    assert_eq!(ids.len(), 2);
    write(&house, "wendy", number, &format!("/hearback merge {} into {}", ids[1], ids[0])).await;
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM themes WHERE into_id IS NOT NULL").await, 1);
    finish(house).await;
}

async fn an_issue_that_is_there_becomes_the_ticket(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let mine = house.github.person_posts_issue("How does v1.4.0 do?", "I collect here.").await;
    write(&house, "wendy", mine, &format!("/hearback open {TAG}")).await;
    write(&house, "wendy", mine, "/hearback link 41").await;
    assert!(answer(&house, mine).contains("This thread belongs to no rollout"), "{}", answer(&house, mine));
    house.crash(&FIVE).await;
    let report = house.report().number;
    write(&house, "wendy", report, &format!("/hearback link {mine}")).await;
    assert!(answer(&house, report).contains("close one of the two"), "{}", answer(&house, report));
    finish(house).await;
}

async fn an_issue_can_be_linked_before_there_is_a_ticket(kind: Kind) {
    let house = House::with(kind, &[("sources.generic.secrets", GENERIC_SECRET)]).await;
    house.roll_out("new-checkout", 10.0).await;
    let mine = house.github.person_posts_issue("How does it do?", "I collect here.").await;
    let pull = house.github.person_opens_pull_request("A checkout", "/hearback link new-checkout").await;
    house.github.person_merges(pull).await;
    house.sweep().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(outcomes(&house).await, Vec::<String>::new(), "what opens a pull request names its flag");
    write(&house, "wendy", pull, "/hearback link nothing").await;
    assert!(answer(&house, pull).contains("is no issue of this repository"));
    write(&house, "wendy", pull, &format!("/hearback link #{mine}")).await;
    assert!(answer(&house, pull).contains("is the ticket from now on"));
    assert_eq!(house.github.issue_read(mine).body, "I collect here.", "whose it is");
    let said = house.github.comments_read(mine);
    assert!(said.iter().any(|c| c.body.contains("<!-- hearback:begin v=1 kind=section")), "{said:#?}");
    finish(house).await;
}

async fn a_hold_is_noted_and_shown(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.report().number;
    write(&house, "wendy", number, "/hearback hold\n/hearback status\n/hearback ack").await;
    let said = answer(&house, number);
    assert!(said.contains("hearback touches no flag") && said.contains("held: github:wendy wrote so"), "{said}");
    assert!(said.contains("No alarm of v1.4.0 is raised."), "{said}");
    let why = house.ledger.column("SELECT verdict FROM decisions WHERE subject = 'hold'").await;
    assert_eq!(why, ["held"]);
    write(&house, "wendy", number, "/hearback resume").await;
    write(&house, "wendy", number, "/hearback status").await;
    assert!(answer(&house, number).contains("resumed: github:wendy"));
    finish(house).await;
}
