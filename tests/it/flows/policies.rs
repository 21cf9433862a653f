//! What repositories say in `.github/hearback.yml`: what is in force, what is told of it, and what is not done.

use hearback::domain::repo::RepoName;
use hearback::store::{pauses, policies};
use hearback::time::{Clock as _, HOUR_MS, MINUTE_MS};
use serde_json::{Value, json};

use super::house::{FIVE, GENERIC_SECRET, House, TAG};
use crate::databases::{Kind, on_both};
use crate::worlds::fault::Fault;
use crate::worlds::github::Call;

on_both![
    a_faulty_policy_is_told_at_its_line_and_the_last_good_one_stays,
    what_waits_to_be_filed_goes_by_the_rules_of_now,
    a_policy_that_is_deleted_gives_way_to_the_settings,
    what_is_not_watched_opens_no_window,
    what_a_pull_request_proposes_is_judged_and_not_in_force,
    a_push_that_was_lost_is_made_up_for,
    a_repository_out_of_sight_keeps_its_policy,
    another_environment_begins_and_ends_rollouts,
    a_policy_is_tried_on_what_was_said_before,
    reception_is_told_on_the_pull_request_that_brought_it,
    who_may_steer_is_the_policy_s_to_say,
];

const PATH: &str = ".github/hearback.yml";
const FLAG: &str = "new-checkout";
const HEAD: &str = "abcdef0123456789abcdef0123456789abcdef01";

/// Pushes a file, and has it read.
async fn push(house: &House, text: Option<&str>) -> String {
    let sha = house.github.push_file(PATH, text).await;
    house.work().await;
    house.rules().await;
    sha
}

/// Check runs of a name on a commit, the newest first.
fn runs(house: &House, name: &str, sha: &str) -> Vec<Value> {
    let mut all = house.github.check_runs();
    all.retain(|run| run["name"] == name && run["head_sha"] == sha);
    all.reverse();
    all
}

fn run(house: &House, sha: &str) -> Value {
    let mut all = runs(house, "hearback policy", sha);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// The file in force.
async fn in_force(house: &House) -> Option<String> {
    let mut tx = house.ctx.db.read().await.unwrap();
    let kept = policies::get(&mut tx, &RepoName::parse("acme/shop").unwrap()).await.unwrap();
    kept.and_then(|k| k.in_force).map(|f| f.text)
}

async fn a_faulty_policy_is_told_at_its_line_and_the_last_good_one_stays(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let good = "version: 1\ntickets: off\n";
    let sha = push(&house, Some(good)).await;
    let told = run(&house, &sha);
    assert_eq!((&told["conclusion"], &told["status"]), (&json!("success"), &json!("completed")), "{told:#}");
    assert_eq!(in_force(&house).await.as_deref(), Some(good));
    house.crash(&FIVE).await;
    assert_eq!(house.github.filed().len(), 0, "it files nothing");

    // Somebody means to switch tickets on, and mistypes two settings.
    let faulty = "version: 1\ntickets: autom\nmin_poeple: 1\n";
    let sha = push(&house, Some(faulty)).await;
    let told = run(&house, &sha);
    assert_eq!(told["conclusion"], "failure");
    assert_eq!(told["output"]["title"], "2 things are wrong, the first in line 2");
    let notes = told["output"]["annotations"].as_array().unwrap();
    let places: Vec<_> = notes.iter().map(|n| (&n["path"], &n["start_line"], &n["start_column"])).collect();
    let at = |line: i64, column: i64| (json!(PATH), json!(line), json!(column));
    let (first, second) = (at(2, 10), at(3, 1));
    assert_eq!(places, [(&first.0, &first.1, &first.2), (&second.0, &second.1, &second.2)]);
    assert_eq!(notes[1]["message"], "min_poeple: there is no setting \"min_poeple\"; did you mean min_people?");
    assert_eq!(in_force(&house).await.as_deref(), Some(good), "the last good one stays");
    house.crash(&["hans", "ida"]).await;
    house.later(HOUR_MS / 2).await;
    assert_eq!(house.github.filed().len(), 0, "nothing is filed by accident");
    let wrong = house.wrong().await;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with("policy acme/shop: .github/hearback.yml:2:10: tickets: found the text"), "{wrong:?}");
    assert!(wrong[0].contains("stays in force"), "{wrong:?}");

    // The same commit again, as a lost answer would have it: no second run.
    house.github.fail_next(Call::GetFile, Fault::SecondaryLimit { retry_after: Some("7") });
    let sha = push(&house, Some("tickets: auto\n")).await;
    assert_eq!(runs(&house, "hearback policy", &sha), Vec::<Value>::new(), "GitHub asks to wait");
    house.clock.advance(8_000);
    house.rules().await;
    assert_eq!(run(&house, &sha)["conclusion"], "success");
    house.later(2 * MINUTE_MS).await;
    assert_eq!(house.github.filed().len(), 2, "now the report and the theme are filed");
    assert_eq!(house.wrong().await, Vec::<String>::new());
    house.read_comments();
    house.finish().await;
}

async fn what_waits_to_be_filed_goes_by_the_rules_of_now(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let mut tx = house.ctx.db.write().await.unwrap();
    pauses::hold(&mut tx, "github:acme", house.clock.now().plus(HOUR_MS), "GitHub asks to wait").await.unwrap();
    tx.commit().await.unwrap();
    house.crash(&FIVE).await;
    assert_eq!(house.tickets().await.len(), 2, "by the settings both are wanted");
    push(&house, Some("tickets: off\n")).await;
    house.work().await;
    house.later(2 * HOUR_MS).await;
    assert_eq!(house.github.filed().len(), 0, "nothing is filed by accident");
    push(&house, Some("tickets: auto\n")).await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(house.github.filed().len(), 2);
    house.read_comments();
    house.finish().await;
}

async fn a_policy_that_is_deleted_gives_way_to_the_settings(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    push(&house, Some("tickets: off\n")).await;
    house.crash(&FIVE).await;
    assert_eq!(house.github.filed().len(), 0);
    let sha = push(&house, None).await;
    assert_eq!(run(&house, &sha)["conclusion"], "neutral");
    assert_eq!(in_force(&house).await, None);
    house.later(2 * MINUTE_MS).await;
    assert_eq!(house.github.filed().len(), 2);
    house.read_comments();
    house.finish().await;
}

async fn what_is_not_watched_opens_no_window(kind: Kind) {
    let settings = [("sources.generic.secrets", GENERIC_SECRET), ("policy.repository", "acme/shop")];
    let house = House::with(kind, &settings).await;
    push(&house, Some("flags: [old-*]\nreleases: []\n")).await;
    house.roll_out(FLAG, 25.0).await;
    house.github.publish_release(TAG).await;
    house.work().await;
    assert_eq!(house.windows().await, ["planned", "planned"]);
    let mut why = house.ledger.column("SELECT why FROM decisions WHERE subject = 'window'").await;
    why.sort();
    let wanted = [
        "it is not opened, because the policy watches other flags: old-*",
        "it is not opened, because the policy watches other releases: none",
    ];
    assert_eq!(why, wanted);
    for user in FIVE {
        house.post(json!({"flag": FLAG, "user": user, "text": "The checkout crashes when I tap pay"})).await;
    }
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(house.github.filed().len(), 0);
    let asked = json!({"flag": "other-one", "environment": "production"});
    assert_eq!(house.tell("/v1/rollouts", &asked).await, 409, "nor by hand");

    push(&house, Some("flags: [old-*, 'new-*']\nreleases: []\n")).await;
    let mut windows = house.windows().await;
    windows.sort();
    assert_eq!(windows, ["open", "planned"]);
    house.later(2 * MINUTE_MS).await;
    assert_eq!(house.github.filed().len(), 2);
    house.read_comments();
    house.finish().await;
}

async fn what_a_pull_request_proposes_is_judged_and_not_in_force(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let number = house.github.person_opens_pull_request("Settings", "").await;
    house.github.pull_proposes(number, HEAD, PATH, "tickets: off\nwindow: 2 days\n").await;
    house.work().await;
    house.rules().await;
    let told = run(&house, HEAD);
    assert_eq!((&told["conclusion"], &told["output"]["annotations"][0]["start_line"]), (&json!("failure"), &json!(2)));
    let mended = HEAD.replace("abc", "def");
    house.github.pull_proposes(number, &mended, PATH, "tickets: off\nwindow: 2d\n").await;
    house.work().await;
    house.rules().await;
    let told = run(&house, &mended);
    assert_eq!(told["conclusion"], "success", "{told:#}");
    assert!(told["output"]["summary"].as_str().unwrap().contains("comes in force when this is merged"), "{told:#}");
    let other = HEAD.replace("abc", "fed");
    house.github.pull_proposes(number, &other, "README.md", "hello").await;
    house.work().await;
    house.rules().await;
    assert_eq!(runs(&house, "hearback policy", &other), Vec::<Value>::new(), "it leaves the policy alone");
    assert_eq!(in_force(&house).await, None);
    house.crash(&FIVE).await;
    assert_eq!(house.github.filed().len(), 2, "the settings are in force");
    house.read_comments();
    house.finish().await;
}

async fn a_push_that_was_lost_is_made_up_for(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.rules().await;
    assert_eq!((in_force(&house).await, house.github.calls(Call::GetFile)), (None, 1), "read at first sight");
    house.github.commit_file(PATH, "window: 3d\n");
    house.rules().await;
    assert_eq!(house.github.calls(Call::GetFile), 1, "not asked all the time");
    house.later(HOUR_MS).await;
    house.rules().await;
    assert_eq!(in_force(&house).await.as_deref(), Some("window: 3d\n"));
    assert_eq!(house.github.check_runs(), Vec::<Value>::new(), "no commit is known to tell it on");
    house.later(HOUR_MS).await;
    house.rules().await;
    assert_eq!((in_force(&house).await.as_deref(), house.github.calls(Call::GetFile)), (Some("window: 3d\n"), 3));
    house.finish().await;
}

async fn a_repository_out_of_sight_keeps_its_policy(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    push(&house, Some("tickets: off\n")).await;
    house.github.remove_repo();
    house.later(HOUR_MS).await;
    house.rules().await;
    assert_eq!(in_force(&house).await.as_deref(), Some("tickets: off\n"));
    let said = house.check().await.into_iter().find(|l| l.what == "policy acme/shop").unwrap().says;
    assert!(said.contains("could not be read"), "{said}");
    house.finish().await;
}

async fn another_environment_begins_and_ends_rollouts(kind: Kind) {
    let settings = [("sources.generic.secrets", GENERIC_SECRET), ("policy.repository", "acme/shop")];
    let house = House::with(kind, &settings).await;
    push(&house, Some("environments: [live]\n")).await;
    house.roll_out(FLAG, 25.0).await;
    house.work().await;
    assert_eq!(house.windows().await, Vec::<String>::new(), "no customers live in production");
    push(&house, Some("environments: [live, production]\n")).await;
    assert_eq!(house.windows().await, ["open"]);
    house.finish().await;
}

async fn a_policy_is_tried_on_what_was_said_before(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.later(HOUR_MS).await;
    house.github.unpublish(TAG).await;
    house.work().await;
    let title = async |text: &str| {
        let sha = push(&house, Some(text)).await;
        run(&house, &sha)["output"]["title"].as_str().unwrap().to_owned()
    };
    let both = "This policy would have filed 2 issues in the last 90 days, 2 of them before the rollback.";
    assert_eq!(title("min_people: 5\n").await, both);
    let one = "This policy would have filed 1 issue in the last 90 days, 1 of them before the rollback.";
    assert_eq!(title("min_people: 6\n").await, one);
    assert_eq!(title("tickets: off\n").await, "This policy would have filed 0 issues in the last 90 days.");
    let unseen = "This policy would have filed 0 issues in the last 90 days. It does not watch 1 of 1 rollout.";
    assert_eq!(title("releases: ['v2.*']\n").await, unseen);
    house.later(2 * MINUTE_MS).await;
    house.read_comments();
    house.finish().await;
}

async fn reception_is_told_on_the_pull_request_that_brought_it(kind: Kind) {
    let settings = [
        ("sources.generic.secrets", GENERIC_SECRET),
        ("policy.repository", "acme/shop"),
        ("server.public_url", "https://hearback.example.com"),
    ];
    let house = House::with(kind, &settings).await;
    let number = house.github.person_opens_pull_request("Checkout", "Behind `new-checkout`.").await;
    house.github.pull_proposes(number, HEAD, "checkout.js", "").await;
    house.github.person_merges(number).await;
    house.roll_out(FLAG, 25.0).await;
    house.work().await;
    house.sweep().await;
    let name = "hearback reception";
    let told = runs(&house, name, HEAD);
    assert_eq!((told.len(), &told[0]["conclusion"]), (1, &json!("neutral")), "{told:#?}");
    for user in FIVE {
        house.post(json!({"flag": FLAG, "user": user, "text": "The checkout crashes when I tap pay"})).await;
    }
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(runs(&house, name, HEAD).len(), 1, "at most one an hour");
    house.later(HOUR_MS).await;
    let told = runs(&house, name, HEAD);
    assert_eq!((told.len(), &told[0]["conclusion"]), (2, &json!("failure")), "{told:#?}");
    let summary = told[0]["output"]["summary"].as_str().unwrap();
    assert!(summary.contains("Unhappy: 5 of 5 (100 %, 95 % CI 57-100 %)"), "{summary}");
    assert!(summary.contains("(<https://hearback.example.com/rollouts/ro_"), "{summary}");
    assert!(!summary.contains("crashes"), "customers' words stay out: {summary}");

    // More of it: another stage is told too, and that somebody wants it held.
    house.roll_out(FLAG, 100.0).await;
    house.work().await;
    house.later(HOUR_MS).await;
    let told = runs(&house, name, HEAD);
    assert!(told[0]["output"]["summary"].as_str().unwrap().contains("everybody has it"), "{told:#?}");
    house.github.comments_as("wendy", number, "/hearback hold").await;
    house.work().await;
    house.later(HOUR_MS).await;
    let told = runs(&house, name, HEAD);
    assert!(told[0]["output"]["title"].as_str().unwrap().starts_with("Held: "), "{told:#?}");
    house.github.comments_read(number);
    house.read_comments();
    house.finish().await;
}

async fn who_may_steer_is_the_policy_s_to_say(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    push(&house, Some("steer:\n  permission: maintain\n  teams: [acme/checkout]\n")).await;
    let number = house.report().number;
    let closes = async || house.ledger.number("SELECT closes_ms FROM windows").await;
    let asks = async |login: &str| {
        let before = closes().await;
        house.github.comments_as(login, number, "/hearback extend 1d").await;
        house.work().await;
        house.later(2 * MINUTE_MS).await;
        closes().await - before
    };
    assert_eq!(asks("wendy").await, 0, "write access is not enough");
    assert_eq!(asks("olaf").await, 0);
    assert_eq!(asks("ada").await, 24 * HOUR_MS);
    house.github.joins_team("acme/checkout", "olaf");
    assert_eq!(asks("olaf").await, 24 * HOUR_MS, "a team's people need no role");
    push(&house, Some("steer: {permission: read}\n")).await;
    house.github.grant("olaf", Some("read"));
    assert_eq!(asks("olaf").await, 24 * HOUR_MS);

    house.read_comments();
    house.finish().await;
}
