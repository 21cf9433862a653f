//! One statement in, one annotation out.

use std::sync::LazyLock;

use super::lexicon::{LANGUAGES, Lexicon};
use super::model::{Features, Model};
use super::sentiment::Feeling;
use super::signs::Signs;
use super::words::Words;
use super::{aspects, language, lexicon, normalize, spam};
use crate::domain::annotation::{Annotation, Aspect, Details, Intent, Sentiment, Wanted};
use crate::domain::feedback::Rating;

/// Which rules and word lists read a statement.
pub const RULES: &str = "hearback-rules/2";

/// Reads statements with one model.
#[derive(Clone, Debug)]
pub struct Reader {
    model: Model,
    engine: String,
}

static SHIPPED: LazyLock<Reader> = LazyLock::new(|| Reader::with(Model::shipped().clone()));

impl Reader {
    /// The reader of this binary.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// A reader with another model, such as one that learned from a team's corrections.
    pub fn with(model: Model) -> Self {
        let engine = format!("{RULES} {}", model.version());
        Self { model, engine }
    }

    /// Which rules and which weights: stands in every annotation.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// Reads one statement. `locale` is the sender's idea of its language (BCP 47).
    pub fn annotate(&self, text: Option<&str>, rating: Option<Rating>, locale: Option<&str>) -> Annotation {
        let text = text.unwrap_or_default();
        let polarity = rating.map(Rating::polarity).filter(|p| p.is_finite());
        let words = Words::read(text);
        let language = language::detect(text, &words, locale);
        let said = self.read(text, &words, language);
        let feeling = match polarity {
            Some(p) if words.all.is_empty() => Feeling::of_mark(p),
            None if words.all.is_empty() => Feeling::NONE,
            Some(p) => said.feeling.with_mark(p),
            None => said.feeling,
        };
        let intents = if words.all.is_empty() { of_mark(feeling) } else { said.intents };
        let intents: Vec<Wanted> =
            intents.into_iter().map(|w| Wanted { confidence: round(w.confidence), ..w }).collect();
        let main = intents.first().copied().unwrap_or(Wanted { intent: Intent::Other, confidence: 0.0 });
        Annotation {
            language: language.to_owned(),
            sentiment: feeling.label,
            score: round(feeling.score),
            confidence: round(feeling.confidence),
            intent: main.intent,
            intent_confidence: main.confidence,
            spam: said.spam,
            fingerprint: normalize::fingerprint(text),
            engine: self.engine.clone(),
            details: Details {
                supported: said.supported,
                abstains: feeling.abstains(),
                contradicts: feeling.contradicts,
                intents,
                aspects: said.aspects,
            },
        }
    }

    fn read(&self, text: &str, words: &Words, language: &str) -> Said {
        if words.all.is_empty() {
            return Said { spam: spam::is_spam(text, words), ..Said::nothing() };
        }
        let lexicon = lexicon_of(words, language);
        let found = lexicon.map_or_else(|| Lexicon::pictures().find(words), |l| l.find(words));
        if lexicon.is_none() && found.is_empty() {
            return Said { spam: spam::is_spam(text, words), ..Said::nothing() };
        }
        let signs = Signs::read(words, &found);
        let features = if lexicon.is_some() { Features::read(&signs) } else { Features::of_rules(&signs) };
        let logits = self.model.ask(&features);
        Said {
            feeling: Feeling::of_words(&signs, self.model.feelings(&logits)),
            intents: if lexicon.is_some() { self.model.intents(&logits) } else { Said::nothing().intents },
            spam: spam::is_spam(text, words) || self.model.is_spam(&logits),
            supported: lexicon.is_some(),
            aspects: aspects::read(&signs),
        }
    }
}

/// A text as the model sees it.
pub(super) fn features(text: &str, locale: Option<&str>) -> Features {
    let words = Words::read(text);
    let language = language::detect(text, &words, locale);
    let lexicon = lexicon_of(&words, language);
    let found = lexicon.map_or_else(|| Lexicon::pictures().find(&words), |l| l.find(&words));
    let signs = Signs::read(&words, &found);
    if lexicon.is_some() { Features::read(&signs) } else { Features::of_rules(&signs) }
}

/// What the words say.
struct Said {
    feeling: Feeling,
    intents: Vec<Wanted>,
    spam: bool,
    supported: bool,
    aspects: Vec<Aspect>,
}

impl Said {
    fn nothing() -> Self {
        Self {
            feeling: Feeling::UNKNOWN,
            intents: vec![Wanted { intent: Intent::Other, confidence: 0.2 }],
            spam: false,
            supported: false,
            aspects: Vec::new(),
        }
    }
}

/// The file that reads a text. One of unknown language is read with the file that knows most of it; one in a language
/// without a file gives nothing but its pictures.
fn lexicon_of(words: &Words, language: &str) -> Option<&'static Lexicon> {
    if language != language::UNKNOWN {
        return Lexicon::of(language);
    }
    let known = lexicon::known(words);
    let mut best: Option<(f32, &str)> = None;
    for (n, language) in known.into_iter().zip(LANGUAGES) {
        if n > best.map_or(0.0, |(most, _)| most) {
            best = Some((n, language));
        }
    }
    best.and_then(|(_, language)| Lexicon::of(language))
}

/// To four digits: more would pretend to know more.
fn round(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// What the best mark says without words is praise, and no other mark says what is wanted.
fn of_mark(feeling: Feeling) -> Vec<Wanted> {
    vec![match feeling.label {
        Sentiment::Positive => Wanted { intent: Intent::Praise, confidence: 0.5 },
        Sentiment::Negative | Sentiment::Neutral | Sentiment::Mixed => {
            Wanted { intent: Intent::Other, confidence: 0.3 }
        }
    }]
}
