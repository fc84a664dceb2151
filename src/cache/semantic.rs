//! Entries by meaning: the candidates in a question's partition. Whether one serves is judged elsewhere.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::RwLock;

use super::{Entry, ExactCache, ExactKey, PartitionKey};
use crate::index::{HybridIndex, IndexOptions, Labels, Mask, VectorSearch as _, VectorStore as _};

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

/// Label of entries whose answers call tools: they are served for the same words only.
const CALLS_TOOLS: Labels = 1;

/// One index a partition. A lookup waits for nobody who inserts, but for the moment that a write to one map takes.
pub struct SemanticIndex {
    candidates: usize,
    floor: f32,
    dim: usize,
    partitions: RwLock<HashMap<PartitionKey, Arc<Partition>>>,
    keys: Keys,
    next_id: AtomicU64,
}

struct Partition {
    index: HybridIndex,
    /// How many of the keys are this partition's. Grows only while the map of partitions is locked, so that a partition
    /// which is found to be empty under the map's exclusive lock stays so.
    entries: AtomicUsize,
}

/// Where the entry of each vector is. In parts, because a map that grows is locked until all of it has been copied.
struct Keys([RwLock<HashMap<u64, ExactKey>>; 64]);

impl Keys {
    fn of(&self, id: u64) -> &RwLock<HashMap<u64, ExactKey>> {
        &self.0[id as usize % self.0.len()]
    }

    fn len(&self) -> usize {
        self.0.iter().map(|part| part.read().len()).sum()
    }
}

impl SemanticIndex {
    /// An index of vectors with `dim` numbers, that gives the best `candidates` of a lookup, as far as their cosine
    /// similarity reaches `floor`.
    pub fn new(dim: usize, candidates: usize, floor: f32) -> Self {
        Self {
            candidates,
            floor,
            dim,
            partitions: RwLock::default(),
            keys: Keys(std::array::from_fn(|_| RwLock::default())),
            next_id: AtomicU64::new(1),
        }
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
        let mask = Mask { none: CALLS_TOOLS, ..Mask::ANY };
        let near = partition.index.search_masked(query.vector, self.candidates, mask).into_iter();
        let near = near.filter(|neighbour| neighbour.similarity >= self.floor);
        near.filter_map(|neighbour| {
            let key = self.keys.of(neighbour.id).read().get(&neighbour.id).copied()?;
            let entry = cache.get(&key).filter(|entry| entry.id == neighbour.id)?;
            let usable = entry.is_fresh(query.now, query.max_age);
            usable.then_some(Hit { entry, similarity: neighbour.similarity })
        })
        .collect()
    }

    /// Makes an entry findable by its question's vector.
    pub fn insert(&self, entry: &Entry, vector: &[f32]) {
        let Some(key) = entry.partition else { return };
        let partition = self.reserve(key);
        self.keys.of(entry.id).write().insert(entry.id, entry.key);
        let labels = if entry.calls_tools { CALLS_TOOLS } else { 0 };
        if let Err(error) = partition.index.insert_labelled(entry.id, vector, labels) {
            tracing::warn!(%error, "a question's vector cannot be indexed");
            self.remove(entry);
        }
        // It may have been evicted meanwhile.
        if !self.keys.of(entry.id).read().contains_key(&entry.id) {
            partition.index.remove(entry.id);
        }
    }

    /// The partition, in which one more entry is expected.
    fn reserve(&self, key: PartitionKey) -> Arc<Partition> {
        let expect_one_more = |partition: &Arc<Partition>| {
            partition.entries.fetch_add(1, Ordering::Relaxed);
            Arc::clone(partition)
        };
        if let Some(partition) = self.partitions.read().get(&key) {
            return expect_one_more(partition);
        }
        let mut partitions = self.partitions.write();
        expect_one_more(partitions.entry(key).or_insert_with(|| {
            let index = HybridIndex::new(self.dim, IndexOptions::default());
            Arc::new(Partition { index, entries: AtomicUsize::new(0) })
        }))
    }

    /// Forgets an entry.
    pub fn remove(&self, entry: &Entry) {
        let Some(key) = entry.partition else { return };
        if self.keys.of(entry.id).write().remove(&entry.id).is_none() {
            return;
        }
        let Some(partition) = self.partitions.read().get(&key).cloned() else { return };
        partition.index.remove(entry.id);
        if partition.entries.fetch_sub(1, Ordering::Relaxed) > 1 {
            return;
        }
        let mut partitions = self.partitions.write();
        let is_current =
            partitions.get(&key).is_some_and(|current| Arc::ptr_eq(current, &partition));
        if is_current && partition.entries.load(Ordering::Relaxed) == 0 {
            partitions.remove(&key);
        }
    }

    /// Partitions and vectors held.
    pub fn size(&self) -> (u64, u64) {
        (self.partitions.read().len() as u64, self.keys.len() as u64)
    }
}
