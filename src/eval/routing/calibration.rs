//! Is a probability what it says? Expected calibration error, and what was said beside what happened.

use serde::Serialize;

use super::Sample;

/// Bins of equal width over the probabilities.
pub const BINS: usize = 15;

/// Probabilities in bins.
#[derive(Debug, Clone)]
pub struct Calibration {
    /// The bin of each row.
    bins: Vec<u8>,
    /// How much more happened than was said: label less probability.
    residuals: Vec<f64>,
}

/// What was said and what happened in one bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// The lowest probability in it.
    pub from: f64,
    /// Where the next one begins.
    pub to: f64,
    /// Rows in it.
    pub count: usize,
    /// Mean probability; `None` without rows.
    pub predicted: Option<f64>,
    /// Mean label; `None` without rows.
    pub observed: Option<f64>,
}

impl Calibration {
    /// Puts probabilities, one a row, beside the labels.
    pub fn of(probabilities: &[f64], sample: &Sample) -> Self {
        let residuals =
            sample.label.iter().zip(probabilities).map(|(label, said)| label - said).collect();
        Self { bins: probabilities.iter().map(|said| bin(*said)).collect(), residuals }
    }

    /// Expected calibration error: the mean over rows of how far their bin's mean probability is from its mean label.
    pub fn error(&self, weights: &[f64]) -> f64 {
        let mut errors = [0.0; BINS];
        for ((bin, residual), weight) in self.bins.iter().zip(&self.residuals).zip(weights) {
            errors[usize::from(*bin)] += weight * residual;
        }
        errors.iter().map(|error: &f64| error.abs()).sum::<f64>() / weights.iter().sum::<f64>()
    }
}

/// What was said and what happened, bin by bin.
pub fn reliability(probabilities: &[f64], sample: &Sample) -> Vec<Bin> {
    let mut sums = [(0, 0.0, 0.0); BINS];
    for (said, label) in probabilities.iter().zip(&sample.label) {
        let (count, predicted, observed) = &mut sums[usize::from(bin(*said))];
        *count += 1;
        *predicted += said;
        *observed += label;
    }
    let edge = |index: usize| index as f64 / BINS as f64;
    let bins = sums.iter().enumerate().map(|(index, &(count, predicted, observed))| {
        let mean = |sum: f64| (count > 0).then(|| sum / count as f64);
        Bin {
            from: edge(index),
            to: edge(index + 1),
            count,
            predicted: mean(predicted),
            observed: mean(observed),
        }
    });
    bins.collect()
}

/// What is not a number is in the first bin.
fn bin(probability: f64) -> u8 {
    (probability * BINS as f64).clamp(0.0, (BINS - 1) as f64) as u8
}
