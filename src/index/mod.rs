//! Nearest-neighbour search over unit vectors, with deletion and replacement.
//!
//! Knows nothing about questions, answers or partitions: an id and a vector go in, ids and similarities come out.
//! [`hybrid`] is what a partition holds: an inverted file of quantised vectors ([`inverted`]), and beyond a size that can
//! be set a graph ([`hnsw`]). [`flat`] is exact, slow and large: what the others are compared with.

mod best;
mod code;
#[cfg(test)]
mod contract;
pub mod flat;
pub mod hnsw;
pub mod hybrid;
pub mod inverted;
mod kernel;
mod moving;

use best::Best;
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

/// What a vector is besides its direction, a bit each; the owner of a store decides what they mean.
pub type Labels = u32;

/// Which vectors a search may find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    /// Labels that a vector must have.
    pub all: Labels,
    /// Labels that it must not have.
    pub none: Labels,
}

impl Mask {
    /// Admits everything.
    pub const ANY: Self = Self { all: 0, none: 0 };

    /// Whether a vector with these labels may be found.
    pub fn admits(self, labels: Labels) -> bool {
        labels & self.all == self.all && labels & self.none == 0
    }
}

/// What a vector of `dimension` numbers takes in an index, about: a byte a number, a sign bit a number, its id, labels
/// and scale, the map by which it is removed, and room to grow.
pub const fn bytes_of_vector(dimension: usize) -> usize {
    const FIXED: usize = 64;
    let codes = dimension + dimension / 8;
    codes + codes / 8 + FIXED
}

/// Finds neighbours. Every implementation is compared with a naive model in the contract test.
pub trait VectorSearch: Send + Sync {
    /// The up to `k` most similar live vectors whose labels `mask` admits, best first. `query` is a unit vector of the
    /// store's dimension; any other query (wrong dimension, not finite, not of length 1) finds nothing.
    fn search_masked(&self, query: &[f32], k: usize, mask: Mask) -> Vec<Neighbour>;
    /// The up to `k` most similar live vectors, whatever their labels.
    fn search(&self, query: &[f32], k: usize) -> Vec<Neighbour> {
        self.search_masked(query, k, Mask::ANY)
    }
    /// Number of live vectors.
    fn len(&self) -> usize;
    /// True when there is no live vector.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Estimated memory in bytes.
    fn bytes(&self) -> usize;
}

/// Changes what can be found. Takes `&self`: a store does its own locking, and a search never sees half a change.
pub trait VectorStore: VectorSearch {
    /// Adds or replaces the unit vector of `id` and its labels.
    ///
    /// # Errors
    /// When the vector cannot be compared with the others; the store is then unchanged.
    fn insert_labelled(&self, id: u64, vector: &[f32], labels: Labels) -> Result<(), VectorError>;
    /// Adds or replaces the unit vector of `id`, without labels.
    ///
    /// # Errors
    /// When the vector cannot be compared with the others; the store is then unchanged.
    fn insert(&self, id: u64, vector: &[f32]) -> Result<(), VectorError> {
        self.insert_labelled(id, vector, 0)
    }
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
    /// The id, vector and labels at `position < len()`.
    fn row(&self, position: usize) -> (u64, Vec<f32>, Labels);
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
    fn a_mask_admits_what_has_all_and_none_of_its_labels() {
        let mask = Mask { all: 0b011, none: 0b100 };
        for (labels, admitted) in [(0b011, true), (0b1011, true), (0b001, false), (0b111, false)] {
            assert_eq!(mask.admits(labels), admitted, "{labels:b}");
        }
        assert!(Mask::ANY.admits(0) && Mask::ANY.admits(Labels::MAX));
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
