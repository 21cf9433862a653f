//! Reading what customers say: pure, offline, the same bytes on every run.
//!
//! A statement is normalised and redacted before it is kept; [`annotate`] then says what language it is in, how it feels,
//! what it wants and whether anybody meant it; [`themes`] says which statements say the same, and [`summary`] whose words
//! speak for them. All of it is rules over word lists, a file a language, so that each answer can be traced to words.

mod intent;
mod language;
mod lexicon;
pub mod lines;
pub mod normalize;
pub mod redact;
mod sentiment;
mod spam;
pub mod stats;
pub mod summary;
pub mod themes;
mod words;

use self::lexicon::{Found, LANGUAGES, Lexicon};
use self::sentiment::Feeling;
use self::words::Words;
use crate::domain::annotation::{Annotation, Intent, Sentiment};
use crate::domain::feedback::Rating;

/// Which rules read a statement; stands in every annotation.
pub const ENGINE: &str = "hearback-rules/1";

/// Reads one statement.
pub fn annotate(text: Option<&str>, rating: Option<Rating>, locale: Option<&str>) -> Annotation {
    let text = text.unwrap_or_default();
    let polarity = rating.map(Rating::polarity).filter(|p| p.is_finite());
    let words = Words::read(text);
    let language = language::detect(text, &words, locale);
    let (feeling, (intent, intent_confidence)) = if words.all.is_empty() {
        let feeling = polarity.map_or(Feeling::NONE, Feeling::of_mark);
        (feeling, of_mark(feeling))
    } else {
        let found = look_up(&words, language);
        let said = found.as_ref().map_or(Feeling::UNKNOWN, |f| sentiment::read(&words, f));
        let feeling = polarity.map_or(said, |p| said.with_mark(p));
        (feeling, found.map_or((Intent::Other, 0.2), |f| intent::read(&words, &f, said)))
    };
    Annotation {
        language: language.to_owned(),
        sentiment: feeling.label,
        score: round(feeling.score),
        confidence: round(feeling.confidence),
        intent,
        intent_confidence: round(intent_confidence),
        spam: spam::is_spam(text, &words),
        fingerprint: normalize::fingerprint(text),
        engine: ENGINE.to_owned(),
    }
}

/// To four digits: more would pretend to know more.
fn round(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// What the best mark says without words is praise, and no other mark says what is wanted.
fn of_mark(feeling: Feeling) -> (Intent, f64) {
    match feeling.label {
        Sentiment::Positive => (Intent::Praise, 0.5),
        Sentiment::Negative | Sentiment::Neutral | Sentiment::Mixed => (Intent::Other, 0.3),
    }
}

/// The phrases known in a text. A text of unknown language is read with the file that knows most of it; one in a language
/// without a file gives nothing but its pictures.
fn look_up(words: &Words, language: &str) -> Option<Vec<Found>> {
    if let Some(lexicon) = Lexicon::of(language) {
        return Some(lexicon.find(words));
    }
    let lexicon = if language == language::UNKNOWN {
        LANGUAGES.into_iter().filter_map(Lexicon::of).rev().max_by_key(|l| l.known(words))?
    } else {
        Lexicon::pictures()
    };
    Some(lexicon.find(words)).filter(|found| !found.is_empty())
}

#[cfg(test)]
mod tests;
