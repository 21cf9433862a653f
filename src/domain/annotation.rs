//! What analysis says of one feedback.

use serde::{Deserialize, Serialize};

/// How a statement feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sentiment {
    /// Unhappy.
    Negative,
    /// Neither, or not to be told.
    Neutral,
    /// Happy.
    Positive,
    /// Happy with one thing and unhappy with another.
    Mixed,
}

impl Sentiment {
    /// All labels, worst first.
    pub const ALL: [Self; 4] = [Self::Negative, Self::Mixed, Self::Neutral, Self::Positive];

    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
            Self::Mixed => "mixed",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// What a statement wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// Something does not work.
    Bug,
    /// Something is wished for.
    Request,
    /// It works, and it is hard to use.
    Usability,
    /// Somebody asks.
    Question,
    /// Somebody is pleased.
    Praise,
    /// None of these, or not to be told.
    Other,
}

impl Intent {
    /// All intents, the most urgent first.
    pub const ALL: [Self; 6] = [Self::Bug, Self::Usability, Self::Request, Self::Question, Self::Praise, Self::Other];

    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bug => "bug",
            Self::Request => "request",
            Self::Usability => "usability",
            Self::Question => "question",
            Self::Praise => "praise",
            Self::Other => "other",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|i| i.as_str() == text)
    }
}

/// One of the things that a statement wants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// What.
    pub intent: Intent,
    /// How sure the engine is that it is wanted, from 0 to 1.
    pub confidence: f64,
}

/// What in a statement is good or bad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aspect {
    /// The thing, in the words of the text, in lower case.
    pub about: String,
    /// How it is found, from -1 (worst) to 1 (best).
    pub score: f64,
}

/// What else a reading says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// The engine reads this language. Where it does not, what is said of feeling and intent comes from pictures and marks
    /// alone.
    pub supported: bool,
    /// The engine is not sure enough of the feeling that its label should be acted on.
    pub abstains: bool,
    /// The mark and the words point apart.
    pub contradicts: bool,
    /// All that is wanted, the main intent first.
    pub intents: Vec<Wanted>,
    /// What is good and what is bad, in the order of the text.
    pub aspects: Vec<Aspect>,
}

/// One reading of one feedback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// ISO 639-1 code, or `und` where it can't be told.
    pub language: String,
    /// How it feels.
    pub sentiment: Sentiment,
    /// How much, from -1 (worst) to 1 (best).
    pub score: f64,
    /// How sure the engine is of the label, from 0 to 1.
    pub confidence: f64,
    /// What it wants.
    pub intent: Intent,
    /// How sure the engine is of the intent, from 0 to 1.
    pub intent_confidence: f64,
    /// An advertisement, a keyboard run or test data.
    pub spam: bool,
    /// Equal for texts that differ only in case, digits, punctuation and spacing.
    pub fingerprint: u64,
    /// Which rules and weights said so.
    pub engine: String,
    /// What else was read.
    #[serde(default)]
    pub details: Details,
}
