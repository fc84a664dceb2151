//! What is known of a request when its tier is chosen, and what became of it.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::route::promise::{MAX_LOWER_TIERS, Source};

/// What the learned router sees of one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    /// The shipped classifier's log-odds that the cheap tier is not good enough.
    pub log_odds: f32,
    /// What kind of work is asked for; `None` when there was no embedding.
    pub task: Option<Task>,
}

/// A unit vector in one byte a dimension: what is learnt from is what is stored, so that a restart changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Task(Arc<[i8]>);

/// Steps of a stored value from 0 to its largest, in one direction.
const STEPS: f32 = 127.0;
/// The largest value that is kept apart: those of a unit vector of 384 dimensions are about 0.05, few are above 0.4.
const LARGEST: f32 = 0.6;
/// One step.
const STEP: f64 = (LARGEST / STEPS) as f64;

impl Task {
    /// Rounds a unit vector.
    pub fn of(vector: &[f32]) -> Self {
        let round = |value: &f32| (value / LARGEST * STEPS).round().clamp(-STEPS, STEPS) as i8;
        Self(vector.iter().map(round).collect())
    }

    /// Its length.
    pub fn dim(&self) -> usize {
        self.0.len()
    }

    /// Squared distance to another of the same length.
    pub fn square_distance(&self, other: &Self) -> f64 {
        // In 16 bits, which processors multiply and add up pairwise.
        let square = |(a, b): (&i8, &i8)| {
            let difference = i16::from(*a) - i16::from(*b);
            i32::from(difference) * i32::from(difference)
        };
        let sum: i32 = self.0.iter().zip(&*other.0).map(square).sum();
        f64::from(sum) * STEP * STEP
    }

    /// The values, as near as they were kept.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().map(|value| f64::from(*value) * STEP)
    }
}

impl From<Task> for String {
    fn from(task: Task) -> Self {
        STANDARD.encode(task.0.iter().map(|value| value.cast_unsigned()).collect::<Vec<u8>>())
    }
}

impl TryFrom<String> for Task {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = STANDARD.decode(text)?;
        Ok(Self(bytes.into_iter().map(u8::cast_signed).collect()))
    }
}

/// How good the answers to one request were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What was known before.
    pub sight: Sight,
    /// The lower tier that answered, 0 for the cheapest.
    pub tier: usize,
    /// Score of the lower tier's answer, in `[0, 1]`.
    pub lower: f64,
    /// Score of the frontier's answer, in `[0, 1]`; 1 where it is the measure.
    pub frontier: f64,
    /// How it became known.
    pub source: Source,
    /// How many requests it stands for: 1 by the probability with which it was compared.
    pub weight: f64,
    /// When, in seconds of the Unix epoch.
    pub at: f64,
}

impl Outcome {
    /// What the frontier's answer was better by; below 0 where the lower tier's was better.
    pub fn gap(&self) -> f64 {
        self.frontier - self.lower
    }

    /// Every number is one that an outcome can have.
    pub fn is_sound(&self) -> bool {
        const MOST_ODDS: f32 = 100.0;
        let scores = [self.lower, self.frontier];
        scores.iter().all(|score| (0.0..=1.0).contains(score))
            && self.tier < MAX_LOWER_TIERS
            && self.sight.log_odds.abs() <= MOST_ODDS
            && self.weight > 0.0
            && self.weight.is_finite()
            && self.at.is_finite()
    }

    /// What is lost by the lower tier's answer, in `[0, 1]`.
    pub fn loss(&self) -> f64 {
        self.gap().clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_survives_being_written_down() {
        let vector: Vec<f32> =
            (0..384).map(|at| ((at * 37 % 101) as f32 / 101.0 - 0.5) * 0.2).collect();
        let task = Task::of(&vector);
        for (kept, value) in task.values().zip(&vector) {
            assert!((kept - f64::from(*value)).abs() < 0.003);
        }
        assert_eq!(task.square_distance(&task), 0.0);
        let text = serde_json::to_string(&task).unwrap();
        assert_eq!(serde_json::from_str::<Task>(&text).unwrap(), task);
        assert!(serde_json::from_str::<Task>("\"~\"").is_err());
    }

    #[test]
    fn loss_is_what_the_frontier_would_have_added() {
        let outcome = |lower, frontier| Outcome {
            sight: Sight { log_odds: 0.0, task: None },
            tier: 0,
            lower,
            frontier,
            source: Source::Shadow,
            weight: 1.0,
            at: 0.0,
        };
        for (lower, frontier, loss) in [(1.0, 1.0, 0.0), (0.25, 1.0, 0.75), (1.0, 0.0, 0.0)] {
            assert_eq!(outcome(lower, frontier).loss(), loss);
        }
    }
}
