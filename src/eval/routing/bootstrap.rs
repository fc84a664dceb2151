//! Figures on resamples: rows are drawn with replacement, whole groups at a time.
//!
//! A resample is a weight for each row, so that every ranking is sorted once. All rankings see the same resamples, which
//! makes their differences meaningful.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use rayon::prelude::*;

use super::{
    Ranking, Sample,
    calibration::Calibration,
    figures::{Estimate, Figures},
};
use crate::eval::offline::Watch;

/// A ranking with its probabilities, where it has some.
pub(super) struct Entrant {
    pub ranking: Ranking,
    pub calibration: Option<Calibration>,
}

impl Entrant {
    /// Ranks rows by these scores, one a row.
    pub fn new(score: &[f64], probability: Option<&[f64]>, sample: &Sample) -> Self {
        Self {
            ranking: Ranking::of(score),
            calibration: probability.map(|probability| Calibration::of(probability, sample)),
        }
    }

    /// The figures at these weights.
    pub fn figures(&self, sample: &Sample, weights: &[f64]) -> Figures<Option<f64>> {
        Figures::of(&self.ranking.path(sample, weights), self.calibration.as_ref(), weights)
    }
}

/// What came of all resamples.
pub(super) struct Resampled {
    /// For each resample the mean of what the frontier adds.
    gaps: Vec<f64>,
    /// For each entrant its figures on each resample.
    figures: Vec<Vec<Figures<Option<f64>>>>,
}

/// Draws resamples and measures every entrant on each. The same seed draws the same.
pub(super) fn resample(
    sample: &Sample,
    entrants: &[Entrant],
    count: u32,
    seed: u64,
    watch: &dyn Watch,
) -> Resampled {
    watch.begin("resampling", u64::from(count));
    let draws: Vec<(f64, Vec<_>)> = (0..count)
        .into_par_iter()
        .map(|index| {
            let weights = weights(sample, seed, index);
            let gain: f64 =
                sample.gain.iter().zip(&weights).map(|(gain, weight)| gain * weight).sum();
            let figures =
                entrants.iter().map(|entrant| entrant.figures(sample, &weights)).collect();
            watch.advance(1);
            (gain / weights.iter().sum::<f64>(), figures)
        })
        .collect();
    let figures = (0..entrants.len())
        .map(|entrant| draws.iter().map(|(_, figures): &(f64, Vec<_>)| figures[entrant]).collect())
        .collect();
    Resampled { gaps: draws.iter().map(|(gap, _)| *gap).collect(), figures }
}

impl Resampled {
    /// The figures of one entrant on each resample.
    pub fn figures(&self, entrant: usize) -> &[Figures<Option<f64>>] {
        &self.figures[entrant]
    }

    /// The interval of the mean of what the frontier adds.
    pub fn gap(&self, value: f64) -> Estimate {
        Estimate::of(value, self.gaps.clone())
    }

    /// By how much the APGR of one entrant is above that of another.
    pub fn lead(&self, value: Option<f64>, of: usize, over: usize) -> Option<Estimate> {
        let differences = self.figures(of).iter().zip(self.figures(over));
        let differences =
            differences.filter_map(|(of, over)| Some(of.apgr? - over.apgr?)).collect();
        value.map(|value| Estimate::of(value, differences))
    }
}

/// How often each row is drawn in one resample.
fn weights(sample: &Sample, seed: u64, index: u32) -> Vec<f64> {
    /// 2^64 divided by the golden ratio: seeds of one run are far from those of another.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let stream = seed.wrapping_add((u64::from(index) + 1).wrapping_mul(SPREAD));
    let mut random = StdRng::seed_from_u64(stream);
    let mut drawn = vec![0.0; sample.groups];
    for _ in 0..sample.groups {
        drawn[random.random_range(0..sample.groups)] += 1.0;
    }
    sample.group.iter().map(|group| drawn[*group as usize]).collect()
}
