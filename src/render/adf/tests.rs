//! The oracle is Atlassian's own schema, which the server holds documents to.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// `@atlaskit/adf-schema` 57.7.22, `json-schema/v1/full.json`, reformatted. Apache-2.0.
const SCHEMA: &str = include_str!("../../../tests/it/fixtures/jira/adf-schema.full.json");
const VALIDITY: &str = include_str!("../../../tests/it/fixtures/jira/adf.validity.json");

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn the_oracle_tells_good_from_bad() {
    let schema = schema();
    let cases: Vec<Value> = serde_json::from_str(VALIDITY).unwrap();
    assert!(cases.len() > 40, "{}", cases.len());
    for case in cases {
        assert_eq!(Value::Bool(schema.is_valid(&case["doc"])), case["valid"], "{}", case["name"]);
    }
}

/// The kinds of nodes and marks in a document.
fn kinds(node: &Value, into: &mut BTreeSet<String>) {
    match node {
        Value::Object(fields) => {
            into.extend(fields.get("type").and_then(Value::as_str).map(ToOwned::to_owned));
            fields.values().for_each(|v| kinds(v, into));
        }
        Value::Array(all) => all.iter().for_each(|v| kinds(v, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

const OURS: [&str; 16] = [
    "doc",
    "paragraph",
    "heading",
    "bulletList",
    "listItem",
    "table",
    "tableRow",
    "tableHeader",
    "tableCell",
    "blockquote",
    "text",
    "hardBreak",
    "strong",
    "em",
    "code",
    "link",
];

fn check(doc: &Doc, schema: &jsonschema::Validator) -> Result<(), TestCaseError> {
    let adf = render(doc);
    if let Err(error) = schema.validate(&adf) {
        return Err(TestCaseError::fail(format!("{error} at {} in {adf:#}", error.instance_path())));
    }
    let mut found = BTreeSet::new();
    kinds(&adf, &mut found);
    found.retain(|kind| !OURS.contains(&kind.as_str()));
    prop_assert!(found.is_empty(), "{:?} in {:#}", found, adf);
    Ok(())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,8}", "[\n\r\u{202e}\u{200b} ]{0,4}", Just("@jane https://evil.test SHOP-1".to_owned())]
}

fn inline() -> impl Strategy<Value = Inline> {
    let url = proptest::sample::select(vec!["https://ours.test/x", "javascript:alert(1)", ""]);
    prop_oneof![
        text().prop_map(Inline::Text),
        text().prop_map(Inline::Strong),
        text().prop_map(Inline::Emph),
        text().prop_map(Inline::Code),
        (text(), url).prop_map(|(text, url)| Inline::Link { text, url: url.into() }),
        Just(Inline::Break),
    ]
}

fn inlines() -> impl Strategy<Value = Vec<Inline>> {
    proptest::collection::vec(inline(), 0..4)
}

fn any_block() -> impl Strategy<Value = Block> {
    let rows = proptest::collection::vec(proptest::collection::vec(inlines(), 0..3), 0..3);
    prop_oneof![
        inlines().prop_map(Block::Paragraph),
        (0_u8..9, inlines()).prop_map(|(level, text)| Block::Heading { level, text }),
        proptest::collection::vec(inlines(), 0..3).prop_map(Block::Bullets),
        (proptest::collection::vec(text(), 0..3), rows).prop_map(|(head, rows)| Block::Table { head, rows }),
        (text(), inlines()).prop_map(|(text, source)| Block::Quote { text, source }),
    ]
}

#[test]
fn every_document_is_one_that_the_server_takes() {
    let schema = schema();
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(blocks in proptest::collection::vec(any_block(), 0..4))| {
        check(&Doc { blocks }, &schema)?;
    });
}

#[test]
fn what_customers_write_stays_text() {
    let said = "[~jane] @jane !https://evil.test/x.png! {html} SHOP-1\nsecond line\n\nthird";
    let adf =
        render(&Doc { blocks: vec![Block::Quote { text: said.into(), source: vec![Inline::Code("fb_1".into())] }] });
    let text = |t: &str| json!({"type": "text", "text": t});
    assert_eq!(
        adf["content"],
        json!([{"type": "blockquote", "content": [
            {"type": "paragraph", "content": [
                text("[~jane] @jane !https://evil.test/x.png! {html} SHOP-1"), {"type": "hardBreak"}, text("second line"),
            ]},
            {"type": "paragraph", "content": [text("third")]},
            {"type": "paragraph", "content": [
                text("— "), {"type": "text", "text": "fb_1", "marks": [{"type": "code"}]},
            ]},
        ]}])
    );
}

#[test]
fn a_long_document_ends_with_a_sentence() {
    let blocks = (0..100).map(|_| Block::Paragraph(vec![Inline::Text("x".repeat(1_000))])).collect();
    let adf = render(&Doc { blocks });
    let last = adf["content"].as_array().unwrap().last().unwrap().to_string();
    assert!(adf.to_string().len() <= TEXT_MAX + 100 && last.contains("did not fit"), "{last}");
}
