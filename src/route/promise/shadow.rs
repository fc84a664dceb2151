//! Which requests are answered by a lower tier and by the frontier, to be compared. Pure.

use super::estimates::Estimates;

/// A comparison that is to be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The lower tier whose answer is compared with the frontier's.
    pub tier: usize,
    /// Requests that it stands for: one by its probability, the choice of the tier included; 1–50.
    pub weight: f64,
}

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shares {
    /// Of all requests, by every tier on average.
    pub(super) average: f64,
    /// Of all requests, by all tiers, whatever the estimates.
    pub(super) cap: f64,
}

/// Effective outcomes at which the configured share is compared.
const PLENTY: f64 = 1000.0;
/// Least part of the configured share, however much is known.
const LEAST_PART: f64 = 0.5;
/// Least probability of a comparison, so that weights are bounded.
const LEAST_SHARE: f64 = 0.02;
/// Part of the average that is compared far from the threshold, where it tells little; at the threshold [`NEAR`] is added.
const FAR: f64 = 0.5;
/// See there.
const NEAR: f64 = 1.0;

impl Shares {
    /// As evidence grows the share falls in proportion, so that there is soon enough of it and comparisons then cost little.
    pub(super) fn new(share: f64, cap: f64, outcomes: f64) -> Self {
        let part = (PLENTY / outcomes.max(1.0)).max(LEAST_PART);
        Self { average: (share * part).min(cap), cap }
    }

    /// The comparison for a request at `threshold`; `draw` is uniform in 0–1, 1 excluded, and compares nothing when it is
    /// no number.
    pub(super) fn pick(
        &self,
        estimates: &Estimates,
        threshold: f64,
        draw: f64,
    ) -> Option<Comparison> {
        let tiers = estimates.frontier();
        let mut end = 0.0;
        (0..tiers).find_map(|tier| {
            let share = self.share(estimates.loss(tier), threshold, tiers);
            end += share;
            (draw < end).then_some(Comparison { tier, weight: 1.0 / share })
        })
    }

    /// The probability with which a tier with this estimate is compared.
    fn share(&self, estimate: f64, threshold: f64, tiers: usize) -> f64 {
        let distance = (log_odds(estimate) - log_odds(threshold)).abs();
        // Odds, so that a share of all stays one of all.
        let odds = self.average * (FAR + NEAR * (-distance).exp());
        let wanted = odds / (1.0 - self.average + odds);
        (wanted.min(self.cap) / tiers as f64).max(LEAST_SHARE)
    }
}

fn log_odds(share: f64) -> f64 {
    let share = share.clamp(1e-3, 1.0 - 1e-3);
    (share / (1.0 - share)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(shares: Shares, losses: &[f32], tier: usize) -> (f64, f64) {
        const DRAWS: u32 = 100_000;
        let picks = (0..DRAWS).filter_map(|draw| {
            shares.pick(&Estimates::new(losses), 0.3, f64::from(draw) / f64::from(DRAWS))
        });
        let picks: Vec<Comparison> = picks.filter(|pick| pick.tier == tier).collect();
        (picks.len() as f64 / f64::from(DRAWS), picks[0].weight)
    }

    #[test]
    fn weights_are_one_by_the_probability() {
        for outcomes in [0.0, 300.0, 5000.0] {
            let shares = Shares::new(0.06, 0.2, outcomes);
            for (losses, tier) in [(&[0.3][..], 0), (&[0.9], 0), (&[0.3, 0.1], 0), (&[0.3, 0.1], 1)]
            {
                let (share, weight) = share(shares, losses, tier);
                assert!((share * weight - 1.0).abs() < 1e-3, "{outcomes} {losses:?}");
                assert!((1.0..=50.0).contains(&weight) && share <= 0.2);
            }
        }
    }

    #[test]
    fn all_are_compared_where_all_are_asked_for() {
        for loss in [0.01, 0.3, 0.99] {
            let shares = Shares::new(1.0, 1.0, 100.0);
            let pick = shares.pick(&Estimates::new(&[loss]), 0.3, 0.999);
            assert_eq!(pick, Some(Comparison { tier: 0, weight: 1.0 }));
        }
    }

    #[test]
    fn more_is_compared_near_the_threshold_and_while_little_is_known() {
        let thin = Shares::new(0.06, 0.2, 300.0);
        let plenty = Shares::new(0.06, 0.2, 3000.0);
        assert!(share(plenty, &[0.3], 0).0 > 1.5 * share(plenty, &[0.95], 0).0);
        assert!(share(thin, &[0.3], 0).0 > 2.0 * share(plenty, &[0.3], 0).0);
        assert_eq!(plenty.pick(&Estimates::new(&[0.3]), 0.3, f64::NAN), None);
    }
}
