//! One move of an index to a new store, on a thread of its own: copy what is there, build, catch up with what was changed
//! meanwhile, swap.
//!
//! Knows nothing about when a move is due; that is `hybrid.rs`'s.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::hnsw::{HnswIndex, Item};
use super::hybrid::{Changes, Shape, Shared, Store};
use super::inverted::InvertedIndex;
use super::{Rows, VectorStore as _};

/// Vectors that are linked at a time; a build looks at what was changed meanwhile, and whether to stop, in between.
const BUILD_BATCH: usize = 256;
/// So few changes are caught up with while writers wait for the swap.
const LAST_CHANGES: usize = 16;

/// One move. Dropped without being done (stopped, panicked), it leaves the old store in place and says so.
pub(super) struct Move<'a> {
    shared: &'a Shared,
    done: bool,
}

impl<'a> Move<'a> {
    pub(super) fn new(shared: &'a Shared) -> Self {
        Self { shared, done: false }
    }

    pub(super) fn run(mut self, shape: Shape) {
        let rows = {
            let mut writing = self.shared.writing.lock();
            writing.changes = Some(Changes::new()); // Those so far are in the copy.
            self.shared.store.read().rows()
        };
        let store = match shape {
            Shape::Lists => Store::Lists(InvertedIndex::new(
                self.shared.dimension,
                self.shared.options.effort(),
            )),
            Shape::Graph => {
                Store::Graph(HnswIndex::new(self.shared.dimension, self.shared.options.graph()))
            }
        };
        if self.copy(rows.as_ref(), &store).is_ok() {
            drop(rows);
            self.swap(store);
        }
    }

    fn copy(&self, rows: &dyn Rows, store: &Store) -> Result<(), Abandoned> {
        let mut outdated = HashSet::new();
        for start in (0..rows.len()).step_by(BUILD_BATCH) {
            // Before each batch, so that the changes that wait stay few.
            let changes =
                self.shared.writing.lock().changes.replace(Changes::new()).unwrap_or_default();
            outdated.extend(changes.keys().copied());
            self.apply(&changes, store)?;
            let batch =
                (start..rows.len().min(start + BUILD_BATCH)).map(|position| rows.row(position));
            let batch: Vec<_> = batch.filter(|(id, ..)| !outdated.contains(id)).collect();
            let batch: Vec<Item<'_>> = batch
                .iter()
                .map(|(id, vector, labels)| (*id, vector.as_slice(), *labels))
                .collect();
            self.insert(&batch, store)?;
        }
        Ok(())
    }

    /// Catches up with the last changes, and lets the store be found.
    fn swap(&mut self, store: Store) {
        let old = loop {
            let mut writing = self.shared.writing.lock();
            let changes = writing.changes.take().unwrap_or_default();
            if changes.len() <= LAST_CHANGES {
                if self.apply(&changes, &store).is_err() {
                    return;
                }
                self.done = true;
                break std::mem::replace(&mut *self.shared.store.write(), Arc::new(store));
            }
            writing.changes = Some(Changes::new());
            drop(writing);
            if self.apply(&changes, &store).is_err() {
                return;
            }
        };
        // Freeing a large store takes a while; nobody waits for it here.
        drop(old);
    }

    fn apply(&self, changes: &Changes, store: &Store) -> Result<(), Abandoned> {
        let mut inserted = Vec::new();
        for (id, vector) in changes {
            match vector {
                Some((vector, labels)) => inserted.push((*id, vector.as_ref(), *labels)),
                None => {
                    store.as_dyn().remove(*id);
                }
            }
        }
        inserted.chunks(BUILD_BATCH).try_for_each(|batch| self.insert(batch, store))
    }

    fn insert(&self, batch: &[Item<'_>], store: &Store) -> Result<(), Abandoned> {
        match store {
            Store::Lists(lists) => batch
                .iter()
                .try_for_each(|(id, vector, labels)| lists.insert_labelled(*id, vector, *labels)),
            Store::Graph(graph) => graph.extend(batch, build_threads(), &self.shared.stop),
        }
        .map_err(|_| Abandoned)?;
        if self.shared.stop.load(Ordering::Relaxed) { Err(Abandoned) } else { Ok(()) }
    }
}

/// The move was told to stop, or met a vector that the old store should not have had.
struct Abandoned;

/// Half of the cores: requests come first.
fn build_threads() -> NonZeroUsize {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get) / 2;
    NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN)
}

impl Drop for Move<'_> {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut writing = self.shared.writing.lock();
        writing.changes = None;
        writing.gave_up = true;
        if !self.shared.stop.load(Ordering::Relaxed) {
            tracing::warn!("restructuring a vector index failed; it keeps working, but slower");
        }
    }
}
