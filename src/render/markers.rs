//! What hearback owns in a text that people write too.
//!
//! A marker names the rollout and the subject and carries a MAC, so that nobody else's text passes for ours. It counts at
//! the start of a line outside of quotes and code, where people don't write it by chance. The first that counts is kept
//! true; copies that people pasted below it are theirs.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::id::RolloutId;

/// Version of the marker's form; part of what is signed.
const VERSION: &str = "1";
/// Hex digits of the MAC that a marker carries: 128 bits.
const MAC_DIGITS: usize = 32;
/// Hex digits of it that a token carries: 64 bits tell tickets apart.
const TOKEN_DIGITS: usize = 16;
/// How every marker that begins something begins, whoever signed it.
const BEGIN: &str = "<!-- hearback:begin ";

/// What a marker begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerKind {
    /// The section of an issue.
    Section,
    /// The comment that holds the quotes.
    Quotes,
    /// The comment that answers in a thread.
    Answer,
}

impl MarkerKind {
    /// The name that is written and signed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Section => "section",
            Self::Quotes => "quotes",
            Self::Answer => "answer",
        }
    }
}

/// A signed marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// What it begins.
    pub kind: MarkerKind,
    /// The rollout.
    pub rollout: RolloutId,
    /// `report`, or a theme's id.
    pub subject: String,
    /// Hex, truncated.
    pub mac: String,
}

impl Marker {
    /// Signs a marker. `tracker` is part of what is signed, so that a marker copied from elsewhere does not pass.
    #[must_use]
    pub fn sign(secret: &[u8], kind: MarkerKind, tracker: &str, rollout: &RolloutId, subject: &str) -> Self {
        let mac = mac(secret, kind.as_str(), tracker, rollout, subject);
        Self { kind, rollout: rollout.clone(), subject: subject.to_owned(), mac }
    }

    /// The line that begins what is ours, as an HTML comment.
    pub fn begin(&self) -> String {
        // An id of ours has no other characters; nothing may end the comment early.
        let plain =
            |text: &str| -> String { text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect() };
        let (kind, rollout, theme) = (self.kind.as_str(), plain(self.rollout.as_str()), plain(&self.subject));
        format!("{BEGIN}v={VERSION} kind={kind} rollout={rollout} theme={theme} mac={} -->", self.mac)
    }

    /// One short text that is in every ticket with this marker and in no other: for searches and Jira's properties.
    pub fn token(&self) -> String {
        format!("hb-{}", &self.mac[..TOKEN_DIGITS.min(self.mac.len())])
    }
}

/// The digits by which something of ours is known. `kind` keeps what is signed for one purpose from passing for another.
pub(super) fn mac(secret: &[u8], kind: &str, tracker: &str, rollout: &RolloutId, subject: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    for part in [VERSION, kind, tracker, rollout.as_str(), subject] {
        // With its length before it, no part can lend a character to the next.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    let mut digits = hex::encode(mac.finalize().into_bytes());
    digits.truncate(MAC_DIGITS);
    digits
}

/// The line that ends what is ours.
pub const END: &str = "<!-- hearback:end -->";

/// A whole text that holds nothing but the section.
pub fn wrap(marker: &Marker, section: &str) -> String {
    wrapped(marker, section, "\n")
}

fn wrapped(marker: &Marker, section: &str, eol: &str) -> String {
    // A section rendered for a tracker holds no comment but the marks of its boxes; whatever it comes from, it never holds
    // a marker.
    let section = ["begin", "end"].iter().fold(section.to_owned(), |s, word| {
        s.replace(&format!("<!-- hearback:{word}"), &format!("&lt;!-- hearback:{word}"))
    });
    let lines: Vec<&str> = section.lines().collect();
    format!("{}{eol}{eol}{}{eol}{eol}{END}", marker.begin(), lines.join(eol))
}

/// `text` with the section between its markers replaced; everything else byte for byte.
///
/// - No begin line: the section is put at the end, after a blank line.
/// - A begin line and no end line before the next marker or the end of the text: what follows can't be told from what
///   people wrote, so none of it goes, but for lines that the section holds at its start anyway. The section takes the
///   place of the begin line; what is left of the old one stays below it for a person to delete.
/// - Two of them: the first is replaced. Begin lines with another MAC are text.
pub fn splice(text: &str, marker: &Marker, section: &str) -> String {
    let Some(begin) = begins_at(text, marker) else { return appended(text, marker, section) };
    let eol = if text[begin..].split('\n').next().is_some_and(|l| l.ends_with('\r')) { "\r\n" } else { "\n" };
    let ours = wrapped(marker, section, eol);
    let end = ends_at(text, begin).unwrap_or_else(|| {
        let after = begin + marker.begin().len();
        let same = ours.lines().zip(text[begin..].split_inclusive('\n'));
        let kept: usize = same.take_while(|(a, b)| *a == b.trim_end_matches(['\r', '\n'])).map(|(_, b)| b.len()).sum();
        // The last line's end belongs to what follows.
        let held = &text[begin..begin + kept];
        after.max(begin + held.trim_end_matches(['\r', '\n']).len())
    });
    format!("{}{ours}{}", &text[..begin], &text[end..])
}

/// Whether a line of `text` begins as markers do, whoever signed it.
pub fn begins_one(text: &str) -> bool {
    text.lines().any(|line| line.starts_with(BEGIN))
}

/// Whether `text` holds this very marker, at a place where it counts.
pub fn holds(text: &str, marker: &Marker) -> bool {
    begins_at(text, marker).is_some()
}

/// The lines of our section in `text` that are shown as what they are: none of a block of code, of a comment, or of HTML
/// that shows its text as it stands. Empty where there is no whole section.
pub(super) fn plain_lines<'a>(text: &'a str, marker: &Marker) -> Vec<&'a str> {
    let Some(begin) = begins_at(text, marker) else { return Vec::new() };
    let Some(end) = ends_at(text, begin) else { return Vec::new() };
    let section = &text[begin..end];
    let mut plain = Vec::new();
    let (mut at, mut hidden_until) = (0, 0);
    for line in section.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if start < hidden_until {
            continue;
        }
        if let Some(fence) = Fence::opens(line) {
            // Here what is hidden by a fence that nothing closes is hidden to the end: nothing is lost by that.
            hidden_until = fence.closed_at(&section[at..]).map_or(section.len(), |end| at + end);
        } else if let Some(closing) = opens_html(line) {
            let rest = section[at..].to_lowercase();
            // To the end of the line that closes it. Lower case may be of another length: then to the end.
            let closed = rest.find(closing).filter(|_| rest.len() == section[at..].len());
            let end_of_line = |end: usize| rest[end..].find('\n').map_or(section.len(), |more| at + end + more);
            hidden_until = closed.map_or(section.len(), end_of_line);
        } else {
            plain.push(line.trim_end());
        }
    }
    plain
}

/// What ends the HTML that a line begins and does not end, where that shows no Markdown: `CommonMark` 0.31, HTML blocks of
/// the first two kinds.
fn opens_html(line: &str) -> Option<&'static str> {
    let line = line.to_lowercase();
    let inner = line.trim_start_matches(' ');
    let kinds = [
        ("<!--", "-->"),
        ("<pre", "</pre>"),
        ("<script", "</script>"),
        ("<style", "</style>"),
        ("<textarea", "</textarea>"),
    ];
    let open = |(opening, closing): &(&str, &str)| inner.starts_with(opening) && !inner.contains(closing);
    kinds.into_iter().find(|k| line.len() - inner.len() < 4 && open(k)).map(|(_, closing)| closing)
}

fn appended(text: &str, marker: &Marker, section: &str) -> String {
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = match text {
        "" => "",
        t if t.ends_with("\n\n") || t.ends_with("\n\r\n") => "",
        t if t.ends_with('\n') => eol,
        _ => &eol.repeat(2),
    };
    format!("{text}{gap}{}{eol}", wrapped(marker, section, eol))
}

/// Where the first begin line starts that counts.
fn begins_at(text: &str, marker: &Marker) -> Option<usize> {
    let expected = marker.begin();
    let mut at = 0;
    let mut code_until = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if start < code_until {
            continue;
        }
        if let Some(fence) = Fence::opens(line) {
            // A fence that nothing closes hides nothing: else each look would add a section below the last.
            code_until = fence.closed_at(&text[at..]).map_or(code_until, |end| at + end);
        } else if line.starts_with(BEGIN) && bool::from(line.trim_end().as_bytes().ct_eq(expected.as_bytes())) {
            return Some(start);
        }
    }
    None
}

/// Where the end line ends that belongs to the begin line at `begin`.
fn ends_at(text: &str, begin: usize) -> Option<usize> {
    let mut at = begin;
    for (i, line) in text[begin..].split_inclusive('\n').enumerate() {
        if i > 0 && line.starts_with(BEGIN) {
            return None;
        }
        if line.starts_with(END) && line.trim_end() == END {
            return Some(at + END.len());
        }
        at += line.len();
    }
    None
}

/// The line that opens a block of code.
struct Fence {
    mark: char,
    length: usize,
}

impl Fence {
    /// The rules of `CommonMark` 0.31: at most three spaces, three or more marks, no backtick behind backticks.
    fn opens(line: &str) -> Option<Self> {
        let inner = line.trim_start_matches(' ');
        let mark = inner.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let length = inner.chars().take_while(|c| *c == mark).count();
        let info = &inner[length..];
        let fine = line.len() - inner.len() < 4 && length >= 3 && (mark == '~' || !info.contains('`'));
        fine.then_some(Self { mark, length })
    }

    /// Where the line ends that closes it.
    fn closed_at(&self, text: &str) -> Option<usize> {
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            at += line.len();
            let inner = line.trim_start_matches(' ');
            let marks = inner.chars().take_while(|c| *c == self.mark).count();
            if line.len() - inner.len() < 4 && marks >= self.length && inner[marks..].trim().is_empty() {
                return Some(at);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
