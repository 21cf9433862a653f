//! Which language a text is in. Short texts say little: the function words that a language's own file knows decide first,
//! then statistics over letters (whatlang) where they are sure, then what the sender said. Else it is `und`.

use whatlang::{Lang, Script};

use super::lexicon::{LANGUAGES, Lexicon};
use super::words::Words;

/// The language of a text that can't be told.
pub(super) const UNKNOWN: &str = "und";
/// Known words from which a language's own file decides.
const KNOWN_MIN: usize = 2;
/// Share of a text's words that must be known to decide.
const KNOWN_SHARE: f64 = 0.4;
/// By how much a language must know more words than the next.
const LEAD: f64 = 1.4;
/// Confidence from which statistics over letters decide alone.
const LETTERS_SURE: f64 = 0.9;
const LETTERS_SURE_APART: f64 = 0.5;
/// Letters that statistics need to be worth asking.
const LETTERS_MIN: usize = 20;
/// What the sender's word is worth, in known words.
const LOCALE_WORDS: usize = 1;
/// Characters of a text that are looked at by statistics.
const LOOKED_AT_CHARS: usize = 1_000;

/// ISO 639-1 code, or `und`. `locale` is the sender's idea (BCP 47).
pub(super) fn detect(text: &str, words: &Words, locale: Option<&str>) -> &'static str {
    let total = words.count();
    if total == 0 {
        return UNKNOWN;
    }
    let said = locale.and_then(code_of_locale);
    if let Some(code) = by_known_words(words, total, said) {
        return code;
    }
    by_letters(text, said).unwrap_or(UNKNOWN)
}

/// The language whose own file knows clearly the most words.
fn by_known_words(words: &Words, total: usize, said: Option<&str>) -> Option<&'static str> {
    let mut known: Vec<(usize, &'static str)> = LANGUAGES
        .into_iter()
        .map(|l| {
            let of_file = Lexicon::of(l).map_or(0, |f| f.known(words));
            let prior = if of_file > 0 && said == Some(l) { LOCALE_WORDS } else { 0 };
            (of_file + prior, l)
        })
        .collect();
    known.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    let (best, language) = known[0];
    let next = known[1].0;
    let all_of_few = total < KNOWN_MIN && best >= total;
    let enough = (best >= KNOWN_MIN || all_of_few) && best as f64 >= KNOWN_SHARE * total as f64;
    (enough && best as f64 >= LEAD * next as f64 && best > next).then_some(language)
}

fn by_letters(text: &str, said: Option<&'static str>) -> Option<&'static str> {
    let end = text.char_indices().nth(LOOKED_AT_CHARS).map_or(text.len(), |(i, _)| i);
    let text = &text[..end];
    let script = whatlang::detect_script(text)?;
    if let Some(code) = only_language(script) {
        return Some(code);
    }
    if let Some((_, code)) = TELLING.into_iter().find(|(telling, _)| text.contains(|c| telling.contains(c))) {
        return Some(code);
    }
    let info = whatlang::detect(text)?;
    let code = two_letters(info.lang())?;
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    // Few languages share a script other than Latin.
    let sure_from = if script == Script::Latin { LETTERS_SURE } else { LETTERS_SURE_APART };
    let sure = letters >= LETTERS_MIN && info.confidence() >= sure_from;
    (sure || said == Some(code)).then_some(code)
}

/// Letters that one language uses among those of its script.
const TELLING: [(&str, &str); 12] = [
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
fn only_language(script: Script) -> Option<&'static str> {
    Some(match script {
        Script::Hangul => "ko",
        Script::Hiragana | Script::Katakana => "ja",
        Script::Greek => "el",
        Script::Hebrew => "he",
        Script::Devanagari => "hi",
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
mod tests {
    use super::*;

    fn language(text: &str, locale: Option<&str>) -> &'static str {
        detect(text, &Words::read(text), locale)
    }

    #[test]
    fn short_texts_are_told_by_their_small_words() {
        for (text, code) in [
            ("The app crashes when I pay", "en"),
            ("great app", "en"),
            ("Cant get to install", "en"),
            ("Die App stürzt beim Bezahlen ab", "de"),
            ("L'application ne fonctionne plus depuis la mise à jour", "fr"),
            ("La aplicación no funciona desde la última actualización", "es"),
            ("O aplicativo não abre depois da atualização", "pt"),
            ("L'app si blocca dopo l'aggiornamento", "it"),
            ("De app werkt niet meer sinds de update", "nl"),
            ("Приложение не открывается после обновления, исправьте пожалуйста", "ru"),
            ("Aplikacja nie działa po aktualizacji", "pl"),
            ("Uygulama sürekli çöküyor, lütfen düzeltin ışık", "tr"),
            ("アプリが落ちます", "ja"),
            ("앱이 자꾸 꺼져요", "ko"),
            ("应用程序崩溃了", "zh"),
        ] {
            assert_eq!(language(text, None), code, "{text}");
        }
    }

    #[test]
    fn what_says_too_little_stays_unknown() {
        for text in ["", "123", "👍👍", "xyzzy", "Qwrtz plugh", "ok"] {
            let code = language(text, None);
            assert!(code == UNKNOWN || text == "ok", "{text}: {code}");
        }
    }

    #[test]
    fn the_senders_word_tips_the_scales_and_decides_nothing_alone() {
        assert_eq!(language("super", Some("de-AT")), "de");
        assert_eq!(language("The app crashes when I pay", Some("de")), "en");
        assert_eq!(language("xyzzy", Some("not a locale")), UNKNOWN);
    }
}
