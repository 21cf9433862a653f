//! How much of what is personal or secret is removed, and how much else: measured on the marked lines of
//! `fixtures/redact`, whose odd lines were looked at while the rules were written, and whose even lines were kept back.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use hearback::analysis::redact::{Kind, Redacted, redact, redact_with_names};

/// What is asked of each half, over all kinds.
const RECALL_MIN: f64 = 0.95;
const PRECISION_MIN: f64 = 0.97;
/// What is asked of names, which are found by the words around them only.
const NAMES_RECALL_MIN: f64 = 0.80;
const NAMES_PRECISION_MIN: f64 = 0.95;
/// Share of lines without anything in them that may lose something.
const SPOILT_MAX: f64 = 0.01;

/// A line as a customer or a machine wrote it, and what in it is somebody's.
struct Line {
    place: String,
    text: String,
    marked: Vec<(Range<usize>, Kind)>,
    kept_back: bool,
}

impl Line {
    fn read(place: String, line: &str, kept_back: bool) -> Self {
        let (mut text, mut marked, mut open) = (String::new(), Vec::new(), None);
        let mut rest = line.chars();
        while let Some(c) = rest.next() {
            match c {
                '⟦' => {
                    let name: String = rest.by_ref().take_while(|c| *c != '|').collect();
                    let kind = Kind::ALL.into_iter().find(|k| k.word() == format!("[{name}]"));
                    open = Some((text.len(), kind.unwrap_or_else(|| panic!("{place}: {name} is no kind"))));
                }
                '⟧' => {
                    let (start, kind) = open.take().unwrap_or_else(|| panic!("{place}: nothing to close"));
                    marked.push((start..text.len(), kind));
                }
                '⏎' => text.push('\n'),
                '‸' => {}
                c => text.push(c),
            }
        }
        assert!(open.is_none(), "{place}: not closed");
        Self { place, text, marked, kept_back }
    }
}

fn lines() -> Vec<Line> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/redact");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (i, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
            all.push(Line::read(format!("{name}:{}", i + 1), line, i % 2 == 1));
        }
    }
    all
}

/// How often a kind stands there, was removed whole, was removed at all, and was removed where it stands.
#[derive(Clone, Copy, Default)]
struct Score {
    marked: u32,
    removed: u32,
    found: u32,
    right: u32,
}

impl Score {
    fn add(&mut self, other: Self) {
        self.marked += other.marked;
        self.removed += other.removed;
        self.found += other.found;
        self.right += other.right;
    }

    fn recall(self) -> f64 {
        share(self.removed, self.marked)
    }

    fn precision(self) -> f64 {
        share(self.right, self.found)
    }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) }
}

/// A marked stretch counts as removed where all of it is gone as that kind; a found one is right where nothing but that
/// kind is gone, apart from signs and spaces.
fn measure(lines: &[&Line], read: fn(&str) -> Redacted, of: fn(Kind) -> bool) -> (BTreeMap<Kind, Score>, String) {
    let mut scores: BTreeMap<Kind, Score> = BTreeMap::new();
    let mut faults = String::new();
    for line in lines {
        let marked: Vec<_> = line.marked.iter().filter(|(_, k)| of(*k)).collect();
        let found: Vec<_> = read(&line.text).found.into_iter().filter(|f| of(f.kind)).collect();
        let letters = |range: Range<usize>| {
            let start = range.start;
            line.text[range].char_indices().filter(|(_, c)| c.is_alphanumeric()).map(move |(i, _)| start + i)
        };
        let mut wrong = false;
        for (range, kind) in &marked {
            let gone = letters(range.clone()).all(|at| found.iter().any(|f| f.kind == *kind && f.range.contains(&at)));
            scores.entry(*kind).or_default().add(Score { marked: 1, removed: u32::from(gone), ..Score::default() });
            wrong |= !gone;
        }
        for f in &found {
            let right = letters(f.range.clone()).all(|at| marked.iter().any(|(r, k)| *k == f.kind && r.contains(&at)));
            scores.entry(f.kind).or_default().add(Score { found: 1, right: u32::from(right), ..Score::default() });
            wrong |= !right;
        }
        if wrong {
            let shown: Vec<_> = found.iter().map(|f| (f.kind, &line.text[f.range.clone()])).collect();
            let _ = writeln!(faults, "{}: {:?}\n    {shown:?}", line.place, line.text);
        }
    }
    (scores, faults)
}

fn table(scores: &BTreeMap<Kind, Score>) -> (String, Score) {
    let mut all = Score::default();
    let mut shown = format!("{:<10} {:>6} {:>7} {:>9}\n", "kind", "marked", "recall", "precision");
    for (kind, score) in scores {
        all.add(*score);
        let _ = writeln!(
            shown,
            "{:<10} {:>6} {:>7.3} {:>9.3}",
            kind.word(),
            score.marked,
            score.recall(),
            score.precision()
        );
    }
    let _ = writeln!(shown, "{:<10} {:>6} {:>7.3} {:>9.3}", "all", all.marked, all.recall(), all.precision());
    (shown, all)
}

/// The lines of a half.
fn half(all: &[Line], kept_back: bool) -> Vec<&Line> {
    all.iter().filter(|l| l.kept_back == kept_back).collect()
}

#[test]
fn what_is_somebodys_goes_and_the_rest_stays() {
    let all = lines();
    for kept_back in [false, true] {
        let lines = half(&all, kept_back);
        let (scores, faults) = measure(&lines, redact, |k| k != Kind::Name);
        let (shown, score) = table(&scores);
        println!("{}:\n{shown}", if kept_back { "kept back" } else { "looked at" });
        assert!(score.recall() >= RECALL_MIN && score.precision() >= PRECISION_MIN, "{shown}\n{faults}");
        for (kind, score) in scores {
            assert!(score.recall() >= 0.9 && score.precision() >= 0.9, "{}:\n{shown}\n{faults}", kind.word());
        }
    }
}

#[test]
fn names_go_where_that_is_asked_for() {
    let all = lines();
    for kept_back in [false, true] {
        let lines = half(&all, kept_back);
        let (scores, faults) = measure(&lines, redact_with_names, |k| k == Kind::Name);
        let (shown, score) = table(&scores);
        println!("{}:\n{shown}", if kept_back { "kept back" } else { "looked at" });
        let holds = score.recall() >= NAMES_RECALL_MIN && score.precision() >= NAMES_PRECISION_MIN;
        assert!(holds, "{shown}\n{faults}");
        for line in lines {
            assert!(redact(&line.text).found.iter().all(|f| f.kind != Kind::Name), "{}", line.place);
        }
    }
}

#[test]
fn lines_without_anything_stay_as_they_are() {
    let all = lines();
    for kept_back in [false, true] {
        let lines: Vec<_> = half(&all, kept_back).into_iter().filter(|l| l.marked.is_empty()).collect();
        let spoilt: Vec<_> = lines.iter().filter(|l| redact(&l.text).text != l.text).map(|l| &l.place).collect();
        let most = SPOILT_MAX * lines.len() as f64;
        assert!((spoilt.len() as f64) <= most, "{} of {}: {spoilt:?}", spoilt.len(), lines.len());
    }
}

#[test]
fn what_was_found_is_what_is_missing() {
    for line in lines() {
        for read in [redact, redact_with_names] {
            let Redacted { text, found } = read(&line.text);
            let (mut again, mut at) = (String::new(), 0);
            for f in found {
                again.push_str(&line.text[at..f.range.start]);
                again.push_str(f.kind.word());
                at = f.range.end;
            }
            again.push_str(&line.text[at..]);
            assert_eq!(again, text, "{}", line.place);
            assert_eq!(read(&text).text, text, "{}: again", line.place);
        }
    }
}

#[test]
fn half_of_the_lines_hold_nothing() {
    let all = lines();
    let bare = all.iter().filter(|l| l.marked.is_empty()).count();
    assert!(all.len() >= 2000 && (0.4..0.6).contains(&(bare as f64 / all.len() as f64)), "{bare} of {}", all.len());
}
