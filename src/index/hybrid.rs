//! What a partition holds: an inverted file, or a graph when it has grown beyond a set size, and the way from one to the
//! other in the background.
//!
//! It decides when to move (also from a graph with many dead slots to a fresh graph), and owns the thread that does it;
//! how a move goes is in `moving.rs`. Searches and changes go to the old store until it is done.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use parking_lot::{Mutex, MutexGuard, RwLock};

use super::hnsw::{GraphOptions, HnswIndex};
use super::inverted::{Effort, InvertedIndex};
use super::moving::Move;
use super::{Labels, Mask, Neighbour, Rows, VectorError, VectorSearch, VectorStore};

/// Fewer dead slots than this are not worth a new graph.
const DEAD_WORTH_A_REBUILD: usize = 64;

/// How much a lookup looks at, when to build a graph, and the graph's size and effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexOptions {
    /// Vectors whose sign bits a search of the inverted file compares; an index up to this size is read whole.
    pub scanned: usize,
    /// Vectors that a search of the inverted file compares in full.
    pub reranked: usize,
    /// Vectors beyond which the inverted file becomes a graph. Below a quarter of it the graph is given up again.
    pub graph_from: usize,
    /// Links per node and layer of the graph.
    pub m: usize,
    /// Candidates that are looked at when a vector is inserted into the graph.
    pub ef_construction: usize,
    /// Candidates that are looked at by a search of the graph.
    pub ef_search: usize,
}

impl Default for IndexOptions {
    /// No graph: the inverted file was faster, smaller and quicker to change at every size measured (`docs/benchmarks.md`).
    fn default() -> Self {
        Self {
            scanned: 65_536,
            reranked: 128,
            graph_from: usize::MAX,
            m: 16,
            ef_construction: 100,
            ef_search: 64,
        }
    }
}

/// A vector store that chooses its structure by its size.
///
/// Inserting takes some ten microseconds; once it is a graph 1 to 2 ms, too long for an async worker thread. Dropping it
/// ends the background work first.
pub struct HybridIndex {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) dimension: usize,
    pub(super) options: IndexOptions,
    /// Locked only to take a reference or to exchange it.
    pub(super) store: RwLock<Arc<Store>>,
    /// Held by every change, so that none falls between the copy and the swap of a move. Taken before `store`.
    pub(super) writing: Mutex<Writing>,
    pub(super) stop: AtomicBool,
}

pub(super) enum Store {
    Lists(InvertedIndex),
    Graph(HnswIndex),
}

#[derive(Default)]
pub(super) struct Writing {
    /// Present while a move runs: the ids changed since it last looked, each with its vector or as removed.
    pub(super) changes: Option<Changes>,
    /// The thread of the last move; it may have ended.
    mover: Option<JoinHandle<()>>,
    /// A move has failed. The store stays as it is, which is correct, only slower.
    pub(super) gave_up: bool,
}

pub(super) type Changes = HashMap<u64, Option<(Box<[f32]>, Labels)>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Lists,
    Graph,
}

impl HybridIndex {
    /// An empty index for vectors of `dimension` numbers.
    pub fn new(dimension: usize, options: IndexOptions) -> Self {
        let lists = Store::Lists(InvertedIndex::new(dimension, options.effort()));
        let shared = Shared {
            dimension,
            options,
            store: RwLock::new(Arc::new(lists)),
            writing: Mutex::default(),
            stop: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Waits until no move is under way or due. For measurements; a search never needs it.
    pub fn settle(&self) {
        loop {
            let mover = {
                let mut writing = self.shared.writing.lock();
                self.move_if_due(&mut writing);
                writing.mover.take()
            };
            match mover {
                Some(mover) => drop(mover.join()),
                None => return,
            }
        }
    }

    fn store(&self) -> Arc<Store> {
        Arc::clone(&self.shared.store.read())
    }

    fn change(
        &self,
        writing: &mut MutexGuard<'_, Writing>,
        id: u64,
        item: Option<(&[f32], Labels)>,
    ) {
        if let Some(changes) = &mut writing.changes {
            changes.insert(id, item.map(|(vector, labels)| (Box::from(vector), labels)));
        }
        self.move_if_due(writing);
    }

    fn move_if_due(&self, writing: &mut MutexGuard<'_, Writing>) {
        if writing.changes.is_some() || writing.gave_up {
            return;
        }
        let Some(shape) = self.store().due(self.shared.options.graph_from) else {
            return;
        };
        writing.changes = Some(Changes::new());
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("index-move".to_owned());
        match thread.spawn(move || Move::new(&shared).run(shape)) {
            Ok(mover) => writing.mover = Some(mover),
            Err(error) => {
                tracing::warn!(%error, "no thread to restructure a vector index");
                writing.changes = None;
            }
        }
    }
}

impl Drop for HybridIndex {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mover = self.shared.writing.lock().mover.take();
        if let Some(mover) = mover {
            drop(mover.join());
        }
    }
}

impl VectorSearch for HybridIndex {
    fn search_masked(&self, query: &[f32], k: usize, mask: Mask) -> Vec<Neighbour> {
        self.store().as_dyn().search_masked(query, k, mask)
    }

    fn len(&self) -> usize {
        self.store().as_dyn().len()
    }

    fn bytes(&self) -> usize {
        let pending = self.shared.writing.lock().changes.as_ref().map_or(0, HashMap::len);
        pending * self.shared.dimension * size_of::<f32>() + self.store().as_dyn().bytes()
    }
}

impl VectorStore for HybridIndex {
    fn insert_labelled(&self, id: u64, vector: &[f32], labels: Labels) -> Result<(), VectorError> {
        let mut writing = self.shared.writing.lock();
        self.store().as_dyn().insert_labelled(id, vector, labels)?;
        self.change(&mut writing, id, Some((vector, labels)));
        Ok(())
    }

    fn remove(&self, id: u64) -> bool {
        let mut writing = self.shared.writing.lock();
        let was_there = self.store().as_dyn().remove(id);
        if was_there {
            self.change(&mut writing, id, None);
        }
        was_there
    }
}

impl Store {
    pub(super) fn as_dyn(&self) -> &dyn VectorStore {
        match self {
            Store::Lists(lists) => lists,
            Store::Graph(graph) => graph,
        }
    }

    pub(super) fn rows(&self) -> Box<dyn Rows> {
        match self {
            Store::Lists(lists) => lists.rows(),
            Store::Graph(graph) => graph.rows(),
        }
    }

    /// What the vectors should move to, if anything.
    fn due(&self, graph_from: usize) -> Option<Shape> {
        let live = self.as_dyn().len();
        match self {
            Store::Lists(_) => (live > graph_from).then_some(Shape::Graph),
            Store::Graph(_) if live < graph_from / 4 => Some(Shape::Lists),
            Store::Graph(graph) => {
                let dead = graph.dead();
                (dead >= DEAD_WORTH_A_REBUILD && dead * 3 > live).then_some(Shape::Graph)
            }
        }
    }
}

impl IndexOptions {
    pub(super) fn effort(self) -> Effort {
        Effort { scanned: self.scanned, reranked: self.reranked }
    }

    pub(super) fn graph(self) -> GraphOptions {
        GraphOptions { m: self.m, ef_construction: self.ef_construction, ef_search: self.ef_search }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: IndexOptions = IndexOptions {
        scanned: 100,
        reranked: 32,
        graph_from: 200,
        m: 8,
        ef_construction: 50,
        ef_search: 32,
    };

    fn vector(id: u64) -> [f32; 2] {
        let angle = id as f32 / 100.0;
        [angle.cos(), angle.sin()]
    }

    fn is_graph(index: &HybridIndex) -> bool {
        matches!(*index.store(), Store::Graph(_))
    }

    fn filled(entries: u64) -> HybridIndex {
        let index = HybridIndex::new(2, OPTIONS);
        for id in 0..entries {
            index.insert(id, &vector(id)).unwrap();
        }
        index.settle();
        index
    }

    #[test]
    fn a_growing_index_becomes_a_graph_and_a_shrinking_one_a_scan_again() {
        let index = filled(200);
        assert!(!is_graph(&index));
        index.insert(200, &vector(200)).unwrap();
        index.settle();
        assert!(is_graph(&index));
        (0..151).for_each(|id| assert!(index.remove(id)));
        index.settle();
        assert!(is_graph(&index));
        index.remove(151);
        index.settle();
        assert!(!is_graph(&index));
        assert_eq!(index.len(), 49);
        assert_eq!(index.search(&vector(160), 1)[0].id, 160);
    }

    #[test]
    fn a_graph_with_many_dead_slots_is_built_anew() {
        let index = filled(400);
        for round in 1..=5 {
            for id in 0..400 {
                index.insert(id, &vector(id + round)).unwrap();
            }
        }
        index.settle();
        let Store::Graph(graph) = &*index.store() else { panic!("not a graph") };
        assert_eq!(graph.len(), 400);
        assert!(graph.dead() * 3 <= 400, "{} dead", graph.dead());
    }

    #[test]
    fn changes_during_a_move_are_in_the_new_store() {
        let index = filled(150);
        // The move starts with id 200 at the latest; the later changes race with it.
        for id in 150..1500 {
            index.insert(id, &vector(id + 1)).unwrap();
            index.remove(id - 150);
            index.insert(id, &vector(id)).unwrap();
        }
        index.settle();
        assert_eq!(index.len(), 150);
        for id in 1350..1500 {
            let best = index.search(&vector(id), 1)[0];
            assert!(best.similarity > 0.999_99 && best.id >= 1350, "{id}: {best:?}");
        }
    }

    #[test]
    fn dropping_an_index_in_the_middle_of_a_move_ends_the_move() {
        let index = HybridIndex::new(2, OPTIONS);
        for id in 0..5000 {
            index.insert(id, &vector(id)).unwrap();
        }
        let shared = Arc::downgrade(&index.shared);
        drop(index);
        assert!(shared.upgrade().is_none());
    }

    #[test]
    fn memory_grows_with_the_entries() {
        assert_eq!(HybridIndex::new(2, OPTIONS).bytes(), 0);
        assert!(filled(400).bytes() > filled(100).bytes() * 4);
    }
}
