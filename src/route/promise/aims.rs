//! From each aim to the threshold that serves it.

use super::controller::Promise;
use super::curve::Point;

/// The threshold is raised only where the bound leaves this part of the allowed loss free, so that it doesn't flap.
pub(super) const DEADBAND: f64 = 0.03;
/// Effective outcomes that can contradict the prior threshold.
const CONTRADICTING_OUTCOMES: f64 = 10.0;
/// Normal deviate (one-sided 95 %) with which they must.
const CONTRADICTION_DEVIATE: f64 = 1.645;
/// Thresholds between which money is weighed.
const SPEND_THRESHOLDS: usize = 100;

impl Promise {
    /// The highest threshold that evidence allows: lowered at once, raised only with something to spare. Without enough
    /// evidence the prior threshold, of which evidence says what `prior` is, unless it says that it is too high.
    pub(super) fn for_quality(&self, quality: f64, prior: Point) -> f64 {
        let (curve, caution) = (&self.known.curve, self.caution());
        let kept = curve.highest(quality, caution);
        if self.known.own_evidence {
            let free = quality + DEADBAND * (1.0 - quality);
            let allowed = self.known.threshold.min(kept).max(curve.highest(free, caution));
            // Of what lies between two kinds of requests nothing is known.
            return self.known.traffic.highest(allowed);
        }
        let contradicted = self.known.traffic.is_known()
            && self.known.evidence >= CONTRADICTING_OUTCOMES
            && prior.quality + CONTRADICTION_DEVIATE * prior.error < quality;
        if contradicted { prior.threshold.min(kept) } else { prior.threshold }
    }

    pub(super) fn for_frontier_share(&self, share: f64) -> f64 {
        let traffic = &self.known.traffic;
        if !traffic.is_known() {
            return self.settings.prior_threshold;
        }
        traffic.threshold(share)
    }

    /// The lowest threshold at which the requests that are still to come today cost no more than what is left.
    pub(super) fn for_spend(&self, nano_usd_per_day: u64) -> f64 {
        let pace = &self.known.pace;
        let left = nano_usd_per_day.saturating_sub(pace.spent_today());
        if left == 0 {
            return 1.0;
        }
        let (Some(requests), true) = (pace.requests_left(), self.known.traffic.is_known()) else {
            return self.settings.prior_threshold;
        };
        let Some(costs) = pace.costs() else { return self.settings.prior_threshold };
        let dear = |&threshold: &f64| self.cost(threshold, &costs) * requests > left as f64;
        if !dear(&0.0) {
            return 0.0;
        }
        // Costs fall along the thresholds, as tiers are ordered by cost.
        let thresholds = self.known.traffic.thresholds(SPEND_THRESHOLDS);
        thresholds.get(thresholds.partition_point(dear)).copied().unwrap_or(1.0)
    }

    /// The mean cost of a request at `threshold`, nano-USD.
    fn cost(&self, threshold: f64, costs: &[f64]) -> f64 {
        let cost = |tier: usize| costs.get(tier).copied().unwrap_or_default();
        let traffic = self.known.traffic.weighed();
        traffic.map(|(estimates, weight)| weight * cost(estimates.choose(threshold))).sum()
    }

    pub(super) fn projected(&self) -> Option<u64> {
        let pace = &self.known.pace;
        let coming = self.cost(self.known.threshold, &pace.costs()?) * pace.requests_left()?;
        Some(pace.spent_today().saturating_add(coming as u64))
    }
}
