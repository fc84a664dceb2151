//! A logistic regression on the embedding, fitted to labels that may be fractions.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    fold::{FOLDS, Folds},
    lbfgs::{self, Point},
};
use crate::{eval::offline::Watch, index::dot};

/// Inverse strength of the penalty, `|w|² / 2C` beside the sum of the rows' losses. On unit vectors it is a prior: before
/// any outcome is seen, the log-odds of a text are expected to be within about √C of the average.
const C: f64 = 0.5;

/// Rows whose losses are summed in single precision before they are added up in double: also makes the sums independent of
/// how many threads there are.
const BLOCK: usize = 256;

/// What is fitted: a weight for each dimension.
struct Logistic {
    weights: Vec<f32>,
    bias: f32,
}

/// A row to fit to.
struct Example<'a> {
    vector: &'a [f32],
    label: f64,
}

/// For each row its probability by the regression fitted outside its fold; the mean label of all for a row without a vector.
/// `None` when no row has one.
pub(super) fn probabilities(
    vectors: &[Option<Arc<[f32]>>],
    label: &[f64],
    folds: &Folds,
    watch: &dyn Watch,
) -> Option<Vec<f64>> {
    vectors.iter().flatten().next()?;
    watch.begin("logistic regression", u64::from(FOLDS));
    let base_rates = folds.base_rates(label);
    let mut probabilities: Vec<f64> =
        (0..label.len()).map(|row| base_rates[usize::from(folds.fold(row))]).collect();
    for fold in 0..FOLDS {
        let examples: Vec<Example<'_>> = vectors
            .iter()
            .enumerate()
            .filter(|(row, _)| folds.fold(*row) != fold)
            .filter_map(|(row, vector)| {
                Some(Example { vector: vector.as_deref()?, label: label[row] })
            })
            .collect();
        if let Some(model) = Logistic::fit(&examples) {
            for (row, vector) in vectors.iter().enumerate() {
                if let Some(vector) = vector.as_deref().filter(|_| folds.fold(row) == fold) {
                    probabilities[row] = model.probability(vector);
                }
            }
        }
        watch.advance(1);
    }
    Some(probabilities)
}

impl Logistic {
    /// `None` without examples.
    fn fit(examples: &[Example<'_>]) -> Option<Self> {
        let dimensions = examples.first()?.vector.len();
        let mean =
            examples.iter().map(|example| example.label).sum::<f64>() / examples.len() as f64;
        let mut start = vec![0.0; dimensions + 1];
        let mean = mean.clamp(1e-3, 1.0 - 1e-3);
        start[dimensions] = (mean / (1.0 - mean)).ln();
        let fitted = lbfgs::minimise(start, &|parameters| objective(parameters, examples));
        Some(Self::from(fitted.as_slice()))
    }

    fn log_odds(&self, vector: &[f32]) -> f32 {
        self.bias + dot(&self.weights, vector)
    }

    fn probability(&self, vector: &[f32]) -> f64 {
        sigmoid(f64::from(self.log_odds(vector)))
    }
}

impl From<&[f64]> for Logistic {
    /// Weights, then the bias.
    fn from(parameters: &[f64]) -> Self {
        let (bias, weights) = parameters.split_last().unwrap_or((&0.0, &[]));
        Self { weights: weights.iter().map(|weight| *weight as f32).collect(), bias: *bias as f32 }
    }
}

/// The mean loss with its share of the penalty, and its gradient. The bias is not penalised.
fn objective(parameters: &[f64], examples: &[Example<'_>]) -> Point {
    let model = Logistic::from(parameters);
    let blocks: Vec<(f64, Vec<f32>)> =
        examples.par_chunks(BLOCK).map(|block| block_loss(&model, block)).collect();
    let mut value = 0.0;
    let mut gradient = vec![0.0; parameters.len()];
    for (loss, slope) in blocks {
        value += loss;
        gradient.iter_mut().zip(slope).for_each(|(sum, part)| *sum += f64::from(part));
    }
    let weights = parameters.len() - 1;
    for (slope, weight) in gradient.iter_mut().zip(&parameters[..weights]) {
        *slope += weight / C;
        value += weight * weight / (2.0 * C);
    }
    let rows = examples.len() as f64;
    gradient.iter_mut().for_each(|slope| *slope /= rows);
    Point { value: value / rows, gradient }
}

/// Sum of the losses of some rows, and its gradient.
fn block_loss(model: &Logistic, block: &[Example<'_>]) -> (f64, Vec<f32>) {
    let dimensions = model.weights.len();
    let mut value = 0.0;
    let mut gradient = vec![0.0; dimensions + 1];
    for Example { vector, label } in block {
        let log_odds = f64::from(model.log_odds(vector));
        // ln(1 + e^z) - y z, without overflow.
        value += log_odds.max(0.0) + (-log_odds.abs()).exp().ln_1p() - label * log_odds;
        let slope = (sigmoid(log_odds) - label) as f32;
        gradient.iter_mut().zip(*vector).for_each(|(sum, x)| *sum += slope * x);
        gradient[dimensions] += slope;
    }
    (value, gradient)
}

fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
