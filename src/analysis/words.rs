//! A text as words, pictures and marks. What carries no words (addresses of pages, placeholders of what was removed) is
//! passed over. Letters of scripts that write no spaces are words of one letter; what they say together, phrases say.

use std::ops::Range;

use super::hashing::{EMPTY, add_byte, add_bytes};
use super::normalize::is_emoji;

/// Longest text that is read word by word, in words; what follows is not looked at.
const WORDS_MAX: usize = 4_000;

/// Faces made of marks, longest first.
const FACES: [&str; 30] = [
    ":'-(", ":'(", ":'-)", ":')", ":-)", ":-(", ";-)", ":-/", ":-\\", ":-d", ":-p", ":-|", ">:(", ":((", ":))", "=)",
    "=(", ":)", ":(", ";)", ":/", ":\\", ":d", ":p", ":|", "<3", "</3", ":]", ":[", "^^",
];

/// Short words that lose their vowel before the next and are words nevertheless: l'app, c'est, dell'app.
const ELIDED: [&str; 20] = [
    "l", "d", "c", "j", "n", "s", "m", "t", "qu", "un", "all", "dall", "dell", "nell", "sull", "jusqu", "lorsqu",
    "puisqu", "quest", "quell",
];

/// Bytes of the longest of them.
const ELIDED_MAX: usize = 6;

/// What stands in a text for what was removed from it.
const PLACEHOLDERS: [&str; 11] =
    ["[email]", "[phone]", "[card]", "[iban]", "[ip]", "[mac]", "[id]", "[secret]", "[address]", "[name]", "[url]"];

/// What a stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, with digits and apostrophes in them.
    Word,
    /// A number.
    Number,
    /// One emoji, or a face made of marks.
    Picture,
    /// A comma, a dash: a clause may end.
    Pause,
    /// A full stop, a line end: a sentence ends.
    Stop,
    /// An exclamation mark.
    Shout,
    /// A question mark.
    Ask,
}

/// One stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// Where it stands in [`Words::lower`].
    low: Range<usize>,
    /// Of its lower form; equal words have equal hashes.
    pub hash: u64,
    /// All in capitals, two letters or more.
    pub shouted: bool,
    /// A letter is drawn out ("soooo").
    pub drawn_out: bool,
    /// A letter of a script without spaces.
    pub unspaced: bool,
}

/// A text, read.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// All of it in order.
    pub all: Vec<Word>,
    /// The words in lower case with one space between where there was one, apostrophes straight, drawn-out letters cut to
    /// two.
    lower: String,
    /// How many of them are words.
    count: usize,
}

impl Words {
    /// Reads a text.
    pub fn read(text: &str) -> Self {
        let mut words = Self::default();
        words.read_again(text);
        words
    }

    /// Reads another text in place of this one, without new memory where the old suffices.
    pub fn read_again(&mut self, text: &str) {
        self.all.clear();
        self.all.reserve(text.len() / 4 + 1);
        self.lower.clear();
        self.lower.reserve(text.len());
        self.count = 0;
        let mut at = 0;
        while at < text.len() && self.all.len() < WORDS_MAX {
            at = self.take(text, at);
        }
    }

    /// One word in lower case.
    pub fn lower(&self, index: usize) -> &str {
        &self.lower[self.all[index].low.clone()]
    }

    /// `count` words in lower case as they stand together; `None` where there are fewer or a mark stands between them.
    pub fn phrase(&self, first: usize, count: usize) -> Option<&str> {
        let part = self.all.get(first..first + count)?;
        let joined =
            part.iter().all(|w| matches!(w.kind, Kind::Word | Kind::Number) || count == 1 && w.kind == Kind::Picture);
        let (first, last) = (part.first()?, part.last()?);
        joined.then(|| &self.lower[first.low.start..last.low.end])
    }

    /// How many are words.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Takes what begins at `at`, and tells where the next begins.
    fn take(&mut self, text: &str, at: usize) -> usize {
        match text.as_bytes()[at] {
            b' ' => return at + 1,
            b if b.is_ascii_alphanumeric() => {
                return self.take_plain(text, at).unwrap_or_else(|| self.take_word(text, at));
            }
            _ => {}
        }
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { return text.len() };
        if is_alphanumeric(c) {
            return if is_unspaced(c) { self.take_letter(at, c) } else { self.take_word(text, at) };
        }
        if c == '['
            && let Some(skipped) = PLACEHOLDERS.into_iter().find(|p| rest.starts_with(p))
        {
            return at + skipped.len();
        }
        if matches!(c, ':' | ';' | '=' | '<' | '>' | '^')
            && let Some(face) = face(rest, stands_apart(text, at))
        {
            self.push(Kind::Picture, at..at + face.len(), face, false);
            return at + face.len();
        }
        let end = at + c.len_utf8();
        match c {
            '!' | '！' | '¡' => self.push(Kind::Shout, at..end, "", false),
            '?' | '？' | '؟' => self.push(Kind::Ask, at..end, "", false),
            '.' | '\n' | '…' | '。' | '।' | '۔' => self.push(Kind::Stop, at..end, "", false),
            ',' | ';' | ':' | '(' | ')' | '–' | '—' | '、' | '，' | '；' | '：' | '،' | '؛' => {
                self.push(Kind::Pause, at..end, "", false);
            }
            c if is_emoji(c) => self.push(Kind::Picture, at..end, &rest[..c.len_utf8()], false),
            _ => {}
        }
        end
    }

    fn take_letter(&mut self, at: usize, c: char) -> usize {
        let mut bytes = [0; 4];
        let low = c.encode_utf8(&mut bytes);
        let joined = self.all.last().is_some_and(|w| w.unspaced && w.at.end == at);
        self.push(Kind::Word, at..at + c.len_utf8(), low, joined);
        if let Some(word) = self.all.last_mut() {
            word.unspaced = true;
        }
        at + c.len_utf8()
    }

    /// Takes a word of nothing but ASCII letters and digits, as most are, in one pass; `None` where more may belong to it
    /// or a letter is drawn out.
    fn take_plain(&mut self, text: &str, at: usize) -> Option<usize> {
        let bytes = &text.as_bytes()[at..];
        let mut hash = EMPTY;
        let (mut letters, mut small) = (0, 0);
        let (mut before, mut last) = (0, 0);
        let mut end = 0;
        while let Some(b) = bytes.get(end).filter(|b| b.is_ascii_alphanumeric()) {
            // The bit that makes a letter small is set in every digit.
            let low = b | 0x20;
            let is_letter = low >= b'a';
            if is_letter && low == last && low == before {
                return None;
            }
            (before, last) = (last, low);
            letters += usize::from(is_letter);
            small += usize::from(*b >= b'a');
            hash = add_byte(hash, low);
            end += 1;
        }
        if bytes.get(end).is_some_and(|b| !b.is_ascii() || matches!(b, b'\'' | b':')) {
            return None;
        }
        let start = self.begin_word(at);
        self.lower.push_str(&text[at..at + end]);
        self.lower[start..].make_ascii_lowercase();
        self.count += usize::from(letters > 0);
        self.all.push(Word {
            kind: if letters == 0 { Kind::Number } else { Kind::Word },
            at: at..at + end,
            hash,
            low: start..self.lower.len(),
            shouted: letters > 1 && small == 0,
            drawn_out: false,
            unspaced: false,
        });
        Some(at + end)
    }

    /// Where the lower form of a word goes that stands here in the text.
    fn begin_word(&mut self, at: usize) -> usize {
        let joined = self.all.last().is_some_and(|w| w.at.end == at && self.lower.ends_with('\''));
        if !self.lower.is_empty() && !joined {
            self.lower.push(' ');
        }
        self.lower.len()
    }

    fn take_word(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let end = word_end(rest);
        if rest[end..].starts_with("://") {
            return at + rest.find(char::is_whitespace).unwrap_or(rest.len());
        }
        let shown = &rest[..end];
        let start = self.begin_word(at);
        let plain = push_plain(&mut self.lower, shown);
        let is_number = plain.letters == 0 && shown.chars().all(char::is_numeric);
        self.count += usize::from(!is_number);
        self.all.push(Word {
            kind: if is_number { Kind::Number } else { Kind::Word },
            at: at..at + end,
            hash: add_bytes(EMPTY, &self.lower.as_bytes()[start..]),
            low: start..self.lower.len(),
            shouted: plain.letters > 1 && !plain.has_small,
            drawn_out: plain.drawn_out,
            unspaced: false,
        });
        at + end
    }

    fn push(&mut self, kind: Kind, at: Range<usize>, low: &str, joined: bool) {
        if !self.lower.is_empty() && !low.is_empty() && !joined {
            self.lower.push(' ');
        }
        let start = self.lower.len();
        self.lower.push_str(low);
        self.count += usize::from(kind == Kind::Word);
        let hash = add_bytes(EMPTY, low.as_bytes());
        self.all.push(Word {
            kind,
            at,
            low: start..self.lower.len(),
            hash,
            shouted: false,
            drawn_out: false,
            unspaced: false,
        });
    }
}

/// Whether a character is a letter or a digit. The blocks that people write most are told by their ends; the library's
/// table takes long for them.
fn is_alphanumeric(c: char) -> bool {
    is_letter_of_block(c) || c.is_alphanumeric()
}

/// Blocks of nothing but letters: Latin, Cyrillic, Arabic, Hindi, kana, Chinese characters, Korean syllables.
fn is_letter_of_block(c: char) -> bool {
    matches!(c, 'à'..='ö' | 'ø'..='\u{2c1}' | 'А'..='я' | '\u{620}'..='\u{64a}' | '\u{904}'..='\u{939}'
        | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// Letters of scripts that put no spaces between words.
pub(super) fn is_unspaced(c: char) -> bool {
    c >= '\u{e00}'
        && matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

/// Where a word that begins here ends, in bytes.
fn word_end(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        if c.is_ascii_alphanumeric() || c > '\u{bf}' && is_inside(c) {
            continue;
        }
        if !matches!(c, '\'' | '’') {
            return i;
        }
        let letter = chars.peek().map(|(_, next)| next.is_alphabetic());
        // Alone only as a line of a word list: `l'`.
        if i <= ELIDED_MAX && letter != Some(false) && ELIDED.iter().any(|e| rest[..i].eq_ignore_ascii_case(e)) {
            return i + c.len_utf8();
        }
        if letter != Some(true) {
            return i;
        }
    }
    rest.len()
}

/// Letters, and the signs that stand on, below and between them.
fn is_inside(c: char) -> bool {
    (is_alphanumeric(c) && !is_unspaced(c))
        || matches!(c, '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{93c}' | '\u{94d}')
}

/// What was seen while a word was made plain.
#[derive(Clone, Copy, Debug, Default)]
struct Plain {
    letters: usize,
    has_small: bool,
    drawn_out: bool,
}

/// Adds a word in lower case, with a straight apostrophe, no letter more than twice in a row, without the signs that
/// people leave out as often as not.
fn push_plain(lower: &mut String, shown: &str) -> Plain {
    let mut seen = Plain::default();
    let mut last = ('\0', 0_u32);
    let mut add = |c: char, lower: &mut String| {
        last = (c, if c == last.0 { last.1 + 1 } else { 1 });
        if last.1 > 2 && c.is_alphabetic() {
            return true;
        }
        lower.push(c);
        false
    };
    for c in shown.chars() {
        if c.is_ascii() {
            seen.letters += usize::from(c.is_ascii_alphabetic());
            seen.has_small |= c.is_ascii_lowercase();
            seen.drawn_out |= add(c.to_ascii_lowercase(), lower);
            continue;
        }
        let (is_letter, is_small) = if is_caseless(c) {
            (true, true)
        } else {
            let is_letter = c.is_alphabetic();
            (is_letter, c.is_lowercase() || !c.is_uppercase() && is_letter)
        };
        seen.letters += usize::from(is_letter);
        seen.has_small |= is_small;
        if is_caseless(c) {
            if let Some(c) = spelled(c) {
                seen.drawn_out |= add(c, lower);
            }
            continue;
        }
        for c in c.to_lowercase() {
            let Some(c) = spelled(c) else { continue };
            seen.drawn_out |= add(c, lower);
        }
    }
    seen
}

/// Letters of scripts that know no capitals.
fn is_caseless(c: char) -> bool {
    c >= '\u{620}' && is_letter_of_block(c)
}

/// One spelling where people use several.
fn spelled(c: char) -> Option<char> {
    Some(match c {
        '’' => '\'',
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ی' => 'ي',
        'ک' => 'ك',
        'ة' => 'ه',
        '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{93c}' => return None,
        // Hindi: one sign for a nasal vowel, and letters without the dot below.
        '\u{901}' => '\u{902}',
        '\u{958}'..='\u{95f}' => "कखगजडढफय".chars().nth(c as usize - 0x958).unwrap_or(c),
        // Letters as wide as Chinese characters.
        '\u{ff41}'..='\u{ff5a}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    })
}

/// Whether a face may begin here that could be part of something else: `C:/d` is a path.
fn stands_apart(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '.' | '!' | '?'))
}

/// A face made of marks. Those with letters or slashes only where it stands apart.
fn face(rest: &str, apart: bool) -> Option<&'static str> {
    let begins = |face: &str| rest.get(..face.len()).is_some_and(|head| head.eq_ignore_ascii_case(face));
    let ends = |face: &str| rest[face.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '/');
    FACES.into_iter().find(|f| begins(f) && ends(f) && (apart || !f.ends_with(['d', 'p', '/', '\\', '|', ']', '['])))
}

#[cfg(test)]
mod tests;
