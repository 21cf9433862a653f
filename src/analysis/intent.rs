//! What a statement wants. The model says for each intent how likely it is; those that are likely enough are told, the
//! likeliest first.

use super::model::{FEELINGS, OUTPUTS, sigmoid};
use crate::domain::annotation::{Intent, Wanted};

/// Share from which an intent is told beside the main one.
const ALSO_FROM: f32 = 0.5;

/// Reads the model's opinion. The main intent stands first; [`Intent::Other`] alone where nothing is likely enough.
pub(super) fn read(logits: [f32; OUTPUTS], from: [f32; 5]) -> Vec<Wanted> {
    // Intents stand most urgent first, so that a tie goes to the more urgent.
    let mut told: Vec<(Intent, f32, f32)> = Intent::ALL
        .into_iter()
        .zip(&logits[FEELINGS..])
        .zip(from)
        .map(|((intent, logit), from)| (intent, logit - from, sigmoid(*logit)))
        .collect();
    told.sort_by(|a, b| b.1.total_cmp(&a.1));
    let main = told.first().copied().filter(|(_, over, _)| *over > 0.0);
    let Some(main) = main else {
        let doubt = told.iter().map(|(_, _, share)| *share).fold(0.0, f32::max);
        return vec![Wanted { intent: Intent::Other, confidence: f64::from(1.0 - doubt) }];
    };
    let also = told[1..].iter().copied().filter(|(_, over, share)| *over > 0.0 && *share >= ALSO_FROM);
    std::iter::once(main)
        .chain(also)
        .map(|(intent, _, share)| Wanted { intent, confidence: f64::from(share) })
        .collect()
}
