//! Unleash: its recorded answers, and a world that keeps a log.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use hearback::domain::flag_state::FlagState;
use hearback::domain::signal::Signal;
use hearback::flagapi::{After, FlagApi, Look};
use hearback::sources::{self, Fact, Headers, Incoming, Meaning};
use hearback::time::{DAY_MS, UnixMs};
use serde_json::{Value, json};

use super::world::{Ask, Reply, Shelf, TOKEN, World, look, seen};

const NOW: &str = "2026-10-09T10:00:00.000Z";

/// A flag that is on in production for 10 %.
pub fn flag(n: usize) -> Value {
    with_strategies(&format!("flag-{n}"), &json!([strategy("s1", "10")]))
}

fn strategy(id: &str, rollout: &str) -> Value {
    json!({"name": "flexibleRollout", "constraints": [], "variants": [], "segments": [], "sortOrder": 0, "id": id,
        "parameters": {"groupId": "g", "rollout": rollout, "stickiness": "default"}, "title": null, "disabled": false})
}

fn with_strategies(name: &str, strategies: &Value) -> Value {
    json!({"name": name, "type": "release", "stale": false, "environments": [
        {"name": "production", "enabled": true, "type": "production", "sortOrder": 3, "strategies": strategies}
    ]})
}

/// The platform without a log.
pub fn answer(shelf: &mut Shelf, ask: &Ask) -> Reply {
    answer_with(&shelf.flags, &[], ask)
}

/// The platform with a log, oldest first.
fn answer_with(flags: &[Value], log: &[Value], ask: &Ask) -> Reply {
    if ask.headers.get("authorization").is_none_or(|v| v != TOKEN) {
        return Reply::status(401);
    }
    let path = ask.below("/api/admin/").unwrap_or_default();
    match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["projects"] => Reply::json(&json!({"version": 1, "projects": [
            {"name": "Shop", "id": "shop", "archivedAt": null}, {"name": "Old", "id": "old", "archivedAt": NOW}]})),
        ["projects", "shop", "features"] => {
            let mut listed = flags.to_vec();
            for environment in listed.iter_mut().flat_map(|f| f["environments"].as_array_mut().unwrap()) {
                environment.as_object_mut().unwrap().remove("strategies");
            }
            Reply::json(&json!({"version": 2, "features": listed}))
        }
        // What does not exist has an empty list.
        ["projects", _, "features"] => Reply::json(&json!({"version": 2, "features": []})),
        ["projects", "shop", "features", name] => {
            flags.iter().find(|f| f["name"] == name).map_or_else(|| Reply::status(404), Reply::json)
        }
        ["search", "events"] => {
            let limit = ask.number("limit").filter(|l| (1..=1000).contains(l)).unwrap_or(50);
            let offset = ask.number("offset").unwrap_or(0);
            let wanted = |e: &&Value| {
                let filter = ask.param("project").and_then(|p| p.strip_prefix("IS_ANY_OF:"));
                filter.is_none_or(|list| list.split(',').any(|p| e["project"] == p))
            };
            let all: Vec<&Value> = log.iter().rev().filter(wanted).collect();
            let page: Vec<_> = all.iter().skip(offset).take(limit).collect();
            Reply::json(&json!({"events": page, "total": all.len()}))
        }
        _ => Reply::status(404),
    }
}

#[derive(Default)]
struct Unleash {
    flags: Vec<Value>,
    log: Vec<Value>,
}

async fn world(flags: Vec<Value>) -> (World, Arc<Mutex<Unleash>>, Arc<dyn FlagApi>) {
    let unleash = Arc::new(Mutex::new(Unleash { flags, log: Vec::new() }));
    let held = unleash.clone();
    let world = World::start(move |ask| {
        let unleash = held.lock().unwrap();
        answer_with(&unleash.flags, &unleash.log, ask)
    })
    .await;
    let api = world.client("unleash", &["shop"]);
    (world, unleash, api)
}

fn event(id: i64, at: &str, flag: &str) -> Value {
    json!({"id": id, "type": "feature-strategy-update", "createdAt": at, "featureName": flag, "project": "shop",
        "environment": "production", "data": null, "preData": null, "label": "Flag updated", "summary": "**you**"})
}

async fn after(api: &Arc<dyn FlagApi>, cursor: Option<&str>) -> Look {
    api.look(After { cursor, since: UnixMs::parse_rfc3339("2026-10-06T10:00:00Z").unwrap() }).await.unwrap()
}

fn ids(look: &Look) -> Vec<i64> {
    look.events.iter().map(|e| serde_json::from_slice::<Value>(e).unwrap()["id"].as_i64().unwrap()).collect()
}

/// The paths of the questions for single flags.
fn details(world: &World) -> Vec<String> {
    let asked = world.asked().into_iter().map(|ask| ask.path);
    asked.filter_map(|path| Some(path.strip_prefix("/api/admin/projects/shop/features/")?.to_owned())).collect()
}

/// A recorded answer: the request, the headers, the body.
fn recorded(file: &str) -> Reply {
    let (_, answer) = file.split_once("\n\n").unwrap();
    let (head, body) = answer.split_once("\n\n").unwrap();
    let date = head.lines().find_map(|l| l.strip_prefix("Date: ")).unwrap();
    let json = ("content-type".to_owned(), "application/json; charset=utf-8".to_owned());
    Reply { status: 200, headers: vec![("date".to_owned(), date.to_owned()), json], body: body.trim_end().to_owned() }
}

async fn recorded_world() -> World {
    World::start(|ask| match ask.path.as_str() {
        "/api/admin/projects" => recorded(include_str!("../fixtures/flagapi/unleash/projects.http")),
        "/api/admin/projects/default/features" => recorded(include_str!("../fixtures/flagapi/unleash/features.http")),
        "/api/admin/projects/default/features/new-checkout" => {
            recorded(include_str!("../fixtures/flagapi/unleash/feature.http"))
        }
        "/api/admin/projects/default/features/burst" => {
            recorded(include_str!("../fixtures/flagapi/unleash/feature-burst.http"))
        }
        "/api/admin/search/events" => recorded(include_str!("../fixtures/flagapi/unleash/search-events.http")),
        _ => Reply::status(404),
    })
    .await
}

#[tokio::test]
async fn recorded_flags_are_told_as_they_are() {
    let world = recorded_world().await;
    let api = world.client("unleash", &[]);
    let since = UnixMs::parse_rfc3339("2026-11-25T00:00:00Z").unwrap();
    let told = api.look(After { cursor: None, since }).await.unwrap();
    let state = |flag: &str, environment: &str, on: bool, shares: Value| {
        json!({"platform": "unleash", "project": "default", "environment": environment, "flag": flag, "on": on,
            "shares": shares, "archived": false,
            "url": format!("{}projects/default/features/{flag}", world.url()),
            "at": UnixMs::parse_rfc3339("2026-11-25T00:52:53Z").unwrap()})
    };
    assert_eq!(
        seen(&told),
        json!([
            state("new-checkout", "development", false, json!({})),
            state("new-checkout", "production", true, json!({"01M882ZRS68W3Q3D5EPT5YC7JE": 100.0})),
            state("burst", "development", false, json!({})),
            state("burst", "production", false, json!({"01M883141W9G7D6TEBVYX7MNCK": 100.0})),
        ])
    );
    assert_eq!(told.whole, BTreeSet::from(["default".to_owned()]));
}

#[tokio::test]
async fn recorded_events_are_told_oldest_first_in_their_own_bytes() {
    let world = recorded_world().await;
    let api = world.client("unleash", &[]);
    let since = UnixMs::parse_rfc3339("2026-11-25T00:00:00Z").unwrap();
    let told = api.look(After { cursor: None, since }).await.unwrap();
    assert!(ids(&told).is_sorted(), "{:?}", ids(&told));
    let newest = *ids(&told).last().unwrap();
    assert_eq!(told.cursor, Some(newest.to_string()));
    let body = recorded(include_str!("../fixtures/flagapi/unleash/search-events.http")).body;
    for event in &told.events {
        assert!(body.contains(std::str::from_utf8(event).unwrap()), "not as it was sent");
    }
    let again = api.look(After { cursor: told.cursor.as_deref(), since }).await.unwrap();
    assert!(again.events.len() <= 20, "only the last few come again: {}", again.events.len());
}

/// What the events tell and what the flags tell is one state.
#[tokio::test]
async fn the_log_adds_up_to_what_is_seen() {
    let world = recorded_world().await;
    let api = world.client("unleash", &[]);
    let since = UnixMs::parse_rfc3339("2026-11-25T00:00:00Z").unwrap();
    let told = api.look(After { cursor: None, since }).await.unwrap();
    let source = sources::source("unleash").unwrap();
    let headers = Headers::default();
    let mut signals: Vec<Signal> = Vec::new();
    for body in &told.events {
        let incoming = Incoming::new(&headers, body, since);
        let event = (source.envelope)(&incoming).unwrap().event;
        if let Meaning::Facts(facts) = (source.parse)(&Incoming { event: &event, ..incoming }).unwrap() {
            signals.extend(facts.into_iter().map(|fact| {
                let Fact::Flag(change) = fact else { panic!("{fact:?}") };
                change.signal(since)
            }));
        }
    }
    for flag in told.seen.iter().filter(|s| s.environment.as_deref() == Some("production")) {
        let subject = flag.subject();
        let everywhere = subject.everywhere();
        let about_it = |s: &&Signal| s.subject == subject || Some(&s.subject) == everywhere.as_ref();
        let state = FlagState::after(&subject, &signals.iter().filter(about_it).cloned().collect::<Vec<_>>());
        let mut with_seen = state.clone();
        with_seen.hear(&flag.clone().signal(since).kind);
        assert_eq!(with_seen.exposure(), state.exposure(), "{}", flag.flag);
        assert_eq!(with_seen.percent(), state.percent(), "{}", flag.flag);
    }
}

#[tokio::test]
async fn strategies_are_told_by_their_ids_and_as_the_webhook_tells_them() {
    let mut disabled = strategy("s2", "80");
    disabled["disabled"] = json!(true);
    let mut variants = strategy("s3", "12.5");
    variants["variants"] = json!([{"name": "blue", "weight": 250}, {"name": "red", "weight": 750}]);
    let strategies = json!([
        strategy("s1", "25"),
        disabled,
        variants,
        {"id": "s4", "name": "default", "parameters": {}},
        {"id": "s5", "name": "userWithId", "parameters": {"userIds": "1"}},
        {"name": "gradualRolloutRandom", "parameters": {"percentage": 5}},
        {"id": "s7", "name": "flexibleRollout", "parameters": {"rollout": "150"}},
        {"id": "s8", "name": "flexibleRollout", "parameters": null},
    ]);
    let (world, _, api) = world(vec![with_strategies("new-checkout", &strategies)]).await;
    let told = look(&api).await.unwrap();
    let url = format!("{}projects/shop/features/new-checkout", world.url());
    let wanted = json!([{"platform": "unleash", "project": "shop", "environment": "production", "flag": "new-checkout",
        "on": true, "shares": {"s1": 25.0, "s2": 0.0, "s3": 12.5, "s4": 100.0, "s7": 100.0, "gradualRolloutRandom": 5.0},
        "variants": [{"name": "blue", "percent": 25.0}, {"name": "red", "percent": 75.0}], "archived": false, "url": url,
        "at": 1_791_540_000_000_i64}]);
    assert_eq!(seen(&told), wanted);
}

#[tokio::test]
async fn the_first_look_tells_what_is_not_history() {
    let (_world, unleash, api) = world(vec![flag(1)]).await;
    unleash.lock().unwrap().log =
        vec![event(1, "2026-10-06T09:59:59.999Z", "a"), event(2, "2026-10-06T10:00:00.000Z", "a"), event(5, NOW, "a")];
    let told = after(&api, None).await;
    assert_eq!((ids(&told), told.cursor.as_deref()), (vec![2, 5], Some("5")));
}

#[tokio::test]
async fn a_log_without_news_still_says_where_to_go_on() {
    let (_world, unleash, api) = world(vec![flag(1)]).await;
    assert_eq!(after(&api, None).await.cursor, None, "an empty log");
    unleash.lock().unwrap().log = vec![event(7, "2026-01-01T00:00:00.000Z", "a")];
    let told = after(&api, None).await;
    assert_eq!((ids(&told), told.cursor.as_deref()), (vec![], Some("7")));
}

#[tokio::test]
async fn a_look_goes_on_where_the_last_one_ended_over_all_pages() {
    let (world, unleash, api) = world(vec![flag(1)]).await;
    unleash.lock().unwrap().log = (1..=650).map(|id| event(id, NOW, "a")).collect();
    let told = after(&api, Some("100")).await;
    assert_eq!(ids(&told), (81..=650).collect::<Vec<_>>(), "and the last few again");
    let pages = world.asked().iter().filter(|ask| ask.path.ends_with("/search/events")).count();
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn an_event_that_comes_to_light_late_is_told() {
    let (_world, unleash, api) = world(vec![flag(1)]).await;
    unleash.lock().unwrap().log = vec![event(40, NOW, "a"), event(42, NOW, "a")];
    let first = after(&api, None).await;
    assert_eq!(first.cursor.as_deref(), Some("42"));
    unleash.lock().unwrap().log.insert(1, event(41, NOW, "b"));
    assert!(ids(&after(&api, Some("42")).await).contains(&41));
}

#[tokio::test]
async fn a_log_that_was_set_back_is_read_anew() {
    let (_world, unleash, api) = world(vec![flag(1)]).await;
    unleash.lock().unwrap().log = vec![event(3, NOW, "a")];
    let told = after(&api, Some("900")).await;
    assert_eq!((ids(&told), told.cursor.as_deref()), (vec![3], Some("3")));
    assert_eq!(ids(&after(&api, Some("nonsense")).await), [3]);
}

#[tokio::test]
async fn a_log_without_an_end_is_left_and_the_newest_are_told() {
    let (world, unleash, api) = world(vec![flag(1)]).await;
    unleash.lock().unwrap().log = (1..=5_000).map(|id| event(id, NOW, "a")).collect();
    let told = after(&api, Some("1")).await;
    assert_eq!(ids(&told), (1_001..=5_000).collect::<Vec<_>>());
    assert_eq!(told.cursor.as_deref(), Some("5000"));
    assert_eq!(details(&world), ["flag-1"]);
    assert!(told.whole.contains("shop"), "the flags are all told, whatever happened to them");
}

#[tokio::test]
async fn strategies_are_asked_for_again_only_of_flags_that_the_log_names() {
    let (world, unleash, api) = world((0..3).map(flag).collect()).await;
    after(&api, None).await;
    assert_eq!(details(&world), ["flag-0", "flag-1", "flag-2"]);
    after(&api, None).await;
    assert_eq!(details(&world), [""; 0]);
    {
        let mut unleash = unleash.lock().unwrap();
        unleash.flags[1] = with_strategies("flag-1", &json!([strategy("s1", "60")]));
        unleash.log.push(event(8, NOW, "flag-1"));
    }
    let told = after(&api, Some("7")).await;
    assert_eq!(details(&world), ["flag-1"]);
    let shares: Vec<f64> = told.seen.iter().map(|s| s.shares["s1"]).collect();
    assert_eq!(shares, [10.0, 60.0, 10.0]);
    // The event is read again, and was heard.
    assert_eq!(ids(&after(&api, Some("8")).await), [8]);
    assert_eq!(details(&world), [""; 0]);
}

#[tokio::test]
async fn whether_a_flag_is_on_is_never_remembered() {
    let (world, unleash, api) = world(vec![flag(1)]).await;
    after(&api, None).await;
    details(&world);
    // An environment that is switched off as a whole makes no event.
    unleash.lock().unwrap().flags[0]["environments"][0]["enabled"] = json!(false);
    let told = after(&api, None).await;
    assert_eq!(told.seen[0].on, Some(false));
    assert_eq!(details(&world), [""; 0]);
}

#[tokio::test]
async fn an_environment_that_is_new_is_asked_for() {
    let (world, unleash, api) = world(vec![flag(1)]).await;
    after(&api, None).await;
    details(&world);
    let eu = json!({"name": "eu", "enabled": true, "strategies": [strategy("s9", "5")]});
    unleash.lock().unwrap().flags[0]["environments"].as_array_mut().unwrap().push(eu);
    let told = after(&api, None).await;
    assert_eq!(told.seen[1].shares.get("s9"), Some(&5.0));
    assert_eq!(details(&world), ["flag-1"]);
}

#[tokio::test]
async fn many_flags_are_made_out_over_several_looks_and_are_whole_only_then() {
    let (world, _, api) = world((0..450).map(flag).collect()).await;
    for (known, whole) in [(200, false), (400, false), (450, true), (450, true)] {
        let told = after(&api, None).await;
        assert_eq!((told.seen.len(), told.whole.contains("shop")), (known, whole));
        assert!(details(&world).len() <= 200);
    }
}

#[tokio::test]
async fn strategies_are_not_remembered_for_ever() {
    let date = Arc::new(Mutex::new(UnixMs::parse_rfc3339(NOW).unwrap()));
    let shown = date.clone();
    let world = World::start(move |ask| {
        let at = chrono::DateTime::from_timestamp_millis(shown.lock().unwrap().0).unwrap();
        answer_with(&[flag(1)], &[], ask).with("date", &at.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    })
    .await;
    let api = world.client("unleash", &["shop"]);
    after(&api, None).await;
    assert_eq!(details(&world), ["flag-1"]);
    let later = date.lock().unwrap().plus(DAY_MS);
    *date.lock().unwrap() = later;
    let told = after(&api, None).await;
    assert_eq!(details(&world), ["flag-1"]);
    assert_eq!(told.seen[0].at, later);
}

#[tokio::test]
async fn a_flag_that_is_put_away_while_it_is_asked_for_is_left_out() {
    let (world, _, api) = world((0..2).map(flag).collect()).await;
    world.fault("/features/flag-0", super::world::Fault::Instead(Reply::status(404)));
    let told = after(&api, None).await;
    assert_eq!(told.seen.iter().map(|s| s.flag.as_str()).collect::<Vec<_>>(), ["flag-1"]);
    assert!(told.whole.contains("shop"), "who is not there is gone");
}

#[tokio::test]
async fn without_projects_all_are_asked_for_that_are_not_put_away() {
    let (world, unleash, _) = world(vec![flag(1)]).await;
    unleash.lock().unwrap().log = vec![event(1, NOW, "a")];
    let told = after(&world.client("unleash", &[]), None).await;
    assert_eq!(told.whole, BTreeSet::from(["shop".to_owned()]));
    assert!(world.asked().iter().all(|ask| !ask.path.contains("/old/")));
    assert_eq!(ids(&after(&world.client("unleash", &["other"]), None).await), [0_i64; 0], "not of another project");
}

#[tokio::test]
async fn what_is_no_event_or_about_no_flag_is_passed_over() {
    let (_world, unleash, api) = world(vec![flag(1)]).await;
    let segment = json!({"id": 3, "type": "segment-created", "createdAt": NOW, "featureName": null,
        "project": "shop", "data": {"id": 1}});
    unleash.lock().unwrap().log = vec![json!({"id": "x"}), json!(null), event(2, NOW, "a"), segment];
    let told = after(&api, None).await;
    assert_eq!((ids(&told), told.cursor.as_deref()), (vec![2], Some("3")));
}
