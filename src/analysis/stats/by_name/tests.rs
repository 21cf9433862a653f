use serde_json::{Value, json};

use super::*;

fn call(name: &str, given: &Value) -> Result<Value, String> {
    let asked = find(name).unwrap_or_else(|| panic!("nothing is named {name}"));
    asked.run(given.as_object().expect("an object")).map_err(|e| e.to_string())
}

#[test]
fn every_name_is_given_once_and_every_family_has_its_functions() {
    let mut names: Vec<&str> = functions().flat_map(|f| f.names).copied().collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for family in FAMILIES {
        for name in family.listed().split(", ") {
            assert!(function(name).is_some(), "{}: {name}", family.file);
        }
    }
    for f in functions() {
        assert!(!f.about.is_empty() && !f.arguments.is_empty(), "{}", f.names[0]);
    }
}

#[test]
fn a_wrong_argument_is_named_with_what_was_expected() {
    for (name, given, says) in [
        ("wilson", json!({"k": 1}), "n: missing; expected a count: a whole number from 0"),
        ("wilson", json!({"k": 6, "n": 5}), "k: expected no more than n, 5, got 6"),
        ("wilson", json!({"k": -1, "n": 5}), "k: expected a count: a whole number from 0, got -1"),
        ("wilson", json!({"k": 1.5, "n": 5}), "k: expected a count: a whole number from 0, got 1.5"),
        ("wilson", json!({"k": 1, "n": 5, "conf": 95}), "conf: expected a number between 0 and 1, got 95"),
        ("wilson", json!({"k": 1, "n": 5, "cnof": 0.9}), "cnof: not an argument; expected k, n, conf"),
        ("betainc", json!({"a": 0, "b": 1, "x": 0.5}), "a: expected a number above 0, got 0"),
        ("betainc", json!({"a": "1", "b": 1, "x": 0.5}), "a: expected a number, got \"1\""),
        ("bh", json!({"p": [0.1, 2]}), "p[1]: expected a number from 0 to 1, got 2"),
        ("mantel_haenszel", json!({"tables": [[1, 2, 3]]}), "tables[0]: expected [a, b, c, d], got [1, 2, 3]"),
        ("09_fdr", json!({"p": [0.1]}), "f: missing; expected bh, ebh"),
        ("bh", json!({"f": "wilson", "p": [0.1]}), "f: expected bh, ebh, got \"wilson\""),
        (
            "asymp_cs",
            json!({"t": {"n": 1, "sum_micro": 2}, "c": {}}),
            "t.sumsq_micro2: missing; t is an object {n, sum_micro, sumsq_micro2}: people, Σ score·1e6, \
             Σ (score·1e6)² as a decimal string",
        ),
    ] {
        assert_eq!(call(name, &given), Err(says.to_owned()), "{name} {given}");
    }
}

#[test]
fn what_has_no_value_is_null() {
    assert_eq!(
        call("newcombe", &json!({"k1": 0, "n1": 0, "k0": 1, "n0": 2})),
        Ok(json!({"diff": null, "lo": null, "hi": null}))
    );
    assert_eq!(call("norm_ppf", &json!({"p": 1})), Ok(json!({"v": null})));
    assert_eq!(call("centroid_cosine", &json!({"sum_a": [0], "sum_b": [1]})), Ok(json!({"cosine": null})));
}

#[test]
fn the_call_may_name_a_function_of_the_family() {
    let given = json!({"f": "ebh", "e": [100, 1], "alpha": 0.1});
    for name in ["ebh", "bh", "bh, ebh", "09_fdr", "09_fdr.json", "fdr"] {
        assert_eq!(call(name, &given), Ok(json!({"rejected": [0]})), "{name}");
    }
    assert!(find("no_such_thing").is_none());
}

#[test]
fn sums_larger_than_a_number_holds_are_read_exactly() {
    let arm = |squares: &str| json!({"n": 1_000_000_000, "sum_micro": "0", "sumsq_micro2": squares});
    let told = call("welch", &json!({"t": arm("170141183460469231731687303715884105727"), "c": arm("1")}));
    assert!(told.is_ok_and(|t| t["df"].is_f64()));
    assert!(call("welch", &json!({"t": arm("1e9"), "c": arm("1")})).is_err_and(|e| e.starts_with("t.sumsq_micro2: ")));
}
