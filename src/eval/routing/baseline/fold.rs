//! Which rows are held out together.

use crate::eval::routing::Outcome;

/// How many folds there are.
pub(in crate::eval::routing) const FOLDS: u8 = 5;

/// Rows in folds; rows of one group are in one fold. It depends on the rows' keys or prompts alone.
#[derive(Debug, Clone)]
pub(in crate::eval::routing) struct Folds(Vec<u8>);

impl Folds {
    /// Puts each row into a fold by the hash of its group.
    pub fn of(rows: &[Outcome]) -> Self {
        let fold = |row: &Outcome| blake3::hash(row.group().as_bytes()).as_bytes()[0] % FOLDS;
        Self(rows.iter().map(fold).collect())
    }

    /// The fold of a row.
    pub fn fold(&self, row: usize) -> u8 {
        self.0[row]
    }

    /// The mean label outside each fold: what is said of a row of which nothing else is known. Half, where there is no row.
    pub fn base_rates(&self, label: &[f64]) -> [f64; FOLDS as usize] {
        let mut sums = [(0.0, 0.0); FOLDS as usize];
        for (row, label) in label.iter().enumerate() {
            for (fold, (count, sum)) in sums.iter_mut().enumerate() {
                if fold != usize::from(self.fold(row)) {
                    *count += 1.0;
                    *sum += label;
                }
            }
        }
        sums.map(|(count, sum)| if count > 0.0 { sum / count } else { 0.5 })
    }

    /// How far estimates made out of fold are above the base rate outside their fold, in log-odds: what rows are ranked by.
    /// A fold that happens to have more than its share of labels lacks them in the others, so that estimates as such would
    /// rank the folds upside down.
    pub fn lifts(&self, estimates: &[f64], label: &[f64]) -> Vec<f64> {
        let base_rates = self.base_rates(label).map(log_odds);
        let lift = |(row, estimate): (usize, &f64)| {
            log_odds(*estimate) - base_rates[usize::from(self.fold(row))]
        };
        estimates.iter().enumerate().map(lift).collect()
    }
}

/// Finite, whatever the probability.
fn log_odds(probability: f64) -> f64 {
    let probability = probability.clamp(1e-9, 1.0 - 1e-9);
    (probability / (1.0 - probability)).ln()
}
