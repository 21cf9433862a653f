use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: UnixMs = UnixMs(1_791_540_000_000);

fn read(body: &str) -> Result<Vec<Given>, Vec<BadBody>> {
    parse(body.as_bytes(), "api", NOW)
}

fn faults(body: &str) -> Vec<(String, String)> {
    read(body).expect_err(body).into_iter().map(|f| (f.field, f.problem)).collect()
}

#[test]
fn an_object_an_array_and_lines_are_the_same_statements() {
    let one =
        r#"{"text": "Slow", "user": 7, "attributes": {"plan": "pro", "seats": 12, "trial": false, "note": null}}"#;
    let two = r#"{"rating": {"value": 1, "scale": 5}, "text": "", "flag": "new-checkout", "id": "a-1"}"#;
    let array = read(&format!("[{one}, {two}]")).unwrap();
    assert_eq!(read(&format!("\u{feff}{one}\n\n{two}\r\n")).unwrap(), array);
    assert_eq!(read(one).unwrap(), array[..1]);
    let first = &array[0].statement;
    assert_eq!(
        (first.text.as_deref(), first.user.as_deref(), first.channel.as_str()),
        (Some("Slow"), Some("7"), "api")
    );
    let attributes: Vec<(&str, &str)> = first.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(attributes, [("plan", "pro"), ("seats", "12"), ("trial", "false")]);
    let second = &array[1].statement;
    assert_eq!((second.text.as_deref(), second.belongs.flag.as_deref()), (None, Some("new-checkout")));
    assert_eq!((array[1].id.as_deref(), second.occurred_at), (Some("a-1"), NOW));
}

#[test]
fn a_fault_is_named_with_its_field() {
    let long = format!(r#"{{"text": "{}"}}"#, "ä".repeat(TEXT_MAX_CHARS + 1));
    let deep = format!(r#"{{"text": "x", "metadata": {}{}}}"#, "[".repeat(4_000), "]".repeat(4_000));
    let wide = format!(r#"{{"text": "x", "metadata": "{}"}}"#, "x".repeat(METADATA_MAX_BYTES));
    let attributes: Vec<String> = (0..=ATTRIBUTES_MAX).map(|i| format!(r#""a{i}": 1"#)).collect();
    let crowded = format!(r#"{{"text": "x", "attributes": {{{}}}}}"#, attributes.join(","));
    let swarm: Vec<String> = (0..200).map(|i| format!(r#""f{i}": 1"#)).collect();
    let swarm = format!("{{{}}}", swarm.join(","));
    let cases: &[(&str, &str, &str)] = &[
        ("", "", "expected an object"),
        ("[]", "", "expected an object"),
        ("   \n", "", "expected an object"),
        ("{", "", "not JSON: line 1 column 1"),
        ("7", "", "expected an object"),
        ("{}", "text", "expected a text or a rating"),
        (r#"{"text": " \u200b\n"}"#, "text", "expected a text or a rating"),
        (r#"{"text": null, "rating": null}"#, "text", "expected a text or a rating"),
        (r#"{"text": 7}"#, "text", "expected a text"),
        (r#"{"text": "\ud800"}"#, "text", "expected a text"),
        (r#"{"text": "a", "text": "b"}"#, "", "the field text stands there twice"),
        (r#"{"texts": "a"}"#, "texts", "unknown field, did you mean text?"),
        (r#"{"text": "a", "raitng": 1}"#, "raitng", "unknown field, did you mean rating?"),
        (r#"{"text": "a", "zzz": 1}"#, "zzz", "unknown field, expected one of text, rating"),
        (r#"{"rating": 4}"#, "rating", "expected an object such as"),
        (r#"{"rating": {"value": 4}}"#, "rating", "scale is missing"),
        (r#"{"rating": {"value": "4", "scale": 5}}"#, "rating", "value is no number"),
        (r#"{"rating": {"value": 1e999, "scale": 5}}"#, "rating", "value is no number"),
        (r#"{"rating": {"value": 6, "scale": 5}}"#, "rating", "expected a value from 0"),
        (r#"{"rating": {"value": -1, "scale": 5}}"#, "rating", "expected a value from 0"),
        (r#"{"rating": {"value": 1, "scale": 1}}"#, "rating", "expected a scale"),
        (r#"{"rating": {"value": 1, "scale": 101}}"#, "rating", "expected a scale"),
        (r#"{"rating": {"value": 1, "scale": 5, "max": 1}}"#, "rating", "unknown field max"),
        (r#"{"text": "a", "flag": ["x"]}"#, "flag", "expected a text"),
        (r#"{"text": "a", "flag": "a\nb"}"#, "flag", "expected one line"),
        (r#"{"text": "a", "user": 1.5}"#, "user", "expected a text"),
        (r#"{"text": "a", "locale": "<de>"}"#, "locale", "expected a language tag"),
        (r#"{"text": "a", "url": "javascript:alert(1)"}"#, "url", "expected an address"),
        (r#"{"text": "a", "url": "/pricing"}"#, "url", "expected an address"),
        (r#"{"text": "a", "occurred_at": "yesterday"}"#, "occurred_at", "expected a time"),
        (r#"{"text": "a", "occurred_at": 1791540000}"#, "occurred_at", "it lies more than ten years back"),
        (r#"{"text": "a", "occurred_at": "2099-01-01T00:00:00Z"}"#, "occurred_at", "it lies in the future"),
        (r#"{"text": "a", "occurred_at": -9223372036854775808}"#, "occurred_at", "it lies more than ten years back"),
        (r#"{"text": "a", "occurred_at": 9223372036854775807}"#, "occurred_at", "it lies in the future"),
        (r#"{"text": "a", "attributes": []}"#, "attributes", "expected an object"),
        (r#"{"text": "a", "attributes": {"plan": {"a": 1}}}"#, "attributes.plan", "expected a text, a number"),
        (r#"{"text": "a", "attributes": {"": 1}}"#, "attributes.", "expected a name"),
        (&long, "text", "expected at most 20000 characters"),
        (&deep, "metadata", "expected JSON that is not nested"),
        (&wide, "metadata", "expected at most 16384 bytes"),
        (&crowded, "attributes", "expected at most 50"),
        (&swarm, "", "expected at most 100 fields"),
    ];
    for (body, field, problem) in cases {
        let found = faults(body);
        let shown: String = body.chars().take(80).collect();
        assert_eq!(found[0].0, *field, "{shown}: {found:?}");
        assert!(found[0].1.starts_with(problem), "{shown}: {found:?}");
    }
}

#[test]
fn several_faults_are_told_together_with_their_items() {
    let body = r#"[{"text": "fine"}, {"text": 1, "flag": 2}, {"texxt": "a"}, 4]"#;
    let fields: Vec<String> = faults(body).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["[1].text", "[1].flag", "[2].texxt", "[3]"]);
    let broken = faults("{\"text\": \"a\"}\n{\"text\": \"b\"\n");
    assert_eq!(broken[0].0, "[1]");
    assert!(broken[0].1.starts_with("not JSON: line 3"), "{broken:?}");
    let many = format!("[{}]", vec!["1"; ITEMS_MAX].join(","));
    assert_eq!(faults(&many).len(), FAULTS_MAX);
    let too_many = format!("[{}]", vec![r#"{"text":"a"}"#; ITEMS_MAX + 1].join(","));
    assert!(faults(&too_many)[0].1.starts_with("expected at most 1000 statements"));
    let lines = vec![r#"{"text":"a"}"#; ITEMS_MAX + 1].join("\n");
    assert!(faults(&lines)[0].1.starts_with("expected at most 1000 statements"));
}

#[test]
fn what_was_sent_is_never_repeated() {
    for body in [
        r#"{"text": ["hunter2"]}"#,
        r#"{"text": "a", "url": "hunter2"}"#,
        r#"{"text": "a", "occurred_at": "hunter2"}"#,
        r#"{"text": "a", "attributes": {"x": ["hunter2"]}}"#,
        r#"{"rating": "hunter2"}"#,
        "hunter2",
    ] {
        let told = format!("{:?}", faults(body));
        assert!(!told.contains("hunter2"), "{told}");
    }
}

fn line() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äß @#._/-]{1,40}".prop_map(|t| t.trim().to_owned()).prop_filter("not blank", |t| !t.is_empty())
}

prop_compose! {
    fn statements()(
        text in proptest::option::of("[^\u{0}-\u{1f}]{0,60}x"),
        mark in (0..=10_u8, 10..=100_u8),
        names in proptest::collection::vec(proptest::option::of(line()), 7),
        attributes in proptest::collection::btree_map(line(), line(), 0..5),
        back in 0..DAY_MS,
        metadata in proptest::option::of("[a-z]{1,9}"),
    ) -> Statement {
        let mut names = names.into_iter();
        let mut name = || names.next().flatten();
        Statement {
            rating: Some(Rating { value: f64::from(mark.0), scale: f64::from(mark.1) }),
            text,
            belongs: Belongs { rollout: name(), flag: name(), release: name() },
            variant: name(),
            user: name(),
            attributes,
            channel: name().unwrap_or_else(|| "api".into()),
            locale: Some("de-DE".into()),
            url: name().map(|n| format!("https://shop.example/{n}")),
            occurred_at: NOW.plus(-back),
            metadata: metadata.map(|m| json!({ "m": [m] })),
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&body, "api", NOW);
    }

    #[test]
    fn no_json_makes_it_panic(
        values in proptest::collection::vec((proptest::sample::select(KNOWN), "(null|-?[0-9]{1,25}|1e999|\"[^\"\\\\]{0,30}\"|\\[\\]|\\{\\}|\\{\"value\":[0-9],\"scale\":[0-9]\\})"), 0..8)
    ) {
        let fields: Vec<String> = values.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
        let body = format!("{{{}}}", fields.join(","));
        if let Ok(given) = parse(body.as_bytes(), "api", NOW) {
            prop_assert!(given.iter().all(|g| g.statement.text.is_some() || g.statement.rating.is_some()));
        }
    }

    #[test]
    fn a_valid_statement_survives_the_wire(s in statements()) {
        let body = json!({
            "text": s.text, "rating": s.rating, "rollout": s.belongs.rollout, "flag": s.belongs.flag,
            "release": s.belongs.release, "variant": s.variant, "user": s.user, "attributes": s.attributes,
            "channel": s.channel, "locale": s.locale, "url": s.url, "occurred_at": s.occurred_at, "metadata": s.metadata,
        });
        let given = parse(body.to_string().as_bytes(), "api", NOW);
        prop_assert_eq!(given, Ok(vec![Given { id: None, statement: s }]));
    }
}
