//! What an operator can set about the promise. Knows nothing of files.

use serde::{Deserialize, Serialize};

/// What the threshold aims at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Aim {
    /// The routed answers' mean score is at least this part of the frontier's, 0–1.
    Quality(f64),
    /// This share of requests goes to the frontier, 0–1.
    FrontierShare(f64),
    /// Fixed, 0–1.
    Threshold(f64),
    /// As little loss as a budget allows.
    Spend {
        /// Budget of one UTC day, in nano-USD.
        nano_usd_per_day: u64,
    },
}

/// Settings of one promise. Values outside their range count as the nearer end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What the threshold aims at.
    pub aim: Aim,
    /// Tiers below the frontier, 1–[`super::MAX_LOWER_TIERS`].
    pub lower_tiers: usize,
    /// The threshold that holds until there is evidence, by the classifier's own curve for this aim, 0–1.
    pub prior_threshold: f64,
    /// One-sided confidence with which the quality is kept at the threshold, 0.5–0.999.
    pub confidence: f64,
    /// Effective outcomes before evidence takes over from the prior threshold, at least 10.
    pub least_outcomes: f64,
    /// Outcomes after which evidence counts half, at least 100.
    pub half_life_outcomes: f64,
    /// Seconds after which evidence tells half as much, at least an hour.
    pub half_life_seconds: f64,
    /// Share of requests that is compared when evidence is as plentiful as it should be, 0.02–1 (and no less: weights
    /// stay within 50).
    pub shadow_share: f64,
    /// Largest share that is compared, while evidence is thin.
    pub shadow_cap: f64,
    /// The part of the allowed loss that complaints can use up at most, 0–1. So whoever complains of everything tightens
    /// a quality of 95 % to no more than 96 % at 0.2.
    pub complaint_cap: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            aim: Aim::Quality(0.95),
            lower_tiers: 1,
            prior_threshold: 0.0,
            confidence: 0.9,
            least_outcomes: 60.0,
            half_life_outcomes: 1000.0,
            half_life_seconds: 30.0 * 86_400.0,
            shadow_share: 0.03,
            shadow_cap: 0.2,
            complaint_cap: 0.2,
        }
    }
}

impl Settings {
    /// Every value in its range; what is no number becomes the safe end.
    pub(super) fn checked(self) -> Self {
        let within = |value: f64, low: f64, high: f64, otherwise: f64| {
            if value.is_nan() { otherwise } else { value.clamp(low, high) }
        };
        let share = |value: f64, otherwise| within(value, 0.0, 1.0, otherwise);
        let cap = within(self.shadow_cap, 0.02, 1.0, 1.0);
        Self {
            aim: match self.aim {
                Aim::Quality(quality) => Aim::Quality(share(quality, 1.0)),
                Aim::FrontierShare(frontier) => Aim::FrontierShare(share(frontier, 1.0)),
                Aim::Threshold(threshold) => Aim::Threshold(share(threshold, 0.0)),
                Aim::Spend { nano_usd_per_day } => Aim::Spend { nano_usd_per_day },
            },
            lower_tiers: self.lower_tiers.clamp(1, super::MAX_LOWER_TIERS),
            prior_threshold: share(self.prior_threshold, 0.0),
            confidence: within(self.confidence, 0.5, 0.999, 0.999),
            least_outcomes: within(self.least_outcomes, 10.0, 1e6, 1e6),
            half_life_outcomes: within(self.half_life_outcomes, 100.0, 1e9, 100.0),
            half_life_seconds: within(self.half_life_seconds, 3600.0, 1e12, 3600.0),
            shadow_share: within(self.shadow_share, 0.02, cap, cap),
            shadow_cap: cap,
            complaint_cap: share(self.complaint_cap, 1.0),
        }
    }

    /// The normal deviate of the confidence.
    pub(super) fn deviate(&self) -> f64 {
        -std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * self.confidence)
    }
}
