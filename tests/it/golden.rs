//! Every statistic against vectors that independent implementations made (`tests/it/fixtures/golden`).
use std::fmt::Write as _;
use std::path::Path;

use hearback::analysis::stats::by_name::{self, Asked};
use serde_json::Value;

/// A file of vectors.
struct Vectors {
    stem: String,
    title: String,
    tolerance: f64,
    cases: Vec<Value>,
}

fn all() -> Vec<Vectors> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/golden");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of vectors")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    assert!(files.len() >= 28, "only {} files in {}", files.len(), folder.display());
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("readable");
        let file: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Vectors {
            stem: path.file_stem().expect("a name").to_string_lossy().into_owned(),
            title: file["function"].as_str().expect("a title").to_owned(),
            tolerance: file["tol"].as_f64().expect("a tolerance"),
            cases: file["cases"].as_array().expect("cases").clone(),
        }
    };
    files.into_iter().map(read).collect()
}

/// The largest |got − want| / max(1, |want|); infinite where the shapes differ.
fn distance(got: &Value, want: &Value) -> f64 {
    match (got, want) {
        (Value::Number(got), Value::Number(want)) => {
            let (got, want) = (got.as_f64().expect("a number"), want.as_f64().expect("a number"));
            (got - want).abs() / want.abs().max(1.0)
        }
        (Value::Array(got), Value::Array(want)) if got.len() == want.len() => {
            got.iter().zip(want).map(|(g, w)| distance(g, w)).fold(0.0, f64::max)
        }
        (Value::Object(got), Value::Object(want)) if got.len() == want.len() => {
            let field =
                |(name, want): (&String, &Value)| got.get(name).map_or(f64::INFINITY, |got| distance(got, want));
            want.iter().map(field).fold(0.0, f64::max)
        }
        (got, want) if got == want => 0.0,
        _ => f64::INFINITY,
    }
}

fn run(asked: Asked, case: &Value) -> Value {
    asked.run(case["in"].as_object().expect("arguments")).unwrap_or_else(|e| panic!("{e}: {case}"))
}

#[test]
fn every_vector_is_met() {
    let mut table = String::new();
    let mut missed = Vec::new();
    for vectors in all() {
        let Some(asked) = by_name::find(&vectors.stem) else {
            panic!("{}: no function is registered for it", vectors.stem);
        };
        let mut worst = 0.0_f64;
        for case in &vectors.cases {
            let got = run(asked, case);
            let off = distance(&got, &case["out"]);
            worst = worst.max(off);
            if off > vectors.tolerance {
                missed.push(format!("{}: {} gives {got}, not {}", vectors.stem, case["in"], case["out"]));
            }
        }
        let _ = writeln!(table, "{:40} {:3} cases, off by {worst:.1e} at most", vectors.stem, vectors.cases.len());
    }
    println!("{table}");
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_file_answers_to_its_title_its_stem_and_each_of_its_functions() {
    for vectors in all() {
        let bare = vectors.stem.split_once('_').expect("a number").1;
        let mut names: Vec<&str> = vec![&vectors.title, &vectors.stem, bare];
        let listed = vectors.title.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        names.extend(listed.filter(|word| by_name::function(word).is_some()));
        for name in names {
            let asked = by_name::find(name).unwrap_or_else(|| panic!("nothing is named {name}"));
            for case in &vectors.cases {
                let off = distance(&run(asked, case), &case["out"]);
                assert!(off <= vectors.tolerance, "{name}: {case}");
            }
        }
    }
}
