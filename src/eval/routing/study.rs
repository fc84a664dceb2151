//! The whole question: how good is the router's order, beside what simple ones do?

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::{
    Baseline, Bin, CurvePoint, Estimate, Figures, Outcome, Sample,
    baseline::{self, Prediction},
    bootstrap::{Entrant, resample},
    calibration::reliability,
};
use crate::eval::offline::Watch;

/// What the router under test says of each row.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// P(the cheap model's answer is not good enough), one a row; the highest goes to the frontier first.
    pub probability: Vec<f64>,
}

/// How it is measured.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Decides the resamples and the random order.
    pub seed: u64,
    /// How many resamples the intervals are from.
    pub resamples: u32,
}

/// What came of it. Its JSON form is stable.
#[derive(Debug, Clone, Serialize)]
pub struct Study {
    /// Prompts.
    pub rows: usize,
    /// Those that are independent of each other: rows with an equal key are one.
    pub groups: usize,
    /// Prompts without an embedding.
    pub without_vector: usize,
    /// Mean score of the cheap model.
    pub weak_mean: f64,
    /// Mean score of the frontier model.
    pub strong_mean: f64,
    /// Mean of what the frontier adds.
    pub gap: Estimate,
    /// The seed.
    pub seed: u64,
    /// How many resamples the intervals are from.
    pub resamples: u32,
    /// The router's.
    #[serde(flatten)]
    pub figures: Figures,
    /// Those of simple orders.
    pub baselines: IndexMap<Baseline, Against>,
    /// The router's, at each per cent of prompts that go to the frontier.
    pub curve: Vec<CurvePoint>,
    /// What the router said, and what happened.
    pub reliability: Vec<Bin>,
}

/// A baseline beside the router.
#[derive(Debug, Clone, Serialize)]
pub struct Against {
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// The router's APGR less that of the baseline, on the same resamples; `None` without a gap.
    pub router_lead: Option<Estimate>,
    /// Its curve.
    #[serde(skip)]
    pub curve: Vec<CurvePoint>,
}

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// There are no rows.
    #[error("there are no outcomes to measure")]
    Empty,
    /// The columns do not belong together.
    #[error("{rows} outcomes with {probabilities} probabilities and {vectors} places for vectors")]
    Lengths {
        /// Outcomes.
        rows: usize,
        /// Probabilities.
        probabilities: usize,
        /// Vectors, present or not.
        vectors: usize,
    },
}

/// Steps of a curve, each a per cent of the prompts.
const CURVE_STEPS: u32 = 100;

/// The place of the router among those that are resampled.
const ROUTER: usize = 0;

/// Measures a router's order of these rows. `vectors` are unit vectors of one length, one a row where there is one; those
/// baselines that read them are left out when there is none. Takes seconds, on rayon.
pub fn study(
    rows: &[Outcome],
    scored: &Scored,
    vectors: &[Option<Arc<[f32]>>],
    options: Options,
    watch: &dyn Watch,
) -> Result<Study, StudyError> {
    let probability = scored.probability.as_slice();
    if rows.is_empty() {
        return Err(StudyError::Empty);
    }
    if rows.len() != probability.len() || rows.len() != vectors.len() {
        return Err(StudyError::Lengths {
            rows: rows.len(),
            probabilities: probability.len(),
            vectors: vectors.len(),
        });
    }
    let sample = Sample::of(rows);
    let predictions = baseline::all(rows, vectors, &sample, options.seed, watch);
    let baselines = predictions
        .iter()
        .map(|said| Entrant::new(&said.score, said.probability.as_deref(), &sample));
    let router = Entrant::new(probability, Some(probability), &sample);
    let entrants: Vec<Entrant> = std::iter::once(router).chain(baselines).collect();
    let resampled = resample(&sample, &entrants, options.resamples, options.seed, watch);

    let once = vec![1.0; rows.len()];
    let points: Vec<Figures<Option<f64>>> =
        entrants.iter().map(|entrant| entrant.figures(&sample, &once)).collect();
    let figures = |entrant: usize| points[entrant].with_intervals(resampled.figures(entrant));
    let curve = |entrant: &Entrant| entrant.ranking.path(&sample, &once).curve(CURVE_STEPS);
    let against = |(index, said): (usize, &Prediction)| {
        let own = ROUTER + 1 + index;
        let lead = points[ROUTER].apgr.zip(points[own].apgr).map(|(router, own)| router - own);
        let against = Against {
            figures: figures(own),
            router_lead: resampled.lead(lead, ROUTER, own),
            curve: curve(&entrants[own]),
        };
        (said.baseline, against)
    };
    let path = entrants[ROUTER].ranking.path(&sample, &once);
    Ok(Study {
        rows: rows.len(),
        groups: sample.groups,
        without_vector: vectors.iter().filter(|vector| vector.is_none()).count(),
        weak_mean: path.weak_mean(),
        strong_mean: path.strong_mean(),
        gap: resampled.gap(path.gap()),
        seed: options.seed,
        resamples: options.resamples,
        figures: figures(ROUTER),
        baselines: predictions.iter().enumerate().map(against).collect(),
        curve: path.curve(CURVE_STEPS),
        reliability: reliability(probability, &sample),
    })
}
