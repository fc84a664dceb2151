//! What calibration data said about scores before there was any traffic. Knows nothing of labels that arrive later.

use serde::{Deserialize, Serialize};

use super::bins::{self, BINS};

/// A breakpoint of the calibration data: pairs of questions with about this score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Breakpoint {
    /// Mean score of these pairs, 0–1.
    pub score: f64,
    /// Pairs.
    pub n: f64,
    /// Those for which the stored answer would have been wrong.
    pub wrong: f64,
}

/// Calibration data as shipped, before it is checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// In any order.
    pub bins: Vec<Breakpoint>,
}

/// Why calibration data cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PriorError {
    /// Nothing to learn from.
    #[error("calibration data has no pairs")]
    Empty,
    /// A number that cannot be.
    #[error(
        "calibration data has a breakpoint that cannot be: score {score}, n {n}, wrong {wrong}"
    )]
    Breakpoint {
        /// As given.
        score: f64,
        /// As given.
        n: f64,
        /// As given.
        wrong: f64,
    },
}

/// Calibration data, checked and spread over the score bins.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Table")]
pub struct Prior {
    /// Pairs in each bin.
    pairs: [f64; BINS],
    /// P(wrong) in each bin, not rising with the score, never 0.
    wrong: [f64; BINS],
}

/// No calibration data is trusted to say that fewer than this share is wrong.
const LEAST_WRONG: f64 = 1e-4;

/// Nobody has more pairs.
const MOST_PAIRS: f64 = 1e12;

impl TryFrom<Table> for Prior {
    type Error = PriorError;

    fn try_from(table: Table) -> Result<Self, PriorError> {
        let (mut pairs, mut wrong) = ([0.0; BINS], [0.0; BINS]);
        for Breakpoint { score, n, wrong: count } in table.bins {
            let sound = (0.0..=1.0).contains(&score)
                && (0.0..=MOST_PAIRS).contains(&n)
                && (0.0..=n).contains(&count);
            if !sound {
                return Err(PriorError::Breakpoint { score, n, wrong: count });
            }
            pairs[bins::bin(score)] += n;
            wrong[bins::bin(score)] += count;
        }
        if pairs.iter().sum::<f64>() < 1.0 {
            return Err(PriorError::Empty);
        }
        let wrong = not_rising(&pairs, &wrong);
        Ok(Self { pairs, wrong })
    }
}

impl Prior {
    /// Pairs in each bin.
    pub fn pairs(&self) -> &[f64; BINS] {
        &self.pairs
    }

    /// P(wrong) in each bin, not rising with the score, never 0.
    pub fn wrong(&self) -> &[f64; BINS] {
        &self.wrong
    }

    /// The first bin from which all may be served by conformal risk control (Angelopoulos et al. 2022, arXiv 2208.02814):
    /// the lowest with `(margin · wrong + 1) / (n + 1) ≤ max_wrong`. `BINS` when there is none, as with `n < 1/max_wrong − 1`.
    pub fn first_bin(&self, max_wrong: f64, margin: f64) -> usize {
        let (mut n, mut wrong, mut first) = (0.0, 0.0, BINS);
        for bin in (0..BINS).rev() {
            n += self.pairs[bin];
            wrong += self.pairs[bin] * self.wrong[bin];
            if (margin * wrong + 1.0) / (n + 1.0) <= max_wrong {
                first = bin;
            }
        }
        first
    }
}

/// Isotonic regression (pool adjacent violators) of the wrong share, weighted by pairs. Bins without pairs take the share
/// between their neighbours', by geometric interpolation; beyond the last bin with pairs it stays level.
fn not_rising(pairs: &[f64; BINS], wrong: &[f64; BINS]) -> [f64; BINS] {
    // Blocks of (first bin, last bin, pairs, wrong).
    let mut blocks: Vec<(usize, usize, f64, f64)> = Vec::new();
    for bin in (0..BINS).filter(|&bin| pairs[bin] > 0.0) {
        blocks.push((bin, bin, pairs[bin], wrong[bin]));
        while let [.., a, b] = blocks[..]
            && b.3 / b.2 >= a.3 / a.2
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push((a.0, b.1, a.2 + b.2, a.3 + b.3));
        }
    }
    // Half a pair of each kind keeps an empty count from meaning "never".
    let share = |block: &(usize, usize, f64, f64)| {
        ((block.3 + 0.5) / (block.2 + 1.0)).clamp(LEAST_WRONG, 1.0)
    };
    std::array::from_fn(|bin| {
        let next = blocks.partition_point(|block| block.1 < bin);
        let before = next.checked_sub(1).map(|index| &blocks[index]);
        match (before, blocks.get(next)) {
            (_, Some(block)) if block.0 <= bin => share(block),
            (Some(a), Some(b)) => {
                let part = (bin - a.1) as f64 / (b.0 - a.1) as f64;
                share(a).powf(1.0 - part) * share(b).powf(part)
            }
            (Some(block), None) => share(block),
            // Below all pairs nothing is known.
            (None, _) => 1.0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prior(bins: &[(f64, f64, f64)]) -> Result<Prior, PriorError> {
        let bins = bins.iter().map(|&(score, n, wrong)| Breakpoint { score, n, wrong }).collect();
        Prior::try_from(Table { bins })
    }

    #[test]
    fn wrong_shares_never_rise_with_the_score() {
        let table = [(0.2, 50.0, 40.0), (0.8, 100.0, 10.0), (0.9, 100.0, 20.0), (0.99, 100.0, 1.0)];
        let prior = prior(&table).unwrap();
        assert!(prior.wrong().is_sorted_by(|a, b| a >= b), "{:?}", prior.wrong());
        let at = |score| prior.wrong()[bins::bin(score)];
        // 0.8 and 0.9 are pooled: 30.5 of 201.
        assert_eq!((at(0.8), at(0.9)), (30.5 / 201.0, 30.5 / 201.0));
        assert_eq!(at(1.0), 1.5 / 101.0, "beyond the data it stays level");
        assert_eq!(at(0.0), 1.0, "below the data nothing is known");
    }

    #[test]
    fn few_pairs_promise_nothing() {
        // Conformal risk control needs n ≥ 1/0.01 − 1 = 99 pairs, and more here for the half pair.
        let first = |n| prior(&[(0.99, n, 0.0)]).unwrap().first_bin(0.01, 1.0);
        assert_eq!(first(98.0), BINS);
        assert!(first(160.0) <= bins::bin(0.99));
    }

    #[test]
    fn calibration_data_that_cannot_be_is_refused() {
        for row in [(1.1, 1.0, 0.0), (0.5, -1.0, 0.0), (0.5, 1.0, 2.0), (0.5, f64::NAN, 0.0)] {
            assert!(matches!(prior(&[row]), Err(PriorError::Breakpoint { .. })), "{row:?}");
        }
        assert_eq!(prior(&[]), Err(PriorError::Empty));
        let json = r#"{"bins": [{"score": 0.5, "n": 10, "wrong": 11}]}"#;
        assert!(serde_json::from_str::<Prior>(json).is_err());
    }
}
