use proptest::prelude::*;

use super::*;
use crate::domain::usage::Usage;

/// 2026-11-01T00:00:00Z.
const NOW: UnixMs = UnixMs(1_793_491_200_000);

fn read(body: &str) -> Reading {
    parse(body.as_bytes(), Some("application/json; charset=utf-8"), NOW).expect("a body that can be read")
}

fn refusals(body: &str) -> Vec<String> {
    read(body).refusals.iter().map(ToString::to_string).collect()
}

#[test]
fn one_broken_line_leaves_the_others() {
    let reading = read(
        "{\"type\":\"exposure\",\"user\":\"a\",\"flag\":\"f\"}\n{oops\n\n{\"type\":\"exposure\",\"user\":\"b\",\"flag\":\"f\"}\n",
    );
    assert_eq!((reading.sent, reading.records.len(), reading.refused), (3, 2, 1));
    assert_eq!(reading.refusals[0].to_string(), "[1]: not JSON: line 2 column 2");
}

#[test]
fn our_own_events_name_every_fault_with_its_remedy() {
    for (body, told) in [
        (r#"{"type": "exposure", "user": "a"}"#, "[0].flag: expected a flag, a release or a rollout"),
        (r#"{"type": "usage", "user": "a"}"#, "[0].event: expected the event's name"),
        (r#"{"type": "exposure", "flag": "f"}"#, "[0].user: expected your own id of the person"),
        (r#"{"user": "a", "flag": "f"}"#, "[0].type: expected exposure or usage"),
        (
            r#"{"type": "exposure", "user": "a", "flag": "f", "varient": "on"}"#,
            "[0].varient: unknown field, did you mean variant?",
        ),
        (
            r#"{"type": "exposure", "user": "a", "flag": "f", "occurred_at": "soon"}"#,
            "[0].occurred_at: expected a time",
        ),
        (
            r#"{"type": "exposure", "user": "a", "flag": "f", "occurred_at": "2027-01-01T00:00:00Z"}"#,
            "[0].occurred_at: it lies in the future",
        ),
        (
            r#"{"type": "exposure", "user": "a", "flag": "f", "variant": ["on"]}"#,
            "[0].variant: expected a text, a number",
        ),
        (r#"{"type": "usage", "user": "a", "event": "e", "value": "much"}"#, "[0].value: expected a number"),
        (r#"{"type": "usage", "user": "a", "event": "e", "properties": [1]}"#, "[0].properties: expected an object"),
        ("7", "[0]: expected an object"),
        ("[null]", "[0]: expected an object"),
    ] {
        let found = refusals(body);
        assert!(found.iter().any(|f| f.starts_with(told)), "{body}: {found:?}");
        assert_eq!(read(body).records, [], "{body}");
    }
    let deep = format!(
        r#"{{"type": "usage", "user": "a", "event": "e", "properties": {{"x": {}1{}}}}}"#,
        "[".repeat(11),
        "]".repeat(11)
    );
    assert_eq!(refusals(&deep), ["[0].properties: expected values that are nested at most 10 deep"]);
    let long = format!(r#"{{"type": "usage", "user": "a", "event": "{}"}}"#, "e".repeat(201));
    assert_eq!(refusals(&long), ["[0].event: expected at most 200 characters"]);
}

#[test]
fn several_faults_of_a_record_are_one_refused_record() {
    let reading =
        read(r#"[{"type": "x", "user": ["a"], "flagg": "f"}, {"type": "exposure", "user": "b", "flag": "f"}]"#);
    assert_eq!((reading.refused, reading.records.len()), (1, 1));
    assert!(reading.refusals.len() >= 3, "{:?}", reading.refusals);
}

#[test]
fn a_body_of_which_nothing_can_be_read_is_refused_whole() {
    for (body, mime, told) in [
        ("", "application/json", "expected an object, an array of objects"),
        ("{\"type\": \"exposure\"", "application/json", "not JSON: line 1 column 19"),
        ("\u{1}\u{2}\u{3}", "application/x-protobuf", "not an ExportLogsServiceRequest"),
        ("token=x", "application/x-www-form-urlencoded", "data: expected JSON"),
        ("name,colour\n", "text/csv", "no column tells the person: expected the person (user, user_id,"),
        ("user,colour\n", "text/csv", "no column tells of what: expected the flag (flag, flag_key,"),
        ("user,flag,user\n", "text/csv", "the column user stands there twice"),
    ] {
        let bad = parse(body.as_bytes(), Some(mime), NOW).unwrap_err().to_string();
        assert!(bad.starts_with(told), "{body:?}: {bad}");
    }
}

#[test]
fn a_wrong_clock_is_corrected_by_what_it_says_of_sending() {
    let at = |timestamp: &str, sent: &str| {
        let sent = if sent.is_empty() { String::new() } else { format!(r#", "sentAt": "{sent}""#) };
        let body = format!(r#"{{"type": "track", "userId": "a", "event": "E", "timestamp": "{timestamp}"{sent}}}"#);
        read(&body).records[0].occurred_at.rfc3339()
    };
    for (timestamp, sent, happened) in [
        ("2026-10-31T23:59:00Z", "", "2026-10-31T23:59:00Z"),
        // Three days ahead, and a minute before sending.
        ("2026-11-03T23:59:00Z", "2026-11-04T00:00:00Z", "2026-10-31T23:59:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:30Z", "2026-10-31T23:59:30Z"),
        // Nothing tells how wrong it is: it happened when it came, at the latest.
        ("2026-11-03T23:59:00Z", "", "2026-11-01T00:00:00Z"),
    ] {
        assert_eq!(at(timestamp, sent), happened, "{timestamp} {sent}");
    }
    let old = r#"{"type": "track", "userId": "a", "event": "E", "timestamp": "1999-01-01T00:00:00Z"}"#;
    assert_eq!(refusals(old), ["[0].timestamp: it lies more than ten years back: check the sender's clock"]);
}

#[test]
fn times_are_read_as_programs_write_them() {
    for text in [
        "2026-10-09T10:00:00Z",
        "2026-10-09T12:00:00+02:00",
        "2026-10-09 10:00:00",
        "2026-10-09 10:00:00.000 UTC",
        "2026-10-09T10:00:00.000",
        "2026-10-09 10:00:00+00",
        "1791540000",
        "1791540000.0",
        "1791540000000",
        "1791540000000000",
        "1791540000000000000",
    ] {
        assert_eq!(when::text_as_time(text), Some(UnixMs(1_791_540_000_000)), "{text}");
    }
    assert_eq!(when::text_as_time("2026-10-09"), Some(UnixMs(1_791_504_000_000)));
    for text in ["", "soon", "-5", "NaN", "1e99", "2026-13-40"] {
        assert_eq!(when::text_as_time(text), None, "{text}");
    }
}

#[test]
fn what_names_a_person_is_not_kept() {
    let reading = read(
        r#"{"type": "identify", "userId": "a", "traits": {"email": "r@example.com", "First Name": "Rae",
        "phone_number": "1", "contact": "r@example.com", "plan": "pro", "seats": 12, "address": {"city": "Kiel"}}}"#,
    );
    let Usage::Traits { attributes } = &reading.records[0].what else { panic!("{reading:?}") };
    let kept: Vec<&str> = attributes.keys().map(String::as_str).collect();
    assert_eq!(kept, ["plan", "seats"]);
}

#[test]
fn flags_that_come_with_every_event_are_noted_once_a_person() {
    let event = r#"{"event": "E", "distinct_id": "a", "properties": {"$feature/f": true}}"#;
    let reading = read(&format!(r#"{{"api_key": "k", "batch": [{event}, {event}, {event}]}}"#));
    let exposures = reading.records.iter().filter(|r| matches!(r.what, Usage::Exposure { .. })).count();
    assert_eq!((reading.records.len(), exposures), (4, 1));
}

#[test]
fn what_follows_from_events_has_the_first_of_their_times() {
    let event = |hour| {
        format!(
            r#"{{"event": "E", "distinct_id": "a", "timestamp": "2026-10-31T{hour}:00:00Z", "properties": {{"$feature/f": true}}}}"#
        )
    };
    let events = ["12", "10", "11"].map(event).join(", ");
    let reading = read(&format!(r#"{{"api_key": "k", "batch": [{events}]}}"#));
    let exposures = reading.records.iter().filter(|r| matches!(r.what, Usage::Exposure { .. }));
    let times: Vec<UnixMs> = exposures.map(|r| r.occurred_at).collect();
    assert_eq!(times, [NOW.plus(-14 * crate::time::HOUR_MS)]);
}

#[test]
fn tables_of_very_many_columns_are_refused() {
    let head = (0..501).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    let refused = parse(head.as_bytes(), Some("text/csv"), NOW).expect_err("too many columns");
    assert_eq!(refused.problem, "expected at most 500 columns, found 501");
}

#[test]
fn records_above_the_limit_are_refused_and_counted() {
    let one = r#"{"type": "exposure", "user": "a", "flag": "f"}"#;
    let reading = read(&vec![one; RECORDS_MAX + 2].join("\n"));
    assert_eq!((reading.sent, reading.records.len(), reading.refused), (RECORDS_MAX + 2, RECORDS_MAX, 2));
    assert_eq!(reading.refusals[0].record, RECORDS_MAX);
    let part = super::parse_part(vec![one; RECORDS_MAX + 2].join("\n").as_bytes(), NOW).unwrap();
    assert_eq!((part.records.len(), part.refused), (RECORDS_MAX + 2, 0), "a part of a file is no request");
}

#[test]
fn an_older_librarys_form_is_read_as_its_json() {
    let json = r#"{"api_key":"k","event":"E","distinct_id":"a"}"#;
    let whole = read(json);
    for data in [json.to_owned(), base64::Engine::encode(&base64::prelude::BASE64_STANDARD, json)] {
        let form: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("data", &data).finish();
        assert_eq!(parse(form.as_bytes(), Some("application/x-www-form-urlencoded"), NOW), Ok(whole.clone()));
    }
}

/// A request in protobuf, byte by byte, with fields that are not read among those that are.
#[test]
fn otlp_means_the_same_in_protobuf_and_json() {
    fn field(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![tag << 3 | 2];
        prost::encode_length_delimiter(body.len(), &mut out).unwrap();
        [out, body.to_vec()].concat()
    }
    let attribute = |key: &str, value: &str| [field(1, key.as_bytes()), field(2, &field(1, value.as_bytes()))].concat();
    let mut record = vec![1 << 3 | 1];
    record.extend(1_791_540_000_000_000_000_u64.to_le_bytes());
    record.extend(field(3, b"INFO"));
    record.extend(field(6, &attribute("feature_flag.key", "new-checkout")));
    record.extend(field(6, &attribute("feature_flag.result.variant", "on")));
    record.extend(field(6, &attribute("feature_flag.context.id", "cust-77")));
    // A map, which is skipped: kvlistValue { values: [] }.
    record.extend(field(6, &[field(1, b"other"), field(2, &field(6, b""))].concat()));
    record.extend(field(12, b"feature_flag.evaluation"));
    let resource = field(1, &field(1, &attribute("deployment.environment.name", "production")));
    let scope = field(2, &[field(1, &field(1, b"openfeature")), field(2, &record)].concat());
    let body = field(1, &[resource, scope].concat());
    let json = r#"{"resourceLogs": [{"resource": {"attributes": [{"key": "deployment.environment.name", "value": {"stringValue": "production"}}]},
        "scopeLogs": [{"logRecords": [{"timeUnixNano": "1791540000000000000", "eventName": "feature_flag.evaluation", "attributes": [
            {"key": "feature_flag.key", "value": {"stringValue": "new-checkout"}},
            {"key": "feature_flag.result.variant", "value": {"stringValue": "on"}},
            {"key": "feature_flag.context.id", "value": {"stringValue": "cust-77"}}]}]}]}]}"#;
    let proto = parse(&body, Some("application/x-protobuf"), NOW).unwrap();
    assert_eq!(proto, read(json));
    assert_eq!(proto.records.len(), 1);
    assert_eq!(proto.records[0].environment.as_deref(), Some("production"));
}

#[test]
fn otlp_is_answered_with_how_many_were_not_taken() {
    let good = read(r#"{"resourceLogs": []}"#);
    assert_eq!((otlp::answer_json(&good), otlp::answer_protobuf(&good)), (b"{}".to_vec(), Vec::new()));
    let bad =
        read(r#"{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"eventName": "feature_flag.evaluation"}]}]}]}"#);
    let said = "[0].attributes.feature_flag.key: expected the flag's key";
    let answer: Value = serde_json::from_slice(&otlp::answer_json(&bad)).unwrap();
    assert_eq!(answer, serde_json::json!({"partialSuccess": {"rejectedLogRecords": "1", "errorMessage": said}}));
    let bytes = otlp::answer_protobuf(&bad);
    assert_eq!(bytes[..4], [0x0a, u8::try_from(bytes.len() - 2).unwrap(), 0x08, 0x01]);
    assert!(String::from_utf8_lossy(&bytes).contains(said));
}

const MIMES: [Option<&str>; 4] =
    [None, Some("application/x-protobuf"), Some("text/csv"), Some("application/x-www-form-urlencoded")];

/// Fields that some shape looks at, with values of any kind.
fn object() -> impl Strategy<Value = Value> {
    let names = [
        "type",
        "user",
        "flag",
        "event",
        "batch",
        "userId",
        "anonymousId",
        "properties",
        "timestamp",
        "sentAt",
        "distinct_id",
        "api_key",
        "resourceLogs",
        "scopeLogs",
        "logRecords",
        "attributes",
        "events",
        "meta",
        "data",
        "eventName",
        "metadata",
        "kind",
        "key",
        "userKey",
        "creationDate",
        "$set",
        "offset",
        "context",
        "traits",
        "$feature/x",
        "value",
        "variant",
        "occurred_at",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "exposure",
            "usage",
            "track",
            "identify",
            "$feature_flag_called",
            "feature",
            "statsig::gate_exposure",
            "feature_flag.evaluation",
            "2026-10-09T10:00:00Z"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(names.to_vec()), inner, 0..6)
                .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn holds(reading: &Reading) -> Result<(), TestCaseError> {
    prop_assert!(reading.refused <= reading.sent && reading.refusals.len() <= 20, "{:?}", reading);
    for refusal in &reading.refusals {
        prop_assert!(refusal.record < reading.sent && !refusal.problem.is_empty(), "{}", refusal);
    }
    for r in &reading.records {
        prop_assert!(r.occurred_at.since(NOW) <= 300_000, "{:?}", r);
        prop_assert!(r.user.as_ref().is_none_or(|u| !u.is_empty() && u.chars().count() <= USER_MAX), "{:?}", r);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_bytes_make_usage_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        for mime in MIMES {
            if let Ok(reading) = parse(&body, mime, NOW) {
                holds(&reading)?;
            }
        }
    }

    #[test]
    fn no_objects_make_usage_panic(value in object()) {
        if let Ok(reading) = parse(value.to_string().as_bytes(), None, NOW) {
            holds(&reading)?;
            prop_assert_eq!(parse(value.to_string().as_bytes(), None, NOW), Ok(reading));
        }
    }

    #[test]
    fn no_table_makes_usage_panic(rows in prop::collection::vec("[a-z0-9,;\"\n ]{0,30}", 0..5)) {
        let body = format!("user,flag,variant,event,value,timestamp\n{}", rows.join("\n"));
        holds(&parse(body.as_bytes(), Some("text/csv"), NOW).expect("a head that is known"))?;
    }
}
