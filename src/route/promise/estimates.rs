//! What a model expects of each tier for one request, and the rule that picks a tier by it.

use serde::{Deserialize, Serialize};

/// Tiers below the frontier that can be told apart.
pub const MAX_LOWER_TIERS: usize = 7;

/// The estimated loss of every tier below the frontier, cheapest first: P(its answer is not good enough), 0–1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<f32>", into = "Vec<f32>")]
pub struct Estimates {
    losses: [f32; MAX_LOWER_TIERS],
    tiers: u8,
}

impl Estimates {
    /// Estimates for `losses.len()` lower tiers, of which at most [`MAX_LOWER_TIERS`] count. A loss outside 0–1 counts as
    /// the nearer end, one that is no number as 1.
    pub fn new(losses: &[f32]) -> Self {
        let mut all = [1.0; MAX_LOWER_TIERS];
        for (slot, &loss) in all.iter_mut().zip(losses) {
            *slot = if loss.is_nan() { 1.0 } else { loss.clamp(0.0, 1.0) };
        }
        Self { losses: all, tiers: losses.len().min(MAX_LOWER_TIERS) as u8 }
    }

    /// The losses, cheapest tier first.
    pub fn losses(&self) -> &[f32] {
        &self.losses[..usize::from(self.tiers)]
    }

    /// The frontier's index, which is the number of lower tiers.
    pub fn frontier(&self) -> usize {
        usize::from(self.tiers)
    }

    /// The cheapest tier whose estimate is at most `threshold`; else, and always at a threshold of 0, the frontier.
    pub fn choose(&self, threshold: f64) -> usize {
        if threshold.is_nan() || threshold <= 0.0 {
            return self.frontier();
        }
        let good = |&loss: &f32| f64::from(loss) <= threshold;
        self.losses().iter().position(good).unwrap_or(self.frontier())
    }

    /// The estimated loss of a lower tier; 1 for one that there is not.
    pub(super) fn loss(&self, tier: usize) -> f64 {
        self.losses().get(tier).map_or(1.0, |&loss| f64::from(loss))
    }

    /// The threshold above which the frontier is not asked.
    pub(super) fn least(&self) -> f64 {
        self.losses().iter().fold(1.0, |least: f64, &loss| least.min(f64::from(loss)))
    }

    /// The thresholds at which `tier` serves: from the first on, below the second.
    pub(super) fn span(&self, tier: usize) -> (f64, f64) {
        let cheaper = self.losses().iter().take(tier);
        let end = cheaper.fold(f64::INFINITY, |end, &loss| end.min(f64::from(loss)));
        (self.loss(tier), end)
    }
}

impl From<Vec<f32>> for Estimates {
    fn from(losses: Vec<f32>) -> Self {
        Self::new(&losses)
    }
}

impl From<Estimates> for Vec<f32> {
    fn from(estimates: Estimates) -> Self {
        estimates.losses().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_tier_within_the_threshold_serves() {
        let table: [(&[f32], f64, usize); 11] = [
            (&[0.2], 0.1, 1),
            (&[0.2], f64::from(0.2_f32), 0),
            (&[0.2], 1.0, 0),
            (&[0.0], 0.0, 1),
            (&[1.0], 1.0, 0),
            (&[0.4, 0.2], 0.3, 1),
            (&[0.4, 0.2], 0.5, 0),
            (&[0.4, 0.2], 0.1, 2),
            (&[f32::NAN, 0.9], 0.95, 1),
            (&[], 1.0, 0),
            (&[0.1], f64::NAN, 1),
        ];
        for (losses, threshold, tier) in table {
            assert_eq!(Estimates::new(losses).choose(threshold), tier, "{losses:?} {threshold}");
        }
    }

    #[test]
    fn spans_say_what_the_rule_does() {
        for losses in [[0.5, 0.25, 0.75], [0.125, 0.25, 0.0], [0.5, 0.5, 0.5]] {
            let estimates = Estimates::new(&losses);
            for threshold in (1..=16).map(|n| f64::from(n) / 16.0) {
                let spans = (0..3).filter(|&tier| {
                    let (from, to) = estimates.span(tier);
                    (from..to).contains(&threshold)
                });
                let chosen = Some(estimates.choose(threshold)).filter(|&tier| tier < 3);
                assert_eq!(spans.collect::<Vec<_>>(), Vec::from_iter(chosen), "{losses:?}");
                assert_eq!(chosen.is_some(), estimates.least() <= threshold);
            }
        }
    }
}
