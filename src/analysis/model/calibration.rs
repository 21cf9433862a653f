//! What makes the model's opinion of a feeling honest: how sure is sure, and from where feelings are mixed. Found by
//! [`super::learn`] on texts in the eyes of models that did not see them.

use super::{FEELINGS, OUTPUTS, sigmoid, softmax};

/// What speaks for mixed feelings, as numbers.
pub(super) const MIXED_SIGNS: usize = 10;
/// English, and every other language: there the word lists say more, and the logits are too modest.
pub(super) const TONGUES: usize = 2;

/// For each tongue a scale and a shift of the logits (vector scaling; Guo et al. 2017), and a logistic regression for
/// mixed feelings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Calibration {
    /// What the feelings' logits are multiplied with.
    pub scale: [f32; TONGUES],
    /// What is then added to those of negative and of positive; neutral stays.
    pub shift: [[f32; 2]; TONGUES],
    /// What each of [`mixed_signs`] counts.
    pub mixed: [f32; MIXED_SIGNS],
    /// Logit from which feelings are mixed.
    pub mixed_from: f32,
}

/// The model's opinion of a feeling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::analysis) struct Opinion {
    /// How likely negative, neutral and positive are; mixed counts as neutral.
    pub shares: [f32; FEELINGS],
    /// How likely mixed feelings are.
    pub mixed: f32,
    /// Whether they are likely enough to be told.
    pub is_mixed: bool,
}

impl Opinion {
    /// The logarithms of the shares, which another opinion is weighed with.
    pub fn log_shares(&self) -> [f32; FEELINGS] {
        self.shares.map(|share| libm::logf(share.max(f32::MIN_POSITIVE)))
    }

    /// The same opinion of mixed feelings with these logits for the others.
    #[must_use]
    pub fn instead(self, logits: [f32; FEELINGS]) -> Self {
        Self { shares: softmax(logits), ..self }
    }
}

impl Calibration {
    /// Changes nothing, and nothing is mixed.
    pub const NONE: Self =
        Self { scale: [1.0; TONGUES], shift: [[0.0; 2]; TONGUES], mixed: [0.0; MIXED_SIGNS], mixed_from: f32::MAX };

    /// How likely each feeling is.
    pub fn shares(&self, logits: &[f32; OUTPUTS], is_foreign: bool) -> [f32; FEELINGS] {
        let tongue = usize::from(is_foreign);
        let [bad, good] = self.shift[tongue];
        let [a, b, c] = [logits[0], logits[1], logits[2]].map(|l| l * self.scale[tongue]);
        softmax([a + bad, b, c + good])
    }

    /// The opinion of a text with these logits and these of the rules' numbers.
    pub fn opinion(&self, numbers: &[f32], logits: &[f32; OUTPUTS], is_foreign: bool) -> Opinion {
        let shares = self.shares(logits, is_foreign);
        let signs = mixed_signs(numbers, logits, shares, is_foreign);
        let logit: f32 = signs.iter().zip(self.mixed).map(|(sign, weight)| sign * weight).sum();
        Opinion { shares, mixed: sigmoid(logit), is_mixed: logit > self.mixed_from }
    }
}

/// What speaks for and against mixed feelings: how much is both good and bad, the strongest of each, a "but", both
/// feelings likely, neither the first nor the last word like the other, praise beside a complaint, length.
pub(super) fn mixed_signs(
    numbers: &[f32],
    logits: &[f32; OUTPUTS],
    shares: [f32; FEELINGS],
    is_foreign: bool,
) -> [f32; MIXED_SIGNS] {
    // Places are those of `Signs::numbers`; a model without them was made from other rules.
    let n = |at: usize| numbers.get(at).copied().unwrap_or(0.0);
    let [bad, neutral, good] = shares;
    let [bug, usability, request, _, praise] = [logits[3], logits[4], logits[5], logits[6], logits[7]];
    [
        1.0,
        n(3),
        n(6) * n(7),
        n(17),
        libm::logf(bad.min(good) + 0.01),
        neutral,
        f32::from(u8::from(n(10) * n(11) < 0.0)),
        n(25) * 5.0 - 2.5,
        f32::from(u8::from(is_foreign)),
        praise.min(bug.max(usability).max(request)),
    ]
}
