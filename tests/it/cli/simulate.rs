//! `hearback simulate`: the same bytes for the same seed, and what is configured is what is tried.

use serde_json::Value;

use super::Desk;

const FEW: [&str; 9] =
    ["simulate", "--scenario", "null,shift:40", "--rollouts", "30", "--volume", "40", "--day-sd", "0"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    FEW.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_with_any_number_of_threads() {
    let desk = Desk::new();
    let one = desk.done(&with(&["--threads", "1"]));
    assert_eq!(one, desk.done(&with(&["--threads", "3"])));
    assert!(one.contains("false alarms, % of rollouts") && one.contains("found, % of rollouts"), "{one}");
    let seeded = |seed| desk.done(&with(&["--json", "--seed", seed]));
    assert_ne!(seeded("1"), seeded("2"));
    assert_eq!(std::fs::read_dir(desk.path()).unwrap().count(), 0, "no database is made");
}

#[test]
fn the_alarms_that_are_configured_are_tried() {
    let found = |desk: &Desk| -> f64 {
        let rows: Value = serde_json::from_str(&desk.done(&with(&["--json"]))).unwrap();
        assert_eq!(
            (rows["rows"][0]["quiet"].as_bool(), rows["rows"][1]["scenario"].as_str()),
            (Some(true), Some("shift:40@0"))
        );
        rows["rows"][1]["rate"].as_f64().unwrap()
    };
    assert!(found(&Desk::new()) > 0.5);
    let deaf = Desk::new();
    deaf.file("hearback.toml", "[alarms]\nalert = 1e12\ncritical = 1e12\n");
    assert!(found(&deaf) < 0.1);
}

#[test]
fn a_scenario_that_cannot_be_meant_is_named_with_those_that_can() {
    let ended = Desk::new().run(&["simulate", "--scenario", "nul"]);
    assert_eq!(ended.status, 2, "{ended:#?}");
    assert!(ended.err.contains("\"nul\"") && ended.err.contains("null-control"), "{}", ended.err);
}
