//! Entries by meaning: the candidates in a question's partition. Whether one serves is judged elsewhere.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::RwLock;

use super::{Entry, ExactCache, ExactKey, PartitionKey};
use crate::index::{HybridIndex, IndexOptions, VectorSearch as _, VectorStore as _};

/// An entry found by meaning.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The entry.
    pub entry: Arc<Entry>,
    /// Cosine similarity of its question to the one asked.
    pub similarity: f32,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Where.
    pub partition: PartitionKey,
    /// The unit vector of the question asked.
    pub vector: &'a [f32],
    /// The oldest answer that will do.
    pub max_age: Option<Duration>,
    /// The time now, on the cache's clock.
    pub now: Duration,
}

/// One index a partition.
pub struct SemanticIndex {
    candidates: usize,
    floor: f32,
    dim: usize,
    partitions: RwLock<HashMap<PartitionKey, Arc<Partition>>>,
    next_id: AtomicU64,
}

struct Partition {
    index: HybridIndex,
    keys: RwLock<HashMap<u64, ExactKey>>,
}

impl Partition {
    fn link(&self, entry: &Entry, vector: &[f32]) {
        if let Err(error) = self.index.insert(entry.id, vector) {
            tracing::warn!(%error, "a question's vector cannot be indexed");
            self.keys.write().remove(&entry.id);
        }
        // It may have been evicted meanwhile.
        if !self.keys.read().contains_key(&entry.id) {
            self.index.remove(entry.id);
        }
    }
}

impl SemanticIndex {
    /// An index of vectors with `dim` numbers, that gives the best `candidates` of a lookup, as far as their cosine
    /// similarity reaches `floor`.
    pub fn new(dim: usize, candidates: usize, floor: f32) -> Self {
        Self { candidates, floor, dim, partitions: RwLock::default(), next_id: AtomicU64::new(1) }
    }

    /// A fresh id for an entry.
    pub fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Vectors in one partition.
    pub fn vectors_in(&self, partition: PartitionKey) -> usize {
        self.partitions.read().get(&partition).map_or(0, |partition| partition.index.len())
    }

    /// The entries of `cache` whose questions are nearest and that may be served at all, nearest first.
    pub fn candidates(&self, cache: &ExactCache, query: Query<'_>) -> Vec<Hit> {
        let Some(partition) = self.partitions.read().get(&query.partition).cloned() else {
            return Vec::new();
        };
        let near = partition.index.search(query.vector, self.candidates).into_iter();
        let near = near.filter(|neighbour| neighbour.similarity >= self.floor);
        near.filter_map(|neighbour| {
            let key = partition.keys.read().get(&neighbour.id).copied()?;
            let entry = cache.get(&key).filter(|entry| entry.id == neighbour.id)?;
            let usable = entry.is_fresh(query.now, query.max_age) && !entry.calls_tools;
            usable.then_some(Hit { entry, similarity: neighbour.similarity })
        })
        .collect()
    }

    /// Makes an entry findable by its question's vector: at once in a small partition; in one that has become a graph,
    /// where an insert takes milliseconds, soon.
    pub fn insert(&self, entry: Arc<Entry>, vector: Arc<[f32]>) {
        let Some(key) = entry.partition else { return };
        // The map stays locked, so that the partition cannot be dropped as empty meanwhile.
        let mut partitions = self.partitions.write();
        let partition = partitions.entry(key).or_insert_with(|| {
            let index = HybridIndex::new(self.dim, IndexOptions::default());
            Arc::new(Partition { index, keys: RwLock::default() })
        });
        partition.keys.write().insert(entry.id, entry.key);
        let partition = Arc::clone(partition);
        drop(partitions);
        if partition.index.len() < IndexOptions::default().flat_until / 4 {
            partition.link(&entry, &vector);
        } else {
            rayon::spawn(move || partition.link(&entry, &vector));
        }
    }

    /// Forgets an entry.
    pub fn remove(&self, entry: &Entry) {
        let Some(key) = entry.partition else { return };
        let Some(partition) = self.partitions.read().get(&key).cloned() else { return };
        partition.keys.write().remove(&entry.id);
        partition.index.remove(entry.id);
        let mut partitions = self.partitions.write();
        if partition.keys.read().is_empty()
            && partitions.get(&key).is_some_and(|current| Arc::ptr_eq(current, &partition))
        {
            partitions.remove(&key);
        }
    }

    /// Partitions and vectors held.
    pub fn size(&self) -> (u64, u64) {
        let partitions = self.partitions.read();
        let vectors = partitions.values().map(|partition| partition.keys.read().len() as u64).sum();
        (partitions.len() as u64, vectors)
    }
}
