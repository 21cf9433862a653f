//! Exposed people against the others: the label process over the cells of a window.

use super::cells::{Allocation, ArmCell};
use super::guards::Guard;
use super::verdict::Side;
use crate::analysis::stats::label::{self, Labels, guarded};
use crate::analysis::stats::mixture::Restarts;
use crate::analysis::stats::rate_ratio::{self, RateRatio};
use crate::domain::alarm::AlarmRules;

/// Miscoverage of the interval that is told.
const ALPHA: f64 = 0.05;

/// What can be compared, by epoch.
#[derive(Clone, Debug)]
pub struct Exposure {
    epochs: Vec<Vec<Labels>>,
    /// As planned, without the guard, for the interval.
    plain: Vec<Labels>,
    restarts: Restarts,
}

impl Exposure {
    /// The cells from epoch `from` on. `None` where no stage leaves anybody out, or where the allocation is not as planned:
    /// then there is nothing to compare with. Channels whose arms differ in linkage are left out.
    pub fn read(
        rules: &AlarmRules,
        arms: &[ArmCell],
        allocations: &[Allocation],
        guards: &[Guard],
        side: Side,
        from: u32,
    ) -> Option<Self> {
        let has_control = allocations.iter().any(|a| a.planned > 0.0 && a.planned < 1.0);
        if !has_control || guards.iter().any(|g| matches!(g, Guard::Allocation { .. })) {
            return None;
        }
        let suspended =
            |channel: &str| guards.iter().any(|g| matches!(g, Guard::Linkage { channel: c, .. } if c == channel));
        let mut epochs: Vec<Vec<Labels>> = Vec::new();
        let mut plain = Vec::new();
        for cell in arms.iter().filter(|c| c.epoch >= from && !suspended(&c.stratum.channel)) {
            let planned =
                allocations.iter().find(|a| a.stage == cell.stratum.stage && a.segment == cell.stratum.segment);
            let Some(planned) = planned.map(|a| a.planned) else { continue };
            let epoch = usize::try_from(cell.epoch - from).unwrap_or(usize::MAX).min(EPOCHS_MAX - 1);
            if epochs.len() <= epoch {
                epochs.resize(epoch + 1, Vec::new());
            }
            let exposed = cell.exposed.of(side);
            let labels = Labels { events: exposed + cell.control.of(side), exposed, share: planned };
            epochs[epoch].push(Labels { share: guarded(planned, rules.odds_guard), ..labels });
            plain.push(labels);
        }
        // The order in which cells come must not show in the last digit.
        let order = |c: &Labels| (c.share.to_bits(), c.events, c.exposed);
        for cells in &mut epochs {
            cells.sort_by_key(order);
        }
        plain.sort_by_key(order);
        Some(Self { epochs, plain, restarts: restarts(rules) })
    }

    /// `ln` of the evidence.
    pub fn ln_e(&self) -> f64 {
        label::ln_e(&self.epochs, self.restarts)
    }

    /// How likely a change began in each epoch.
    pub fn starts(&self) -> Vec<f64> {
        label::starts(&self.epochs, self.restarts)
    }

    /// How much more often exposed people speak up.
    pub fn rate_ratio(&self) -> RateRatio {
        rate_ratio::interval(&self.plain, ALPHA)
    }

    /// Exposed people who spoke up where there was somebody to compare them with.
    pub fn people(&self) -> u64 {
        self.plain.iter().filter(|c| c.share < 1.0).map(|c| c.exposed).sum()
    }
}

/// Epochs beyond this are taken as the last: windows have an end.
pub(super) const EPOCHS_MAX: usize = 1_000;

/// The restarts that the rules ask for.
pub(super) fn restarts(rules: &AlarmRules) -> Restarts {
    Restarts { horizon: usize::try_from(rules.epochs).unwrap_or(usize::MAX) }
}
