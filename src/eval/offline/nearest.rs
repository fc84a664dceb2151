//! The nearest earlier questions, by comparing with all of them.

use rayon::prelude::*;

use super::Watch;
use crate::index::dot;

/// A question's place among those of its partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The request, by its place in the stream.
    pub record: u32,
    /// What it asks.
    pub item: u32,
    /// Unit vector.
    pub vector: &'a [f32],
}

/// A question that was asked earlier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Near {
    /// What it asks.
    pub item: u32,
    /// Cosine similarity.
    pub cosine: f32,
}

/// For each of `asked`, the `k` nearest of the distinct questions that were first asked before it, nearest first, at least
/// `floor` near. `asked` is in order of time and of one partition.
pub(super) fn nearest_earlier(
    asked: &[Asked<'_>],
    k: usize,
    floor: f32,
    watch: &dyn Watch,
) -> Vec<(u32, Vec<Near>)> {
    let mut seen = std::collections::HashSet::new();
    let distinct: Vec<Asked<'_>> =
        asked.iter().filter(|question| seen.insert(question.item)).copied().collect();
    asked
        .par_iter()
        .map(|question| {
            let earlier = distinct.partition_point(|other| other.record < question.record);
            let near = nearest(question, &distinct[..earlier], k, floor);
            watch.advance(1);
            (question.record, near)
        })
        .collect()
}

fn nearest(question: &Asked<'_>, others: &[Asked<'_>], k: usize, floor: f32) -> Vec<Near> {
    let mut best: Vec<Near> = Vec::with_capacity(k + 1);
    for other in others.iter().filter(|other| other.item != question.item) {
        let cosine = rounded(dot(question.vector, other.vector));
        let worst = if best.len() == k { best.last().map(|near| near.cosine) } else { None };
        if cosine < floor || worst.is_some_and(|worst| cosine <= worst) {
            continue;
        }
        // Equally near ones stay in the order in which they were asked.
        let at = best.partition_point(|near| near.cosine >= cosine);
        best.insert(at, Near { item: other.item, cosine });
        best.truncate(k);
    }
    best
}

/// To six decimals, so that the last bit, which depends on how texts were batched, decides nothing.
fn rounded(cosine: f32) -> f32 {
    (cosine * 1e6).round() / 1e6
}
