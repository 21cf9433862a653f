//! The check run that tells what hearback thinks of a policy.

use super::doc::{Block, Doc, Inline};
use super::markdown;
use crate::domain::policy_fault::Fault;
use crate::domain::post::{CheckRun, Conclusion, Note, NoteLevel};
use crate::domain::repo_policy::PATH;
use crate::plan::preview::{Outcome, Preview};
use crate::time::UnixMs;

/// What the check run is called.
pub const NAME: &str = "hearback policy";
/// Rollouts that a preview names.
const ROLLOUTS_MAX: usize = 20;
/// Faults that the summary repeats; all stand at their lines.
const FAULTS_MAX: usize = 20;

/// What is told of a policy.
#[derive(Clone, Copy, Debug)]
pub enum Judged<'a> {
    /// It is good; with what it would have come to.
    Good(&'a Preview),
    /// It is not.
    Faulty(&'a [Fault]),
    /// There is none.
    None,
}

/// Where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// On the default branch. `Some` where an earlier one stays in force while this one is faulty.
    Branch {
        /// Since when that one is in force.
        stays: Option<UnixMs>,
    },
    /// In a pull request.
    Pull,
}

/// The check run on a commit.
pub fn check(sha: &str, judged: Judged<'_>, whose: Whose) -> CheckRun {
    let (conclusion, title) = match judged {
        Judged::Good(preview) => (Conclusion::Success, preview.sentence()),
        Judged::Faulty(faults) => (Conclusion::Failure, faults_in_words(faults)),
        Judged::None => (Conclusion::Neutral, "The service's settings are in force".to_owned()),
    };
    let mut blocks = vec![Block::Paragraph(vec![Inline::Text(in_force(judged, whose))])];
    let notes = match judged {
        Judged::Good(preview) => {
            blocks.extend(told(preview));
            Vec::new()
        }
        Judged::Faulty(faults) => {
            blocks.push(Block::Bullets(faults.iter().take(FAULTS_MAX).map(bullet).collect()));
            faults.iter().map(note).collect()
        }
        Judged::None => Vec::new(),
    };
    let summary = markdown::render(&Doc { blocks });
    CheckRun { name: NAME.to_owned(), sha: sha.to_owned(), conclusion, title, summary, notes }
}

fn faults_in_words(faults: &[Fault]) -> String {
    let line = faults.first().map_or(1, |f| f.line);
    match faults.len() {
        1 => format!("One thing is wrong, in line {line}"),
        n => format!("{n} things are wrong, the first in line {line}"),
    }
}

fn in_force(judged: Judged<'_>, whose: Whose) -> String {
    match (judged, whose) {
        (Judged::Good(_), Whose::Branch { .. }) => format!("{PATH} is good and in force."),
        (Judged::Good(_), Whose::Pull) => format!("{PATH} is good. It comes in force when this is merged."),
        (Judged::Faulty(_), Whose::Branch { stays: Some(since) }) => {
            format!("{PATH} is faulty. What came in force at {} stays in force.", since.human())
        }
        (Judged::Faulty(_), Whose::Branch { stays: None }) => {
            format!("{PATH} is faulty. The service's settings stay in force.")
        }
        (Judged::Faulty(_), Whose::Pull) => {
            format!("{PATH} is faulty. Merged like this, it would not come in force.")
        }
        (Judged::None, Whose::Branch { .. }) => format!("There is no {PATH}: the service's settings are in force."),
        (Judged::None, Whose::Pull) => {
            format!("Merged, this takes {PATH} away: the service's settings would be in force.")
        }
    }
}

fn bullet(fault: &Fault) -> Vec<Inline> {
    vec![Inline::Text(format!("Line {}, column {}: {}", fault.line, fault.column, fault.sentence()))]
}

fn note(fault: &Fault) -> Note {
    Note {
        path: PATH.to_owned(),
        from_line: fault.line.into(),
        to_line: fault.line.into(),
        column: Some(fault.column.into()),
        level: NoteLevel::Failure,
        message: fault.sentence(),
    }
}

/// What a policy would have come to, in a few blocks.
fn told(preview: &Preview) -> Vec<Block> {
    let mut blocks = vec![Block::Paragraph(vec![Inline::Strong(preview.sentence())])];
    if !preview.outcomes.is_empty() {
        let cell = |text: String| vec![Inline::Text(text)];
        let rows = preview.outcomes.iter().take(ROLLOUTS_MAX);
        blocks.push(Block::Table {
            head: ["Rollout", "Issues", "First filed", "Before the rollback"].map(str::to_owned).to_vec(),
            rows: rows.map(|o| row(o).map(cell).to_vec()).collect(),
        });
        let how =
            "Each person counts with the latest that they said. People may have said more had they been asked longer.";
        blocks.push(Block::Paragraph(vec![Inline::Text(how.to_owned())]));
    }
    blocks
}

fn row(outcome: &Outcome) -> [String; 4] {
    let before = outcome.filed.iter().filter(|w| w.before_rollback).count();
    let first = outcome.filed.iter().map(|w| w.at).min().map(UnixMs::human);
    let issues = match &outcome.deaf {
        Some(_) => "not watched".to_owned(),
        None => outcome.filed.len().to_string(),
    };
    [outcome.label.clone(), issues, first.unwrap_or_else(|| "-".into()), before.to_string()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy_fault::Place;
    use crate::plan::preview::Would;

    fn preview(label: &str) -> Preview {
        let filed = vec![Would { theme: None, at: UnixMs(0), before_rollback: true }];
        let told = Outcome { label: label.into(), deaf: None, filed, suggested: 0 };
        let deaf = Outcome { label: "v2".into(), deaf: Some("other".into()), filed: Vec::new(), suggested: 0 };
        Preview { days: 90, outcomes: vec![told, deaf] }
    }

    #[test]
    fn a_good_policy_is_told_with_what_it_would_have_filed() {
        let run = check("abc", Judged::Good(&preview("new-checkout in production")), Whose::Pull);
        assert_eq!(run.conclusion, Conclusion::Success);
        insta::assert_snapshot!(run.summary, @r"
        .github/hearback.yml is good. It comes in force when this is merged.

        **This policy would have filed 1 issue in the last 90 days, 1 of them before the rollback. It does not watch 1 of 2 rollouts.**

        | Rollout | Issues | First filed | Before the rollback |
        | --- | --- | --- | --- |
        | new-checkout in production | 1 | 1970-01-01 00:00 UTC | 1 |
        | v2 | not watched | \- | 0 |

        Each person counts with the latest that they said. People may have said more had they been asked longer.
        ");
    }

    #[test]
    fn a_faulty_one_is_told_at_its_lines() {
        let fault = Fault::of(Place { line: 3, column: 9 }, "window", "\"@acme\" is no length of time", "write 7d");
        let run = check("abc", Judged::Faulty(&[fault]), Whose::Branch { stays: Some(UnixMs(0)) });
        assert_eq!((run.conclusion, run.title.as_str()), (Conclusion::Failure, "One thing is wrong, in line 3"));
        let note = &run.notes[0];
        assert_eq!((note.path.as_str(), note.from_line, note.column), (PATH, 3, Some(9)));
        assert_eq!(note.message, "window: \"@acme\" is no length of time; write 7d");
        assert!(run.summary.contains("1970-01-01 00:00 UTC stays in force"), "{}", run.summary);
        assert!(!run.summary.contains("@acme"), "it pings nobody: {}", run.summary);
    }

    #[test]
    fn what_is_taken_away_is_told() {
        let run = check("abc", Judged::None, Whose::Branch { stays: None });
        assert_eq!((run.conclusion, run.notes.len()), (Conclusion::Neutral, 0));
    }
}
