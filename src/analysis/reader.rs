//! One statement in, one annotation out.

use std::sync::LazyLock;

use super::alone::{Memory, Together};
use super::head::Second;
use super::lexicon::{LANGUAGES, Lexicon};
use super::model::{Features, Model, OUTPUTS, Opinion};
use super::sentiment::Feeling;
use super::signs::Signs;
use super::words::Words;
use super::{aspects, language, lexicon, normalize, spam};
use crate::domain::annotation::{Annotation, Aspect, Details, Intent, Sentiment, Wanted};
use crate::domain::feedback::Rating;

/// Which rules and word lists read a statement.
pub const RULES: &str = "hearback-rules/3";

/// Reads statements with one model.
#[derive(Clone, Debug)]
pub struct Reader {
    model: Model,
    engine: String,
    second: Option<Second>,
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
        Self { model, engine, second: None }
    }

    /// The same, which asks somebody else besides how a statement feels.
    #[must_use]
    pub fn and(mut self, second: Second) -> Self {
        self.engine = format!("{RULES} {} {}", self.model.version(), second.name());
        self.second = Some(second);
        self
    }

    /// Which rules, which weights, and who is asked besides: stands in every annotation.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// Reads one statement. `locale` is the sender's idea of its language (BCP 47).
    pub fn annotate(&self, text: Option<&str>, rating: Option<Rating>, locale: Option<&str>) -> Annotation {
        Sitting::of(self, Memory::forgetting(&self.model)).annotate(text, rating, locale)
    }

    /// Reads many statements, one after another, each as [`Self::annotate`] does.
    pub fn sit_down(&self) -> Sitting<'_> {
        Sitting::of(self, Memory::keeping(&self.model))
    }
}

/// A reader at work: what one statement needs serves the next.
#[derive(Clone, Debug)]
pub struct Sitting<'a> {
    reader: &'a Reader,
    memory: Memory<'a>,
    words: Words,
}

/// What a statement says, before it is written down.
pub(super) struct Reading {
    pub language: &'static str,
    pub feeling: Feeling,
    /// What is wanted, the main intent first.
    pub main: Wanted,
    pub spam: bool,
    pub details: Details,
}

impl<'a> Sitting<'a> {
    fn of(reader: &'a Reader, memory: Memory<'a>) -> Self {
        Self { reader, memory, words: Words::default() }
    }

    /// Reads one statement. `locale` is the sender's idea of its language (BCP 47).
    pub fn annotate(&mut self, text: Option<&str>, rating: Option<Rating>, locale: Option<&str>) -> Annotation {
        let text = text.unwrap_or_default();
        let Reading { language, feeling, main, spam, details } = self.read(text, rating, locale);
        Annotation {
            language: language.to_owned(),
            sentiment: feeling.label,
            score: feeling.score,
            confidence: feeling.confidence,
            intent: main.intent,
            intent_confidence: main.confidence,
            spam,
            fingerprint: normalize::fingerprint(text),
            engine: self.reader.engine.clone(),
            details,
        }
    }

    /// The name of the engine that reads.
    pub(super) fn engine(&self) -> &'a str {
        &self.reader.engine
    }

    /// Reads one statement; every share and score to four digits.
    pub(super) fn read(&mut self, text: &str, rating: Option<Rating>, locale: Option<&str>) -> Reading {
        self.words.read_again(text);
        let words = &self.words;
        let all = self.memory.read(words);
        let polarity = rating.map(Rating::polarity).filter(|p| p.is_finite());
        let language = language::detect(text, words, &all.known, locale);
        let said = self.reader.hear(text, words, &all, language);
        let feeling = match polarity {
            Some(p) if words.all.is_empty() => Feeling::of_mark(p),
            None if words.all.is_empty() => Feeling::NONE,
            Some(p) => said.feeling.with_mark(p),
            None => said.feeling,
        };
        let mut intents = if words.all.is_empty() { of_mark(feeling) } else { said.intents };
        for wanted in &mut intents {
            wanted.confidence = round(wanted.confidence);
        }
        let main = intents.first().copied().unwrap_or(Wanted { intent: Intent::Other, confidence: 0.0 });
        Reading {
            language,
            feeling: Feeling { score: round(feeling.score), confidence: round(feeling.confidence), ..feeling },
            main,
            spam: said.spam,
            details: Details {
                supported: said.supported,
                abstains: feeling.abstains(),
                contradicts: feeling.contradicts,
                intents,
                aspects: said.aspects,
            },
        }
    }
}

impl Reader {
    fn hear(&self, text: &str, words: &Words, all: &Together, language: &str) -> Said {
        let is_spam = spam::is_spam(text, words, &all.spam);
        if words.all.is_empty() {
            return Said { spam: is_spam, ..Said::nothing() };
        }
        let lexicon = lexicon_of(&all.known, language);
        let found = lexicon.map_or_else(|| Lexicon::pictures().find(words), |l| l.find(words));
        if lexicon.is_none() && found.is_empty() {
            return Said { spam: is_spam, ..Said::nothing() };
        }
        let signs = Signs::read(words, &found);
        let (logits, opinion) = ask(&self.model, &signs, all, lexicon.is_some().then_some(language));
        // An encoder knows no more of a language than the word lists that tell it what words mean.
        let second = self.second.as_ref().filter(|_| lexicon.is_some());
        let opinion = second
            .and_then(|s| s.weigh(text, language, opinion.log_shares()))
            .map_or(opinion, |weighed| opinion.instead(weighed));
        Said {
            feeling: Feeling::of_words(opinion),
            intents: if lexicon.is_some() { self.model.intents(&logits) } else { Said::nothing().intents },
            spam: is_spam || self.model.is_spam(&logits),
            supported: lexicon.is_some(),
            aspects: aspects::read(&signs),
        }
    }
}

/// What a model makes of signs: its answers, and its opinion of the feeling. `language` is that of the file that found them,
/// `None` where only pictures were read.
fn ask(model: &Model, signs: &Signs<'_>, all: &Together, language: Option<&str>) -> ([f32; OUTPUTS], Opinion) {
    let numbers = signs.numbers();
    let logits = match language {
        Some(_) => model.ask(signs, &numbers, all.pieces),
        None => model.ask_rules(&numbers),
    };
    let opinion = model.feelings(&numbers, &logits, language.is_some_and(is_foreign));
    (logits, opinion)
}

/// What a model makes of how a text feels, and the language that it is in.
pub(super) fn opinion(model: &Model, text: &str, locale: Option<&str>) -> (Opinion, &'static str) {
    let words = Words::read(text);
    let all = Memory::forgetting(model).read(&words);
    let language = language::detect(text, &words, &all.known, locale);
    let lexicon = lexicon_of(&all.known, language);
    let found = lexicon.map_or_else(|| Lexicon::pictures().find(&words), |l| l.find(&words));
    let signs = Signs::read(&words, &found);
    (ask(model, &signs, &all, lexicon.is_some().then_some(language)).1, language)
}

/// A text as the model sees it while it learns, and whether it is read with another file than English.
pub(super) fn features(text: &str, locale: Option<&str>) -> (Features, bool) {
    let words = Words::read(text);
    let known = lexicon::known(&words);
    let language = language::detect(text, &words, &known, locale);
    let lexicon = lexicon_of(&known, language);
    let found = lexicon.map_or_else(|| Lexicon::pictures().find(&words), |l| l.find(&words));
    let signs = Signs::read(&words, &found);
    let features = if lexicon.is_some() { Features::read(&signs) } else { Features::of_rules(&signs) };
    (features, lexicon.is_some() && is_foreign(language))
}

/// English is the tongue of most texts that the model learned from; what is of none is read as they are.
fn is_foreign(language: &str) -> bool {
    language != "en" && language != language::UNKNOWN
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
fn lexicon_of(known: &language::Known, language: &str) -> Option<&'static Lexicon> {
    if language != language::UNKNOWN {
        return Lexicon::of(language);
    }
    let mut best: Option<(f32, &str)> = None;
    for (n, language) in known.iter().copied().zip(LANGUAGES) {
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
