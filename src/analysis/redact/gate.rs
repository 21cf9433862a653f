//! Which rules may find anything in a text, told in one pass over its bytes and one over the words that give something
//! away. What it says is never too little; where it says too much, a rule looks in vain.

use std::sync::LazyLock;

use super::{Kind, fold, keys, named, names, places, secrets};
use crate::analysis::hashing::ByHash;

/// What was seen in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signs(u32);

impl Signs {
    pub(super) const NONE: Self = Self(0);
    /// `[email]` and the like, and the noncharacters that stand for them.
    pub(super) const PLACEHOLDER: Self = Self(1);
    /// The first line of a key in a block.
    pub(super) const BLOCK: Self = Self(1 << 1);
    /// `://`
    pub(super) const ADDRESS_OF_PAGE: Self = Self(1 << 2);
    /// `=`
    pub(super) const TIE: Self = Self(1 << 3);
    /// How a key of a known shape begins.
    pub(super) const KEY: Self = Self(1 << 4);
    pub(super) const CURL: Self = Self(1 << 5);
    /// What secrets are called.
    pub(super) const SECRET: Self = Self(1 << 6);
    /// What secrets are called in languages that write other letters.
    pub(super) const SECRET_ELSEWHERE: Self = Self(1 << 7);
    /// What codes are called.
    pub(super) const CODE: Self = Self(1 << 8);
    /// `Bearer` and the like.
    pub(super) const SCHEME: Self = Self(1 << 9);
    /// `@`, or what people write for it.
    pub(super) const AT: Self = Self(1 << 10);
    /// `dot`
    pub(super) const SPOKEN_AT: Self = Self(1 << 11);
    /// A long stretch without a space.
    pub(super) const TOKEN: Self = Self(1 << 12);
    /// As many digits as an account's number has.
    pub(super) const ACCOUNT: Self = Self(1 << 13);
    /// Figures with points or colons between.
    pub(super) const MACHINE: Self = Self(1 << 14);
    /// As many digits together as a town's number has.
    pub(super) const TOWN: Self = Self(1 << 15);
    /// As many digits together as a phone's number has.
    pub(super) const NUMBER: Self = Self(1 << 16);
    /// A word that stands before or after names.
    pub(super) const PERSON: Self = Self(1 << 17);
    /// A word of an address, as English, German and Dutch write it.
    pub(super) const STREET: Self = Self(1 << 18);
    pub(super) const STRASSE: Self = Self(1 << 19);
    /// In French; in Spanish, Portuguese and Italian.
    pub(super) const RUE: Self = Self(1 << 20);
    pub(super) const CALLE: Self = Self(1 << 21);
    /// In Japanese and Chinese; in Arabic; in Hindi.
    pub(super) const EAST: Self = Self(1 << 22);
    pub(super) const ARABIC: Self = Self(1 << 23);
    pub(super) const HINDI: Self = Self(1 << 24);

    /// As if everything were there.
    #[cfg(test)]
    pub(super) const ALL: Self = Self(u32::MAX);

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether one of `others` is there.
    pub(super) fn any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    pub(super) fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

/// Words that give something away, whatever their case in ASCII.
const WORDS: &[(Signs, &str)] = &[
    (Signs::BLOCK, "-----begin "),
    (Signs::ADDRESS_OF_PAGE, "://"),
    (Signs::TIE, "="),
    (Signs::KEY, keys::BEGINNINGS),
    (Signs::CURL, "curl "),
    (Signs::SECRET, named::CALLED),
    (Signs::SECRET_ELSEWHERE, named::ELSEWHERE),
    (Signs::SCHEME, "bearer|basic|digest|token|apikey"),
    (Signs::AT, "@|＠|&#64;|%40|(at)|[at]|{at}|( at|[ at|{ at|(at |[at |{at |arroba|chiocciola"),
    (Signs::SPOKEN_AT, " dot | punkt | punto | point | ponto | punt "),
];

/// Words that give something away where figures stand as well.
const WORDS_BY_FIGURES: &[(Signs, &str)] = &[
    (Signs::CODE, named::CODES),
    (Signs::STREET, places::STREET),
    (Signs::STRASSE, places::STRASSE),
    (Signs::RUE, places::RUE),
    (Signs::CALLE, places::CALLE),
    (Signs::EAST, places::EAST),
    (Signs::ARABIC, places::ARABIC),
    (Signs::HINDI, places::HINDI),
];

/// Words, and what each gives away. Few places in a text begin like one of them: a table of bits tells which may, and only
/// there words are compared.
struct Words {
    /// What words of one byte give away.
    lone: [Signs; 256],
    /// A bit for each [`slot`] of the first three bytes of the others.
    begins: [u64; SLOTS / 64],
    /// The others by their first three bytes, each in small letters.
    by_beginning: ByHash<Vec<(String, Signs)>>,
}

/// Slots for three bytes, as a power of two: the table of bits fits into the fastest memory beside all else.
const SLOT_BITS: u32 = 15;
const SLOTS: usize = 1 << SLOT_BITS;

/// Where three bytes stand in the table of bits.
fn slot(three: u32) -> usize {
    (three.wrapping_mul(0x9e37_79b1) >> (32 - SLOT_BITS)) as usize
}

/// The three bytes that end with this one, as a number.
fn next(three: u32, byte: u8) -> u32 {
    (three << 8 | u32::from(byte)) & 0x00ff_ffff
}

impl Words {
    fn of(groups: &[&[(Signs, &str)]]) -> Self {
        let mut all = Self { lone: [Signs::NONE; 256], begins: [0; SLOTS / 64], by_beginning: ByHash::default() };
        let stood = ('\u{fdd0}'..='\u{fdef}').map(String::from);
        let placeholders = Kind::ALL.iter().map(|k| k.word().to_owned()).chain(stood).map(|w| (Signs::PLACEHOLDER, w));
        let words = groups
            .iter()
            .flat_map(|g| g.iter())
            .flat_map(|(signs, words)| words.split('|').map(|w| (*signs, w.to_ascii_lowercase())));
        for (signs, word) in placeholders.chain(words) {
            match *word.as_bytes() {
                [lone] => all.lone[usize::from(lone)] = all.lone[usize::from(lone)].and(signs),
                // Whatever stands behind it.
                [a, b] => (0..=u8::MAX).for_each(|c| all.put([a, b, c], word.clone(), signs)),
                [a, b, c, ..] => all.put([a, b, c], word, signs),
                [] => {}
            }
        }
        all
    }

    fn put(&mut self, beginning: [u8; 3], word: String, signs: Signs) {
        let three = beginning.into_iter().fold(0, next);
        self.begins[slot(three) / 64] |= 1 << (slot(three) % 64);
        self.by_beginning.entry(u64::from(three)).or_default().push((word, signs));
    }

    fn look(&self, text: &str) -> Signs {
        let bytes = text.as_bytes();
        let mut signs = Signs::NONE;
        let mut three = 0;
        // One byte more than there are, for a word of two at the end.
        for (end, b) in bytes.iter().chain(&[0]).enumerate() {
            let low = b.to_ascii_lowercase();
            signs = signs.and(self.lone[usize::from(low)]);
            three = next(three, low);
            if self.begins[slot(three) / 64] >> (slot(three) % 64) & 1 != 0 && end >= 2 {
                signs = signs.and(self.beginning(three, &bytes[end - 2..]));
            }
        }
        signs
    }

    /// What the words give away that stand at the beginning of some bytes.
    fn beginning(&self, three: u32, bytes: &[u8]) -> Signs {
        let words = self.by_beginning.get(&u64::from(three)).map_or(&[][..], Vec::as_slice);
        let stands =
            |word: &str| bytes.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
        words.iter().filter(|(word, _)| stands(word)).fold(Signs::NONE, |all, (_, signs)| all.and(*signs))
    }
}

static WITHOUT_FIGURES: LazyLock<Words> = LazyLock::new(|| Words::of(&[WORDS]));
static WITH_FIGURES: LazyLock<Words> = LazyLock::new(|| Words::of(&[WORDS, WORDS_BY_FIGURES]));
static PEOPLE: LazyLock<Words> = LazyLock::new(|| Words::of(&[&[(Signs::PERSON, names::WORDS)]]));

/// Digits in a number that is somebody's.
const NUMBER_DIGITS_MIN: u32 = 7;
/// Digits in a text that holds an account's number.
const ACCOUNT_DIGITS_MIN: u32 = 10;
/// Digits of a code, and of a town's number, without anything between.
const CODE_DIGITS_MIN: u32 = 3;
const TOWN_DIGITS_MIN: u32 = 4;
/// Characters between two digits of a number.
const GAP_MAX: u32 = 3;
/// Figures and signs of a machine's address.
const MACHINE_MIN: u32 = 7;

/// Signs between the figures of a network card's address, which may be letters only.
const MAC_SIGNS: usize = 5;

/// Looks at a text, for names too where they are asked for.
pub(super) fn look(text: &str, names: bool) -> Signs {
    let figures = Figures::of_text(text);
    let counted = figures.digits > 0 || (!text.is_ascii() && text.contains(places::COUNTED_IN_WORDS));
    let words = if counted { &*WITH_FIGURES } else { &*WITHOUT_FIGURES };
    let mut signs = words.look(text);
    if names {
        signs = signs.and(PEOPLE.look(text));
    }
    if figures.digits_together < CODE_DIGITS_MIN {
        signs = signs.without(Signs::CODE);
    }
    let of_figures = [
        (figures.token >= secrets::TOKEN_MIN, Signs::TOKEN),
        (figures.digits >= ACCOUNT_DIGITS_MIN, Signs::ACCOUNT),
        (figures.machine, Signs::MACHINE),
        (figures.number >= NUMBER_DIGITS_MIN, Signs::NUMBER),
        (figures.digits_together >= TOWN_DIGITS_MIN, Signs::TOWN),
    ];
    of_figures.into_iter().filter(|(there, _)| *there).fold(signs, |all, (_, one)| all.and(one))
}

/// What digits and signs there are.
#[derive(Default)]
struct Figures {
    /// In all.
    digits: u32,
    /// The most without anything between.
    digits_together: u32,
    /// The most with no more than a number's gaps between.
    number: u32,
    /// Whether figures with enough signs between are there.
    machine: bool,
    /// The longest stretch of what keys consist of.
    token: usize,
}

/// What each byte may be part of.
const DIGIT: u8 = 1;
const TOKEN: u8 = 2;
const GAP: u8 = 4;
const FIGURE: u8 = 8;
const SIGN: u8 = 16;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut b: u8 = 0;
    while b < 128 {
        let mut class = 0;
        if b.is_ascii_digit() {
            class |= DIGIT;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'=' | b'-') {
            class |= TOKEN;
        }
        if matches!(b, b' ' | b'.' | b'(' | b')' | b'/' | b'-') {
            class |= GAP;
        }
        if b.is_ascii_hexdigit() {
            class |= FIGURE;
        }
        if matches!(b, b'.' | b':' | b'-') {
            class |= SIGN;
        }
        classes[b as usize] = class;
        b += 1;
    }
    classes
};

impl Figures {
    fn of_text(text: &str) -> Self {
        if !text.is_ascii() && !fold::is_plain(text) {
            return Self::of(fold::Folded::of(text).text.bytes());
        }
        // Most texts hold no figures: these two passes over them are fast.
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let colons = if digits == 0 { text.bytes().filter(|b| matches!(b, b':' | b'-')).count() } else { 0 };
        if digits == 0 && colons < MAC_SIGNS { Self::default() } else { Self::of(text.bytes()) }
    }

    fn of(bytes: impl Iterator<Item = u8>) -> Self {
        let mut all = Self::default();
        let (mut together, mut number, mut gap, mut token) = (0, 0, 0, 0);
        let (mut figures, mut signs) = (0_u32, 0_u32);
        for b in bytes {
            let class = CLASSES[usize::from(b)];
            if class & DIGIT != 0 {
                all.digits += 1;
                together += 1;
                number = if gap <= GAP_MAX { number + 1 } else { 1 };
                gap = 0;
                all.digits_together = all.digits_together.max(together);
                all.number = all.number.max(number);
            } else {
                together = 0;
                gap = if class & GAP != 0 { gap + 1 } else { GAP_MAX + 1 };
            }
            if class & TOKEN != 0 {
                token += 1;
                all.token = all.token.max(token);
            } else {
                token = 0;
            }
            if class & (FIGURE | SIGN) != 0 {
                figures += 1;
                signs += u32::from(class & SIGN != 0);
                all.machine |= figures >= MACHINE_MIN && signs >= 2 && figures > signs;
            } else {
                (figures, signs) = (0, 0);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What stands in a text, word by word.
    fn seen_one_by_one(text: &str, groups: &[&[(Signs, &str)]]) -> Signs {
        let text = text.to_ascii_lowercase();
        let words =
            groups.iter().flat_map(|g| g.iter()).flat_map(|(signs, words)| words.split('|').map(|w| (*signs, w)));
        let stood = |c: char| matches!(c, '\u{fdd0}'..='\u{fdef}');
        let placeholder = Kind::ALL.iter().any(|k| text.contains(k.word())) || text.contains(stood);
        let marks = if placeholder { Signs::PLACEHOLDER } else { Signs::NONE };
        words
            .filter(|(_, word)| text.contains(&word.to_ascii_lowercase()))
            .fold(marks, |all, (signs, _)| all.and(signs))
    }

    proptest! {
        #[test]
        fn the_table_sees_what_stands_there(
            words in prop::collection::vec((0_usize..400, ".{0,3}", any::<bool>(), 0_usize..12), 0..6),
        ) {
            let groups: &[&[(Signs, &str)]] = &[WORDS, WORDS_BY_FIGURES];
            let all: Vec<&str> = groups.iter().flat_map(|g| g.iter()).flat_map(|(_, words)| words.split('|')).collect();
            let text: String = words
                .iter()
                .map(|(n, after, shout, cut)| {
                    let word = all[n % all.len()];
                    let word: String = word.chars().take(word.chars().count().max(*cut) - cut / 4).collect();
                    (if *shout { word.to_uppercase() } else { word }) + after
                })
                .collect();
            prop_assert_eq!(WITH_FIGURES.look(&text), seen_one_by_one(&text, groups), "{}", text);
            prop_assert_eq!(WITHOUT_FIGURES.look(&text), seen_one_by_one(&text, &[WORDS]), "{}", text);
        }
    }
}
