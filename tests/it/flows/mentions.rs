//! Which release and which pull request brought a flag's rollout.

use hearback::flow::sweep;
use hearback::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use serde_json::{Value, json};

use super::house::{FIVE, GENERIC_SECRET, House, TAG};
use crate::databases::{Kind, on_both};
use crate::worlds::fault::Fault;
use crate::worlds::github::Call;

on_both![
    release_notes_tell_what_brought_a_flag,
    a_release_after_the_flag_tells_the_same,
    a_release_s_issue_tells_what_it_brought,
    only_a_merged_pull_request_brings_a_flag,
    an_edited_release_that_no_longer_names_a_flag_did_not_bring_it,
    what_came_after_the_end_did_not_bring_it,
    a_flag_added_to_the_settings_is_named_by_its_pull_request,
    files_that_can_t_be_had_are_given_up,
    a_flag_s_tickets_go_where_it_is_named,
];

const FLAG: &str = "new-checkout";
const NOTES: &str = "## Changes\n- checkout rewrite behind `new-checkout` (#41)\n";
const BY_RELEASE: &str =
    "- **Brought by:** release [v1.4.0](<https://github.com/acme/shop/releases/tag/v1.4.0>) of acme/shop";

/// A house that hears of flags, with a repository for what has none.
async fn house(kind: Kind, repository: Option<&str>) -> House {
    let mut settings = vec![("sources.generic.secrets", GENERIC_SECRET)];
    settings.extend(repository.map(|name| ("policy.repository", name)));
    House::with(kind, &settings).await
}

/// Five people say of a flag that the checkout crashes; then work is done, and the coalescing time passes.
async fn complain(house: &House) {
    for user in FIVE {
        house.post(json!({"flag": FLAG, "user": user, "text": "The checkout crashes when I tap pay"})).await;
    }
    house.work().await;
    house.later(2 * MINUTE_MS).await;
}

/// What the issue about the theme says of where the flag came from; nothing where it says nothing.
fn line(house: &House) -> String {
    let body = house.theme().body;
    body.lines().find(|line| line.contains("Brought by")).unwrap_or_default().to_owned()
}

/// The rollout with this name, as the API tells it.
async fn told(house: &House, label: &str) -> Value {
    let all: Value = serde_json::from_str(&house.get("/v1/rollouts").await).unwrap();
    let found = all["rollouts"].as_array().unwrap().iter().find(|r| r["label"] == label).expect("the rollout");
    serde_json::from_str(&house.get(&format!("/v1/rollouts/{}", found["id"].as_str().unwrap())).await).unwrap()
}

async fn report(house: &House, label: &str) -> String {
    let id = told(house, label).await["id"].as_str().unwrap().to_owned();
    house.get(&format!("/v1/rollouts/{id}/report?format=md")).await
}

async fn end(house: House) {
    house.read_comments();
    house.finish().await;
}

async fn release_notes_tell_what_brought_a_flag(kind: Kind) {
    let house = house(kind, None).await;
    house.github.publish_release_with(TAG, NOTES, false).await;
    house.work().await;
    house.roll_out(FLAG, 10.0).await;
    house.work().await;
    complain(&house).await;
    assert_eq!(line(&house), BY_RELEASE);
    let words = "Brought by release [v1.4.0](<https://github.com/acme/shop/releases/tag/v1.4.0>) of acme/shop.";
    assert!(house.report().body.contains(words), "{}", house.report().body);
    let wanted = json!([{
        "kind": "release", "repo": "acme/shop", "key": "v1.4.0", "title": "v1.4.0",
        "url": "https://github.com/acme/shop/releases/tag/v1.4.0",
    }]);
    assert_eq!(told(&house, "new-checkout in production").await["brought_by"], wanted);
    assert_eq!(told(&house, TAG).await["brought_by"], json!([]));
    let of_release = report(&house, TAG).await;
    assert!(of_release.contains("It brought new-checkout in production."), "{of_release}");
    end(house).await;
}

async fn a_release_after_the_flag_tells_the_same(kind: Kind) {
    let house = house(kind, None).await;
    house.roll_out(FLAG, 10.0).await;
    house.work().await;
    complain(&house).await;
    assert_eq!(house.github.filed().len(), 0, "no repository is known");
    house.github.publish_release_with(TAG, NOTES, false).await;
    house.work().await;
    assert_eq!(line(&house), BY_RELEASE);
    let of_release = report(&house, TAG).await;
    assert!(of_release.contains("It brought new-checkout in production."), "{of_release}");

    house.later(2 * MINUTE_MS).await;
    let before = (house.ledger.sizes().await, house.theme().body, house.report().body);
    for delivery in house.github.deliveries() {
        assert_eq!(house.github.replay(&delivery).await.status, 200);
    }
    house.later(2 * MINUTE_MS).await;
    assert_eq!((house.ledger.sizes().await, house.theme().body, house.report().body), before);
    end(house).await;
}

async fn a_release_s_issue_tells_what_it_brought(kind: Kind) {
    let house = house(kind, None).await;
    house.github.publish_release_with(TAG, NOTES, false).await;
    house.work().await;
    house.post(json!({"release": TAG, "user": "ana", "text": "So much faster than before, thank you"})).await;
    house.later(2 * MINUTE_MS).await;
    assert!(!house.report().body.contains("It brought"));
    house.roll_out(FLAG, 10.0).await;
    house.later(2 * MINUTE_MS).await;
    assert!(house.report().body.contains("It brought new-checkout in production."), "{}", house.report().body);
    // The flag is off again: that it was brought stays true.
    house.roll_out(FLAG, 0.0).await;
    house.later(2 * MINUTE_MS).await;
    assert!(house.report().body.contains("It brought new-checkout in production."));
    house.github.edit_release(TAG, "Faster.").await;
    house.later(2 * MINUTE_MS).await;
    assert!(!house.report().body.contains("It brought"));
    end(house).await;
}

async fn only_a_merged_pull_request_brings_a_flag(kind: Kind) {
    let house = house(kind, Some("acme/shop")).await;
    house.roll_out(FLAG, 10.0).await;
    let title = "@octocat fixes #12 <!-- hearback:end -->";
    let number = house.github.person_opens_pull_request(title, "/hearback link new-checkout").await;
    let turned_down = house.github.person_opens_pull_request("Also new-checkout", "").await;
    house.github.person_edits_pull_request(number, "/hearback flag new-checkout").await;
    house.github.person_turns_down(turned_down).await;
    house.work().await;
    complain(&house).await;
    assert_eq!(line(&house), "", "anybody may write an open one");
    assert!(house.outcomes().await.iter().any(|(outcome, why)| outcome == "ignored" && why.contains("not merged")));

    house.github.person_merges(number).await;
    house.sweep().await;
    house.later(2 * MINUTE_MS).await;
    let seen = line(&house).replace('\u{2060}', "¦");
    let wanted = "- **Brought by:** pull request [\\#1](<https://github.com/acme/shop/pull/1>) \
                  (@¦octocat fixes \\#¦12 \\<¦!-- hearback:end -->) of acme/shop";
    assert_eq!(seen, wanted);
    house.github.person_edits_pull_request(number, "").await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(line(&house), "");
    end(house).await;
}

async fn an_edited_release_that_no_longer_names_a_flag_did_not_bring_it(kind: Kind) {
    let house = house(kind, Some("acme/shop")).await;
    house.github.publish_release_with(TAG, NOTES, false).await;
    house.roll_out(FLAG, 10.0).await;
    house.work().await;
    complain(&house).await;
    assert_eq!(line(&house), BY_RELEASE);
    house.github.edit_release(TAG, "Nothing to see.").await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(line(&house), "");
    assert!(!report(&house, TAG).await.contains("It brought"));

    // Two more edits, told of in the wrong order: the later text stands.
    house.github.deliveries_fail(true);
    let named = house.github.edit_release(TAG, "Nothing.").await.pop().unwrap();
    house.clock.advance(MINUTE_MS);
    let unnamed = house.github.edit_release(TAG, NOTES).await.pop().unwrap();
    house.github.deliveries_fail(false);
    for delivery in [&unnamed, &named] {
        assert_eq!(house.github.replay(delivery).await.status, 200);
        house.later(2 * MINUTE_MS).await;
    }
    assert_eq!(line(&house), BY_RELEASE);
    house.github.delete_release(TAG).await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(line(&house), "");
    end(house).await;
}

async fn what_came_after_the_end_did_not_bring_it(kind: Kind) {
    let house = house(kind, Some("acme/shop")).await;
    house.roll_out(FLAG, 10.0).await;
    house.work().await;
    complain(&house).await;
    house.roll_out(FLAG, 0.0).await;
    house.later(HOUR_MS).await;
    house.github.publish_release_with(TAG, NOTES, false).await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(line(&house), "");
    assert!(!report(&house, TAG).await.contains("It brought"));
    // Switched on once more, it is another rollout.
    house.roll_out(FLAG, 20.0).await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(line(&house), "");
    assert!(report(&house, TAG).await.contains("It brought new-checkout in production."));
    end(house).await;
}

const SETTINGS: (&str, &str) = (
    ".github/hearback.yml",
    "@@ -1,3 +1,4 @@\n flags:\n-  - old-checkout\n+  - old-checkout\n+  - new-checkout # on in May\n",
);

async fn a_flag_added_to_the_settings_is_named_by_its_pull_request(kind: Kind) {
    let house = house(kind, Some("acme/shop")).await;
    house.roll_out(FLAG, 10.0).await;
    house.work().await;
    complain(&house).await;
    let number = house.github.person_opens_pull_request("Settings", "").await;
    let many: Vec<String> = (0..150).map(|n| format!(".a/{n:03}")).collect();
    let files: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).chain([SETTINGS]).collect();
    house.github.pull_changes(number, &files);
    house.github.fail_next(Call::PullFiles, Fault::SecondaryLimit { retry_after: Some("7") });
    house.github.person_merges(number).await;
    house.work().await;
    house.sweep().await;
    assert_eq!((line(&house).as_str(), house.github.calls(Call::PullFiles)), ("", 1), "asked to wait");
    house.clock.advance(8_000);
    house.sweep().await;
    house.later(2 * MINUTE_MS).await;
    let wanted = "- **Brought by:** pull request [\\#1](<https://github.com/acme/shop/pull/1>) (Settings) of acme/shop";
    assert_eq!(
        line(&house),
        wanted.replace("#1]", &format!("#{number}]")).replace("pull/1>", &format!("pull/{number}>"))
    );
    assert_eq!(house.github.calls(Call::PullFiles), 3, "two pages");

    house.github.person_edits_pull_request(number, "Now with words.").await;
    house.work().await;
    house.clock.advance(DAY_MS / 2);
    house.sweep().await;
    assert_eq!(house.github.calls(Call::PullFiles), 3, "asked once");
    assert!(line(&house).contains("Settings"), "what the files name stays");
    end(house).await;
}

async fn files_that_can_t_be_had_are_given_up(kind: Kind) {
    let house = house(kind, None).await;
    let number = house.github.person_opens_pull_request("Settings", "").await;
    house.github.pull_changes(number, &[SETTINGS]);
    house.github.fail_always(Call::PullFiles, Fault::NotAccessible);
    house.github.person_merges(number).await;
    house.work().await;
    for _ in 0..40 {
        sweep::run_due(&house.ctx).await.unwrap();
        house.clock.advance(HOUR_MS);
    }
    assert_eq!(house.github.calls(Call::PullFiles), 12);
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM mentions WHERE files_due_ms IS NOT NULL").await, 0);
    house.github.heal();

    // A repository that was renamed is found.
    let number = house.github.person_opens_pull_request("More settings", "").await;
    house.github.pull_changes(number, &[SETTINGS]);
    house.github.person_merges(number).await;
    house.github.rename_repo("acme/store");
    house.work().await;
    house.sweep().await;
    assert_eq!(house.ledger.column("SELECT flag FROM mentioned_flags WHERE via = 'files'").await, [FLAG]);
    end(house).await;
}

async fn a_flag_s_tickets_go_where_it_is_named(kind: Kind) {
    let house = house(kind, Some("acme/ops")).await;
    let (ops, app) = (house.github.in_repo("acme/ops"), house.github.in_repo("acme/app"));
    house.github.publish_release_with(TAG, NOTES, false).await;
    app.publish_release_with("v9", "Shows `dark-mode`.", false).await;
    house.roll_out(FLAG, 10.0).await;
    house.work().await;
    complain(&house).await;
    assert_eq!((house.github.filed().len(), ops.filed().len()), (2, 0), "the report and the theme");
    // Another repository names it too: what is filed stays.
    app.publish_release_with("v10", NOTES, false).await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!((house.github.filed().len(), ops.filed().len(), app.filed().len()), (2, 0, 0));
    assert!(line(&house).contains("[v10](<https://github.com/acme/app/releases/tag/v10>) of acme/app"));
    house.read_comments();

    // A flag that two repositories name belongs to none of them.
    house.github.publish_release_with("v1.5.0", "Also `dark-mode`.", false).await;
    house.roll_out("dark-mode", 10.0).await;
    house.work().await;
    house.post(json!({"flag": "dark-mode", "user": "ana", "text": "I cannot read anything at night"})).await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!((house.github.filed().len(), ops.filed().len(), app.filed().len()), (2, 1, 0));
    end(house).await;
}
