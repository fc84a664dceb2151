//! Entries by meaning: candidates from the partition's index, judged one by one.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::RwLock;

use super::{
    Entry, ExactCache, ExactKey, PartitionKey,
    decide::{Decision, Rejection, Verdict},
};
use crate::index::{HybridIndex, IndexOptions, VectorSearch as _, VectorStore as _};

/// An entry found by meaning.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The entry.
    pub entry: Arc<Entry>,
    /// Cosine similarity of its question to the one asked.
    pub similarity: f32,
}

/// What a lookup by meaning came to.
#[derive(Debug, Default)]
pub struct Lookup {
    /// The entry to serve.
    pub hit: Option<Hit>,
    /// The best candidate that was refused, with the reason.
    pub refused: Option<(f32, Rejection)>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Where.
    pub partition: PartitionKey,
    /// The question asked.
    pub question: &'a str,
    /// Its unit vector.
    pub vector: &'a [f32],
    /// The oldest answer that will do.
    pub max_age: Option<Duration>,
    /// The time now, on the cache's clock.
    pub now: Duration,
}

/// One index a partition.
pub struct SemanticIndex {
    decision: Decision,
    candidates: usize,
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
    /// An index of vectors with `dim` numbers, that looks at the best `candidates` of a lookup.
    pub fn new(dim: usize, candidates: usize, decision: Decision) -> Self {
        Self {
            decision,
            candidates,
            dim,
            partitions: RwLock::default(),
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

    /// The best entry of `cache` whose answer serves the question, if there is one.
    pub fn lookup(&self, cache: &ExactCache, query: Query<'_>) -> Lookup {
        let Some(partition) = self.partitions.read().get(&query.partition).cloned() else {
            return Lookup::default();
        };
        let mut lookup = Lookup::default();
        for neighbour in partition.index.search(query.vector, self.candidates) {
            let Some(key) = partition.keys.read().get(&neighbour.id).copied() else { continue };
            let current = cache.get(&key).filter(|entry| entry.id == neighbour.id);
            let usable =
                |entry: &Arc<Entry>| entry.is_fresh(query.now, query.max_age) && !entry.calls_tools;
            let Some(entry) = current.filter(usable) else { continue };
            let similarity = neighbour.similarity;
            match self.decision.judge(query.question, &entry.question, similarity) {
                Verdict::Serve => {
                    lookup.hit = Some(Hit { entry, similarity });
                    return lookup;
                }
                Verdict::Reject(rejection) => {
                    lookup.refused.get_or_insert((similarity, rejection));
                }
            }
        }
        lookup
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
