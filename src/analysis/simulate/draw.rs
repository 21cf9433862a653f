//! Random numbers: a fixed generator, and the few distributions that rollouts need.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// A stream of random numbers that is the same on every machine and run.
#[derive(Debug)]
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of one rollout of a kind.
    pub fn new(seed: u64, kind: &str, index: u32) -> Self {
        // FNV-1a: kinds must differ, nobody attacks them.
        let mixed = kind
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ mixed);
        rng.set_stream(u64::from(index));
        Self(rng)
    }

    /// From 0 up to 1, without 1.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Normal, by Box and Muller.
    pub fn normal(&mut self, sd: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        sd * radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Exponential with a mean of 1.
    pub fn wait(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    /// Poisson: arrivals while the waits last.
    pub fn arrivals(&mut self, mean: f64) -> u32 {
        let mut passed = self.wait();
        let mut count = 0;
        while passed < mean {
            count += 1;
            passed += self.wait();
        }
        count
    }

    /// `count` moments between 0 and `end`, in order.
    pub fn moments(&mut self, count: u32, end: f64) -> Vec<f64> {
        let mut passed = 0.0;
        let mut moments: Vec<f64> = (0..count)
            .map(|_| {
                passed += self.wait();
                passed
            })
            .collect();
        let all = passed + self.wait();
        for moment in &mut moments {
            *moment *= end / all;
        }
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_kind_and_index_and_by_nothing_else() {
        let first = |seed, kind, index| Draw::new(seed, kind, index).0.next_u64();
        let one = first(1, "null 30 0", 0);
        assert_eq!(one, first(1, "null 30 0", 0));
        for other in [first(2, "null 30 0", 0), first(1, "null 30 0.2", 0), first(1, "null 30 0", 1)] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut draw = Draw::new(1, "moments", 0);
        let n = 20_000;
        let mut of = |next: &mut dyn FnMut(&mut Draw) -> f64| {
            let values: Vec<f64> = (0..n).map(|_| next(&mut draw)).collect();
            let mean = values.iter().sum::<f64>() / f64::from(n);
            (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(n))
        };
        let near = |(mean, variance): (f64, f64), m: f64, v: f64| (mean - m).abs() < 0.05 && (variance - v).abs() < 0.2;
        assert!(near(of(&mut |d| d.normal(2.0)), 0.0, 4.0));
        assert!(near(of(&mut Draw::wait), 1.0, 1.0));
        assert!(near(of(&mut |d| f64::from(d.arrivals(3.0))), 3.0, 3.0));
        let moments = draw.moments(1_000, 336.0);
        assert!(moments.is_sorted() && moments.iter().all(|m| (0.0..336.0).contains(m)));
    }
}
