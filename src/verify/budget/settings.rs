//! What an operator can set about the error budget. Knows nothing of files.

use super::curve::{Caution, JudgeErrors};
use super::interval;
use super::shadow::Bounds;

/// Settings of one scope's error budget. Values outside their range count as the nearer end.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Largest share of hits that may be wrong, 0–1. At 0, or if it is no number, nothing is served.
    pub max_wrong: f64,
    /// Share of would-be hits that is checked against a fresh answer in quiet times.
    pub shadow_share: f64,
    /// Least share at any score, 0.001–1.
    pub shadow_floor: f64,
    /// Largest share at any score: what is checked while evidence is thin or the budget is threatened.
    pub shadow_cap: f64,
    /// Labels after which evidence counts half, at least 100. Hits count too, since the shadow checks stand for them.
    pub half_life: f64,
    /// One-sided confidence with which the wrong share stays within the budget at the threshold, 0.5–0.999.
    pub confidence: f64,
    /// How many times as wrong as its calibration data the traffic is taken to be until labels say otherwise, 1–100.
    pub prior_margin: f64,
    /// Known errors of the judge; none by default.
    pub judge: JudgeErrors,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_wrong: 0.01,
            shadow_share: 0.05,
            shadow_floor: 0.02,
            shadow_cap: 0.2,
            half_life: 4000.0,
            confidence: 0.55,
            prior_margin: 3.0,
            judge: JudgeErrors::default(),
        }
    }
}

/// The half-life of the window that notices changes, as a part of the configured one.
const RECENT_PART: f64 = 0.125;
/// The half-life of the running account of served hits, in configured ones.
const ACCOUNT_PARTS: f64 = 4.0;

impl Settings {
    /// Every value in its range.
    pub(super) fn checked(self) -> Self {
        let within = |value: f64, low: f64, high: f64, otherwise: f64| {
            if value.is_nan() { otherwise } else { value.clamp(low, high) }
        };
        let cap = within(self.shadow_cap, 0.001, 1.0, 1.0);
        let floor = within(self.shadow_floor, 0.001, cap, cap);
        Self {
            max_wrong: within(self.max_wrong, 0.0, 1.0, 0.0),
            shadow_share: within(self.shadow_share, floor, cap, cap),
            shadow_floor: floor,
            shadow_cap: cap,
            half_life: within(self.half_life, 100.0, 1e9, 100.0),
            confidence: within(self.confidence, 0.5, 0.999, 0.999),
            prior_margin: within(self.prior_margin, 1.0, 100.0, 100.0),
            judge: JudgeErrors {
                false_wrong: within(self.judge.false_wrong, 0.0, 0.4, 0.0),
                false_right: within(self.judge.false_right, 0.0, 0.4, 0.4),
            },
        }
    }

    pub(super) fn recent_half_life(&self) -> f64 {
        self.half_life * RECENT_PART
    }

    pub(super) fn account_half_life(&self) -> f64 {
        self.half_life * ACCOUNT_PARTS
    }

    pub(super) fn caution(&self) -> Caution {
        Caution {
            prior_margin: self.prior_margin,
            z: interval::deviate(self.confidence).max(0.0),
            judge: self.judge,
        }
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds { base: self.shadow_share, floor: self.shadow_floor, cap: self.shadow_cap }
    }
}
