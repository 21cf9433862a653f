//! What a person says of a reading that was wrong.

use super::annotation::{Annotation, Intent, Sentiment, Wanted};
use crate::time::UnixMs;

/// What stands as the engine where a person said it.
pub const BY_A_PERSON: &str = "person";
/// The score of a feeling that a person named, where the engine's has another sign.
const PLAIN_SCORE: f64 = 0.5;

/// One person's word on one statement. What is `None` stays as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Correction {
    /// How it feels.
    pub sentiment: Option<Sentiment>,
    /// All that it wants, the main intent first; never empty.
    pub intents: Option<Vec<Intent>>,
    /// Whether nobody meant it.
    pub spam: Option<bool>,
}

/// A correction that stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// What was said.
    pub correction: Correction,
    /// By whom.
    pub who: String,
    /// When.
    pub at: UnixMs,
}

impl Correction {
    /// The reading as it should have been: of what a person said the engine is certain.
    pub fn apply(&self, mut read: Annotation) -> Annotation {
        if let Some(sentiment) = self.sentiment {
            read.score = match sentiment {
                Sentiment::Negative if read.score >= 0.0 => -PLAIN_SCORE,
                Sentiment::Positive if read.score <= 0.0 => PLAIN_SCORE,
                Sentiment::Neutral => 0.0,
                Sentiment::Negative | Sentiment::Positive | Sentiment::Mixed => read.score,
            };
            read.sentiment = sentiment;
            read.confidence = 1.0;
            read.details.abstains = false;
        }
        if let Some(main) = self.intents.as_ref().and_then(|i| i.first()) {
            read.intent = *main;
            read.intent_confidence = 1.0;
            read.details.intents =
                self.intents.iter().flatten().map(|i| Wanted { intent: *i, confidence: 1.0 }).collect();
        }
        read.spam = self.spam.unwrap_or(read.spam);
        read.engine = format!("{} {BY_A_PERSON}", read.engine);
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::annotation::Details;

    fn read() -> Annotation {
        Annotation {
            language: "en".into(),
            sentiment: Sentiment::Positive,
            score: 0.7,
            confidence: 0.4,
            intent: Intent::Praise,
            intent_confidence: 0.3,
            spam: false,
            fingerprint: 1,
            engine: "rules model".into(),
            details: Details { abstains: true, ..Details::default() },
        }
    }

    #[test]
    fn what_was_not_corrected_stays() {
        let spam = Correction { spam: Some(true), ..Correction::default() }.apply(read());
        assert_eq!(spam, Annotation { spam: true, engine: "rules model person".into(), ..read() });
    }

    #[test]
    fn what_was_corrected_is_certain() {
        let intents = Some(vec![Intent::Bug, Intent::Usability]);
        let got = Correction { sentiment: Some(Sentiment::Negative), intents, spam: None }.apply(read());
        assert_eq!((got.sentiment, got.score, got.confidence), (Sentiment::Negative, -0.5, 1.0));
        assert_eq!((got.intent, got.intent_confidence, got.details.intents.len()), (Intent::Bug, 1.0, 2));
        assert!(!got.details.abstains);
    }
}
