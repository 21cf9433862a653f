//! Forms of one word, as far as cutting an ending and a doubled letter tells them.

use crate::analysis::hashing::{EMPTY, add_byte, add_bytes};

/// Shortest stem, in bytes.
const STEM_MIN: usize = 3;
/// Longest word that is looked at without its doubled letters, in bytes.
const UNDOUBLED_MAX: usize = 40;

/// What Arabic joins to the beginning of a word (and, so, by, to, as, will, the), longest first.
const ARABIC_BEFORE: [&str; 17] =
    ["وبال", "وال", "فال", "بال", "كال", "هال", "لل", "ال", "وب", "ول", "و", "ف", "ب", "ل", "ك", "ه", "س"];
/// What it joins to the end (her, his, their, our, your, my, and plurals), longest first.
const ARABIC_AFTER: [&str; 12] = ["كم", "هم", "ها", "نا", "ين", "ون", "ات", "وا", "ني", "ه", "ي", "ك"];
/// Shortest Arabic word that something is joined to, in bytes of two a letter: what `و` and the article stand before may
/// be shorter than the rest.
const ARABIC_MIN: usize = 6;
const ARABIC_MIN_AFTER_AND: usize = 4;

/// Endings, each with one of four last letters, and what stands in their place in the form that a file may hold.
const ENDINGS: [(&str, &str); 10] = [
    ("'s", ""),
    ("s", ""),
    ("es", ""),
    ("d", ""),
    ("ed", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
    ("ies", "y"),
    ("ied", "y"),
];

/// Bytes of the longest of them.
const ENDING_MAX: usize = 3;

/// The hashes of the forms that a word may be a form of, the likeliest first.
pub(super) fn stems(word: &str) -> impl Iterator<Item = u64> {
    let joined = is_arabic(word).then(|| bare(word).chain(without_ending(word)));
    let (endings, cut) = if word.ends_with(['s', 'd', 'g', 'y']) {
        (ENDINGS.as_slice(), hashes_without_last(word))
    } else {
        (&[][..], [0; ENDING_MAX + 1])
    };
    let ended = endings.iter().filter_map(move |(ending, by)| {
        let stem = word.strip_suffix(*ending).filter(|s| s.len() >= STEM_MIN)?;
        Some(add_bytes(cut[word.len() - stem.len()], by.as_bytes()))
    });
    let latin = ended.chain(["", "ed", "ing"].into_iter().filter_map(|ending| undoubled(word.strip_suffix(ending)?)));
    joined.into_iter().flatten().chain(latin)
}

/// The hashes of a word without none of its last bytes, without the last, without the last two and so on.
fn hashes_without_last(word: &str) -> [u64; ENDING_MAX + 1] {
    let mut hashes = [EMPTY; ENDING_MAX + 1];
    for b in word.bytes() {
        hashes.copy_within(..ENDING_MAX, 1);
        hashes[0] = add_byte(hashes[1], b);
    }
    hashes
}

/// The hashes of an Arabic word without what is joined to its beginning.
pub(super) fn bare(word: &str) -> impl Iterator<Item = u64> {
    without_beginning(word).map(|rest| add_bytes(EMPTY, rest.as_bytes()))
}

fn without_beginning(word: &str) -> impl Iterator<Item = &str> {
    let joinable = if is_arabic(word) { ARABIC_BEFORE.as_slice() } else { &[] };
    joinable.iter().filter_map(|before| {
        let least = if *before == "و" { ARABIC_MIN_AFTER_AND } else { ARABIC_MIN };
        word.strip_prefix(before).filter(|rest| rest.len() >= least)
    })
}

/// The hashes of an Arabic word without its ending, and without its beginning too.
fn without_ending(word: &str) -> impl Iterator<Item = u64> {
    std::iter::once(word).chain(without_beginning(word)).flat_map(|word| {
        ARABIC_AFTER.into_iter().filter_map(|after| {
            let rest = word.strip_suffix(after).filter(|rest| rest.len() >= ARABIC_MIN)?;
            Some(add_bytes(EMPTY, rest.as_bytes()))
        })
    })
}

fn is_arabic(word: &str) -> bool {
    word.starts_with(|c| matches!(c, '\u{621}'..='\u{64a}'))
}

/// The hash without doubled letters; `None` where none is doubled.
fn undoubled(stem: &str) -> Option<u64> {
    if stem.len() > UNDOUBLED_MAX || !stem.as_bytes().windows(2).any(|w| w[0] == w[1]) {
        return None;
    }
    let mut last = None;
    let mut hash = EMPTY;
    let mut bytes = [0; 4];
    for c in stem.chars() {
        if last != Some(c) {
            hash = c.encode_utf8(&mut bytes).bytes().fold(hash, add_byte);
        }
        last = Some(c);
    }
    Some(hash)
}

/// What a phrase in Latin letters looks like to people whose keyboard has no marks, or who leave them out: without
/// them, and with the two letters that stand for one (`ue` for ü). Empty where there are no marks.
pub(super) fn unmarked(phrase: &str) -> Vec<String> {
    if phrase.is_ascii() {
        return Vec::new();
    }
    let mut forms = [plain_letter, two_letters]
        .map(|of| phrase.chars().fold(String::new(), |form, c| push(form, c, of(c))))
        .to_vec();
    forms.retain(|form| form != phrase);
    forms.dedup();
    forms
}

fn push(mut form: String, c: char, instead: Option<&str>) -> String {
    match instead {
        Some(letters) => form.push_str(letters),
        None => form.push(c),
    }
    form
}

/// A letter without its mark.
fn plain_letter(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => "o",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ÿ' | 'ý' => "y",
        'ß' => "ss",
        'œ' => "oe",
        'æ' => "ae",
        _ => return None,
    })
}

/// The two letters that German writes for one with dots.
fn two_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' => "ae",
        'ö' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        _ => return None,
    })
}
