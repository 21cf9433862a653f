//! What a strategy of a flag reaches. A flag reaches as many as its widest strategy does.

use serde::Deserialize;

use super::super::facts::{name, percent};
use crate::domain::flag::Variant;

/// Variants' weights are thousandths.
const WEIGHTS_PER_PERCENT: f64 = 10.0;

/// One of a flag's strategies in an environment.
#[derive(Debug, Deserialize)]
pub(super) struct Strategy {
    id: Option<String>,
    name: Option<String>,
    disabled: Option<bool>,
    parameters: Option<Parameters>,
    variants: Option<Vec<Weighted>>,
}

/// Text as a rule; a number where somebody else than Unleash's own pages wrote it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    rollout: Option<serde_json::Value>,
    percentage: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Weighted {
    name: String,
    weight: Option<f64>,
}

impl Strategy {
    /// How many it reaches; `None` where it goes by names or addresses.
    pub fn reach(&self) -> Option<f64> {
        if self.disabled == Some(true) {
            return Some(0.0);
        }
        let parameter = match self.name.as_deref()? {
            "default" => return Some(100.0),
            "flexibleRollout" => &self.parameters.as_ref()?.rollout,
            "gradualRolloutUserId" | "gradualRolloutSessionId" | "gradualRolloutRandom" => {
                &self.parameters.as_ref()?.percentage
            }
            _ => return None,
        };
        let value = parameter.as_ref()?;
        percent(value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?)
    }

    /// Its id; older servers give none, and then its name stands for it.
    pub fn key(&self) -> Option<String> {
        name(self.id.as_deref().or(self.name.as_deref())?)
    }

    /// The variants that it gives.
    pub fn variants(&self) -> Vec<Variant> {
        let weighted = self.variants.iter().flatten();
        weighted
            .filter_map(|v| {
                Some(Variant { name: name(&v.name)?, percent: v.weight.and_then(|w| percent(w / WEIGHTS_PER_PERCENT)) })
            })
            .collect()
    }
}
