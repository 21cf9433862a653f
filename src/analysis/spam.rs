//! What nobody means: advertisements, hands on a keyboard, test data. In doubt a statement counts: a customer who is
//! taken for spam is not heard.

use super::words::{Kind, Words};

/// Rows of a keyboard; a run along one is no word.
const ROWS: [&str; 6] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm"];
/// Keys in a row that are no accident ("wer" stands in "power").
const RUN_MIN: usize = 4;
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

/// Whether a text is an advertisement, a keyboard run or test data.
pub(super) fn is_spam(text: &str, words: &Words) -> bool {
    is_offer(text, words) || is_keyboard_run(words) || is_test(words) || is_one_word_over_and_over(words)
}

fn is_offer(text: &str, words: &Words) -> bool {
    let mut pitches = 0;
    let mut wares = 0;
    for phrase in (0..words.all.len()).flat_map(|i| (1..=4).filter_map(move |n| words.phrase(i, n))) {
        pitches += usize::from(PITCHES.contains(&phrase));
        wares += usize::from(WARES.contains(&phrase));
    }
    let pages = text.matches("://").count() + text.matches("www.").count();
    pitches >= 2 || pitches == 1 && wares + pages > 0 || pages >= 3 && words.count() < 4 * pages
}

/// Half of the letters or more stand in runs along a row, or are one letter held down.
fn is_keyboard_run(words: &Words) -> bool {
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

fn keys_in_runs(word: &str) -> usize {
    let keys: Vec<char> = word.chars().collect();
    let along = |row: &str, back: bool| -> usize {
        let at = |c: char| row.chars().position(|k| k == c);
        let mut total = 0;
        let mut run = 1;
        for i in 1..=keys.len() {
            let next = keys.get(i).and_then(|c| at(*c)).zip(at(keys[i - 1]));
            let follows = next.is_some_and(|(now, before)| if back { now + 1 == before } else { now == before + 1 });
            if follows {
                run += 1;
            } else {
                total += if run >= RUN_MIN { run } else { 0 };
                run = 1;
            }
        }
        total
    };
    ROWS.into_iter().map(|row| along(row, false).max(along(row, true))).max().unwrap_or(0)
}

fn is_test(words: &Words) -> bool {
    let said: Vec<&str> =
        (0..words.all.len()).filter(|i| words.all[*i].kind == Kind::Word).map(|i| words.lower(i)).collect();
    (1..=TEST_WORDS_MAX).contains(&said.len())
        && said.iter().all(|w| TESTS.contains(&w.trim_end_matches(char::is_numeric)))
        && said.iter().any(|w| TEST_MARKS.contains(&w.trim_end_matches(char::is_numeric)))
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
