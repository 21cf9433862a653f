//! What nobody means: advertisements, hands on a keyboard, test data. In doubt a statement counts: a customer who is
//! taken for spam is not heard.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::hashing::{ByHash, pair};
use super::words::{Kind, Words};

/// Rows of a keyboard; a run along one is no word.
const ROWS: [&str; 6] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm"];
/// Keys in a row that are no accident ("wer" stands in "power").
const RUN_MIN: usize = 4;
/// Longest text that can be hands on a keyboard, in words.
const RUN_WORDS_MAX: usize = 40;
/// Longest text that can be test data, in words.
const TEST_WORDS_MAX: usize = 6;

/// Whole texts that people type to try a form.
const TESTS: [&str; 20] = [
    "test", "testing", "tests", "this", "is", "a", "just", "only", "please", "ignore", "tester", "hello", "world",
    "foo", "bar", "baz", "lorem", "ipsum", "dolor", "sit",
];
/// Of these, one must be there.
const TEST_MARKS: [&str; 7] = ["test", "testing", "tests", "foo", "lorem", "ipsum", "tester"];

/// What advertisements tell people to do. Two of them make one, or one with wares or the address of a page.
const PITCHES: [&str; 34] = [
    "click here",
    "buy now",
    "order now",
    "limited offer",
    "limited time offer",
    "special offer",
    "use my code",
    "use code",
    "my referral code",
    "free followers",
    "free likes",
    "buy followers",
    "make money",
    "earn money",
    "extra income",
    "work from home",
    "get rich",
    "passive income",
    "investment opportunity",
    "guaranteed profit",
    "guaranteed returns",
    "lose weight",
    "rank your website",
    "visit my",
    "visit our website",
    "check out my",
    "subscribe to my",
    "follow me",
    "whatsapp me",
    "dm me",
    "contact me on",
    "text me on",
    "100 free",
    "act now",
];

/// What they sell. By itself each may be what a product is about.
const WARES: [&str; 20] = [
    "promo code",
    "discount code",
    "coupon code",
    "crypto",
    "bitcoin",
    "forex",
    "trading signals",
    "binary options",
    "casino",
    "slots",
    "betting",
    "viagra",
    "cialis",
    "weight loss",
    "payday loan",
    "personal loan",
    "seo services",
    "backlinks",
    "instagram followers",
    "web design services",
];

/// Words in the longest of both.
const OFFER_WORDS_MAX: usize = 4;

/// Whether a text is an advertisement, a keyboard run or test data.
pub(super) fn is_spam(text: &str, words: &Words) -> bool {
    is_offer(text, words) || is_keyboard_run(words) || is_test(words) || is_one_word_over_and_over(words)
}

fn is_offer(text: &str, words: &Words) -> bool {
    let mut pitches = 0;
    let mut wares = 0;
    for first in 0..words.all.len() {
        for kind in offers_from(words, first) {
            match kind {
                Offer::Pitch => pitches += 1,
                Offer::Ware => wares += 1,
            }
        }
    }
    let pages = if text.contains("://") || text.contains("www.") {
        text.matches("://").count() + text.matches("www.").count()
    } else {
        0
    };
    pitches >= 2 || pitches == 1 && wares + pages > 0 || pages >= 3 && words.count() < 4 * pages
}

/// What advertisements say.
#[derive(Clone, Copy, Debug)]
enum Offer {
    Pitch,
    Ware,
}

/// Both lists by the hashes of their words, and the words with which any of them begins.
struct Offers {
    begins: HashSet<u64>,
    known: ByHash<Offer>,
}

static OFFERS: LazyLock<Offers> = LazyLock::new(|| {
    let mut offers = Offers { begins: HashSet::new(), known: ByHash::default() };
    let all = PITCHES.into_iter().map(|p| (p, Offer::Pitch)).chain(WARES.into_iter().map(|w| (w, Offer::Ware)));
    for (phrase, kind) in all {
        let words = Words::read(phrase);
        let mut hashes = words.all.iter().map(|w| w.hash);
        let Some(first) = hashes.next() else { continue };
        offers.begins.insert(first);
        offers.known.insert(hashes.fold(first, pair), kind);
    }
    offers
});

fn offers_from(words: &Words, first: usize) -> impl Iterator<Item = Offer> {
    let begins = OFFERS.begins.contains(&words.all[first].hash);
    let run = words.all[first..].iter().take(if begins { OFFER_WORDS_MAX } else { 0 });
    let runs =
        run.take_while(|w| matches!(w.kind, Kind::Word | Kind::Number)).scan(None, |hash: &mut Option<u64>, w| {
            *hash = Some(hash.map_or(w.hash, |h| pair(h, w.hash)));
            *hash
        });
    runs.filter_map(|hash| OFFERS.known.get(&hash).copied())
}

/// Half of the letters or more stand in runs along a row, or are one letter held down.
fn is_keyboard_run(words: &Words) -> bool {
    if words.count() > RUN_WORDS_MAX {
        return false;
    }
    let mut letters = 0;
    let mut in_runs = 0;
    for (i, word) in words.all.iter().enumerate().filter(|(_, w)| w.kind == Kind::Word) {
        let low = words.lower(i);
        let size = low.chars().count();
        letters += size;
        let held = word.drawn_out && size <= 2 && word.at.len() > RUN_MIN;
        in_runs += if held { size } else { keys_in_runs(low) };
    }
    letters > 0 && in_runs * 2 >= letters
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

fn is_test(words: &Words) -> bool {
    let count = words.count();
    if !(1..=TEST_WORDS_MAX).contains(&count) {
        return false;
    }
    let plain = |i: usize| words.lower(i).trim_end_matches(char::is_numeric);
    let said = || (0..words.all.len()).filter(|i| words.all[*i].kind == Kind::Word).map(plain);
    said().all(|w| TESTS.contains(&w)) && said().any(|w| TEST_MARKS.contains(&w))
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
        ] {
            assert!(is_spam(text, &Words::read(text)), "{text}");
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
        ] {
            assert!(!is_spam(text, &Words::read(text)), "{text}");
        }
    }
}
