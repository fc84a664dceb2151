//! The length of a prompt.

use crate::eval::routing::Outcome;

/// Characters of each prompt.
pub(super) fn characters(rows: &[Outcome]) -> Vec<f64> {
    rows.iter().map(|row| row.prompt.chars().count() as f64).collect()
}
