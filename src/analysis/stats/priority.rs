//! The order in which problems are worth a look, 0 to 100. No probability: its parts are always shown with it.

use super::share::{Confidence, Share};
use super::wilson;

/// What makes a problem pressing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Problem {
    /// Affected people of those exposed so far.
    pub affected: Share,
    /// Audience at 100 %, people.
    pub audience: u64,
    /// Crash, data loss, blocked 1; wrong result 0.8; slow 0.6; confusing 0.4; wish 0.2.
    pub severity: f64,
    /// Mean negativity of what is said, 0 to 1.
    pub negativity: f64,
    /// Share of paying people among the affected, 0 to 1.
    pub paid: f64,
    /// ln of the e-value behind it.
    pub ln_e: f64,
}

/// A score and its parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Priority {
    /// 0 to 100.
    pub score: f64,
    /// People that it would reach at 100 %, by the lower end of the 90 % interval: few loud ones do not outrank what is
    /// measured.
    pub reach: f64,
    /// E / (1 + E), 0 to 1.
    pub evidence: f64,
}

/// `100 · severity · negativity · (1 + paid) / 2 · evidence · log(1 + reach) / log(1 + audience)`.
pub fn of(problem: &Problem) -> Priority {
    at(problem, Confidence::P90)
}

/// The same with another confidence of the reach's lower end.
pub fn at(problem: &Problem, confidence: Confidence) -> Priority {
    let audience = problem.audience as f64;
    let low = if problem.affected.whole() == 0 { 0.0 } else { wilson::of(problem.affected, confidence).low };
    let reach = low * audience;
    let evidence = if problem.ln_e.is_nan() { 0.0 } else { 1.0 / (1.0 + (-problem.ln_e).exp()) };
    let impact = problem.severity * problem.negativity * (1.0 + problem.paid) / 2.0;
    let width = if problem.audience == 0 { 0.0 } else { reach.ln_1p() / audience.ln_1p() };
    Priority { score: 100.0 * impact * evidence * width, reach, evidence }
}
