//! The estimates of the latest requests, labelled or not: what a threshold would do to them. Knows nothing of losses.

use std::{collections::VecDeque, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::estimates::Estimates;

/// The latest requests; what was seen a half-life ago counts half.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Traffic {
    latest: VecDeque<Estimates>,
}

/// A request, and its weight; the weights sum to 1.
pub(super) type Weighed<'a> = (&'a Estimates, f64);

/// Requests that are remembered.
const REMEMBERED: usize = 2048;
/// Requests after which one counts half.
const HALF_LIFE: f64 = 1024.0;
/// The weight of a request by its age in requests.
static WEIGHTS: LazyLock<[f64; REMEMBERED]> =
    LazyLock::new(|| std::array::from_fn(|age| (-(age as f64) / HALF_LIFE).exp2()));
/// Requests below which shares mean nothing.
pub(super) const LEAST_REQUESTS: usize = 50;

impl Traffic {
    /// Counts a request.
    pub(super) fn see(&mut self, estimates: Estimates) {
        if self.latest.len() == REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(estimates);
    }

    /// Whether enough is known to speak of shares.
    pub(super) fn is_known(&self) -> bool {
        self.latest.len() >= LEAST_REQUESTS
    }

    /// The requests, oldest first.
    pub(super) fn weighed(&self) -> impl Iterator<Item = Weighed<'_>> + Clone {
        let total: f64 = WEIGHTS[..self.latest.len()].iter().sum();
        let weights = WEIGHTS[..self.latest.len()].iter().rev();
        self.latest.iter().zip(weights.map(move |weight| weight / total))
    }

    /// The least threshold at which at most `share` of the traffic goes to the frontier; 0 when all of it may.
    pub(super) fn threshold(&self, share: f64) -> f64 {
        let (mut threshold, mut above) = (0.0, 1.0);
        for (estimate, weight) in self.least() {
            // A sum of weights may miss its mark by rounding.
            if above <= share + 1e-9 {
                break;
            }
            above -= weight;
            threshold = estimate;
        }
        threshold
    }

    /// The highest threshold up to `allowed` at which a request is served that was not served below it; 0 when there is none.
    pub(super) fn highest(&self, allowed: f64) -> f64 {
        let served = self.latest.iter().map(Estimates::least).filter(|least| *least <= allowed);
        served.fold(0.0, f64::max)
    }

    /// Thresholds that keep `parts` evenly growing shares of the traffic from the frontier, the last all of it.
    pub(super) fn thresholds(&self, parts: usize) -> Vec<f64> {
        let (mut thresholds, mut below) = (Vec::with_capacity(parts), 0.0);
        for (estimate, weight) in self.least() {
            below += weight;
            // A sum of weights may miss its mark by rounding.
            while (thresholds.len() + 1) as f64 <= (below + 1e-9) * parts as f64 {
                thresholds.push(estimate);
            }
        }
        thresholds
    }

    /// The share that goes to the frontier at `threshold`, with the effective number of requests that say so.
    pub(super) fn frontier_share(&self, threshold: f64) -> (f64, f64) {
        let (mut share, mut squares) = (0.0, 0.0);
        for (estimates, weight) in self.weighed() {
            squares += weight * weight;
            if estimates.choose(threshold) == estimates.frontier() {
                share += weight;
            }
        }
        (share.min(1.0), if squares > 0.0 { 1.0 / squares } else { 0.0 })
    }

    /// The thresholds above which the requests leave the frontier alone, in rising order, with their weights.
    fn least(&self) -> Vec<(f64, f64)> {
        let mut least: Vec<(f64, f64)> =
            self.weighed().map(|(estimates, weight)| (estimates.least(), weight)).collect();
        least.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        least
    }

    /// Whether it could have come about by counting.
    pub(super) fn is_sound(&self) -> bool {
        self.latest.len() <= REMEMBERED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_split_the_traffic_evenly() {
        let mut traffic = Traffic::default();
        for index in 0..2000 {
            traffic.see(Estimates::new(&[(index * 7 % 100) as f32 / 100.0]));
        }
        let thresholds = traffic.thresholds(4);
        for (found, wanted) in thresholds.iter().zip([0.25, 0.5, 0.75, 1.0]) {
            assert!((found - wanted).abs() < 0.02, "{thresholds:?}");
            assert!((traffic.frontier_share(*found).0 - (1.0 - wanted)).abs() < 0.02);
        }
        assert!((traffic.frontier_share(0.0).0 - 1.0).abs() < 1e-9);
        assert!(Traffic::default().thresholds(4).is_empty());
    }

    #[test]
    fn late_requests_count_more() {
        let mut traffic = Traffic::default();
        for index in 0..3000 {
            traffic.see(Estimates::new(&[if index < 1976 { 0.1 } else { 0.9 }]));
        }
        // The last 1024 count 1 - 1/2 of what 2048 do: 2/3.
        let (share, of) = traffic.frontier_share(0.5);
        assert!((share - 2.0 / 3.0).abs() < 1e-3, "{share}");
        assert!(of > 1500.0 && of < 2048.0, "{of}");
    }
}
