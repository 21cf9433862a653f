//! The check run that tells, on the commit that brought a rollout, how customers received it. The numbers are the
//! report's; customers' words stay out, because a check run can't be deleted.

use super::doc::{Block, Doc, Inline};
use super::report::{self, Account};
use super::{findings, markdown, picture};
use crate::domain::post::{CheckRun, Conclusion};
use crate::plan::verdict::{self, Leaning, Share};

/// What the check run is called.
pub const NAME: &str = "hearback reception";

/// The check run on a commit. `link` leads to the report, where there is one to show.
pub fn check(sha: &str, a: &Account<'_>, hold: Option<&str>, link: Option<&str>) -> CheckRun {
    let leaning = verdict::leaning(a.tally, a.min_people);
    let conclusion = match leaning {
        Leaning::Unhappy => Conclusion::Failure,
        Leaning::Happy => Conclusion::Success,
        Leaning::NoSignal | Leaning::TooFew | Leaning::PerhapsUnhappy | Leaning::PerhapsHappy | Leaning::Divided => {
            Conclusion::Neutral
        }
    };
    let title = match hold {
        Some(why) => format!("Held: {why}"),
        None => verdict::sentence(a.rollout, a.tally, a.min_people),
    };
    let summary = markdown::render(&Doc { blocks: blocks(a, hold, link) });
    CheckRun { name: NAME.to_owned(), sha: sha.to_owned(), conclusion, title, summary, notes: Vec::new() }
}

fn blocks(a: &Account<'_>, hold: Option<&str>, link: Option<&str>) -> Vec<Block> {
    let text = |t: String| Block::Paragraph(vec![Inline::Text(t)]);
    let mut blocks = Vec::new();
    if let Some(why) = hold {
        blocks.push(Block::Paragraph(vec![Inline::Strong("Held: ".into()), Inline::Text(why.to_owned())]));
    }
    blocks.push(Block::Paragraph(vec![Inline::Strong(verdict::sentence(a.rollout, a.tally, a.min_people))]));
    blocks.extend(findings::alarms(a.findings));
    let people = a.tally.people();
    if people > 0 {
        blocks.push(text(picture::line(a.tally)));
        blocks.push(Block::Bullets(vec![
            vec![Inline::Text(format!("Unhappy: {}", Share::of(a.tally.negative, people).words()))],
            vec![Inline::Text(format!("Happy: {}", Share::of(a.tally.positive, people).words()))],
        ]));
    }
    let stage = a.rollout.stage().map(|s| format!(" Stage: {}.", s.name)).unwrap_or_default();
    blocks.push(text(format!("{}: the window is {}.{stage}", a.rollout.label(), report::status(a.window))));
    let filed: Vec<Vec<Inline>> = a
        .tickets
        .iter()
        .filter_map(|t| Some((t.key.as_ref()?, t.url.as_ref()?)))
        .map(|(key, url)| vec![Inline::Link { text: key.clone(), url: url.clone() }])
        .collect();
    if !filed.is_empty() {
        blocks.push(text("Filed:".into()));
        blocks.push(Block::Bullets(filed));
    }
    if let Some(url) = link {
        blocks.push(Block::Paragraph(vec![Inline::Link { text: "The whole report".into(), url: url.to_owned() }]));
    }
    blocks
}
