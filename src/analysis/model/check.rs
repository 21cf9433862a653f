//! How good a model is on labelled texts: macro-F1, and how far its confidence is from the truth.
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a confidence is 0 to 1")]

use super::learn::Labelled;
use super::{Model, texts};
use crate::analysis::reader::Reader;
use crate::domain::annotation::{Annotation, Intent, Sentiment};

/// Steps of confidence that are told apart.
const BINS: usize = 10;

/// How good a model is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Labelled texts.
    pub texts: usize,
    /// Macro-F1 over negative, neutral and positive, 0 to 1; mixed feelings count as neutral. `None` where a class is
    /// missing.
    pub three: Option<f64>,
    /// Macro-F1 over negative and positive by the sign of the score, where the label is one of them.
    pub two: Option<f64>,
    /// Expected calibration error of the confidence in the feeling, 0 to 1 (Naeini et al. 2015; ten equal steps).
    pub calibration: Option<f64>,
    /// Macro-F1 over bug, request and neither.
    pub intent: Option<f64>,
    /// Mixed feelings.
    pub mixed: Told,
    /// What nobody meant.
    pub spam: Told,
}

/// How often something rare was there, and told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Texts of which it is true.
    pub there: usize,
    /// Those of them of which it was told.
    pub hits: usize,
    /// Texts of which it was told and is not true.
    pub false_alarms: usize,
}

impl Told {
    fn of(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut told = Self::default();
        for (is_there, is_told) in pairs {
            told.there += usize::from(is_there);
            told.hits += usize::from(is_there && is_told);
            told.false_alarms += usize::from(!is_there && is_told);
        }
        told
    }
}

/// Asks a model about labelled texts.
pub fn scores(model: &Model, texts: &[Labelled]) -> Scores {
    scores_of(&Reader::with(model.clone()), texts)
}

/// Asks a reader about labelled texts.
pub fn scores_of(reader: &Reader, texts: &[Labelled]) -> Scores {
    let read: Vec<(Annotation, &Labelled)> =
        texts.iter().map(|t| (reader.annotate(Some(&t.text), None, t.language.as_deref()), t)).collect();
    let felt: Vec<(&Annotation, Sentiment)> = read.iter().filter_map(|(a, t)| Some((a, plain(t.sentiment?)))).collect();
    let three: Vec<_> = felt.iter().map(|(a, gold)| (*gold, plain(a.sentiment))).collect();
    let two: Vec<_> =
        felt.iter().filter(|(_, gold)| *gold != Sentiment::Neutral).map(|(a, gold)| (*gold, sign(a.score))).collect();
    let wanted: Vec<_> = read.iter().filter_map(|(a, t)| Some((folded(t)?, fold(a.intent)))).collect();
    Scores {
        texts: texts.len(),
        three: macro_f1(&three, &[Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive]),
        two: macro_f1(&two, &[Sentiment::Negative, Sentiment::Positive]),
        calibration: calibration(&felt),
        mixed: Told::of(read.iter().filter_map(|(a, t)| Some((is_mixed(t.sentiment?), is_mixed(a.sentiment))))),
        spam: Told::of(read.iter().filter_map(|(a, t)| Some((t.wants[Intent::ALL.len()]?, a.spam)))),
        intent: macro_f1(&wanted, &[Some(Intent::Bug), Some(Intent::Request), None]),
    }
}

/// The check set in this binary, a set a language.
pub fn shipped_by_set() -> Vec<(&'static str, Vec<Labelled>)> {
    let read = |csv| texts::read(csv, 0, 1.0).expect("the files in this crate are read by its tests");
    texts::CHECKS.into_iter().map(|(name, csv)| (name, read(csv))).collect()
}

/// The check set in this binary.
pub fn shipped() -> Vec<Labelled> {
    shipped_by_set().into_iter().flat_map(|(_, texts)| texts).collect()
}

/// By how much the mean F1 may fall before a model counts as worse: a fifth of its standard error on the check set, two or
/// three texts at the margin, which any change of weights moves one way or the other.
const SLACK: f64 = 0.0015;

impl Scores {
    /// Whether the mean of those F1 that both have is lower, by more than [`SLACK`].
    pub fn worse_than(&self, other: &Self) -> bool {
        let pairs = [(self.three, other.three), (self.two, other.two), (self.intent, other.intent)];
        let differences: Vec<f64> = pairs.into_iter().filter_map(|(mine, theirs)| Some(mine? - theirs?)).collect();
        differences.iter().sum::<f64>() < -SLACK * differences.len() as f64
    }
}

/// How many labels of the texts a model gets right, of how many.
pub(super) fn right(model: &Model, texts: &[Labelled]) -> (usize, usize) {
    let reader = Reader::with(model.clone());
    let mut right = 0;
    let mut all = 0;
    for text in texts {
        let read = reader.annotate(Some(&text.text), None, text.language.as_deref());
        if let Some(sentiment) = text.sentiment {
            all += 1;
            right += usize::from(read.sentiment == sentiment);
        }
        for (intent, wanted) in Intent::ALL.into_iter().zip(text.wants).filter(|(_, w)| *w == Some(true)) {
            all += usize::from(wanted.is_some());
            right += usize::from(read.details.intents.iter().any(|w| w.intent == intent));
        }
        if let Some(spam) = text.wants[Intent::ALL.len()] {
            all += 1;
            right += usize::from(read.spam == spam);
        }
    }
    (right, all)
}

fn is_mixed(sentiment: Sentiment) -> bool {
    sentiment == Sentiment::Mixed
}

fn plain(sentiment: Sentiment) -> Sentiment {
    if is_mixed(sentiment) { Sentiment::Neutral } else { sentiment }
}

fn sign(score: f64) -> Sentiment {
    if score > 0.0 {
        Sentiment::Positive
    } else if score < 0.0 {
        Sentiment::Negative
    } else {
        Sentiment::Neutral
    }
}

fn fold(intent: Intent) -> Option<Intent> {
    matches!(intent, Intent::Bug | Intent::Request).then_some(intent)
}

/// Bug before request before neither; `None` where nobody said.
#[expect(clippy::option_option, reason = "the outer: whether anybody said; the inner: whether it is one of the two")]
fn folded(text: &Labelled) -> Option<Option<Intent>> {
    let wants = |intent: Intent| Intent::ALL.iter().position(|i| *i == intent).and_then(|i| text.wants[i]);
    let (bug, request) = (wants(Intent::Bug)?, wants(Intent::Request)?);
    Some(if bug {
        Some(Intent::Bug)
    } else if request {
        Some(Intent::Request)
    } else {
        None
    })
}

/// The mean over classes of the harmonic mean of precision and recall.
fn macro_f1<T: PartialEq + Copy>(pairs: &[(T, T)], classes: &[T]) -> Option<f64> {
    let mut sum = 0.0;
    for class in classes {
        let count = |f: &dyn Fn(&(T, T)) -> bool| pairs.iter().filter(|p| f(p)).count() as f64;
        let gold = count(&|(gold, _)| gold == class);
        if gold == 0.0 {
            return None;
        }
        let hits = count(&|(gold, said)| gold == class && said == class);
        sum += 2.0 * hits / (gold + count(&|(_, said)| said == class));
    }
    Some(sum / classes.len() as f64)
}

fn calibration(felt: &[(&Annotation, Sentiment)]) -> Option<f64> {
    let mut bins = [(0.0, 0.0); BINS];
    for (a, gold) in felt {
        let bin = &mut bins[((a.confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += a.confidence;
        bin.1 += f64::from(u8::from(plain(a.sentiment) == *gold));
    }
    let off: f64 = bins.iter().map(|(said, right)| (said - right).abs()).sum();
    (!felt.is_empty()).then(|| off / felt.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_is_the_mean_over_classes() {
        let pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")];
        // a: precision 1, recall 1/2; b: precision 2/3, recall 1.
        let got = macro_f1(&pairs, &["a", "b"]).expect("both classes are there");
        assert!((got - f64::midpoint(2.0 / 3.0, 0.8)).abs() < 1e-12, "{got}");
        assert_eq!(macro_f1(&pairs, &["a", "c"]), None, "a class without texts tells nothing");
    }
}
