//! Which language a text is in. Letters that few languages use decide first. Short texts say little: then the function
//! words that a language's own file knows decide, then statistics over letters (whatlang) where they are sure, then what
//! the sender said. Else it is `und`.

mod script;

use whatlang::{Lang, Script};

use super::lexicon::LANGUAGES;
use super::words::Words;

/// The language of a text that can't be told.
pub(super) const UNKNOWN: &str = "und";
/// Known words from which a language's own file decides.
const KNOWN_MIN: f32 = 1.5;
/// Share of a few words that must be known where they are fewer.
const ALL_OF_FEW: f32 = 0.55;
/// Share of a text's words that must be known to decide.
const KNOWN_SHARE: f32 = 0.25;
/// Hindi words from which a text in Latin letters may be Hindi, and their share of all.
const HINGLISH_MIN: f32 = 1.2;
const HINGLISH_SHARE: f32 = 0.24;
/// What English has ahead, in known words, where it knows this share of all.
const ENGLISH_WORDS: f32 = 0.7;
const ENGLISH_SHARE: f32 = 0.2;
/// By how much a language must know more words than the next.
const LEAD: f32 = 1.5;
/// Confidence from which statistics over letters decide alone.
const LETTERS_SURE: f64 = 0.9;
const LETTERS_SURE_APART: f64 = 0.5;
/// Letters that statistics need to be worth asking.
const LETTERS_MIN: usize = 20;
/// What the sender's word is worth, in known words.
const LOCALE_WORDS: f32 = 1.0;
/// Characters of a text that are looked at by statistics.
const LOOKED_AT_CHARS: usize = 1_000;

/// For each of [`LANGUAGES`] how many of a text's words its file knows.
pub(super) type Known = [f32; LANGUAGES.len()];

/// ISO 639-1 code, or `und`. `locale` is the sender's idea (BCP 47).
pub(super) fn detect(text: &str, words: &Words, known: &Known, locale: Option<&str>) -> &'static str {
    let total = words.count();
    if total == 0 {
        return UNKNOWN;
    }
    let said = locale.and_then(code_of_locale);
    let told = script::tells(text, said, false).or_else(|| by_known_words(*known, total, said));
    // Latin letters that no file knows are names of products, however many.
    let told = told.or_else(|| script::tells(text, said, true));
    told.or_else(|| by_letters(text, said)).unwrap_or(UNKNOWN)
}

/// The language whose own file knows clearly the most words.
fn by_known_words(mut known: Known, total: usize, said: Option<&str>) -> Option<&'static str> {
    if is_hinglish(&known, total) {
        return Some("hi");
    }
    // All languages borrow English words, so that each counts for little.
    known[0] += if known[0] > 0.0 && known[0] >= ENGLISH_SHARE * total as f32 { ENGLISH_WORDS } else { 0.0 };
    for (n, language) in known.iter_mut().zip(LANGUAGES) {
        *n += if *n > 0.0 && said == Some(language) { LOCALE_WORDS } else { 0.0 };
    }
    let mut best = (0.0, LANGUAGES[0]);
    let mut next = 0.0;
    for (n, language) in known.into_iter().zip(LANGUAGES) {
        if n > best.0 {
            next = best.0;
            best = (n, language);
        } else if n > next {
            next = n;
        }
    }
    let all = total as f32;
    let enough = best.0 >= KNOWN_MIN.min(all * ALL_OF_FEW) && best.0 >= KNOWN_SHARE * all;
    (enough && best.0 >= LEAD * next && best.0 > next).then_some(best.1)
}

/// Hindi in Latin letters is full of English: a few of its own small words tell it, if no third language knows as many.
fn is_hinglish(known: &Known, total: usize) -> bool {
    let of = |code: &str| LANGUAGES.iter().position(|l| *l == code).map_or(0.0, |i| known[i]);
    let hindi = of("hi");
    let third = LANGUAGES.iter().zip(known).filter(|(l, _)| !matches!(**l, "hi" | "en")).map(|(_, n)| *n);
    hindi >= HINGLISH_MIN && hindi >= HINGLISH_SHARE * total as f32 && third.fold(0.0, f32::max) * LEAD <= hindi
}

fn by_letters(text: &str, said: Option<&'static str>) -> Option<&'static str> {
    let end = text.char_indices().nth(LOOKED_AT_CHARS).map_or(text.len(), |(i, _)| i);
    let text = &text[..end];
    let script = whatlang::detect_script(text)?;
    if script == Script::Devanagari {
        return Some(of_devanagari(text));
    }
    if let Some(code) = only_language(script, text) {
        return Some(code);
    }
    if let Some((_, code)) = TELLING.into_iter().find(|(telling, _)| text.contains(|c| telling.contains(c))) {
        return Some(code);
    }
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let few = letters < LETTERS_MIN && said.is_none();
    let info = if few { None } else { whatlang::detect(text) }?;
    let code = two_letters(info.lang())?;
    // Few languages share a script other than Latin.
    let sure_from = if script == Script::Latin { LETTERS_SURE } else { LETTERS_SURE_APART };
    let sure = letters >= LETTERS_MIN && info.confidence() >= sure_from;
    (sure || said == Some(code)).then_some(code)
}

/// Hindi, but for what is surely another language in the same letters.
fn of_devanagari(text: &str) -> &'static str {
    match whatlang::detect(text) {
        Some(info) if info.confidence() >= LETTERS_SURE => two_letters(info.lang()).unwrap_or("hi"),
        Some(_) | None => "hi",
    }
}

/// Letters that one language uses among those of its script.
const TELLING: [(&str, &str); 13] = [
    ("ٹڈڑے", "ur"),
    ("їєґ", "uk"),
    ("ў", "be"),
    ("ыэё", "ru"),
    ("łąęż", "pl"),
    ("ğı", "tr"),
    ("őű", "hu"),
    ("ěřů", "cs"),
    ("țăș", "ro"),
    ("đơư", "vi"),
    ("ß", "de"),
    ("ñ¿¡", "es"),
    ("ãõ", "pt"),
];

/// Scripts that one language is written in, as far as customers write.
fn only_language(script: Script, text: &str) -> Option<&'static str> {
    Some(match script {
        // Latin letters as wide as Korean ones are counted among these.
        Script::Hangul
            if text.contains(
                |c| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}'),
            ) =>
        {
            "ko"
        }
        Script::Hiragana | Script::Katakana => "ja",
        Script::Greek => "el",
        Script::Hebrew => "he",
        Script::Thai => "th",
        Script::Georgian => "ka",
        Script::Armenian => "hy",
        Script::Tamil => "ta",
        Script::Telugu => "te",
        Script::Bengali => "bn",
        Script::Gujarati => "gu",
        Script::Gurmukhi => "pa",
        Script::Kannada => "kn",
        Script::Malayalam => "ml",
        Script::Khmer => "km",
        Script::Mandarin => "zh",
        _ => return None,
    })
}

/// `de` of `de-AT` or `de_AT`, where it is a language that can be told.
fn code_of_locale(locale: &str) -> Option<&'static str> {
    let primary = locale.split(['-', '_']).next()?.to_lowercase();
    let known = LANGUAGES.into_iter().find(|l| *l == primary);
    known.or_else(|| Lang::all().iter().filter_map(|l| two_letters(*l)).find(|l| *l == primary))
}

/// ISO 639-1 of the languages that have such a code.
fn two_letters(lang: Lang) -> Option<&'static str> {
    Some(match lang.code() {
        "eng" => "en",
        "deu" => "de",
        "fra" => "fr",
        "spa" => "es",
        "por" => "pt",
        "ita" => "it",
        "nld" => "nl",
        "rus" => "ru",
        "ukr" => "uk",
        "bel" => "be",
        "bul" => "bg",
        "srp" => "sr",
        "mkd" => "mk",
        "pol" => "pl",
        "ces" => "cs",
        "slk" => "sk",
        "slv" => "sl",
        "hrv" => "hr",
        "hun" => "hu",
        "ron" => "ro",
        "tur" => "tr",
        "aze" => "az",
        "swe" => "sv",
        "dan" => "da",
        "nob" => "nb",
        "fin" => "fi",
        "est" => "et",
        "lav" => "lv",
        "lit" => "lt",
        "cat" => "ca",
        "epo" => "eo",
        "lat" => "la",
        "afr" => "af",
        "ind" => "id",
        "jav" => "jv",
        "tgl" => "tl",
        "vie" => "vi",
        "zul" => "zu",
        "sna" => "sn",
        "aka" => "ak",
        "uzb" => "uz",
        "tuk" => "tk",
        "ara" => "ar",
        "pes" => "fa",
        "urd" => "ur",
        "heb" => "he",
        "yid" => "yi",
        "hin" => "hi",
        "mar" => "mr",
        "nep" => "ne",
        "ben" => "bn",
        "pan" => "pa",
        "guj" => "gu",
        "ori" => "or",
        "tam" => "ta",
        "tel" => "te",
        "kan" => "kn",
        "mal" => "ml",
        "sin" => "si",
        "amh" => "am",
        "tha" => "th",
        "mya" => "my",
        "khm" => "km",
        "kat" => "ka",
        "hye" => "hy",
        "ell" => "el",
        "jpn" => "ja",
        "kor" => "ko",
        "cmn" => "zh",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
