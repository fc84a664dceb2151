//! Nearest-neighbour search over unit vectors, with deletion and replacement.
//!
//! Knows nothing about questions, answers or partitions: an id and a vector go in, ids and similarities come out.

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
    /// The up to `k` most similar live vectors, best first. `query` is a unit vector of the store's dimension.
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
    fn insert(&self, id: u64, vector: &[f32]);
    /// Forgets `id`; true when it was there. It is never returned again.
    fn remove(&self, id: u64) -> bool;
}
