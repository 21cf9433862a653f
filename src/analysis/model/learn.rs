//! Fitting the weights to labelled texts. The same texts, seed and settings give the same bytes on every machine: all
//! arithmetic is in a fixed order, and exponentials are libm's own.

mod choice;
mod fit;
mod resume;
mod tune;

pub use self::resume::{Resumed, resume};
use super::features::Features;
use super::{FEELINGS, Model, OUTPUTS};
use crate::analysis::words::Words;
use crate::analysis::{reader, spam};
use crate::domain::annotation::Sentiment;

/// Parts that the texts are dealt into: each is read by a model that learned from the others.
const FOLDS: usize = 4;

/// A text with what people say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// The text.
    pub text: String,
    /// Its language, where that is known.
    pub language: Option<String>,
    /// How it feels, where somebody said.
    pub sentiment: Option<Sentiment>,
    /// Whether it wants each of [`Intent::ALL`](crate::domain::annotation::Intent::ALL), and whether it is spam; `None`
    /// where nobody said.
    pub wants: [Option<bool>; WANTS],
    /// Which set it comes from: each has its own idea of what is neutral.
    pub set: usize,
    /// What it counts among others, 1 as a rule.
    pub weight: f32,
}

/// Kinds of wants, spam among them.
pub const WANTS: usize = OUTPUTS - FEELINGS;

/// A text as the model sees it.
#[derive(Clone, Debug)]
struct Example {
    features: Features,
    is_foreign: bool,
    is_ruled_spam: bool,
    sentiment: Option<Sentiment>,
    feeling: Option<[f32; FEELINGS]>,
    wants: [Option<bool>; WANTS],
    set: usize,
    weight: f32,
}

impl Example {
    fn of(labelled: &Labelled) -> Self {
        let (features, is_foreign) = reader::features(&labelled.text, labelled.language.as_deref());
        let words = Words::read(&labelled.text);
        Self {
            features,
            is_foreign,
            is_ruled_spam: spam::is_spam(&labelled.text, &words, &spam::Together::of(&words)),
            sentiment: labelled.sentiment,
            feeling: labelled.sentiment.map(shares),
            wants: labelled.wants,
            set: labelled.set,
            weight: labelled.weight,
        }
    }
}

/// What the model should say of a label: mixed feelings are both, and a little neither.
pub(in crate::analysis) fn shares(sentiment: Sentiment) -> [f32; FEELINGS] {
    match sentiment {
        Sentiment::Negative => [1.0, 0.0, 0.0],
        Sentiment::Neutral => [0.0, 1.0, 0.0],
        Sentiment::Positive => [0.0, 0.0, 1.0],
        Sentiment::Mixed => [0.4, 0.2, 0.4],
    }
}

/// How to learn.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Passes over all examples.
    pub passes: usize,
    /// Size of a step.
    pub step: f32,
    /// Pull of each weight of the table towards nought.
    pub pull: f32,
    /// Pull of the dense weights.
    pub pull_dense: f32,
    /// What shuffles.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { passes: 4, step: 0.1, pull: 1e-3, pull_dense: 1e-5, seed: 7 }
    }
}

/// Makes a model from labelled texts: the weights from all of them, and what makes its answers honest (how sure is sure,
/// from where a want or mixed feelings are told) from each text in the eyes of a model that did not see it. `progress` is
/// told how many passes are done, of how many.
pub fn learn(texts: &[Labelled], settings: Settings, progress: &mut dyn FnMut(usize, usize)) -> Model {
    let examples: Vec<Example> = texts.iter().map(Example::of).collect();
    let sets = texts.iter().map(|t| t.set + 1).max().unwrap_or(1);
    let passes = (FOLDS + 1) * settings.passes;
    let mut asked = Vec::with_capacity(examples.len());
    for fold in 0..FOLDS {
        let is_seen = |i: usize| i % FOLDS != fold;
        let seen: Vec<&Example> = examples.iter().enumerate().filter(|(i, _)| is_seen(*i)).map(|(_, e)| e).collect();
        let trial = fit::from_nothing(&seen, sets, settings, &mut |done| {
            progress(fold * settings.passes + done, passes);
        });
        let unseen = examples.iter().enumerate().filter(|(i, _)| !is_seen(*i)).map(|(_, e)| e);
        asked.extend(unseen.map(|e| (trial.ask(&e.features), e)));
    }
    let knobs = tune::knobs(&asked, sets);
    let all: Vec<&Example> = examples.iter().collect();
    let weights = fit::from_nothing(&all, sets, settings, &mut |done| progress(FOLDS * settings.passes + done, passes));
    Model::named(weights, knobs)
}
