//! Which flags a text may name: release notes, the text of a pull request, the lines that one adds to a file.
//!
//! Nobody here knows the flags. Whatever looks like a key is a candidate, and it counts where a flag of exactly that key
//! is known, so that too many do no harm. What stands in a quote, in fenced code or in a comment names nothing: it is
//! somebody else's text, an example, or a template's instruction.

use std::collections::BTreeSet;

/// Distinct candidates of one release or pull request; what is said outright goes before what is only written.
pub const CANDIDATES_MAX: usize = 200;
/// Bytes of a text that are read.
pub const TEXT_MAX_BYTES: usize = 64 << 10;
/// Longest key that is taken where somebody marks it as one, in characters.
const KEY_MAX: usize = 200;
/// Lengths of a word in prose that may be a key, in characters.
const WORD: std::ops::RangeInclusive<usize> = 3..=100;
/// What words in prose are parted by, besides white space and control characters.
const BETWEEN_WORDS: &str = "\"'“”‘’„«»()[]{}<>,;*|!…`";
/// What a word ends with when it is a file's name.
const FILES: &[&str] = &[
    "c", "cfg", "conf", "cpp", "cs", "css", "csv", "env", "gif", "go", "gz", "h", "hpp", "html", "ini", "java", "jpg",
    "js", "json", "jsx", "kt", "lock", "log", "md", "mjs", "pdf", "php", "png", "proto", "py", "rb", "rs", "sass",
    "scala", "scss", "sh", "sql", "svelte", "svg", "swift", "tf", "toml", "ts", "tsx", "txt", "vue", "xml", "yaml",
    "yml", "zip",
];

/// The candidates of Markdown texts, each as it is written: of `/hearback link KEY` and `/hearback flag KEY` on a line
/// of its own, of code spans, and of words with a separator or a capital within.
pub fn named<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let (mut linked, mut spans, mut words) = (Distinct::default(), Distinct::default(), Distinct::default());
    for text in texts {
        let text = without_comments(cut(text));
        for line in shown_lines(&text) {
            if let Some(key) = command(line) {
                linked.add(key);
                continue;
            }
            for (part, is_code) in code_spans(line) {
                if is_code && is_one_key(part) {
                    spans.add(part);
                }
                keys_in_prose(part).for_each(|word| words.add(word));
            }
        }
    }
    [linked, spans, words].into_iter().fold(Distinct::default(), Distinct::with).list
}

/// The candidates of what a patch (a unified diff without its head) adds to a file of settings: every word of its added
/// lines that none of its removed lines holds.
pub fn added(patch: &str) -> Vec<String> {
    let patch = cut(patch);
    let lines = |sign: char| patch.lines().filter_map(move |line| line.strip_prefix(sign)).flat_map(words_of_settings);
    let gone: BTreeSet<&str> = lines('-').collect();
    let mut found = Distinct::default();
    lines('+').filter(|word| !gone.contains(word)).for_each(|word| found.add(word));
    found.list
}

/// Distinct texts in the order in which they came, up to [`CANDIDATES_MAX`].
#[derive(Default)]
struct Distinct {
    list: Vec<String>,
    seen: BTreeSet<String>,
}

impl Distinct {
    fn add(&mut self, text: &str) {
        if self.list.len() < CANDIDATES_MAX && !self.seen.contains(text) {
            self.seen.insert(text.to_owned());
            self.list.push(text.to_owned());
        }
    }

    fn with(mut self, more: Self) -> Self {
        for text in more.list {
            self.add(&text);
        }
        self
    }
}

/// The beginning of a text that is read.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_MAX_BYTES)]
}

/// The text without what nobody sees. A comment without an end is left.
fn without_comments(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        let Some((_, behind)) = after.split_once("-->") else { break };
        shown.push_str(before);
        shown.push(' ');
        rest = behind;
    }
    shown + rest
}

/// The lines outside of quotes and fenced code.
fn shown_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut fence: Option<&str> = None;
    let mut quoted = false;
    text.lines().filter(move |line| {
        let line = line.trim();
        let marks = fence_of(line);
        if let Some(open) = fence {
            if marks.is_some_and(|m| m.starts_with(open) && m.len() == line.len()) {
                fence = None;
            }
            return false;
        }
        if marks.is_some() {
            (fence, quoted) = (marks, false);
            return false;
        }
        // A paragraph goes on in the quote that it began in, though the sign is left out.
        quoted = line.starts_with('>') || (quoted && !line.is_empty() && !begins_block(line));
        !quoted
    })
}

/// The run of backticks or tildes that begins or ends fenced code.
fn fence_of(line: &str) -> Option<&str> {
    ['`', '~'].into_iter().find_map(|c| {
        let run = &line[..line.len() - line.trim_start_matches(c).len()];
        let is_span = c == '`' && line[run.len()..].contains('`');
        (run.len() >= 3 && !is_span).then_some(run)
    })
}

/// Whether a line ends the paragraph before it: a heading, an item of a list.
fn begins_block(line: &str) -> bool {
    line.starts_with('#') || ["- ", "* ", "+ "].iter().any(|item| line.starts_with(item))
}

/// The key of `/hearback link KEY`. Four spaces or a tab before it make it code.
fn command(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    let mut words = text.strip_prefix("/hearback")?.split_whitespace();
    let begins = line.len() - text.len() < 4 && text["/hearback".len()..].starts_with(char::is_whitespace);
    let known = words.next().is_some_and(|verb| ["link", "flag"].contains(&verb));
    words.next().map(|key| key.trim_matches('`')).filter(|key| begins && known && is_one_key(key))
}

/// A line in parts: what stands in code spans, and what does not.
fn code_spans(line: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let (mut rest, mut from) = (line, 0);
    while let Some(open) = rest[from..].find('`').map(|at| at + from) {
        let marks = rest[open..].len() - rest[open..].trim_start_matches('`').len();
        let inside = open + marks;
        match closing(&rest[inside..], marks) {
            Some(end) => {
                parts.extend([(&rest[..open], false), (rest[inside..inside + end].trim(), true)]);
                (rest, from) = (&rest[inside + end + marks..], 0);
            }
            None => from = inside,
        }
    }
    parts.push((rest, false));
    parts
}

/// Where the next run of exactly so many backticks begins.
fn closing(text: &str, marks: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(open) = text[at..].find('`').map(|found| found + at) {
        let run = text[open..].len() - text[open..].trim_start_matches('`').len();
        if run == marks {
            return Some(open);
        }
        at = open + run;
    }
    None
}

/// Whether somebody who marks a text as a key may mean it.
fn is_one_key(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= KEY_MAX && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The words of a text that look like keys.
fn keys_in_prose(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_whitespace() || c.is_control() || BETWEEN_WORDS.contains(c);
    text.split(between).filter_map(|word| {
        let word = word.trim_start_matches(['-', '_', ':']).trim_end_matches(['-', '_', ':', '.', '?']);
        looks_like_key(word).then_some(word)
    })
}

/// `new-checkout`, `new_checkout`, `checkout.new`, `newCheckout`; not `v1.2.3`, `main.rs`, `a/b-c`, `@acme-team`.
fn looks_like_key(word: &str) -> bool {
    let separator = |c: char| "-_.:".contains(c);
    let capital_within = word.chars().skip(1).any(char::is_uppercase) && word.contains(char::is_lowercase);
    word.starts_with(char::is_alphanumeric)
        && WORD.contains(&word.chars().count())
        && word.chars().all(|c| c.is_alphanumeric() || separator(c))
        && word.contains(char::is_alphabetic)
        && (word.contains(separator) || capital_within)
        && !is_version(word)
        && !is_file(word)
}

/// `1.2`, `v1.2.3-rc.1`.
fn is_version(word: &str) -> bool {
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    number.starts_with(|c: char| c.is_ascii_digit()) && number[..end].contains('.')
}

fn is_file(word: &str) -> bool {
    word.rsplit_once('.').is_some_and(|(_, ending)| FILES.contains(&ending.to_ascii_lowercase().as_str()))
        || word.starts_with("www.")
}

/// The words of a line of YAML, without its comment.
fn words_of_settings(line: &str) -> impl Iterator<Item = &str> {
    let line = if line.trim_start().starts_with('#') { "" } else { line.split(" #").next().unwrap_or_default() };
    line.split(|c: char| c.is_whitespace() || "\"',[]{}".contains(c))
        .map(|word| word.trim_end_matches(':'))
        .filter(|word| is_one_key(word) && word.contains(char::is_alphanumeric))
}

#[cfg(test)]
mod tests;
