//! The mean label of the most similar prompts, by comparing with all of them.

use std::sync::Arc;

use rayon::prelude::*;

use super::fold::Folds;
use crate::{eval::offline::Watch, index::dot};

/// How many neighbours count.
const NEIGHBOURS: usize = 50;

/// Rows that are compared with one other at a time: so many vectors stay in the processor's nearest cache.
const BLOCK: usize = 16;

/// A row and its vector.
#[derive(Clone, Copy)]
struct Placed<'a> {
    row: usize,
    vector: &'a [f32],
}

/// For each row the mean label of its nearest neighbours outside its fold, by cosine; the mean of all for a row without a
/// vector. `None` when no row has one.
pub(super) fn means(
    vectors: &[Option<Arc<[f32]>>],
    label: &[f64],
    folds: &Folds,
    watch: &dyn Watch,
) -> Option<Vec<f64>> {
    let placed: Vec<Placed<'_>> = vectors
        .iter()
        .enumerate()
        .filter_map(|(row, vector)| Some(Placed { row, vector: vector.as_deref()? }))
        .collect();
    if placed.is_empty() {
        return None;
    }
    watch.begin("nearest neighbours", placed.len() as u64);
    let base_rates = folds.base_rates(label);
    let base_rate = |row| base_rates[usize::from(folds.fold(row))];
    let mut means: Vec<f64> = (0..label.len()).map(base_rate).collect();
    let found: Vec<Vec<Nearest>> = placed
        .par_chunks(BLOCK)
        .map(|block| {
            let nearest = nearest(block, &placed, folds);
            watch.advance(block.len() as u64);
            nearest
        })
        .collect();
    for (own, nearest) in placed.iter().zip(found.iter().flatten()) {
        if !nearest.0.is_empty() {
            let sum: f64 = nearest.0.iter().map(|(_, row)| label[*row]).sum();
            means[own.row] = sum / nearest.0.len() as f64;
        }
    }
    Some(means)
}

/// For each row of a block its nearest outside its fold.
fn nearest(block: &[Placed<'_>], all: &[Placed<'_>], folds: &Folds) -> Vec<Nearest> {
    let mut nearest = vec![Nearest(Vec::with_capacity(NEIGHBOURS + 1)); block.len()];
    for other in all {
        let fold = folds.fold(other.row);
        for (own, nearest) in block.iter().zip(&mut nearest) {
            if folds.fold(own.row) != fold {
                nearest.offer(dot(own.vector, other.vector), other.row);
            }
        }
    }
    nearest
}

/// Cosines and rows, the nearest first; equally near ones in the order of the rows.
#[derive(Clone)]
struct Nearest(Vec<(f32, usize)>);

impl Nearest {
    fn offer(&mut self, cosine: f32, row: usize) {
        let is_full = self.0.len() == NEIGHBOURS;
        if is_full && self.0.last().is_some_and(|(worst, _)| cosine <= *worst) {
            return;
        }
        let place = self.0.partition_point(|(near, _)| *near >= cosine);
        self.0.insert(place, (cosine, row));
        self.0.truncate(NEIGHBOURS);
    }
}
