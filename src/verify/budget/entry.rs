//! What labels said of one stored answer, and what that does to the score of its next candidates. Pure.
//!
//! The idea that entries differ in how far they may be trusted is vCache's (arXiv 2502.03771); this is a plain logistic
//! offset with shrinkage.

use serde::{Deserialize, Serialize};

/// Labels of one stored answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct EntryRecord {
    /// Labels that found it right, in sum.
    pub right: f32,
    /// Labels that found it wrong, in sum.
    pub wrong: f32,
}

/// Labels of each kind that an unknown entry is taken to have.
const PSEUDO_LABELS: f64 = 2.0;

/// A score of exactly 1 would be beyond any record; this is still in the last score bin.
const LARGEST_SCORE: f64 = 0.9999;

/// Largest rise of the log odds: an entry that was always right is still not right for every question.
const LARGEST_RISE: f64 = 0.5;

impl EntryRecord {
    /// Counts a label with a wrongness of 0–1; one that is no number is ignored.
    pub fn learn(&mut self, wrong: f32) {
        if wrong.is_nan() {
            return;
        }
        let wrong = wrong.clamp(0.0, 1.0);
        self.wrong += wrong;
        self.right += 1.0 - wrong;
    }

    /// The score (0–1) of a candidate with this entry, given the score by its questions alone: the log odds are moved by those
    /// of the entry's record, so that a first wrong label halves the odds.
    pub fn adjust(&self, score: f64) -> f64 {
        let count = |labels: f32| f64::from(if labels.is_finite() { labels.max(0.0) } else { 0.0 });
        let offset =
            ((PSEUDO_LABELS + count(self.right)) / (PSEUDO_LABELS + 2.0 * count(self.wrong))).ln();
        if score.is_nan() {
            return 0.0;
        }
        let (score, factor) = (score.clamp(0.0, LARGEST_SCORE), offset.min(LARGEST_RISE).exp());
        score * factor / (score * factor + 1.0 - score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_entry_changes_nothing() {
        for score in [0.0, 0.3, 0.99] {
            assert!((EntryRecord::default().adjust(score) - score).abs() < 1e-12);
        }
    }

    #[test]
    fn a_wrong_label_halves_the_odds_and_right_ones_win_them_back() {
        let mut entry = EntryRecord::default();
        entry.learn(1.0);
        assert!((entry.adjust(0.5) - 1.0 / 3.0).abs() < 1e-9, "{}", entry.adjust(0.5));
        assert!(entry.adjust(1.0) < 1.0);
        let before = entry.adjust(0.9);
        entry.learn(0.0);
        assert!(entry.adjust(0.9) > before);
        for _ in 0..1000 {
            entry.learn(0.0);
        }
        assert!(entry.adjust(0.5) < 0.63, "a record lifts the odds by e^0.5 at most");
    }

    #[test]
    fn adjusted_scores_stay_scores() {
        for right in [0.0, 7.0, f32::INFINITY, f32::NAN, -3.0] {
            for wrong in [0.0, 7.0, f32::INFINITY, f32::NAN, -3.0] {
                for score in [0.0, 0.5, 1.0, 3.0, -1.0, f64::NAN] {
                    let mut entry = EntryRecord { right, wrong };
                    entry.learn(f32::NAN);
                    assert!((0.0..=1.0).contains(&entry.adjust(score)), "{entry:?} {score}");
                }
            }
        }
    }

    #[test]
    fn scores_keep_their_order() {
        let entry = EntryRecord { right: 1.0, wrong: 2.0 };
        let scores: Vec<f64> = (0..=100).map(|n| entry.adjust(f64::from(n) / 100.0)).collect();
        assert!(scores.is_sorted());
    }
}
