//! The words of a command, one after the other.

use super::Problem;
use super::lines::is_space;
use super::span;

/// Longest word that is taken: no flag, tag, theme or key is longer, characters.
const WORD_MAX: usize = 200;
/// Marks that people put around a name, and how each ends.
const MARKS: [(char, char); 5] = [('"', '"'), ('“', '”'), ('«', '»'), ('`', '`'), ('\'', '\'')];

/// What follows a command's name.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    command: &'static str,
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub fn of(command: &'static str, rest: &'a str) -> Self {
        Self { command, rest: rest.trim_matches(is_space) }
    }

    /// All that is left, as it was written.
    pub fn all(&mut self) -> &'a str {
        std::mem::take(&mut self.rest)
    }

    /// The next word; several in marks are one.
    pub fn next(&mut self) -> Option<String> {
        let first = self.rest.chars().next()?;
        let inner = &self.rest[first.len_utf8()..];
        let marked = MARKS.iter().find(|(open, _)| *open == first);
        if let Some((_, close)) = marked
            && let Some(end) = inner.find(*close).filter(|end| ends_word(&inner[end + close.len_utf8()..]))
        {
            self.rest = inner[end + close.len_utf8()..].trim_start_matches(is_space);
            return Some(inner[..end].trim_matches(is_space).to_owned());
        }
        let end = self.rest.find(is_space).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start_matches(is_space);
        Some(word.to_owned())
    }

    /// The next word, where one must be.
    pub fn need(&mut self, argument: &'static str, remedy: &'static str) -> Result<String, Problem> {
        let missing = || Problem::Missing { command: self.command, argument, remedy };
        let mut ahead = self.clone();
        let word = ahead.next().filter(|w| !w.is_empty()).ok_or_else(missing)?;
        self.rest = ahead.rest;
        self.fits(argument, word)
    }

    /// A span of time, where one must be.
    pub fn span(&mut self, argument: &'static str) -> Result<i64, Problem> {
        let word = self.need(argument, "a time such as `12h`, `3d` or `2w`")?;
        span::parse(&word).ok_or(Problem::NotThat {
            command: self.command,
            argument,
            found: word,
            wanted: "a time from a minute to a year, such as `12h`, `3d` or `2w`",
        })
    }

    /// `for 7d`, where it comes next.
    pub fn for_span(&mut self) -> Result<Option<i64>, Problem> {
        let mut ahead = self.clone();
        if ahead.next().is_none_or(|word| !word.eq_ignore_ascii_case("for")) {
            return Ok(None);
        }
        self.rest = ahead.rest;
        self.span("a time").map(Some)
    }

    /// What is named by the next word, where there is one before `for`. `of`, `flag`, `release` and `rollout` before it only
    /// say what it is.
    pub fn name(&mut self, argument: &'static str) -> Result<Option<String>, Problem> {
        let mut ahead = self.clone();
        let Some(mut word) = ahead.next() else { return Ok(None) };
        if word.eq_ignore_ascii_case("for") {
            return Ok(None);
        }
        while ["of", "flag", "release", "rollout"].iter().any(|w| word.eq_ignore_ascii_case(w)) {
            let mut further = ahead.clone();
            match further.next() {
                Some(next) if !next.eq_ignore_ascii_case("for") => {
                    ahead = further;
                    word = next;
                }
                _ => break,
            }
        }
        self.rest = ahead.rest;
        if word.is_empty() { Ok(None) } else { self.fits(argument, word).map(Some) }
    }

    /// Words up to `for TIME`, or to the end: a name that people wrote without marks.
    pub fn phrase(&mut self, argument: &'static str, remedy: &'static str) -> Result<String, Problem> {
        let mut words = vec![self.need(argument, remedy)?];
        if words[0].contains(is_space) {
            return self.fits(argument, words.remove(0));
        }
        loop {
            let mut ahead = self.clone();
            let Some(word) = ahead.next() else { break };
            if word.eq_ignore_ascii_case("for") && ahead.next().is_some_and(|span| span::parse(&span).is_some()) {
                break;
            }
            // `for` with something that is no time at the end: more likely a slip than a part of the name.
            if word.eq_ignore_ascii_case("for") && ahead.rest.is_empty() {
                break;
            }
            let _ = self.next();
            words.push(word);
        }
        self.fits(argument, words.join(" "))
    }

    /// Leaves a word out that only makes a sentence of it. Gives whether it was there.
    pub fn skip(&mut self, word: &str) -> bool {
        let mut ahead = self.clone();
        let there = ahead.next().is_some_and(|next| next.eq_ignore_ascii_case(word)) && !ahead.rest.is_empty();
        if there {
            self.rest = ahead.rest;
        }
        there
    }

    /// Nothing may be left.
    pub fn end(&mut self) -> Result<(), Problem> {
        match self.next() {
            None => Ok(()),
            Some(found) => Err(Problem::TooMuch { command: self.command, found: cut(&found) }),
        }
    }

    fn fits(&self, argument: &'static str, word: String) -> Result<String, Problem> {
        if word.chars().count() <= WORD_MAX {
            return Ok(word);
        }
        let found = cut(&word);
        Err(Problem::NotThat { command: self.command, argument, found, wanted: "at most 200 characters" })
    }
}

fn ends_word(after: &str) -> bool {
    after.chars().next().is_none_or(is_space)
}

/// The beginning of a word, for saying which it was.
pub(super) fn cut(word: &str) -> String {
    const SHOWN: usize = 40;
    let mut start: String = word.chars().take(SHOWN).collect();
    if start.len() < word.len() {
        start.push('…');
    }
    start
}
