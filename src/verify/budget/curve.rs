//! From faded counts and calibration data to the share of wrong hits above every threshold, with an upper bound. Pure.
//!
//! High scores are rarely wrong and, once served, rarely labelled, so their own counts are thin. Strength is borrowed in
//! three steps, each a gamma–Poisson shrinkage:
//! 1. calibration data gives the shape: P(wrong) by score;
//! 2. the traffic's labels around and above the threshold give the level (indirect standardisation: wrong ÷ expected);
//! 3. labels above the threshold correct what the two expect there, and outweigh it as they grow in number.
//!
//! Every step rises with every label's wrongness, so more wrong labels never lower a threshold.

use super::bins::{BINS, PER_DECADE};
use super::interval::gamma_quantile;
use super::prior::Prior;
use super::window::Cell;

/// How often the judge that labels is known to be mistaken.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct JudgeErrors {
    /// Share of right answers that it calls wrong. Labels are corrected by it, so a number too large hides wrong hits.
    pub false_wrong: f64,
    /// Share of wrong answers that it calls right. A number too large only costs hits.
    pub false_right: f64,
}

/// How far calibration data and confidence reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Caution {
    /// How many times as wrong as its calibration data the traffic is taken to be until labels say otherwise.
    pub prior_margin: f64,
    /// Standard normal quantile of the one-sided confidence.
    pub z: f64,
    /// See there.
    pub judge: JudgeErrors,
}

/// Wrong shares by threshold; index `t` stands for all scores in bin `t` and above.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Expected share of wrong hits.
    pub expected: [f64; BINS],
    /// Its upper bound.
    pub upper: [f64; BINS],
    /// P(wrong) in the bin alone, to share out shadow checks.
    pub wrong: [f64; BINS],
}

/// Wrong labels that the prior margin is worth.
const LEVEL_WRONG: f64 = 2.0;
/// Wrong labels that the level of the whole window is worth in the recent one.
const RECENT_LEVEL_WRONG: f64 = 30.0;
/// Labels that shape and level are worth above a threshold.
const SHAPE_LABELS: f64 = 1000.0;
/// Labels that the whole window is worth in the recent one.
const RECENT_LABELS: f64 = 300.0;
/// The level is taken from the threshold's bin down to where ten times as much is wrong by a calibrated score.
const LEVEL_SPAN: usize = PER_DECADE;

impl Curve {
    /// The curve by the counts of a long `window` and of a `recent` one; the worse of both counts.
    pub fn new(
        window: &[Cell; BINS],
        recent: &[Cell; BINS],
        prior: &Prior,
        caution: &Caution,
    ) -> Self {
        let (all, late) =
            (Tail::all(window, prior, caution.judge), Tail::all(recent, prior, caution.judge));
        let one = [1.0; BINS];
        let mut curve = Self { expected: one, upper: one, wrong: one };
        let (mut candidates, mut calibrated) = (0.0, 0.0);
        for bin in (0..BINS).rev() {
            candidates += window[bin].candidates;
            calibrated += window[bin].candidates * prior.wrong()[bin];
            // Where nobody has been, the bin speaks for itself.
            let shape = if calibrated > 0.0 { calibrated / candidates } else { prior.wrong()[bin] };
            let low = bin.saturating_sub(LEVEL_SPAN);
            let level = (LEVEL_WRONG + all[low].wrong())
                / (LEVEL_WRONG / caution.prior_margin + all[low].expected());
            let recent_level = (RECENT_LEVEL_WRONG + late[low].wrong())
                / (RECENT_LEVEL_WRONG / level + late[low].expected());
            let wrong = SHAPE_LABELS * shape * level.max(recent_level) + all[bin].wrong();
            let labels = SHAPE_LABELS + all[bin].labels();
            let worse_of_both = |share: f64| {
                let recent = (RECENT_LABELS * share + late[bin].wrong())
                    / (RECENT_LABELS + late[bin].labels());
                share.max(recent).min(1.0)
            };
            curve.expected[bin] = worse_of_both(wrong / labels);
            curve.upper[bin] = worse_of_both(gamma_quantile(wrong, caution.z) / labels);
            curve.wrong[bin] = (prior.wrong()[bin] * curve.expected[bin] / shape).min(1.0);
        }
        curve
    }
}

/// Sums over all bins from one on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tail {
    weight: f64,
    wrong: f64,
    calibrated: f64,
    calibrated_squares: f64,
}

impl Tail {
    /// The tails from every bin, with the judge's known errors taken out of the counts (Rogan and Gladen 1978).
    pub fn all(cells: &[Cell; BINS], prior: &Prior, judge: JudgeErrors) -> [Self; BINS] {
        let mut tails = [Self::default(); BINS];
        let mut tail = Self::default();
        for bin in (0..BINS).rev() {
            let (cell, wrong) = (&cells[bin], prior.wrong()[bin]);
            tail.weight += cell.weight;
            tail.wrong += (cell.wrong - judge.false_wrong * cell.weight)
                / (1.0 - judge.false_wrong - judge.false_right);
            tail.calibrated += wrong * cell.weight;
            tail.calibrated_squares += wrong * cell.squares;
            tails[bin] = tail;
        }
        tails
    }

    /// Wrong labels, as many of weight 1 as tell as much.
    pub fn wrong(&self) -> f64 {
        self.wrong.max(0.0) / self.typical_weight()
    }

    /// Labels, likewise.
    pub fn labels(&self) -> f64 {
        self.weight / self.typical_weight()
    }

    /// Wrong labels that calibration data would expect, likewise.
    fn expected(&self) -> f64 {
        self.calibrated / self.typical_weight()
    }

    /// The mean weight, fading included, of the labels that calibration data expects to be wrong: not of those that were,
    /// because then a wrong label of large weight could make all others tell less.
    fn typical_weight(&self) -> f64 {
        if self.calibrated > 0.0 {
            (self.calibrated_squares / self.calibrated).max(1e-3)
        } else {
            1.0
        }
    }
}
