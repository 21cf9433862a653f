//! `hearback train`: what people corrected is learned, and nothing that everybody knows is unlearned.

use std::fmt::Write as _;

use serde_json::Value;

use super::Desk;

/// Statements that the shipped model reads otherwise.
const CORRECTED: &str = "text,language,sentiment,intent\n\
    The zorbing pane is a total flumph,en,negative,usability\n\
    flumph again when I open the zorbing pane,en,negative,usability\n\
    What a flumph this zorbing pane is,en,negative,usability\n\
    zorbing pane: flumph,en,negative,usability\n";

fn label(out: &str) -> Value {
    serde_json::from_str::<Value>(out).unwrap()["sentiment"]["label"].clone()
}

#[test]
fn corrections_are_learned_and_the_same_ones_make_the_same_model() {
    let desk = Desk::new();
    desk.file("corrections.csv", CORRECTED);
    let line = "{\"id\": 1, \"text\": \"I think that this zorbing pane is a flumph\"}\n";
    assert_ne!(label(&desk.run_with(&["analyze"], line).out), "negative");
    for out in ["one.model", "two.model"] {
        let ended = desk.run(&["train", "corrections.csv", "--out", out]);
        assert_eq!(ended.status, 0, "{ended:#?}");
        assert!(ended.err.contains("check set, now") && ended.err.contains("analysis"), "{}", ended.err);
    }
    let model = |name: &str| std::fs::read(desk.path().join(name)).unwrap();
    assert!(model("one.model") == model("two.model"), "the same corrections make the same bytes");
    let read = desk.run_with(&["analyze", "--model", "one.model"], line);
    assert_eq!(label(&read.out), "negative", "{read:#?}");
}

#[test]
fn what_unlearns_the_check_set_is_refused() {
    let desk = Desk::new();
    let mut lies = String::from("text,language,sentiment,intent\n");
    for text in ["I love it", "great app", "works well", "thank you so much", "this is perfect", "very happy with it"] {
        for more in ["", " really", " now", ", honestly"] {
            writeln!(lies, "\"{text}{more}\",en,negative,bug").unwrap();
        }
    }
    desk.file("lies.csv", &lies);
    let ended = desk.run(&["train", "lies.csv"]);
    assert_eq!(ended.status, 1, "{ended:#?}");
    assert!(ended.err.contains("nothing was written"), "{}", ended.err);
    assert!(!desk.path().join("hearback.model").exists());
}

#[test]
fn what_cannot_be_learned_from_is_named() {
    let desk = Desk::new();
    desk.file("bad.csv", "text,sentiment\nhello,happy\n");
    desk.file("no.model", "nothing");
    for (arguments, says) in [
        (&["train", "bad.csv"][..], "bad.csv: line 2: sentiment: \"happy\", expected negative"),
        (&["train", "nowhere.csv"], "reading nowhere.csv"),
        (&["train"], "nothing was corrected yet"),
        (&["train", "bad.csv", "--model", "no.model"], "line 2"),
        (&["analyze", "--model", "no.model"], "no.model: no model of hearback's"),
    ] {
        let ended = desk.run(arguments);
        assert_eq!(ended.status, 1, "{ended:#?}");
        assert!(ended.err.contains(says), "{says:?}: {}", ended.err);
    }
    desk.file("hearback.toml", "[analysis]\nmodel = \"no.model\"\n");
    let ended = desk.run(&["rollouts"]);
    assert!(ended.status == 1 && ended.err.contains("analysis.model"), "{ended:#?}");
}
