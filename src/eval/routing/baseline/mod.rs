//! What a router must beat: simple orders of the same prompts.
//!
//! Those that learn are scored out of fold: they see the outcomes of the other four fifths of the groups only.

mod category;
mod fold;
mod lbfgs;
mod length;
mod logistic;
mod neighbours;

use std::sync::Arc;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde::Serialize;

pub(super) use self::fold::{FOLDS, Folds};
use super::{Outcome, Sample};
use crate::eval::offline::Watch;

/// One simple way to order prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// A seeded draw; its APGR is 0.5 but for chance.
    Random,
    /// The longest prompt first.
    Length,
    /// The category whose prompts gain most first.
    CategoryMean,
    /// By the mean label of the most similar prompts.
    Knn,
    /// A logistic regression on the embedding.
    Logistic,
    /// By the outcomes themselves: the best order there is.
    Oracle,
}

impl Baseline {
    /// As written in tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::Random => "chance",
            Self::Length => "length",
            Self::CategoryMean => "category mean",
            Self::Knn => "nearest neighbours",
            Self::Logistic => "logistic regression",
            Self::Oracle => "oracle",
        }
    }

    /// What it goes by, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Random => "a seeded draw",
            Self::Length => "longer prompts first",
            Self::CategoryMean => "by the mean of its category",
            Self::Knn => "by the 50 most similar",
            Self::Logistic => "on the embedding",
            Self::Oracle => "knows the scores",
        }
    }

    /// It needs to know outcomes of prompts like these.
    pub fn learns(self) -> bool {
        matches!(self, Self::CategoryMean | Self::Knn | Self::Logistic)
    }
}

/// What a baseline says of each row.
pub(super) struct Prediction {
    pub baseline: Baseline,
    /// Higher goes to the frontier first.
    pub score: Vec<f64>,
    /// Estimates of the label, from a baseline that makes any.
    pub probability: Option<Vec<f64>>,
}

/// All baselines that the rows allow: without categories, or without vectors, there are fewer. `vectors` are unit vectors of
/// one length, one a row where there is one.
pub(super) fn all(
    rows: &[Outcome],
    vectors: &[Option<Arc<[f32]>>],
    sample: &Sample,
    seed: u64,
    watch: &dyn Watch,
) -> Vec<Prediction> {
    let folds = Folds::of(rows);
    let label = sample.label.as_slice();
    let learnt = |baseline, probability: Option<Vec<f64>>| {
        let score = folds.lifts(probability.as_deref()?, label);
        Some(Prediction { baseline, score, probability })
    };
    let given = |baseline, score| Some(Prediction { baseline, score, probability: None });
    [
        given(Baseline::Random, random(rows.len(), seed)),
        given(Baseline::Length, length::characters(rows)),
        learnt(Baseline::CategoryMean, category::means(rows, label, &folds)),
        learnt(Baseline::Knn, neighbours::means(vectors, label, &folds, watch)),
        learnt(Baseline::Logistic, logistic::probabilities(vectors, label, &folds, watch)),
        given(Baseline::Oracle, sample.gain.clone()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn random(rows: usize, seed: u64) -> Vec<f64> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..rows).map(|_| random.random()).collect()
}

#[cfg(test)]
mod tests;
