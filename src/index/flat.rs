//! The exact scan: every vector in one contiguous matrix, compared one after the other.
//!
//! Finds what there is to find, forgets at once and for free, and is faster than a graph for some ten thousand vectors.
//! It is the oracle of the contract test. The scan stays on the caller's thread: waiting for rayon with the lock held
//! could run another task that wants the lock, and other requests have a use for the other cores.

use std::collections::HashMap;

use parking_lot::RwLock;

use super::{Neighbour, Rows, VectorError, VectorSearch, VectorStore, check, dot};

/// Unit vectors that are searched exactly.
pub struct FlatIndex {
    dimension: usize,
    rows: RwLock<Matrix>,
}

/// Row `n` of `values` (`[rows, dimension]`) belongs to `ids[n]`, and `row_of[ids[n]] == n`.
#[derive(Default, Clone)]
struct Matrix {
    dimension: usize,
    values: Vec<f32>,
    ids: Vec<u64>,
    row_of: HashMap<u64, usize>,
}

impl FlatIndex {
    /// An empty index for vectors of `dimension` numbers.
    pub fn new(dimension: usize) -> Self {
        Self { dimension, rows: RwLock::new(Matrix { dimension, ..Matrix::default() }) }
    }

    /// Estimated memory in bytes.
    pub fn bytes(&self) -> usize {
        let rows = self.rows.read();
        // An entry of the map takes 16 bytes at a load of about 2/3, plus a control byte.
        let per_row = self.dimension * size_of::<f32>() + size_of::<u64>() + 25;
        rows.ids.len() * per_row
    }

    /// A copy of all vectors.
    pub(super) fn rows(&self) -> Box<dyn Rows> {
        Box::new(self.rows.read().clone())
    }
}

impl VectorSearch for FlatIndex {
    fn search(&self, query: &[f32], k: usize) -> Vec<Neighbour> {
        if check(self.dimension, query).is_err() {
            return Vec::new();
        }
        let rows = self.rows.read();
        let mut best = Best::new(k.min(rows.ids.len()));
        for (id, row) in rows.ids.iter().zip(rows.values.chunks_exact(self.dimension)) {
            best.offer(*id, dot(query, row));
        }
        best.neighbours
    }

    fn len(&self) -> usize {
        self.rows.read().ids.len()
    }
}

impl VectorStore for FlatIndex {
    fn insert(&self, id: u64, vector: &[f32]) -> Result<(), VectorError> {
        check(self.dimension, vector)?;
        let mut rows = self.rows.write();
        match rows.row_of.get(&id).copied() {
            Some(row) => {
                let start = row * self.dimension;
                rows.values[start..start + self.dimension].copy_from_slice(vector);
            }
            None => {
                let row = rows.ids.len();
                rows.row_of.insert(id, row);
                rows.ids.push(id);
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

impl Rows for Matrix {
    fn len(&self) -> usize {
        self.ids.len()
    }

    fn row(&self, position: usize) -> (u64, &[f32]) {
        let start = position * self.dimension;
        (self.ids[position], &self.values[start..start + self.dimension])
    }
}

/// The `k` best of the neighbours offered so far, best first.
pub(super) struct Best {
    k: usize,
    pub(super) neighbours: Vec<Neighbour>,
}

impl Best {
    pub(super) fn new(k: usize) -> Self {
        Self { k, neighbours: Vec::with_capacity(k) }
    }

    pub(super) fn offer(&mut self, id: u64, similarity: f32) {
        if self.neighbours.len() == self.k {
            match self.neighbours.last() {
                Some(worst) if similarity > worst.similarity => self.neighbours.pop(),
                _ => return,
            };
        }
        let place = self.neighbours.partition_point(|better| better.similarity >= similarity);
        self.neighbours.insert(place, Neighbour { id, similarity: similarity.clamp(-1.0, 1.0) });
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
