//! Two versions compared on the outcomes that come after both: whose estimates were nearer to what happened.

use serde::{Deserialize, Serialize};

/// Squared errors of one version less those of another, on the same outcomes (Brier 1950).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    outcomes: u32,
    sum: f64,
    squares: f64,
}

/// What a trial says of the first version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Nothing yet.
    Open,
    /// It is no worse.
    Better,
    /// It is worse.
    Worse,
}

/// Fewer outcomes find nothing.
const FEWEST: u32 = 50;
/// After this many a version that has not shown itself to be better is not.
const ENOUGH: u32 = 200;
/// Normal deviate, one-sided 95 %.
const DEVIATE: f64 = 1.645;

impl Trial {
    /// Counts an outcome, by what both versions had expected of it.
    pub fn count(&mut self, first: f64, second: f64, loss: f64) {
        let difference = (first - loss).powi(2) - (second - loss).powi(2);
        self.outcomes += 1;
        self.sum += difference;
        self.squares += difference * difference;
    }

    /// Whether the first version may replace the second.
    pub fn finding(&self) -> Finding {
        match self.mean() {
            _ if self.outcomes < FEWEST => Finding::Open,
            mean if mean > 0.0 && self.is_significant() => Finding::Worse,
            mean if mean <= 0.0 => Finding::Better,
            _ if self.outcomes >= ENOUGH => Finding::Worse,
            _ => Finding::Open,
        }
    }

    /// Whether the first version is worse beyond chance.
    pub fn is_worse(&self) -> bool {
        self.outcomes >= FEWEST && self.mean() > 0.0 && self.is_significant()
    }

    /// Outcomes so far.
    pub fn outcomes(&self) -> u32 {
        self.outcomes
    }

    /// Mean squared error of the first version less that of the second; 0 before there is any.
    pub fn mean(&self) -> f64 {
        self.sum / f64::from(self.outcomes.max(1))
    }

    /// Forgets all but the weight of as many outcomes as make a finding, so that the latest decide.
    pub fn fade(&mut self) {
        if self.outcomes > ENOUGH {
            self.outcomes /= 2;
            self.sum /= 2.0;
            self.squares /= 2.0;
        }
    }

    fn is_significant(&self) -> bool {
        let n = f64::from(self.outcomes.max(1));
        let variance = (self.squares / n - self.mean().powi(2)).max(0.0);
        self.mean().abs() > DEVIATE * (variance / n).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_version_is_found() {
        // Loss in 3 of 10 cases; what the two versions say; after how many outcomes; what is found.
        let table = [
            (0.3, 0.6, 49, Finding::Open),
            (0.3, 0.6, 60, Finding::Better),
            (0.6, 0.3, 60, Finding::Worse),
            (0.3, 0.3, 60, Finding::Better),
            (0.36, 0.3, 60, Finding::Open),
            (0.36, 0.3, 210, Finding::Worse),
        ];
        for (first, second, outcomes, expected) in table {
            let mut trial = Trial::default();
            for at in 0..outcomes {
                trial.count(first, second, if at % 10 < 3 { 1.0 } else { 0.0 });
            }
            assert_eq!(
                trial.finding(),
                expected,
                "{first} against {second}, {outcomes}: {trial:?}"
            );
        }
    }

    #[test]
    fn late_outcomes_decide() {
        let mut trial = Trial::default();
        for at in 0..2000 {
            trial.count(if at < 1000 { 0.0 } else { 0.5 }, 0.2, 0.0);
            trial.fade();
        }
        assert!(trial.is_worse());
    }
}
