//! Time to action with what is still open: Kaplan and Meier's estimate (1958) on counts in buckets.
//!
//! Buckets add up over replicas. An average of what was closed only flatters: it forgets what nobody has touched yet.

/// Why there is no curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KmError {
    /// Buckets, events and censored are not equally many.
    Shape,
    /// The buckets' upper edges do not ascend.
    Edges,
}

/// Survival: the share that no action reached yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Upper edge of each bucket, in the caller's unit of time.
    pub edges: Vec<f64>,
    /// Share still open at each edge, falling from 1.
    pub open: Vec<f64>,
}

impl Curve {
    /// From counts per bucket: `acted`, and `censored`, the open ones that are no older than it. Within a bucket actions
    /// come before what is censored.
    pub fn of(edges: &[f64], acted: &[u64], censored: &[u64]) -> Result<Self, KmError> {
        if edges.len() != acted.len() || edges.len() != censored.len() {
            return Err(KmError::Shape);
        }
        if edges.iter().any(|e| e.is_nan()) || edges.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(KmError::Edges);
        }
        let mut at_risk = acted.iter().chain(censored).map(|n| u128::from(*n)).sum::<u128>();
        let mut open = Vec::with_capacity(edges.len());
        let mut share = 1.0;
        for (acted, censored) in acted.iter().zip(censored) {
            let (acted, censored) = (u128::from(*acted), u128::from(*censored));
            if at_risk > 0 {
                share *= (at_risk - acted) as f64 / at_risk as f64;
            }
            at_risk -= acted + censored;
            open.push(share);
        }
        Ok(Self { edges: edges.to_vec(), open })
    }

    /// The first edge by which a share `q` has been acted on; ½ gives the median. None where that is not reached.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        // As much as rounding may leave of the last step.
        let reached = self.open.iter().position(|open| *open <= 1.0 - q + 1e-15)?;
        Some(self.edges[reached])
    }
}
