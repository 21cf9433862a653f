//! What nobody means: advertisements, hands on a keyboard, test data. In doubt a statement counts: a customer who is
//! taken for spam is not heard.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use unicode_normalization::char::is_combining_mark;

use super::hashing::{ByHash, Given, pair};
use super::words::{Kind, Word, Words};

/// Rows of a keyboard; a run along one is no word.
const ROWS: [&str; 6] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm"];
/// Keys in a row that are no accident ("wer" stands in "power").
const RUN_MIN: usize = 4;
/// Longest text that can be hands on a keyboard, in words.
const RUN_WORDS_MAX: usize = 40;
/// Longest text that can be test data, in words; letters where there are no spaces.
const TEST_WORDS_MAX: usize = 12;
/// Words in the longest phrase of the file; letters where there are no spaces.
const PHRASE_WORDS_MAX: usize = 10;
/// What an advertisement weighs: a pitch two, all else one.
const OFFER_FROM: usize = 3;

/// What one word says, whatever stands around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Alone {
    /// Its letters, and those of them in runs along a row.
    letters: u32,
    in_runs: u32,
    /// Whether nobody can say it.
    unsaid: bool,
    /// Whether a phrase of [`PHRASES`] begins with it.
    begins: bool,
}

impl Alone {
    pub const NOTHING: Self = Self { letters: 0, in_runs: 0, unsaid: false, begins: false };

    #[expect(clippy::cast_possible_truncation, reason = "a text has far fewer letters than 2^32")]
    pub fn of(hash: u64, lower: &str) -> Self {
        let letters = lower.chars().count() as u32;
        let in_runs = if is_played(lower) { letters } else { keys_in_runs(lower) as u32 };
        Self { letters, in_runs, unsaid: in_runs == 0 && is_unsayable(lower), begins: PHRASES.begins.contains(&hash) }
    }
}

/// What all words of a text come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Together {
    letters: usize,
    in_runs: usize,
    unsaid: usize,
    begins: bool,
}

impl Together {
    /// Of a text that is read once.
    pub fn of(words: &Words) -> Self {
        let mut all = Self::default();
        for (i, word) in words.all.iter().enumerate() {
            match word.kind {
                Kind::Word if word.unspaced => all.add_letter(word),
                Kind::Word => all.add(word, Alone::of(word.hash, words.lower(i))),
                Kind::Number => all.add_number(word),
                Kind::Picture | Kind::Pause | Kind::Stop | Kind::Shout | Kind::Ask => {}
            }
        }
        all
    }

    /// Adds a word.
    pub fn add(&mut self, word: &Word, alone: Alone) {
        // One letter held down.
        let held = word.drawn_out && alone.letters <= 2 && word.at.len() > RUN_MIN;
        self.letters += alone.letters as usize;
        self.in_runs += if held { alone.letters } else { alone.in_runs } as usize;
        self.unsaid += if alone.unsaid && !held { alone.letters as usize } else { 0 };
        self.begins |= alone.begins;
    }

    /// Adds a number, which a phrase may begin with.
    pub fn add_number(&mut self, word: &Word) {
        self.begins |= PHRASES.begins.contains(&word.hash);
    }

    /// Adds a letter of a script without spaces, which a phrase may begin with.
    pub fn add_letter(&mut self, word: &Word) {
        self.letters += 1;
        self.begins |= PHRASES.begins.contains(&word.hash);
    }
}

/// Whether a text is an advertisement, a keyboard run or test data.
pub(super) fn is_spam(text: &str, words: &Words, all: &Together) -> bool {
    let said = if all.begins { Said::read(words) } else { Said::default() };
    said.is_offer(text, words)
        || said.is_test(words)
        || is_keyboard_run(words, all)
        || is_held_down(text)
        || is_template(text)
        || is_count(text)
        || is_one_word_over_and_over(words)
}

/// What the phrases of [`PHRASES`] say.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phrase {
    Pitch,
    Lure,
    Ware,
    Contact,
    Test,
    Filler,
}

/// The phrases by the hashes of their words, and the words with which any of them begins.
struct Phrases {
    begins: HashSet<u64, BuildHasherDefault<Given>>,
    known: ByHash<Phrase>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Phrases { begins: HashSet::default(), known: ByHash::default() };
    for line in include_str!("spam/phrases.txt").lines() {
        let Some((kind, phrase)) = line.split_once('\t') else { continue };
        let kind = match kind {
            "pitch" => Phrase::Pitch,
            "lure" => Phrase::Lure,
            "ware" => Phrase::Ware,
            "contact" => Phrase::Contact,
            "test" => Phrase::Test,
            _ => Phrase::Filler,
        };
        let words = Words::read(phrase);
        let mut hashes = words.all.iter().map(|w| w.hash);
        let Some(first) = hashes.next() else { continue };
        phrases.begins.insert(first);
        phrases.known.insert(hashes.fold(first, pair), kind);
    }
    phrases
});

/// How often a text says what.
#[derive(Default)]
struct Said {
    pitches: usize,
    lures: usize,
    wares: usize,
    contacts: usize,
    /// Words in names of tests, and in what may stand beside them.
    tests: usize,
    fillers: usize,
}

impl Said {
    /// The longest phrase at each place, none over another.
    fn read(words: &Words) -> Self {
        let mut said = Self::default();
        let mut at = 0;
        while at < words.all.len() {
            let Some((kind, count)) = longest(words, at) else {
                at += 1;
                continue;
            };
            match kind {
                Phrase::Pitch => said.pitches += 1,
                Phrase::Lure => said.lures += 1,
                Phrase::Ware => said.wares += 1,
                Phrase::Contact => said.contacts += 1,
                Phrase::Test => said.tests += count,
                Phrase::Filler => said.fillers += count,
            }
            at += count;
        }
        said
    }

    fn is_offer(&self, text: &str, words: &Words) -> bool {
        let pages = if text.contains("://") || text.contains("www.") {
            text.matches("://").count() + text.matches("www.").count()
        } else {
            0
        };
        let reach = (self.contacts + pages).min(1);
        let weight = 2 * self.pitches + self.lures + self.wares.min(1) + reach;
        let promises = self.pitches > 0 || self.lures > 0 && reach > 0;
        promises && weight >= OFFER_FROM || pages >= 3 && words.count() < 4 * pages
    }

    /// Nothing but names of tests, numbers, and what may stand beside them.
    fn is_test(&self, words: &Words) -> bool {
        let numbers = words.all.iter().filter(|w| w.kind == Kind::Number).count();
        let count = words.count();
        let told = self.tests + self.fillers;
        (1..=TEST_WORDS_MAX).contains(&count) && self.tests > 0 && told + numbers >= count
            || (1..=2).contains(&count)
                && words.all.iter().enumerate().all(|(i, w)| w.kind != Kind::Word || is_numbered_test(words.lower(i)))
                && words.all.iter().any(|w| w.kind == Kind::Word)
    }
}

/// "test123", "test01".
fn is_numbered_test(word: &str) -> bool {
    word.trim_end_matches(char::is_numeric) == "test"
}

fn longest(words: &Words, first: usize) -> Option<(Phrase, usize)> {
    if !PHRASES.begins.contains(&words.all[first].hash) {
        return None;
    }
    let mut best = None;
    let mut hash: Option<u64> = None;
    for (i, word) in words.all[first..].iter().take(PHRASE_WORDS_MAX).enumerate() {
        if !matches!(word.kind, Kind::Word | Kind::Number) {
            break;
        }
        let all = hash.map_or(word.hash, |h| pair(h, word.hash));
        best = PHRASES.known.get(&all).map(|kind| (*kind, i + 1)).or(best);
        hash = Some(all);
    }
    best
}

/// Letters of which a text of laughter is made.
const LAUGHS: &str = "hajekwsiorx哈呵嘻嘿笑ه";
/// Letters that a key held down gives at least.
const HELD_MIN: usize = 3;
/// Letters of a text that is nothing else.
const HELD_TEXT_MIN: usize = 5;

/// Each letter of the text stands in a row of its like, or a syllable is said three times and more, and it is no laughter.
fn is_held_down(text: &str) -> bool {
    if text.len() > 120 {
        return false;
    }
    let mut letters = 0;
    let mut laughs = true;
    for word in text.split(|c: char| !c.is_alphabetic() && !is_combining_mark(c)).filter(|w| !w.is_empty()) {
        let chars: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
        let rows = chars.chunk_by(|a, b| a == b).all(|row| row.len() >= HELD_MIN);
        let syllable = (2..=3).any(|n| chars.len() >= 3 * n && chars.iter().zip(&chars[n..]).all(|(a, b)| a == b));
        if !rows && !syllable {
            return false;
        }
        letters += chars.len();
        laughs &= chars.iter().all(|c| LAUGHS.contains(*c));
    }
    letters >= HELD_TEXT_MIN && !laughs
}

/// Nothing but one digit again and again, or digits counted up; or nothing but marks.
fn is_count(text: &str) -> bool {
    if text.len() > 60 {
        return false;
    }
    let bare = || text.bytes().filter(|b| !b.is_ascii_whitespace());
    let mut last: Option<u8> = None;
    let (mut same, mut up) = (true, true);
    let mut count = 0;
    for b in bare() {
        if !b.is_ascii_digit() {
            return false;
        }
        same &= last.is_none_or(|l| l == b);
        up &= last.is_none_or(|l| b == l + 1 || l == b'9' && b == b'0');
        last = Some(b);
        count += 1;
    }
    count >= COUNT_MIN && (same || up)
}

/// Digits that are no answer any more.
const COUNT_MIN: usize = 6;

/// Nothing but gaps that a form should have filled: `{{name}}`.
fn is_template(text: &str) -> bool {
    let mut rest = text.trim();
    if matches!(rest, "undefined" | "NULL" | "null" | "NaN") {
        return true;
    }
    if !rest.starts_with("{{") {
        return false;
    }
    while let Some((_, after)) = rest.strip_prefix("{{").and_then(|gap| gap.split_once("}}")) {
        rest = after.trim_start();
    }
    rest.is_empty()
}

/// Half of the letters or more stand in runs along a row, or are one letter held down.
fn is_keyboard_run(words: &Words, all: &Together) -> bool {
    let odd = all.in_runs + all.unsaid;
    words.count() <= RUN_WORDS_MAX
        && all.letters > 0
        && (all.in_runs * 2 >= all.letters || odd >= UNSAYABLE_MIN && odd * 4 >= all.letters * 3)
}

/// Letters of words that nobody can say, which are no accident.
const UNSAYABLE_MIN: usize = 6;

/// Three keys in a row once and again: "lkjlkj", "asdasdasd".
fn is_played(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 6 && bytes.chunks(3).all(|part| part == &bytes[..part.len()]) && {
        let pairs = [(bytes[0], bytes[1]), (bytes[1], bytes[2])];
        let steps = pairs.map(|(a, b)| {
            let letter = |b: u8| b.checked_sub(b'a').map(usize::from);
            letter(a).zip(letter(b)).and_then(|(a, b)| NEIGHBOURS.get(a)?.get(b).copied()).unwrap_or(0)
        });
        steps[0] & steps[1] != 0
    }
}

/// Four or more letters without a vowel among them, or on the middle row with three different consonants in a row.
fn is_unsayable(word: &str) -> bool {
    let mute = |b: u8| !b"aeiouy".contains(&b);
    let bytes = word.as_bytes();
    bytes.len() >= 4
        && bytes.iter().all(u8::is_ascii_lowercase)
        && (bytes.iter().all(|b| mute(*b))
            || bytes.iter().all(|b| ROWS[1].as_bytes().contains(b))
                && bytes.windows(3).any(|w| w.iter().all(|b| mute(*b)) && w[0] != w[1] && w[1] != w[2]))
}

#[expect(clippy::cast_possible_truncation, reason = "a row has ten keys")]
/// For each row where each key stands in it, from 1; 0 where it does not.
const KEYS: [[u8; 128]; ROWS.len()] = {
    let mut keys = [[0; 128]; ROWS.len()];
    let mut row = 0;
    while row < ROWS.len() {
        let bytes = ROWS[row].as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            keys[row][bytes[at] as usize] = at as u8 + 1;
            at += 1;
        }
        row += 1;
    }
    keys
};

/// For each two letters the rows and directions in which they are neighbours, a bit each.
const NEIGHBOURS: [[u16; 26]; 26] = {
    let mut neighbours = [[0; 26]; 26];
    let mut row = 0;
    while row < ROWS.len() {
        let bytes = ROWS[row].as_bytes();
        let mut at = 1;
        while at < bytes.len() {
            let (a, b) = ((bytes[at - 1] - b'a') as usize, (bytes[at] - b'a') as usize);
            neighbours[a][b] |= 1 << (2 * row);
            neighbours[b][a] |= 2 << (2 * row);
            at += 1;
        }
        row += 1;
    }
    neighbours
};

/// Whether any [`RUN_MIN`] letters stand along one row: in most words none do.
fn may_run(bytes: &[u8]) -> bool {
    let mut steps = [0_u16; RUN_MIN - 1];
    for (i, pair) in bytes.windows(2).enumerate() {
        let letter = |b: u8| b.checked_sub(b'a').map(usize::from);
        let step = letter(pair[0]).zip(letter(pair[1])).and_then(|(a, b)| NEIGHBOURS.get(a)?.get(b));
        steps[i % steps.len()] = step.copied().unwrap_or(0);
        if i + 1 >= steps.len() && steps.iter().fold(u16::MAX, |all, s| all & s) != 0 {
            return true;
        }
    }
    false
}

/// Letters in the longest runs along one row in one direction.
fn keys_in_runs(word: &str) -> usize {
    let bytes = word.as_bytes();
    if !may_run(bytes) {
        return 0;
    }
    KEYS.iter().map(|row| along(bytes, row, true).max(along(bytes, row, false))).max().unwrap_or(0)
}

fn along(bytes: &[u8], row: &[u8; 128], forward: bool) -> usize {
    let place = |b: u8| row.get(usize::from(b)).copied().unwrap_or(0);
    let mut total = 0;
    let mut run = 1;
    for pair in bytes.windows(2) {
        let (a, b) = (place(pair[0]), place(pair[1]));
        let follows = a > 0 && b > 0 && if forward { b == a + 1 } else { a == b + 1 };
        if follows {
            run += 1;
        } else {
            total += if run >= RUN_MIN { run } else { 0 };
            run = 1;
        }
    }
    total + if run >= RUN_MIN { run } else { 0 }
}

fn is_one_word_over_and_over(words: &Words) -> bool {
    let mut said = (0..words.all.len()).filter(|i| words.all[*i].kind == Kind::Word).map(|i| words.lower(i));
    let Some(first) = said.next() else { return false };
    let mut again = 0;
    let same = said.all(|w| {
        again += 1;
        w == first
    });
    same && again >= 7
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_spam(text: &str) -> bool {
        let words = Words::read(text);
        super::is_spam(text, &words, &Together::of(&words))
    }

    #[test]
    fn what_nobody_means_is_spam() {
        for text in [
            "asdf",
            "asdfasdf asdf",
            "qwertyuiop",
            "sdfghjk",
            "aaaaaaaaaa",
            "test",
            "Test 123",
            "this is just a test",
            "lorem ipsum dolor sit",
            "Buy now!!! Promo code SAVE50",
            "Make money from home, visit https://spam.example",
            "https://a.b https://c.d https://e.f",
            "good good good good good good good good",
            "lkjlkj asdasd",
            "zzzz zzz zzzzz",
            "嘎嘎嘎嘎嘎嘎",
            "{{name}} {{text}}",
            "1111111",
            "123456789",
            "NULL",
            "adsf fdsfds",
            "prueba 123",
            "测试",
            "Klicken Sie hier und verdopple dein Geld, Telegram @x",
            "घर बैठे पैसे कमाएँ, लिंक पर क्लिक करें",
        ] {
            assert!(is_spam(text), "{text}");
        }
    }

    #[test]
    fn customers_are_heard() {
        for text in [
            "",
            "👍",
            "great",
            "It crashes",
            "this is a great property",
            "power",
            "The test environment is down",
            "hello",
            "5",
            "The promo code field does not accept my code",
            "see https://example.com/a for a screenshot",
            "We were there",
            "no no no",
            "Google Pay fails",
            "Äpfel",
            "Не работает",
            "jajajaja",
            "The test fails",
            "10/10",
            "5 5",
            "0",
            "halls and falls",
            "click here does nothing",
            "Ich kann nur heute nicht bezahlen",
            "I paid with a gift card, WhatsApp support does not answer",
            "微信登录以后私聊功能打不开",
            "招待コード入力ができません",
            "https nicht erreichbar",
        ] {
            assert!(!is_spam(text), "{text}");
        }
    }
}
