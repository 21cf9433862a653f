//! Calls, right and wrong, and settings that don't fit.

use serde_json::Value;

use super::Desk;

#[test]
fn help_is_there_for_every_command() {
    let desk = Desk::new();
    let help = desk.done(&["--help"]);
    for command in [
        "serve", "demo", "check", "migrate", "analyze", "replay", "import", "rollouts", "report", "why", "keys",
        "correct", "train", "simulate", "reveal", "approve", "refuse", "openapi",
    ] {
        assert!(help.contains(&format!("  {command}")), "{command} is listed:\n{help}");
        let own = desk.done(&[command, "--help"]);
        assert!(own.contains("Usage:"), "{own}");
    }
    assert!(desk.done(&["--version"]).starts_with("hearback "));
    assert_eq!(std::fs::read_dir(desk.path()).unwrap().count(), 0, "help leaves nothing behind");
}

#[test]
fn a_wrong_call_ends_with_2_and_a_hint() {
    let desk = Desk::new();
    for wrong in [
        &["serv"][..],
        &[],
        &["report"],
        &["import", "x.csv"],
        &["refuse", "v1", "th_1"],
        &["keys", "create"],
        &["keys", "create", "--kind", "open"],
        &["rollouts", "--limit", "0"],
        &["report", "v1", "--format", "pdf"],
        &["simulate", "--volume", "0"],
        &["simulate", "--day-sd", "3"],
    ] {
        let ended = desk.run(wrong);
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{wrong:?}: {ended:#?}");
        assert!(ended.err.contains("--help") || ended.err.contains("Usage:"), "{wrong:?}: {}", ended.err);
    }
}

#[test]
fn a_setting_that_does_not_fit_is_named_with_its_place() {
    for (text, says) in [
        ("[server]\nlisten = \"127.0.0.1:0\"\nlisen = \"x\"\n", "hearback.toml:3: server.lisen"),
        ("[policy]\n\nwindow = \"soon\"\n", "hearback.toml:3: policy.window: expected a time such as"),
        ("[outbox]\nlease = \"1s\"\n", "hearback.toml:2: outbox.lease: expected at least twice"),
        ("[policy]\ntrackers = [\"trello\"]\n", "hearback.toml:2: policy.trackers"),
    ] {
        let desk = Desk::new();
        desk.file("hearback.toml", text);
        for command in ["serve", "migrate", "rollouts"] {
            let ended = desk.run(&[command]);
            assert_eq!(ended.status, 1, "{ended:#?}");
            assert!(ended.err.contains(says), "{command}: {says:?} is said:\n{}", ended.err);
        }
    }
}

#[test]
fn a_setting_of_the_environment_is_named_too() {
    let ended = Desk::new().set("HEARBACK__POLICY__MIN_PEOPLE", "none").run(&["migrate"]);
    assert_eq!(ended.status, 1);
    assert!(ended.err.contains("HEARBACK__POLICY__MIN_PEOPLE"), "{}", ended.err);
    let ended = Desk::new().run(&["migrate", "--config", "nowhere.toml"]);
    assert_eq!(ended.status, 1);
    assert!(ended.err.contains("nowhere.toml"), "{}", ended.err);
}

#[test]
fn a_rollout_that_is_not_there_is_said_to_be_so() {
    let desk = Desk::new();
    for command in [&["report", "v9"][..], &["why", "v9"]] {
        let ended = desk.run(command);
        assert_eq!((ended.status, ended.out.as_str()), (1, ""));
        assert!(ended.err.contains("no rollout v9") && ended.err.contains("hearback rollouts"), "{}", ended.err);
    }
}

#[test]
fn migrate_makes_the_database_and_may_be_repeated() {
    let desk = Desk::new();
    for _ in 0..2 {
        let ended = desk.run(&["migrate"]);
        assert_eq!((ended.status, ended.out.as_str()), (0, ""), "{ended:#?}");
        assert!(ended.err.contains("SQLite"), "{}", ended.err);
    }
    assert!(desk.path().join("hearback-data/hearback.db").is_file());
}

#[test]
fn check_is_well_without_settings_and_fails_where_anything_is_wrong() {
    let desk = Desk::new();
    let lines = desk.json(&["check", "--json"]);
    let lines = lines.as_array().unwrap();
    assert!(lines.iter().all(|l| l["ok"] == Value::Bool(true)), "{lines:#?}");

    // An address where nobody listens: the port is free, or the listener would have it.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    desk.file(
        "hearback.toml",
        &format!(
            "[github]\napi_url = \"http://{free}\"\ntoken = \"x\"\n[policy]\nrepository = \"acme/shop\"\ntrackers = [\"github\", \"local\"]\n"
        ),
    );
    let ended = desk.run(&["check"]);
    assert_eq!(ended.status, 1, "{ended:#?}");
    let wrong: Vec<&str> = ended.out.lines().filter(|l| l.starts_with("WRONG")).collect();
    assert_eq!(wrong.len(), 2, "GitHub does not answer, and its webhooks have no secret:\n{}", ended.out);
    assert!(wrong.iter().any(|l| l.contains("github acme/shop")), "{wrong:#?}");
    assert!(wrong.iter().any(|l| l.contains("github.webhook_secrets")), "{wrong:#?}");
    assert!(ended.out.lines().any(|l| l.starts_with("ok") && l.contains("local")), "{}", ended.out);

    desk.file("hearback.toml", "[server]\nlisen = 1\n");
    let ended = desk.run(&["check"]);
    assert_eq!(ended.status, 1);
    assert!(ended.out.contains("server.lisen"), "wrong settings are a line too:\n{}", ended.out);
}

#[test]
fn the_openapi_document_is_json() {
    let document = Desk::new().json(&["openapi"]);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{document}");
    assert!(document["paths"]["/v1/feedback"].is_object());
}
