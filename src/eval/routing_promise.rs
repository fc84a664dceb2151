//! How often the router's promise would be kept: labels are given to it, and what it then decides is held against fresh
//! requests of which the scores are known. Pure.

use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde::Serialize;

use super::interval::Share;
use crate::route::promise::{Aim, Estimates, Evidence, Promise, Settings, Source};

/// A request that both tiers have answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Estimated P(the cheap tier's answer is not good enough), by a model that has not learnt from this row.
    pub estimate: f32,
    /// Score of the cheap tier's answer, 0–1.
    pub lower_score: f64,
    /// Score of the frontier's answer, 0–1.
    pub frontier_score: f64,
}

/// What came of one trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// The mean score of the fresh requests was at least what was promised.
    pub kept: bool,
    /// Share of the fresh requests that went to the frontier.
    pub frontier_share: f64,
    /// That of the best threshold in hindsight, which keeps the promise on these very requests.
    pub best_share: f64,
}

/// What came of many. Its JSON form is stable.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Kept {
    /// Trials that kept the promise.
    pub kept: Share,
    /// Mean share of requests that went to the frontier.
    pub frontier_share: f64,
    /// Mean share by the best thresholds in hindsight.
    pub best_share: f64,
    /// The one by the other; none where the best asks the frontier never.
    pub ratio: Option<f64>,
}

impl Kept {
    /// The sum of trials.
    pub fn of(trials: &[Trial]) -> Self {
        let mean = |value: &dyn Fn(&Trial) -> f64| {
            trials.iter().map(value).sum::<f64>() / trials.len().max(1) as f64
        };
        let kept = trials.iter().filter(|trial| trial.kept).count();
        let frontier_share = mean(&|trial| trial.frontier_share);
        let best_share = mean(&|trial| trial.best_share);
        Self {
            kept: Share::new(kept as u64, trials.len() as u64),
            frontier_share,
            best_share,
            ratio: (best_share > 0.0).then(|| frontier_share / best_share),
        }
    }
}

/// `count` trials with `labels` random rows each and all others as fresh requests; the estimates stay as they are. The same
/// seed makes the same trials. None where there are too few rows.
pub fn trials(rows: &[Row], labels: usize, count: usize, quality: f64, seed: u64) -> Vec<Trial> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut rows = rows.to_vec();
    let labels = labels.min(rows.len());
    let count = if labels == rows.len() { 0 } else { count };
    let one = |_| {
        rows.shuffle(&mut random);
        let (labelled, fresh) = rows.split_at(labels);
        trial(labelled, fresh, quality)
    };
    (0..count).map(one).collect()
}

/// One trial. The promise knows the estimates of the fresh requests, as it would of unlabelled traffic, and not their
/// scores. The rows may have estimates of different models, such as that of a fold and that of all labels.
pub fn trial(labelled: &[Row], fresh: &[Row], quality: f64) -> Trial {
    // Rows of a collection have no order, so that none fades.
    let settings =
        Settings { aim: Aim::Quality(quality), half_life_outcomes: 1e9, ..Settings::default() };
    let mut promise = Promise::new(settings);
    let estimates = |row: &Row| Estimates::new(&[row.estimate]);
    fresh.iter().for_each(|row| promise.observe(&estimates(row), 0.0));
    for row in labelled {
        let &Row { lower_score, frontier_score, .. } = row;
        promise.learn(&Evidence {
            estimates: estimates(row),
            tier: 0,
            lower_score,
            frontier_score,
            weight: 1.0,
            at: 0.0,
            source: Source::Shadow,
        });
    }
    let threshold = promise.threshold();
    let (mut routed, mut frontier, mut asked) = (0.0, 0.0, 0.0);
    for row in fresh {
        frontier += row.frontier_score;
        if estimates(row).choose(threshold) == 0 {
            routed += row.lower_score;
        } else {
            routed += row.frontier_score;
            asked += 1.0;
        }
    }
    Trial {
        kept: routed >= quality * frontier,
        frontier_share: asked / fresh.len().max(1) as f64,
        best_share: best_share(fresh, quality),
    }
}

/// The least frontier share of any threshold that keeps `quality` on these rows.
pub fn best_share(rows: &[Row], quality: f64) -> f64 {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| a.estimate.total_cmp(&b.estimate));
    let frontier: f64 = rows.iter().map(|row| row.frontier_score).sum();
    let (mut served, mut lost, mut best) = (0, 0.0, 0);
    for tied in rows.chunk_by(|a, b| a.estimate == b.estimate) {
        served += tied.len();
        lost += tied.iter().map(|row| row.frontier_score - row.lower_score).sum::<f64>();
        if lost <= (1.0 - quality) * frontier + 1e-9 {
            best = served;
        }
    }
    1.0 - best as f64 / rows.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(estimate: f32, lower_score: f64) -> Row {
        Row { estimate, lower_score, frontier_score: 1.0 }
    }

    #[test]
    fn the_best_share_is_that_of_a_hand_count() {
        let rows = [row(0.1, 1.0), row(0.2, 0.5), row(0.3, 1.0), row(0.3, 0.0), row(0.9, 1.0)];
        for (quality, share) in [(1.0, 0.8), (0.9, 0.6), (0.7, 0.0), (0.6, 0.0)] {
            let found = best_share(&rows, quality);
            assert!((found - share).abs() < 1e-9, "{quality}: {found}");
        }
        // Half of the losses are at 0.3, where there is a tie.
        assert!((best_share(&rows[..4], 0.7) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_promise_on_calibrated_estimates_is_kept() {
        let draw = |index: usize| (index as f64 * 0.618_033_988_9).fract();
        let rows: Vec<Row> = (0..2000)
            .map(|index| {
                let estimate = draw(index) * 0.6;
                row(estimate as f32, f64::from(u8::from(draw(index * 7 + 3) >= estimate)))
            })
            .collect();
        let all = trials(&rows, 300, 20, 0.95, 1);
        let kept = Kept::of(&all);
        assert!(kept.kept.count >= 17 && kept.ratio.is_some_and(|ratio| ratio < 1.35), "{kept:?}");
        assert_eq!(trials(&rows, 300, 20, 0.95, 1), all);
        assert!(trials(&rows, 2000, 20, 0.95, 1).is_empty(), "nothing fresh is left");
    }
}
