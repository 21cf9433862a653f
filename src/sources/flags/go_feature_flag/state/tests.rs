//! How a flag stands at a moment, as the platform would have it.

use super::*;

/// 2026-10-10T00:00:00Z.
const NOW: UnixMs = UnixMs(1_791_590_400_000);

fn at(flag: &str) -> State {
    serde_json::from_str::<Flag>(flag).unwrap().at(NOW)
}

/// A boolean flag with members besides its variations.
fn of(members: &str) -> State {
    at(&format!(r#"{{"variations": {{"off": false, "on": true}}, {members}}}"#))
}

#[test]
fn a_progressive_rollout_climbs_from_its_beginning_to_its_end() {
    let from_to = |begin: &str, end: &str| {
        let state = of(&format!(
            r#""defaultRule": {{"progressiveRollout": {{
                "initial": {{"variation": "off", "percentage": 20, "date": "{begin}"}},
                "end": {{"variation": "on", "percentage": 80, "date": "{end}"}}}}}}"#
        ));
        (state.percent, state.goes_on)
    };
    for (begin, end, expected) in [
        ("2026-10-11T00:00:00Z", "2026-10-12T00:00:00Z", (Some(0.0), true)),
        ("2026-10-09T00:00:00Z", "2026-10-11T00:00:00Z", (Some(50.0), true)),
        ("2026-10-08T00:00:00Z", "2026-10-09T00:00:00Z", (Some(80.0), false)),
        // The platform gives an error, and the application its own value.
        ("2026-10-12T00:00:00Z", "2026-10-11T00:00:00Z", (None, true)),
    ] {
        assert_eq!(from_to(begin, end), expected, "{begin} {end}");
    }
}

#[test]
fn the_old_format_is_read_as_the_platform_reads_it() {
    let old = |members: &str| at(&format!(r#"{{"true": "b", "false": "a", "default": "a", {members}}}"#));
    assert_eq!(old(r#""percentage": 30"#).percent, Some(30.0));
    assert_eq!(old(r#""disable": false"#).percent, Some(0.0));
    let with_query = old(r#""percentage": 30, "rule": "plan eq \"pro\"""#);
    assert_eq!((with_query.percent, with_query.only_queries), (None, true));
    let ramp = r#""rollout": {"progressive": {"percentage": {"initial": 0, "end": 100},
        "releaseRamp": {"start": "2026-10-09T00:00:00Z", "end": "2026-10-13T00:00:00Z"}}}"#;
    assert_eq!((old(ramp).percent, old(ramp).goes_on), (Some(25.0), true));
    assert!(!old(r#""percentage": 30, "disable": true"#).on);
}

#[test]
fn scheduled_steps_come_into_force_one_by_one() {
    let state = of(r#""defaultRule": {"percentage": {"off": 90, "on": 10}}, "disable": true,
        "targeting": [{"name": "pro", "query": "plan eq \"pro\"", "variation": "off"}],
        "scheduledRollout": [
            {"date": "2026-10-01T00:00:00Z", "disable": false},
            {"date": "2026-10-02T00:00:00Z", "defaultRule": {"percentage": {"off": 40, "on": 60}}},
            {"date": "2026-10-03T00:00:00Z", "targeting": [{"name": "pro", "disable": true}]},
            {"date": "2026-11-01T00:00:00Z", "disable": true}]"#);
    assert_eq!((state.on, state.percent, state.only_queries, state.goes_on), (true, Some(60.0), false, true));
    assert_eq!(state.variants.iter().map(|v| v.percent).collect::<Vec<_>>(), [Some(40.0), Some(60.0)]);
}

#[test]
fn a_share_is_of_those_whom_no_query_catches() {
    let query = r#""query": "plan eq \"pro\"""#;
    for (rules, expected) in [
        (format!(r#"{{{query}, "variation": "on"}}"#), (None, true)),
        (format!(r#"{{{query}, "variation": "off"}}"#), (Some(0.0), false)),
        (format!(r#"{{{query}, "variation": "on", "disable": true}}"#), (Some(0.0), false)),
        // Without a query a rule catches everybody, and what stands behind it nobody.
        (r#"{"percentage": {"off": 3, "on": 1}}"#.into(), (Some(25.0), false)),
        (format!(r#"{{"variation": "on"}}, {{{query}, "variation": "off"}}"#), (Some(100.0), false)),
    ] {
        let state = of(&format!(r#""targeting": [{rules}], "defaultRule": {{"variation": "off"}}"#));
        assert_eq!((state.percent, state.only_queries), expected, "{rules}");
    }
    let colours = at(r##"{"variations": {"a": "#00f", "b": "#0f0"}, "defaultRule": {"variation": "b"}}"##);
    assert_eq!((colours.percent, colours.only_queries), (None, false));
}

#[test]
fn an_experiment_is_on_from_its_start_to_its_end() {
    for (span, on) in [
        (r#""start": "2026-10-09T00:00:00Z", "end": "2026-10-11T00:00:00Z""#, true),
        (r#""start": "2026-10-11T00:00:00Z""#, false),
        (r#""end": "2026-10-09T00:00:00Z""#, false),
    ] {
        assert_eq!(of(&format!(r#""experimentation": {{{span}}}, "defaultRule": {{}}"#)).on, on, "{span}");
    }
}
