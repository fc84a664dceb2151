//! The exact scan: every vector in one contiguous matrix, compared one after the other.
//!
//! Finds what there is to find, in several times the time and memory of the inverted file. It is the oracle of the contract
//! test and of the benchmark.

use std::collections::HashMap;

use parking_lot::RwLock;

use super::{Best, Labels, Mask, Neighbour, VectorError, VectorSearch, VectorStore, check, dot};

/// Unit vectors that are searched exactly.
pub struct FlatIndex {
    dimension: usize,
    rows: RwLock<Matrix>,
}

/// Row `n` of `values` (`[rows, dimension]`) belongs to `ids[n]` and `labels[n]`, and `row_of[ids[n]] == n`.
#[derive(Default)]
struct Matrix {
    values: Vec<f32>,
    ids: Vec<u64>,
    labels: Vec<Labels>,
    row_of: HashMap<u64, usize>,
}

impl FlatIndex {
    /// An empty index for vectors of `dimension` numbers.
    pub fn new(dimension: usize) -> Self {
        Self { dimension, rows: RwLock::default() }
    }
}

impl VectorSearch for FlatIndex {
    fn search_masked(&self, query: &[f32], k: usize, mask: Mask) -> Vec<Neighbour> {
        if check(self.dimension, query).is_err() {
            return Vec::new();
        }
        let rows = self.rows.read();
        let mut best = Best::new(k.min(rows.ids.len()));
        let vectors = rows.values.chunks_exact(self.dimension);
        for ((id, labels), row) in rows.ids.iter().zip(&rows.labels).zip(vectors) {
            if mask.admits(*labels) {
                best.offer(*id, dot(query, row));
            }
        }
        best.neighbours
    }

    fn len(&self) -> usize {
        self.rows.read().ids.len()
    }

    fn bytes(&self) -> usize {
        let rows = self.rows.read();
        // An entry of the map takes 16 bytes at a load of about 2/3, plus a control byte.
        let per_row = self.dimension * size_of::<f32>() + size_of::<(u64, Labels)>() + 25;
        rows.ids.len() * per_row
    }
}

impl VectorStore for FlatIndex {
    fn insert_labelled(&self, id: u64, vector: &[f32], labels: Labels) -> Result<(), VectorError> {
        check(self.dimension, vector)?;
        let mut rows = self.rows.write();
        match rows.row_of.get(&id).copied() {
            Some(row) => {
                let start = row * self.dimension;
                rows.values[start..start + self.dimension].copy_from_slice(vector);
                rows.labels[row] = labels;
            }
            None => {
                let row = rows.ids.len();
                rows.row_of.insert(id, row);
                rows.ids.push(id);
                rows.labels.push(labels);
                rows.values.extend_from_slice(vector);
            }
        }
        Ok(())
    }

    fn remove(&self, id: u64) -> bool {
        let mut rows = self.rows.write();
        let Some(row) = rows.row_of.remove(&id) else {
            return false;
        };
        let last = rows.ids.len() - 1;
        rows.ids.swap_remove(row);
        rows.labels.swap_remove(row);
        if row != last {
            let (from, to) = (last * self.dimension, row * self.dimension);
            rows.values.copy_within(from..from + self.dimension, to);
            let moved = rows.ids[row];
            rows.row_of.insert(moved, row);
        }
        rows.values.truncate(last * self.dimension);
        if rows.values.len() * 4 < rows.values.capacity() {
            let keep = rows.values.len() * 2;
            rows.values.shrink_to(keep);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_a_row_in_the_middle_keeps_the_others_in_place() {
        let index = FlatIndex::new(2);
        for (id, vector) in [(1, [1.0, 0.0]), (2, [0.0, 1.0]), (3, [-1.0, 0.0])] {
            index.insert(id, &vector).unwrap();
        }
        assert!(index.remove(1));
        assert!(!index.remove(1));
        assert_eq!(index.search(&[-1.0, 0.0], 1), [Neighbour { id: 3, similarity: 1.0 }]);
        assert_eq!(index.search(&[1.0, 0.0], 9).iter().map(|n| n.id).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn memory_is_given_back_after_most_rows_are_removed() {
        let index = FlatIndex::new(2);
        for id in 0..1000 {
            index.insert(id, &[1.0, 0.0]).unwrap();
        }
        for id in 0..990 {
            index.remove(id);
        }
        assert!(index.rows.read().values.capacity() < 200);
        assert_eq!(index.len(), 10);
    }
}
