//! The mean label of a prompt's category.

use std::collections::HashMap;

use super::fold::{FOLDS, Folds};
use crate::eval::routing::Outcome;

/// The mean of all rows counts as this many rows of every category, so that a rare one does not say much.
const PRIOR_ROWS: f64 = 20.0;

/// Rows and their labels' sum, by fold.
type Counts = [(f64, f64); FOLDS as usize];

/// For each row the mean label of its category outside its fold, drawn towards that of all; `None` when no row has a
/// category.
pub(super) fn means(rows: &[Outcome], label: &[f64], folds: &Folds) -> Option<Vec<f64>> {
    let base_rates = folds.base_rates(label);
    let mut counts: HashMap<&str, Counts> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let Some(category) = &row.category else { continue };
        let (count, sum) = &mut counts.entry(category).or_default()[usize::from(folds.fold(index))];
        *count += 1.0;
        *sum += label[index];
    }
    if counts.is_empty() {
        return None;
    }
    let mean = |(index, row): (usize, &Outcome)| {
        let own = usize::from(folds.fold(index));
        let by_fold = row.category.as_deref().and_then(|category| counts.get(category));
        let others = by_fold.into_iter().flatten().enumerate().filter(|(fold, _)| *fold != own);
        let (count, sum) = others
            .fold((PRIOR_ROWS, PRIOR_ROWS * base_rates[own]), |all, (_, fold)| {
                (all.0 + fold.0, all.1 + fold.1)
            });
        sum / count
    };
    Some(rows.iter().enumerate().map(mean).collect())
}
