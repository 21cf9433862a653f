//! Post-stratification: answers weighted so that each class of people counts as it does in the audience.

use super::share::{Confidence, Interval};

/// A class of people, and what those of them that answered said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stratum {
    /// People in the audience.
    pub population: u64,
    /// Of them, those who answered.
    pub responders: u64,
    /// Sum of their scores.
    pub sum: f64,
    /// Sum of squares of their scores.
    pub sum_squares: f64,
}

/// A weighted mean and how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted {
    /// Weighted mean, in the unit of the scores.
    pub mean: f64,
    /// Standard error.
    pub se: f64,
    /// Normal interval.
    pub interval: Interval,
    /// Kish's effective number of answers.
    pub n_eff: f64,
    /// What weighting costs: answers / effective answers, 1 at the least. Above 3, show the unadjusted mean with a warning.
    pub deff: f64,
    /// 1 − 2 SD of the response propensities (Schouten, Cobben and Bethlehem 2009): 1 where all classes answer alike.
    pub r_indicator: f64,
    /// Answers / audience.
    pub response_rate: f64,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoststratError {
    /// There is no class, or nobody in them, or only one person.
    Empty,
    /// The class at this place has fewer than two answers: join it with another.
    TooFew(usize),
    /// The class at this place has more answers than people.
    TooMany(usize),
}

/// The weighted mean over all classes.
pub fn mean(strata: &[Stratum], confidence: Confidence) -> Result<Weighted, PoststratError> {
    let people: u64 = strata.iter().map(|s| s.population).sum();
    if people < 2 {
        return Err(PoststratError::Empty);
    }
    let all = people as f64;
    let answers: f64 = strata.iter().map(|s| s.responders as f64).sum();
    let rate = answers / all;
    let (mut mean, mut variance, mut squared_weights, mut spread) = (0.0, 0.0, 0.0, 0.0);
    for (at, stratum) in strata.iter().enumerate() {
        let (size, n) = (stratum.population as f64, stratum.responders as f64);
        if stratum.responders > stratum.population {
            return Err(PoststratError::TooMany(at));
        }
        if stratum.population == 0 {
            continue;
        }
        if stratum.responders < 2 {
            return Err(PoststratError::TooFew(at));
        }
        let part = size / all;
        mean += part * (stratum.sum / n);
        let within = (stratum.sum_squares - stratum.sum / n * stratum.sum).max(0.0) / (n - 1.0);
        variance += part * part * within / n;
        squared_weights += size / n * size;
        spread += size * (n / size - rate) * (n / size - rate);
    }
    let n_eff = all / squared_weights * all;
    let se = variance.sqrt();
    Ok(Weighted {
        mean,
        se,
        interval: Interval::around(mean, confidence.z() * se),
        n_eff,
        deff: answers / n_eff,
        r_indicator: 1.0 - 2.0 * (spread / (all - 1.0)).sqrt(),
        response_rate: rate,
    })
}
