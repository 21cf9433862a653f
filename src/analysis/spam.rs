//! What nobody means: advertisements, hands on a keyboard, test data. In doubt a statement counts: a customer who is
//! taken for spam is not heard.

mod keys;
mod phrases;

use unicode_normalization::char::is_combining_mark;

use self::keys::{RUN_MIN, UNSAYABLE_MIN, is_played, is_unsayable, keys_in_runs};
use self::phrases::{Said, may_begin};
use super::words::{Kind, Word, Words};

/// Longest text that can be hands on a keyboard, in words.
const RUN_WORDS_MAX: usize = 40;

/// What one word says, whatever stands around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Alone {
    /// Its letters, and those of them in runs along a row.
    letters: u32,
    in_runs: u32,
    /// Whether nobody can say it.
    unsaid: bool,
    /// Whether a phrase of [`phrases`] begins with it.
    begins: bool,
}

impl Alone {
    pub const NOTHING: Self = Self { letters: 0, in_runs: 0, unsaid: false, begins: false };

    #[expect(clippy::cast_possible_truncation, reason = "a text has far fewer letters than 2^32")]
    pub fn of(hash: u64, lower: &str) -> Self {
        let letters = lower.chars().count() as u32;
        let in_runs = if is_played(lower) { letters } else { keys_in_runs(lower) as u32 };
        Self { letters, in_runs, unsaid: in_runs == 0 && is_unsayable(lower), begins: may_begin(hash) }
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
        self.begins |= may_begin(word.hash);
    }

    /// Adds a letter of a script without spaces, which a phrase may begin with.
    pub fn add_letter(&mut self, word: &Word) {
        self.letters += 1;
        self.begins |= may_begin(word.hash);
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
