//! From the outcomes of one scope to estimates for its next requests: a small correction of the shipped classifier.
//!
//! Kernel ridge regression (Rasmussen and Williams 2006, chapter 2) of the gap between two answers, in standard
//! deviations: it starts from the shipped classifier's order, may weigh it anew, and lets requests that ask for similar
//! work speak for each other. Its strengths are fixed, found on public outcomes with every source left out once, so that
//! nothing is tuned on a few hundred labels. What it says is calibrated on its own held-out residuals. Deterministic.

use serde::{Deserialize, Serialize};

use super::{
    calibration::Calibration,
    linear::Cholesky,
    outcome::{Outcome, Sight, Task},
};
use crate::route::promise::Source;

/// Fewer outcomes teach nothing.
pub const FEWEST: usize = 30;
/// No more than this many are learnt from, the latest: the work grows with their cube.
pub const MOST: usize = 1000;

/// Gap per standard deviation of the shipped log-odds, before anything is learnt.
const SHIPPED_SLOPE: f64 = 0.15;
/// How far that slope may be off, as a variance.
const SLOPE_VARIANCE: f64 = 0.05;
/// Variance of the gap that similar work explains.
const TASK_VARIANCE: f64 = 0.15;
/// Variance of the gap that nothing explains.
const NOISE: f64 = 1.0;

/// What has been learnt from the outcomes of one scope about one tier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adapter {
    shipped: Standard,
    /// Weight of the standardised log-odds, the shipped slope included.
    slope: f64,
    known: Vec<Known>,
    /// Mean squared distance of a task from their centre: the kernel's width.
    width: f64,
    calibration: Calibration,
}

/// One outcome that is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Known {
    task: Task,
    /// Its weight in the sum over similar work.
    weight: f64,
    /// What was lost.
    loss: f64,
}

/// Mean and standard deviation of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Standard {
    mean: f64,
    deviation: f64,
}

/// An adapter, and what it would have said of each outcome had it not seen it.
pub struct Fit {
    /// The adapter.
    pub adapter: Adapter,
    /// Held-out estimates of the loss, one an outcome, in their order.
    pub held_out: Vec<f64>,
}

/// What an adapter says of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Expected loss of the lower tier's answer, in (0, 1).
    pub loss: f64,
    /// What the shipped classifier's view adds to the log-odds.
    pub shipped: f64,
    /// What similar requests of this scope add to them.
    pub similar: f64,
}

impl Adapter {
    /// Learns from outcomes, the latest [`MOST`] of which the caller picks, at the time `now` (Unix seconds); an outcome
    /// counts half once it is `half_life` seconds old. `None` when there are too few, or when they are all alike.
    pub fn fit(outcomes: &[&Outcome], now: f64, half_life: f64) -> Option<Fit> {
        if outcomes.len() < FEWEST {
            return None;
        }
        let weights: Vec<f64> =
            outcomes.iter().map(|outcome| weight(outcome, now, half_life)).collect();
        let gaps: Vec<f64> = outcomes.iter().map(|outcome| outcome.gap()).collect();
        let log_odds: Vec<f64> =
            outcomes.iter().map(|outcome| f64::from(outcome.sight.log_odds)).collect();
        let gap = Standard::of(&gaps, &weights)?;
        // Where the shipped classifier sees no difference, there is none to weigh.
        let shipped = Standard::of(&log_odds, &weights)
            .unwrap_or(Standard { mean: log_odds[0], deviation: 1.0 });
        let positions: Vec<f64> = log_odds.iter().map(|value| shipped.place(*value)).collect();
        let tasks = same_length(outcomes);
        let width = mean_square_distance(&tasks);
        let n = outcomes.len();
        let mut kernel = vec![0.0; n * n];
        for row in 0..n {
            for column in 0..=row {
                let similar = match (tasks[row], tasks[column]) {
                    (Some(one), Some(other)) => TASK_VARIANCE * similarity(one, other, width),
                    _ => 0.0,
                };
                kernel[row * n + column] =
                    similar + SLOPE_VARIANCE * positions[row] * positions[column];
            }
            kernel[row * n + row] += NOISE / weights[row];
        }
        let residuals: Vec<f64> = gaps
            .iter()
            .zip(&positions)
            .map(|(value, place)| gap.place(*value) - SHIPPED_SLOPE * place)
            .collect();
        let solved = Cholesky::of(n, kernel)?;
        let alphas = solved.solve(&residuals);
        let precision = solved.inverse_diagonal();
        // What is left of a residual once its own outcome is taken out (Rasmussen and Williams, equation 5.12).
        let held_out: Vec<f64> = (0..n)
            .map(|at| SHIPPED_SLOPE * positions[at] + residuals[at] - alphas[at] / precision[at])
            .collect();
        let losses: Vec<f64> = outcomes.iter().map(|outcome| outcome.loss()).collect();
        let calibration = Calibration::fit(&held_out, &losses, &weights);
        let moved: f64 = alphas.iter().zip(&positions).map(|(alpha, place)| alpha * place).sum();
        let known = tasks.into_iter().zip(&alphas).zip(&losses);
        let known = known.filter_map(|((task, alpha), loss)| {
            Some(Known { task: task?.clone(), weight: alpha * TASK_VARIANCE, loss: *loss })
        });
        let adapter = Self {
            shipped,
            slope: SHIPPED_SLOPE + SLOPE_VARIANCE * moved,
            known: known.collect(),
            width,
            calibration,
        };
        let held_out = held_out.into_iter().map(|value| calibration.probability(value)).collect();
        Some(Fit { adapter, held_out })
    }

    /// The expected loss of the lower tier's answer to a request. Takes `[outcomes, dim]` multiplications.
    pub fn estimate(&self, sight: &Sight) -> Estimate {
        let shipped = self.slope * self.shipped.place(f64::from(sight.log_odds));
        let similar: f64 = self.similarities(sight).map(|(known, near)| known.weight * near).sum();
        let Calibration { slope, .. } = self.calibration;
        Estimate {
            loss: self.calibration.probability(shipped + similar),
            shipped: slope * shipped,
            similar: slope * similar,
        }
    }

    /// Outcomes that asked for much the same work as this request, and the mean loss among them.
    pub fn like(&self, sight: &Sight) -> Option<(usize, f64)> {
        let near = self.similarities(sight).filter(|(_, similarity)| *similarity > NEAR);
        let (count, sum) =
            near.fold((0, 0.0), |(count, sum), (known, _)| (count + 1, sum + known.loss));
        (count > 0).then(|| (count, sum / count as f64))
    }

    /// Every outcome with its similarity to a request; none when the request's task is unknown or in another model's terms.
    fn similarities<'a>(&'a self, sight: &'a Sight) -> impl Iterator<Item = (&'a Known, f64)> {
        let comparable =
            |task: &&Task| self.known.first().is_some_and(|known| known.task.dim() == task.dim());
        let task = sight.task.as_ref().filter(comparable);
        task.into_iter().flat_map(|task| {
            self.known.iter().map(|known| (known, similarity(&known.task, task, self.width)))
        })
    }
}

/// From this similarity on two requests ask for much the same work: half of what two random ones have at least.
const NEAR: f64 = 0.7;

/// How much an outcome says by where it comes from: what callers do is a hint, and theirs to fake.
fn trust(source: Source) -> f64 {
    match source {
        Source::Shadow => 1.0,
        Source::Feedback => 0.5,
        Source::Escalation => 0.25,
    }
}

/// How much an outcome says, in shadow comparisons of today; never nothing, so that the system stays solvable.
fn weight(outcome: &Outcome, now: f64, half_life: f64) -> f64 {
    let age = (now - outcome.at).max(0.0);
    (trust(outcome.source) * (-age / half_life).exp2()).max(1e-3)
}

/// The tasks of outcomes as far as they have the length of the latest one: another embedding model speaks another tongue.
fn same_length<'a>(outcomes: &[&'a Outcome]) -> Vec<Option<&'a Task>> {
    let dim = outcomes.iter().rev().find_map(|outcome| outcome.sight.task.as_ref().map(Task::dim));
    let of =
        |outcome: &&'a Outcome| outcome.sight.task.as_ref().filter(|task| Some(task.dim()) == dim);
    outcomes.iter().map(of).collect()
}

/// Mean squared distance of the tasks from their centre.
fn mean_square_distance(tasks: &[Option<&Task>]) -> f64 {
    let known: Vec<&Task> = tasks.iter().flatten().copied().collect();
    let count = known.len().max(1) as f64;
    let mut centre = vec![0.0; known.first().map_or(0, |task| task.dim())];
    let mut squares = 0.0;
    for task in &known {
        for (sum, value) in centre.iter_mut().zip(task.values()) {
            *sum += value / count;
            squares += value * value / count;
        }
    }
    (squares - centre.iter().map(|value| value * value).sum::<f64>()).max(1e-6)
}

/// exp(-d²/2w) for two tasks at distance d.
fn similarity(one: &Task, other: &Task, width: f64) -> f64 {
    (-one.square_distance(other) / (2.0 * width)).exp()
}

impl Standard {
    /// Of weighted numbers; `None` when they are all alike.
    fn of(values: &[f64], weights: &[f64]) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        let mean = values.iter().zip(weights).map(|(v, w)| v * w).sum::<f64>() / total;
        let square = values.iter().zip(weights).map(|(v, w)| w * (v - mean) * (v - mean));
        let deviation = (square.sum::<f64>() / total).sqrt();
        (deviation > 1e-6).then_some(Self { mean, deviation })
    }

    fn place(self, value: f64) -> f64 {
        (value - self.mean) / self.deviation
    }
}

#[cfg(test)]
#[path = "adapter_tests.rs"]
mod tests;
