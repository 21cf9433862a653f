//! Statistics by name: JSON in, JSON out.

use serde_json::{Value, json};

use super::Desk;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[test]
fn stats_answers_each_object_with_a_line() {
    let desk = Desk::new();
    let given = "{\"k\": 1,\n \"n\": 5}\n{\"k\": 0, \"n\": 0}\n{\"in\": {\"k\": 5, \"n\": 5}, \"out\": {}}";
    for name in ["wilson", "jeffreys", "wilson, jeffreys", "02_proportion_intervals"] {
        let ended = desk.run_with(&["stats", name], given);
        assert_eq!(ended.status, 0, "{ended:#?}");
        let told = lines(&ended.out);
        assert_eq!(told.len(), 3, "{ended:#?}");
        assert!((told[0]["wilson_lo"].as_f64().expect("a number") - 0.036_224_108).abs() < 1e-8, "{}", told[0]);
        assert_eq!(told[1], json!({"wilson_lo": 0.0, "wilson_hi": 1.0, "jeffreys_lo": 0.0, "jeffreys_hi": 1.0}));
        assert_eq!(told[2]["jeffreys_hi"], 1.0);
    }
    assert_eq!(std::fs::read_dir(desk.path()).expect("a folder").count(), 0, "no database is made");
}

#[test]
fn stats_says_which_argument_is_wrong_after_what_it_answered() {
    for (name, given, answered, says) in [
        ("wilson", "{\"k\": 1, \"n\": 5}\n{\"k\": 6, \"n\": 5}", 1, "object 2: k: expected no more than n, 5, got 6"),
        ("wilson", "[1]", 0, "object 1: expected an object of arguments"),
        ("wilson", "{", 0, "object 1: expected JSON"),
        ("wilson", "", 0, "stdin is empty"),
        ("wilsom", "{}", 0, "no function wilsom; expected one of lbeta, betainc"),
    ] {
        let ended = Desk::new().run_with(&["stats", name], given);
        assert_eq!((ended.status, ended.out.lines().count()), (2, answered), "{ended:#?}");
        assert!(ended.err.contains(says), "{says:?}: {}", ended.err);
    }
}

#[test]
fn stats_lists_what_there_is() {
    let listed = Desk::new().run_with(&["stats"], "");
    assert_eq!(listed.status, 0, "{listed:#?}");
    for says in ["wilson, jeffreys: ", "    k ", "    [conf] ", "mantel_haenszel: "] {
        assert!(listed.out.contains(says), "{says:?}: {}", listed.out);
    }
    assert_eq!(Desk::new().run_with(&["stats", "--list"], "").out, listed.out);
    let functions = lines(&Desk::new().run_with(&["stats", "--list", "--json", "bh, ebh"], "").out);
    let names: Vec<&Value> = functions.iter().map(|f| &f["names"][0]).collect();
    assert_eq!(names, ["bh", "ebh"]);
    assert_eq!(functions[0]["file"], "09_fdr");
}
