//! What an adapter that learns from labelled outcomes brings over the shipped classifier: on rows that it has not seen, at
//! several numbers of labels, and for the promise that is kept with it.

use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use rayon::prelude::*;
use serde::Serialize;

use super::{
    Estimate, Figures, Options, Outcome, Sample, StudyError,
    baseline::{FOLDS, Folds},
    bootstrap::{Entrant, resample},
};
use crate::{
    eval::{
        offline::Watch,
        routing_promise::{self, Kept, Row, Trial},
    },
    route::{
        learn::{self, Adapter, Fit, MOST, Sight},
        learned,
        promise::Source,
    },
};

/// How the promise is tried.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    /// The quality that is promised, a part of the frontier's.
    pub quality: f64,
    /// Trials, each with labels of its own.
    pub trials: usize,
}

/// What came of it. Its JSON form is stable.
#[derive(Debug, Clone, Serialize)]
pub struct Training {
    /// Prompts.
    pub rows: usize,
    /// Those that are independent of each other.
    pub groups: usize,
    /// Prompts without an embedding.
    pub without_vector: usize,
    /// The seed.
    pub seed: u64,
    /// The shipped classifier's.
    pub shipped: Figures,
    /// The adapter's, on rows that it has not seen.
    pub learnt: Figures,
    /// The adapter's APGR less the shipped classifier's, on the same resamples; `None` without a gap between the models.
    pub lead: Option<Estimate>,
    /// Whether it helps.
    pub verdict: Verdict,
    /// What so many labels bring.
    pub labels: Vec<Labels>,
    /// How often the promise is kept, by trials.
    pub promise: Promised,
}

/// Whether an adapter helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It orders prompts better than the shipped classifier, beyond chance.
    Helps,
    /// It cannot be told from the shipped classifier.
    NoDifference,
    /// It orders them worse, beyond chance.
    Harms,
    /// The frontier is not better than the cheap model, or there is too little to learn from.
    NothingToLearn,
}

/// An adapter from so many labels, on all other rows.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Labels {
    /// Labels.
    pub labels: usize,
    /// Its APGR: mean over draws of the labels, with the range of 95 % of the draws.
    pub apgr: Option<Estimate>,
    /// Its expected calibration error, likewise.
    pub ece: Option<Estimate>,
}

/// The promise, tried.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Promised {
    /// The quality that was promised.
    pub quality: f64,
    /// Labels a trial.
    pub labels: usize,
    /// What came of the trials; `None` when there are too few rows.
    pub kept: Option<Kept>,
}

/// Numbers of labels that are looked at.
const LABELS: [usize; 4] = [100, 200, 500, 1000];
/// Draws of so many labels.
const DRAWS: u64 = 20;
/// Labels a trial of the promise has, where there are twice as many rows.
const TRIAL_LABELS: usize = 500;
/// What is learnt from few labels is held against at most so many other questions.
const FRESH: usize = 4000;
/// Labels do not age here.
const NO_FADING: f64 = f64::INFINITY;

/// Measures what an adapter brings on these rows, one sight each. Takes seconds to minutes, on rayon.
pub fn train(
    rows: &[Outcome],
    sights: &[Sight],
    options: Options,
    promise: Promise,
    watch: &dyn Watch,
) -> Result<Training, StudyError> {
    if rows.is_empty() {
        return Err(StudyError::Empty);
    }
    if rows.len() != sights.len() {
        return Err(StudyError::Lengths {
            rows: rows.len(),
            probabilities: sights.len(),
            vectors: sights.len(),
        });
    }
    let sample = Sample::of(rows);
    let known = Known { outcomes: outcomes(rows, sights, 0.0), sample: &sample };
    let shipped: Vec<f64> = sights.iter().map(shipped).collect();
    let folds = Folds::of(rows);
    let learnt = known.held_out(&folds, options.seed, watch);
    let entrant = match &learnt {
        Some(said) => Entrant::new(&folds.lifts(said, &sample.label), Some(said), &sample),
        None => Entrant::new(&shipped, Some(&shipped), &sample),
    };
    let entrants = [Entrant::new(&shipped, Some(&shipped), &sample), entrant];
    let resampled = resample(&sample, &entrants, options.resamples, options.seed, watch);
    let once = vec![1.0; rows.len()];
    let points = entrants.each_ref().map(|entrant| entrant.figures(&sample, &once));
    let lead = points[1].apgr.zip(points[0].apgr).map(|(learnt, shipped)| learnt - shipped);
    let lead = resampled.lead(lead, 1, 0).filter(|_| learnt.is_some());
    let verdict = match lead {
        None => Verdict::NothingToLearn,
        Some(lead) if lead.low > 0.0 => Verdict::Helps,
        Some(lead) if lead.high < 0.0 => Verdict::Harms,
        Some(_) => Verdict::NoDifference,
    };
    let sizes = LABELS.into_iter().filter(|labels| labels * 3 <= sample.groups * 2);
    let labels = sizes.map(|labels| known.with(labels, options.seed, watch)).collect();
    Ok(Training {
        rows: rows.len(),
        groups: sample.groups,
        without_vector: sights.iter().filter(|sight| sight.task.is_none()).count(),
        seed: options.seed,
        shipped: points[0].with_intervals(resampled.figures(0)),
        learnt: points[1].with_intervals(resampled.figures(1)),
        lead,
        verdict,
        labels,
        promise: known.promised(promise, options.seed, watch),
    })
}

/// What the rows teach, each an outcome of the cheapest tier at this time (Unix seconds).
pub fn outcomes(rows: &[Outcome], sights: &[Sight], at: f64) -> Vec<learn::Outcome> {
    let outcome = |(row, sight): (&Outcome, &Sight)| learn::Outcome {
        sight: sight.clone(),
        tier: 0,
        lower: row.weak_score,
        frontier: row.strong_score,
        source: Source::Shadow,
        weight: 1.0,
        at,
    };
    rows.iter().zip(sights).map(outcome).collect()
}

/// As many outcomes as an adapter learns from, at random: a file may be in an order that time has no part in.
pub fn some<T>(mut outcomes: Vec<T>, seed: u64) -> Vec<T> {
    outcomes.shuffle(&mut StdRng::seed_from_u64(seed));
    outcomes.truncate(MOST);
    outcomes
}

fn shipped(sight: &Sight) -> f64 {
    learned::expected(sight.log_odds, 0)
}

struct Known<'a> {
    outcomes: Vec<learn::Outcome>,
    sample: &'a Sample,
}

impl Known<'_> {
    /// Estimates of every row by an adapter from the other folds; `None` when they are too few, or all alike.
    fn held_out(&self, folds: &Folds, seed: u64, watch: &dyn Watch) -> Option<Vec<f64>> {
        watch.begin("learning", u64::from(FOLDS));
        let adapters: Vec<Option<Adapter>> = (0..FOLDS)
            .into_par_iter()
            .map(|fold| {
                let others = (0..self.outcomes.len()).filter(|row| folds.fold(*row) != fold);
                let fit = self.fit(&some(others.collect(), seed));
                watch.advance(1);
                fit.map(|fit| fit.adapter)
            })
            .collect();
        let adapters: Vec<Adapter> = adapters.into_iter().collect::<Option<_>>()?;
        let estimate = |row: usize| {
            adapters[usize::from(folds.fold(row))].estimate(&self.outcomes[row].sight).loss
        };
        Some((0..self.outcomes.len()).into_par_iter().map(estimate).collect())
    }

    /// Adapters from so many labels, each on all other rows.
    fn with(&self, labels: usize, seed: u64, watch: &dyn Watch) -> Labels {
        watch.begin("learning from few labels", DRAWS);
        let draws: Vec<(Option<f64>, Option<f64>)> = (0..DRAWS)
            .into_par_iter()
            .filter_map(|draw| {
                let (labelled, fresh) = self.draw(labels, seed.wrapping_add(draw));
                let adapter = self.fit(&labelled)?.adapter;
                let mut said = vec![0.0; self.outcomes.len()];
                let mut weights = said.clone();
                for row in fresh {
                    said[row] = adapter.estimate(&self.outcomes[row].sight).loss;
                    weights[row] = 1.0;
                }
                let figures =
                    Entrant::new(&said, Some(&said), self.sample).figures(self.sample, &weights);
                watch.advance(1);
                Some((figures.apgr, figures.ece))
            })
            .collect();
        let mean = |values: Vec<f64>| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (!values.is_empty()).then(|| Estimate::of(mean, values))
        };
        Labels {
            labels,
            apgr: mean(draws.iter().filter_map(|(apgr, _)| *apgr).collect()),
            ece: mean(draws.iter().filter_map(|(_, ece)| *ece).collect()),
        }
    }

    /// Trials of the promise: each learns from labels of its own, and is held against all other rows.
    fn promised(
        &self,
        Promise { quality, trials }: Promise,
        seed: u64,
        watch: &dyn Watch,
    ) -> Promised {
        let labels = TRIAL_LABELS.min(self.sample.groups / 2);
        watch.begin("trying the promise", trials as u64);
        let trials: Vec<Trial> = (0..trials as u64)
            .into_par_iter()
            .filter_map(|trial| {
                let (labelled, fresh) = self.draw(labels, !seed.wrapping_add(trial));
                let Fit { adapter, held_out } = self.fit(&labelled)?;
                let row = |row: usize, estimate: f64| Row {
                    estimate: estimate as f32,
                    lower_score: self.outcomes[row].lower,
                    frontier_score: self.outcomes[row].frontier,
                };
                let labelled: Vec<Row> =
                    labelled.iter().zip(held_out).map(|(at, loss)| row(*at, loss)).collect();
                let estimate = |at: usize| row(at, adapter.estimate(&self.outcomes[at].sight).loss);
                let fresh: Vec<Row> = fresh.into_iter().map(estimate).collect();
                watch.advance(1);
                Some(routing_promise::trial(&labelled, &fresh, quality))
            })
            .collect();
        let kept = (!trials.is_empty()).then(|| Kept::of(&trials));
        Promised { quality, labels, kept }
    }

    fn fit(&self, rows: &[usize]) -> Option<Fit> {
        let outcomes: Vec<&learn::Outcome> = rows.iter().map(|row| &self.outcomes[*row]).collect();
        Adapter::fit(&outcomes, 0.0, NO_FADING)
    }

    /// Random rows, one a group, and the rows of other groups, both in random order.
    fn draw(&self, count: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
        let mut groups: Vec<u32> = (0..self.sample.groups as u32).collect();
        groups.shuffle(&mut StdRng::seed_from_u64(seed));
        let mut place = vec![0; groups.len()];
        groups.iter().enumerate().for_each(|(at, group)| place[*group as usize] = at);
        let place = |row: usize| place[self.sample.group[row] as usize];
        let rows = (0..self.outcomes.len()).filter(|row| place(*row) < count + FRESH);
        let (mut drawn, mut fresh): (Vec<usize>, Vec<usize>) =
            rows.partition(|row| place(*row) < count);
        drawn.sort_by_key(|row| place(*row));
        fresh.sort_by_key(|row| place(*row));
        drawn.dedup_by_key(|row| place(*row));
        (drawn, fresh)
    }
}

#[cfg(test)]
#[path = "training_tests.rs"]
mod tests;
