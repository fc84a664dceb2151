//! From evidence to probability: cosine, verifier, guard and overlap of two questions become P(same answer).
//!
//! A logistic regression whose weights have the sign that their evidence must have, then an isotonic step: more
//! similarity never lowers the probability, a further difference never raises it. Pure. `models/calibration/README.md`
//! is its card.

use serde::Deserialize;

use super::budget::Prior;
use crate::guard::{Comparison, Difference, Kind};

/// A verifier's log-odds beyond this say no more.
const LOGIT_LIMIT: f32 = 8.0;

/// What speaks for the same answer. Cosine and verifier count apart in pairs that share their words, where the verifier
/// knows best, and in those that do not. Their order is that of [`names`].
const SIMILARITY_FEATURES: [&str; 9] = [
    "cosine_same_words",
    "cosine_other_words",
    "cosine_high",
    "verifier_same_words",
    "verifier_other_words",
    "verifier_high",
    "overlap",
    "same_order",
    "equal",
];

/// Names of all features: similarities, whose weights are never negative, then differences, whose are never positive.
pub fn names() -> impl Iterator<Item = &'static str> {
    let kinds = Kind::ALL.iter().map(|kind| kind.name());
    SIMILARITY_FEATURES.into_iter().chain(["unmatched", "one_sided"]).chain(kinds)
}

/// The features of one pair, in the order of [`names`].
pub fn features(cosine: f32, logit: f32, comparison: &Comparison) -> Vec<f64> {
    let Comparison { differences, overlap } = comparison;
    let logit = f64::from(logit.clamp(-LOGIT_LIMIT, LOGIT_LIMIT));
    let shared = f64::from(overlap.jaccard).clamp(0.0, 1.0);
    let cosine = f64::from(cosine).clamp(0.0, 1.0);
    let (left, right) = (overlap.unmatched_left as f64, overlap.unmatched_right as f64);
    let similarities = [
        2.0 * cosine * shared,
        2.0 * cosine * (1.0 - shared),
        (cosine - 0.9).max(0.0) * 10.0,
        logit / 4.0 * shared,
        logit / 4.0 * (1.0 - shared),
        (logit - 3.0).max(0.0) / 2.0,
        shared,
        f64::from(overlap.same_order),
        f64::from(u8::from(overlap.equal)),
    ];
    let unmatched = [(left + right).ln_1p(), (left - right).abs().ln_1p()];
    let found = |kind: &Kind| {
        differences.iter().filter(|difference| difference.kind == *kind).count().min(2) as f64
    };
    similarities.into_iter().chain(unmatched).chain(Kind::ALL.iter().map(found)).collect()
}

/// The shipped calibration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipped {
    /// Form of this file.
    version: u32,
    /// For vectors of the shipped encoder.
    own_encoder: Calibration,
    /// For those of any other: without the cosine.
    other_encoder: Calibration,
}

/// Weights and curve for one kind of vectors, and what they are worth.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Candidates below this cosine are not looked at.
    pub floor: f32,
    bias: f64,
    /// One a feature, in the order of [`names`].
    weights: Vec<f64>,
    /// From the logistic's probability to the observed one: rising in both.
    curve: Vec<(f64, f64)>,
    /// How often candidates of each score were wrong when it was made.
    pub prior: Prior,
}

/// Why a calibration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// The file is no calibration.
    #[error("models/calibration/calibration.json: {0}")]
    Parse(#[from] serde_json::Error),
    /// It belongs to another version, or does not hold what it promises.
    #[error("models/calibration/calibration.json: {0}")]
    Invalid(String),
}

const VERSION: u32 = 1;

impl Shipped {
    /// The one in this binary.
    pub fn load() -> Result<Self, CalibrationError> {
        Self::parse(include_bytes!("../../models/calibration/calibration.json"))
    }

    /// Reads and checks a calibration.
    pub fn parse(bytes: &[u8]) -> Result<Self, CalibrationError> {
        let shipped: Self = serde_json::from_slice(bytes)?;
        if shipped.version != VERSION {
            let problem = format!("version is {}, this program reads {VERSION}", shipped.version);
            return Err(CalibrationError::Invalid(problem));
        }
        shipped.own_encoder.check()?;
        shipped.other_encoder.check()?;
        Ok(shipped)
    }

    /// The calibration for the vectors of an encoder.
    pub fn for_encoder(self, is_shipped: bool) -> Calibration {
        if is_shipped { self.own_encoder } else { self.other_encoder }
    }
}

impl Calibration {
    fn check(&self) -> Result<(), CalibrationError> {
        let invalid = |problem: String| Err(CalibrationError::Invalid(problem));
        let count = names().count();
        if self.weights.len() != count {
            return invalid(format!("{} weights, there are {count} features", self.weights.len()));
        }
        for (at, (name, weight)) in names().zip(&self.weights).enumerate() {
            let right_sign =
                if at < SIMILARITY_FEATURES.len() { *weight >= 0.0 } else { *weight <= 0.0 };
            if !right_sign || !weight.is_finite() {
                return invalid(format!("the weight of `{name}` has the wrong sign: {weight}"));
            }
        }
        let rises = |pair: &[(f64, f64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
        let ends = self.curve.first().zip(self.curve.last());
        let spans = ends.is_some_and(|(first, last)| first.0 <= 0.0 && last.0 >= 1.0);
        if !spans || !self.curve.windows(2).all(rises) {
            return invalid("the curve does not rise from 0 to 1".to_owned());
        }
        if !self.bias.is_finite() || !(0.0..=1.0).contains(&self.floor) {
            return invalid("bias or floor is out of range".to_owned());
        }
        Ok(())
    }

    /// P(same answer), in `[0, 1]`.
    pub fn confidence(&self, cosine: f32, logit: f32, comparison: &Comparison) -> f64 {
        let features = features(cosine, logit, comparison);
        let sum: f64 =
            features.iter().zip(&self.weights).map(|(value, weight)| value * weight).sum();
        self.curved(1.0 / (1.0 + (-(self.bias + sum)).exp()))
    }

    /// The highest confidence that any answer of the verifier can lead to.
    pub fn best_case(&self, cosine: f32, comparison: &Comparison) -> f64 {
        self.confidence(cosine, LOGIT_LIMIT, comparison)
    }

    /// The difference that costs most.
    pub fn worst<'a>(&self, differences: &'a [Difference]) -> Option<&'a Difference> {
        let weight = |difference: &&Difference| {
            let at = Kind::ALL.iter().position(|kind| *kind == difference.kind)?;
            self.weights.get(SIMILARITY_FEATURES.len() + 2 + at).copied()
        };
        differences
            .iter()
            .min_by(|a, b| weight(a).unwrap_or(0.0).total_cmp(&weight(b).unwrap_or(0.0)))
    }

    /// Linear between the curve's points.
    fn curved(&self, raw: f64) -> f64 {
        let after = self.curve.partition_point(|(x, _)| *x <= raw);
        let (Some(low), Some(high)) =
            (after.checked_sub(1).and_then(|at| self.curve.get(at)), self.curve.get(after))
        else {
            return self.curve.last().filter(|_| after > 0).map_or(0.0, |(_, y)| *y);
        };
        low.1 + (high.1 - low.1) * (raw - low.0) / (high.0 - low.0)
    }
}

#[cfg(test)]
#[path = "calibration_tests.rs"]
mod tests;
