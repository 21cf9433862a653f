//! What would be filed, and what people say of it.

use hearback::domain::ticket::TicketState;
use hearback::flow::steer::{self, Answered};
use hearback::id::ThemeId;
use hearback::store::pauses;
use hearback::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use serde_json::json;

use super::house::House;
use crate::databases::{Kind, on_both};
use crate::worlds::github::Call;

on_both![
    a_tick_files_once_however_often_it_is_told,
    a_tick_is_taken_back_before_anything_is_wanted,
    a_tick_is_taken_back_while_it_waits_to_be_filed,
    the_later_word_counts_whatever_comes_first,
    who_may_not_write_ticks_in_vain,
    programs_tick_in_vain_and_so_do_we,
    a_mark_that_is_not_ours_counts_for_nothing,
    while_nobody_says_who_may_a_tick_waits,
    a_no_is_remembered_and_asked_again_when_many_more_say_it,
    a_no_takes_back_what_is_not_filed_and_no_more,
    yes_and_no_over_http,
    in_a_folder_the_boxes_are_drawn,
];

const SUGGEST: &[(&str, &str)] = &[("policy.tickets", "suggest")];

fn tick(body: &str) -> String {
    assert!(body.contains("- [ ] "), "{body}");
    body.replacen("- [ ] ", "- [x] ", 1)
}

fn untick(body: &str) -> String {
    body.replacen("- [x] ", "- [ ] ", 1)
}

async fn theme(house: &House) -> ThemeId {
    ThemeId(house.ledger.column("SELECT id FROM themes ORDER BY people DESC, id LIMIT 1").await.remove(0))
}

/// The latest decision with this verdict.
async fn why(house: &House, verdict: &'static str) -> String {
    let sql = match verdict {
        "file" => "SELECT why FROM decisions WHERE verdict = 'file' ORDER BY at_ms DESC, id DESC LIMIT 1",
        "ignore" => "SELECT why FROM decisions WHERE verdict = 'ignore' ORDER BY at_ms DESC, id DESC LIMIT 1",
        "refuse" => "SELECT why FROM decisions WHERE verdict = 'refuse' ORDER BY at_ms DESC, id DESC LIMIT 1",
        _ => "SELECT why FROM decisions WHERE verdict = 'skip' ORDER BY at_ms DESC, id DESC LIMIT 1",
    };
    house.ledger.column(sql).await.pop().unwrap_or_default()
}

async fn a_tick_files_once_however_often_it_is_told(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    let report = house.report();
    assert!(report.body.contains("5 distinct people say it, `th_"), "{}", report.body);
    assert_eq!(house.github.filed().len(), 1);
    let told = house.github.edits_as("wendy", report.number, tick).await;
    for delivery in &told {
        house.github.replay(delivery).await;
    }
    house.work().await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.filed().len(), 2);
    for delivery in &told {
        house.github.replay(delivery).await;
    }
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 2);
    assert_eq!(why(&house, "file").await, "wendy said yes");
    let (number, body) = (house.theme().number, house.report().body);
    let filed = body.lines().find(|l| l.starts_with("- [x] ")).expect("a ticked box");
    assert!(filed.contains(&format!("[\\#{number}](<")) && !filed.contains("hearback:suggest"), "{filed}");
    house.crash(&["ivo"]).await;
    assert!(house.theme().body.contains("6 people say"), "{}", house.theme().body);
    house.read_comments();
    house.finish().await;
}

async fn a_tick_is_taken_back_before_anything_is_wanted(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    let number = house.report().number;
    house.github.person_edits_issue(number, tick).await;
    house.clock.advance(5 * SECOND_MS);
    house.github.person_edits_issue(number, untick).await;
    house.work().await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 1);
    // And once more, for good.
    house.github.person_edits_issue(number, tick).await;
    house.work().await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 2);
    house.read_comments();
    house.finish().await;
}

async fn a_tick_is_taken_back_while_it_waits_to_be_filed(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    let mut tx = house.ctx.db.write().await.unwrap();
    pauses::hold(&mut tx, "github:acme", house.ctx.now().plus(HOUR_MS), "a test").await.unwrap();
    tx.commit().await.unwrap();
    let number = house.report().number;
    house.github.person_edits_issue(number, tick).await;
    house.work().await;
    assert_eq!(house.theme_ticket().await.state, TicketState::Wanted);
    house.clock.advance(MINUTE_MS);
    house.github.person_edits_issue(number, untick).await;
    house.work().await;
    assert!(house.tickets().await.iter().all(|t| t.theme.is_none()), "nothing is wanted any more");
    house.later(2 * HOUR_MS).await;
    assert_eq!(house.github.posts_to_create(), 1);
    assert!(house.report().body.contains("- [ ] "), "it is offered again: {}", house.report().body);
    house.finish().await;
}

async fn the_later_word_counts_whatever_comes_first(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    let number = house.report().number;
    house.github.deliveries_fail(true);
    let ticked = house.github.person_edits_issue(number, tick).await;
    house.clock.advance(5 * SECOND_MS);
    let unticked = house.github.person_edits_issue(number, untick).await;
    house.github.deliveries_fail(false);
    for delivery in unticked.iter().chain(&ticked) {
        house.github.replay(delivery).await;
        house.work().await;
    }
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 1, "the box was not ticked in the end");

    house.github.deliveries_fail(true);
    let ticked = house.github.person_edits_issue(number, tick).await;
    // Within one second, as a hand that slips.
    let unticked = house.github.person_edits_issue(number, untick).await;
    house.github.deliveries_fail(false);
    for delivery in unticked.iter().chain(&ticked) {
        house.github.replay(delivery).await;
        house.work().await;
    }
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 1);
    house.finish().await;
}

async fn who_may_not_write_ticks_in_vain(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    house.github.grant("tina", Some("triage"));
    let number = house.report().number;
    for login in ["olaf", "tina", "nobody-knows"] {
        house.github.edits_as(login, number, tick).await;
        house.work().await;
        house.later(5 * MINUTE_MS).await;
        assert_eq!(house.github.posts_to_create(), 1, "{login}");
        assert!(why(&house, "ignore").await.starts_with(&format!("{login} may not write in acme/shop")), "{login}");
        assert!(house.report().body.contains("- [ ] "), "the box is put right: {}", house.report().body);
    }
    house.finish().await;
}

async fn programs_tick_in_vain_and_so_do_we(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    house.github.grant("dependabot[bot]", Some("write"));
    house.github.tell_own_writes(true);
    let number = house.report().number;
    for login in ["dependabot[bot]", "hearback[bot]"] {
        house.github.edits_as(login, number, |body| tick(&untick(body))).await;
        house.work().await;
        house.later(5 * MINUTE_MS).await;
        assert_eq!(house.github.posts_to_create(), 1, "{login}");
    }
    assert_eq!(house.github.calls(Call::Permission), 0, "nobody asks for a program");
    house.github.settle().await;
    house.work().await;
    house.finish().await;
}

async fn a_mark_that_is_not_ours_counts_for_nothing(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    let report = house.report();
    let forged = |body: &str| {
        let at = body.find("hearback:suggest ").unwrap() + "hearback:suggest ".len();
        let mac = at + body[at..].find(' ').unwrap() + 1;
        tick(&format!("{}{}{}", &body[..mac], "0".repeat(32), &body[mac + 32..]))
    };
    house.github.person_edits_issue(report.number, forged).await;
    house.work().await;
    // The whole of it in another issue, in a quote, and below the section.
    let copy = house.github.person_posts_issue("mine", &report.body).await;
    house.github.person_edits_issue(copy, tick).await;
    let line = report.body.lines().find(|l| l.starts_with("- [ ] ")).unwrap().to_owned();
    house
        .github
        .person_edits_issue(report.number, |_| format!("> {}\n\n{}\n\n{}", tick(&line), report.body, tick(&line)))
        .await;
    house.work().await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 1);
    assert_eq!(house.github.calls(Call::Permission), 0);
    house.finish().await;
}

async fn while_nobody_says_who_may_a_tick_waits(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    house.github.fail_next(Call::Permission, crate::worlds::fault::Fault::Status(502));
    house.github.person_edits_issue(house.report().number, tick).await;
    house.work().await;
    assert_eq!(house.tickets().await.len(), 1, "it is not known yet whether she may");
    house.later(5 * MINUTE_MS).await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 2);
    house.read_comments();
    house.finish().await;
}

async fn a_no_is_remembered_and_asked_again_when_many_more_say_it(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    let (rollout, theme) = (house.rollout().await, theme(&house).await);
    let reason = "known, see #7 @octocat";
    let answered = steer::refuse(&house.ctx, &rollout, &theme, "ada", reason).await.unwrap();
    assert_eq!(answered, Answered::Done(0));
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    let body = house.report().body.replace(['\u{2060}', '\\'], "");
    assert!(body.contains("refused by ada: “known, see #7 @octocat”"), "{body}");
    assert!(body.contains("offered again once 5 more people say it") && !body.contains("- [ ] "), "{body}");
    assert!(why(&house, "refuse").await.starts_with("ada said no: known"), "it is logged");
    assert!(why(&house, "skip").await.contains("it is offered again once 5 more people say it"));
    house.crash(&["ivo", "hana", "jo", "kim"]).await;
    assert!(!house.report().body.contains("- [ ] "), "four more are too few");
    house.crash(&["lea"]).await;
    let body = house.report().body;
    assert!(body.contains("- [ ] ") && body.contains("5 more people say it since ada refused it"), "{body}");
    house.github.person_edits_issue(house.report().number, tick).await;
    house.work().await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 2);
    let told = house.get(&format!("/v1/rollouts/{rollout}/report?format=json")).await;
    assert!(told.contains("\"standing\":\"filed\""), "{told}");
    house.read_comments();
    house.finish().await;
}

async fn a_no_takes_back_what_is_not_filed_and_no_more(kind: Kind) {
    let house = House::with_issues(kind, SUGGEST).await;
    let (rollout, theme) = (house.rollout().await, theme(&house).await);
    steer::approve(&house.ctx, &rollout, &theme, "ada").await.unwrap();
    let no = steer::refuse(&house.ctx, &rollout, &theme, "wendy", "not ours").await.unwrap();
    assert_eq!(no, Answered::Done(0));
    house.work().await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 1);
    assert_eq!(steer::approve(&house.ctx, &rollout, &theme, "ada").await.unwrap(), 1);
    house.work().await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 2);
    let late = steer::refuse(&house.ctx, &rollout, &theme, "wendy", "not ours").await.unwrap();
    assert!(matches!(&late, Answered::Refused(why) if why.starts_with("it is filed already: close http")), "{late:?}");
    let nobody = ThemeId("th_nobody".into());
    assert_eq!(steer::refuse(&house.ctx, &rollout, &nobody, "ada", "x").await.unwrap(), Answered::Unknown);
    house.read_comments();
    house.finish().await;
}

async fn yes_and_no_over_http(kind: Kind) {
    let house = House::with_issues(kind, &[("policy.tickets", "approve")]).await;
    let (rollout, theme) = (house.rollout().await, theme(&house).await);
    let path = |verb: &str| format!("/v1/rollouts/{rollout}/themes/{theme}/{verb}");
    for (path, body, status) in [
        (path("refuse"), json!({}), 400),
        (path("refuse"), json!({"reason": "x".repeat(501)}), 400),
        (path("approve"), json!({"why": "x"}), 400),
        (format!("/v1/rollouts/{rollout}/themes/th_none/refuse"), json!({"reason": "x"}), 404),
        (format!("/v1/rollouts/ro_none/themes/{theme}/approve"), json!({}), 404),
        (path("refuse"), json!({"reason": "not ours", "who": "ada"}), 200),
    ] {
        assert_eq!(house.tell(&path, &body).await, status, "{path} {body}");
    }
    house.work().await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 1);
    let said = house.send(&path("approve"), &json!({"who": "wendy"})).await;
    assert!(said.contains("\"wanted\":1"), "{said}");
    house.work().await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 2);
    assert_eq!(house.tell(&path("refuse"), &json!({"reason": "not ours"})).await, 409, "it is filed");
    house.read_comments();
    house.finish().await;
}

async fn in_a_folder_the_boxes_are_drawn(kind: Kind) {
    let house = House::with_issues(kind, &[("policy.tickets", "suggest"), ("policy.trackers", "local")]).await;
    let ticket = house.tickets().await.remove(0);
    let path = url::Url::parse(ticket.url.as_deref().unwrap()).unwrap().to_file_path().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("- [ ] ") && text.contains("`hearback approve`"), "{text}");
    assert!(!text.contains("hearback:suggest"), "nobody tells who ticked: {text}");
    house.finish().await;
}
