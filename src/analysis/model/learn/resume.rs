//! Going on from the model that is there with what a team corrected, without unlearning what everybody knows.

use super::fit::from_known;
use super::{Example, Labelled, Settings};
use crate::analysis::model::Model;
use crate::analysis::model::check::{Scores, right, scores};

/// Steps that are tried, each half of the one before.
const TRIES: u32 = 6;
/// The first of them.
const FIRST_STEP: f32 = 0.16;
/// Passes over the corrections.
const PASSES: usize = 8;

/// What came of corrections.
#[derive(Clone, Debug)]
pub struct Resumed {
    /// The model that learned them; `None` where each that did was worse on the check set, or none learned anything.
    pub model: Option<Model>,
    /// How good the model before was on the check set.
    pub before: Scores,
    /// How good the new one is; where there is none, the last that was tried.
    pub after: Scores,
    /// Labels of the corrections that the model before got right.
    pub right_before: usize,
    /// Labels that the new one gets right, or the last that was tried.
    pub right_after: usize,
    /// Labels in the corrections.
    pub labels: usize,
}

/// Learns from corrections with ever smaller steps, until the model is as good on `check` as it was before by the mean of
/// its F1, and gets more of the corrections right.
pub fn resume(known: &Model, corrections: &[Labelled], check: &[Labelled], seed: u64) -> Resumed {
    let before = scores(known, check);
    let (right_before, labels) = right(known, corrections);
    let mut resumed = Resumed { model: None, before, after: before, right_before, right_after: right_before, labels };
    let examples: Vec<Example> = corrections.iter().map(|c| Example { set: 0, ..Example::of(c) }).collect();
    let examples: Vec<&Example> = examples.iter().collect();
    for attempt in 0..TRIES {
        let step = FIRST_STEP / 2_f32.powi(i32::try_from(attempt).unwrap_or(i32::MAX));
        let settings = Settings { passes: PASSES, step, pull: 0.0, pull_dense: 0.0, seed };
        let model = Model::named(from_known(&known.weights, &examples, settings), known.knobs);
        resumed.after = scores(&model, check);
        resumed.right_after = right(&model, corrections).0;
        if !resumed.after.worse_than(&before) && resumed.right_after > right_before {
            resumed.model = Some(model);
            break;
        }
    }
    resumed
}
