//! Nearest-neighbour search over unit vectors, with deletion and replacement.
//!
//! Knows nothing about questions, answers or partitions: an id and a vector go in, ids and similarities come out.
//! [`hybrid`] is what a partition holds: an exact scan ([`flat`]) while it is small, a graph ([`hnsw`]) when it has
//! grown.

#[cfg(test)]
mod contract;
pub mod flat;
pub mod hnsw;
pub mod hybrid;
mod moving;

pub use hybrid::{HybridIndex, IndexOptions};

/// How far the squared length of a vector may be from 1 before it is refused.
const UNIT_TOLERANCE: f32 = 0.02;

/// One search result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The id that the vector was inserted under.
    pub id: u64,
    /// Cosine similarity to the query, in `[-1, 1]`.
    pub similarity: f32,
}

/// Finds neighbours. Every implementation is compared with [`flat`] in the contract test.
pub trait VectorSearch: Send + Sync {
    /// The up to `k` most similar live vectors, best first. `query` is a unit vector of the store's dimension; any other
    /// query (wrong dimension, not finite, not of length 1) finds nothing.
    fn search(&self, query: &[f32], k: usize) -> Vec<Neighbour>;
    /// Number of live vectors.
    fn len(&self) -> usize;
    /// True when there is no live vector.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Changes what can be found. Takes `&self`: a store does its own locking, and a search never sees half a change.
pub trait VectorStore: VectorSearch {
    /// Adds or replaces the unit vector of `id`.
    ///
    /// # Errors
    /// When the vector cannot be compared with the others; the store is then unchanged.
    fn insert(&self, id: u64, vector: &[f32]) -> Result<(), VectorError>;
    /// Forgets `id`; true when it was there. It is never returned again.
    fn remove(&self, id: u64) -> bool;
}

/// Why a vector was not taken.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum VectorError {
    /// It comes from another embedding model than the store's vectors.
    #[error("the vector has {actual} dimensions, the index holds {expected}")]
    Dimension {
        /// Dimensions of the store.
        expected: usize,
        /// Dimensions of the vector.
        actual: usize,
    },
    /// Its dot products would not be cosines. Also the case for a vector with a NaN or an infinite number.
    #[error("the vector has length {length}, not 1")]
    NotUnit {
        /// Euclidean length of the vector.
        length: f32,
    },
}

/// Whether `vector` is a unit vector of `dimension` finite numbers.
fn check(dimension: usize, vector: &[f32]) -> Result<(), VectorError> {
    if vector.len() != dimension {
        return Err(VectorError::Dimension { expected: dimension, actual: vector.len() });
    }
    let squared = dot(vector, vector);
    // Written so that NaN is refused too.
    if (squared - 1.0).abs() <= UNIT_TOLERANCE {
        return Ok(());
    }
    Err(VectorError::NotUnit { length: squared.sqrt() })
}

/// Dot product of two slices of one length, with enough accumulators for the compiler to use vector instructions.
pub fn dot(left: &[f32], right: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0f32; LANES];
    let (left_blocks, right_blocks) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest: f32 =
        left_blocks.remainder().iter().zip(right_blocks.remainder()).map(|(l, r)| l * r).sum();
    for (l, r) in left_blocks.zip(right_blocks) {
        for lane in 0..LANES {
            sums[lane] += l[lane] * r[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The vectors of a store at one moment, from which another store is built.
trait Rows: Send + Sync {
    /// Number of vectors.
    fn len(&self) -> usize;
    /// The id and vector at `position < len()`.
    fn row(&self, position: usize) -> (u64, &[f32]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_product_counts_the_part_that_fills_no_block() {
        let left: Vec<f32> = (0..37).map(|n| n as f32).collect();
        let right: Vec<f32> = (0..37).map(|n| (n % 3) as f32).collect();
        let expected: f32 = left.iter().zip(&right).map(|(l, r)| l * r).sum();
        assert_eq!(dot(&left, &right), expected);
    }

    #[test]
    fn only_finite_unit_vectors_of_the_dimension_pass() {
        assert_eq!(check(2, &[0.6, 0.8]), Ok(()));
        assert_eq!(check(3, &[0.6, 0.8]), Err(VectorError::Dimension { expected: 3, actual: 2 }));
        assert_eq!(check(2, &[3.0, 4.0]), Err(VectorError::NotUnit { length: 5.0 }));
        for bad in [[f32::NAN, 1.0], [f32::INFINITY, 0.0], [0.0, 0.0]] {
            assert!(matches!(check(2, &bad), Err(VectorError::NotUnit { .. })), "{bad:?}");
        }
        assert!(check(0, &[]).is_err());
    }
}
