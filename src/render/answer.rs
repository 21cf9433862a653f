//! The comment in which hearback answers in a thread: the latest answers, the newest first.

use serde::{Deserialize, Serialize};

use super::doc::{Block, Doc, Inline};
use super::tame::one_line;
use crate::time::UnixMs;

/// Answers that stay in the comment.
pub const SHOWN: usize = 8;
/// Longest line of a command that is shown, in characters.
const LINE_MAX: usize = 120;

/// What was said to one command. Everything in it is text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The command as it was written.
    pub line: String,
    /// Who gave it.
    pub by: String,
    /// When it was answered.
    pub at: UnixMs,
    /// What is said, a line each. The first is the answer, what follows are its parts.
    pub says: Vec<String>,
    /// Where more is told.
    pub link: Option<String>,
}

/// The comment.
pub fn comment(latest: &[Answer]) -> Doc {
    let mut blocks = Vec::new();
    for answer in latest.iter().take(SHOWN) {
        blocks.push(Block::Paragraph(vec![
            Inline::Code(one_line(&answer.line, LINE_MAX)),
            Inline::Text(format!(" by {}, {}", answer.by, answer.at.human())),
        ]));
        let Some((first, parts)) = answer.says.split_first() else { continue };
        let mut said = vec![Inline::Text(first.clone())];
        if let Some(url) = &answer.link {
            said.extend([Inline::Text(" ".into()), Inline::Link { text: "Open the report.".into(), url: url.clone() }]);
        }
        blocks.push(Block::Paragraph(said));
        if !parts.is_empty() {
            blocks.push(Block::Bullets(parts.iter().map(|part| vec![Inline::Text(part.clone())]).collect()));
        }
    }
    let help = "Write /hearback help for what else can be asked here.";
    blocks.push(Block::Paragraph(vec![Inline::Emph(help.into())]));
    Doc { blocks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::markdown;

    #[test]
    fn the_latest_answers_are_told_and_nothing_acts() {
        let at = UnixMs::parse_rfc3339("2026-10-09T10:00:00Z").expect("a time");
        let answer = |line: &str, says: &[&str]| Answer {
            line: line.into(),
            by: "wendy".into(),
            at,
            says: says.iter().map(|s| (*s).to_owned()).collect(),
            link: None,
        };
        let open = Answer {
            link: Some("https://hearback.test/rollouts/ro_1".into()),
            ..answer("/hearback status", &["v1: open.", "2 themes"])
        };
        let bad = answer("/hearback close `<b>` @ada", &["There is no command “<img src=x>@ada #1”."]);
        let text = markdown::render(&comment(&[open, bad])).replace('\u{2060}', "~");
        assert!(text.contains("[Open the report.](<https://hearback.test/rollouts/ro_1>)"), "{text}");
        assert!(text.contains("- 2 themes"), "{text}");
        assert_eq!(text.matches("<img").count(), text.matches("\\<img").count(), "{text}");
        for active in [" @ada", "“@", "#1”"] {
            assert!(!text.contains(active), "{active} in {text}");
        }
        let many = vec![answer("/hearback ack", &["Done."]); SHOWN + 3];
        assert_eq!(markdown::render(&comment(&many)).matches("Done.").count(), SHOWN);
    }
}
