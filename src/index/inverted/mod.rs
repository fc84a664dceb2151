//! An inverted file (IVF) of quantised vectors: lists of entries that are near each other, of which a lookup reads the
//! nearest.
//!
//! A small index is read whole; from [`Effort::scanned`] entries on a lookup takes no longer however many there are. Lists
//! split when they are full and are given up when they are nearly empty, so that there is nothing to train or to rebuild.
//! A removed entry is gone at once.
//!
//! A lookup works on one state of the lists and waits for nobody: changes are made in place as long as nobody is looking
//! and no memory is needed, otherwise in a copy that is then exchanged for the state.

mod list;
mod lists;
mod lookup;
mod split;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock, RwLockUpgradableReadGuard};

use self::list::{List, Row};
use self::lists::Lists;
use super::code::{self, Code};
use super::{Labels, Mask, Neighbour, Rows, VectorError, VectorSearch, VectorStore, check};

/// Rows beyond which a list is split.
const LARGEST_LIST: usize = 256;
/// Rows below which a list is given up, as long as there are others.
const SMALLEST_LIST: usize = LARGEST_LIST / 8;

/// Dimensions below which more rows are compared in full.
const ENOUGH_SIGNS: usize = 384;

/// How much a lookup looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Rows whose sign bits are compared; an index up to this size is read whole.
    pub scanned: usize,
    /// Rows whose vectors are compared.
    pub reranked: usize,
}

/// Quantised unit vectors in lists.
pub struct InvertedIndex {
    dimension: usize,
    effort: Effort,
    /// Locked only for as long as it takes to take a reference, to exchange the state or to write one row.
    current: RwLock<Arc<Lists>>,
    /// Which list holds an id. Locked by whoever changes anything, and not by lookups.
    list_of: Mutex<HashMap<u64, u32>>,
}

impl InvertedIndex {
    /// An empty index for vectors of `dimension` numbers.
    pub fn new(dimension: usize, mut effort: Effort) -> Self {
        // Few signs tell little apart.
        effort.reranked *= ENOUGH_SIGNS.div_ceil(dimension.max(1));
        Self { dimension, effort, current: RwLock::default(), list_of: Mutex::default() }
    }

    /// All vectors at this moment.
    pub(super) fn rows(&self) -> Box<dyn Rows> {
        let state = self.state();
        let places = state
            .iter()
            .enumerate()
            .flat_map(|(number, list)| (0..list.len()).map(move |row| (number as u32, row as u32)));
        let places = places.collect();
        Box::new(Snapshot { state, places })
    }

    fn state(&self) -> Arc<Lists> {
        Arc::clone(&self.current.read())
    }

    /// Changes a row or two of the lists `touched`.
    fn change(&self, touched: &[Option<u32>], change: impl FnOnce(&mut Lists)) {
        let current = self.current.upgradable_read();
        let mut touched = touched.iter().flatten();
        let ready = touched.all(|number| current.is_ready(*number as usize));
        if ready && Arc::strong_count(&current) == 1 {
            let mut current = RwLockUpgradableReadGuard::upgrade(current);
            // A lookup that has come in between makes it a copy after all.
            change(Arc::make_mut(&mut current));
        } else {
            Self::exchange(current, change);
        }
    }

    /// Changes lists in a copy.
    fn restructure(&self, change: impl FnOnce(&mut Lists)) {
        Self::exchange(self.current.upgradable_read(), change);
    }

    fn exchange(
        current: RwLockUpgradableReadGuard<'_, Arc<Lists>>,
        change: impl FnOnce(&mut Lists),
    ) {
        let mut copy = Lists::clone(&current);
        change(&mut copy);
        let copy = Arc::new(copy);
        let old = std::mem::replace(&mut *RwLockUpgradableReadGuard::upgrade(current), copy);
        // Freed after the lock is.
        drop(old);
    }

    fn split(&self, number: u32, list_of: &mut HashMap<u64, u32>) {
        let state = self.state();
        let [first, second] = split::halves(state.list(number as usize));
        let new = state.len() as u32;
        drop(state);
        list_of.extend(second.1.ids.iter().map(|id| (*id, new)));
        self.restructure(|lists| {
            lists.replace(number as usize, &first.0, first.1);
            lists.append(&second.0, second.1);
        });
    }

    /// Moves the rows of a list to the lists that are next to them.
    fn give_up(&self, number: u32, list_of: &mut HashMap<u64, u32>) {
        let gone = number as usize;
        self.restructure(|lists| {
            let rows: Vec<Row> =
                (0..lists.list(gone).len()).map(|row| lists.list(gone).get(row)).collect();
            for row in rows {
                let Some(next) = lists.nearest(&row.code.signs, Some(gone)) else { return };
                lists.push(next, &row);
                lists.remove(gone, row.id);
                list_of.insert(row.id, next as u32);
            }
            let last = lists.len() - 1;
            lists.swap_remove(gone);
            if last != gone {
                list_of.extend(lists.list(gone).ids.iter().map(|id| (*id, number)));
            }
        });
    }

    /// Restores the size of a list that has lost a row.
    fn tidy(&self, number: u32, list_of: &mut HashMap<u64, u32>) {
        let state = self.state();
        let rows = state.list(number as usize).len();
        let give_up = rows == 0 || rows < SMALLEST_LIST && state.len() > 1;
        drop(state);
        if give_up {
            self.give_up(number, list_of);
        }
    }
}

impl VectorSearch for InvertedIndex {
    fn search_masked(&self, query: &[f32], k: usize, mask: Mask) -> Vec<Neighbour> {
        if check(self.dimension, query).is_err() {
            return Vec::new();
        }
        lookup::search(&self.state(), query, k, mask, self.effort)
    }

    fn len(&self) -> usize {
        self.current.read().rows()
    }

    fn bytes(&self) -> usize {
        // Buckets are filled to 7/8; each has a byte of control.
        let buckets = self.list_of.lock().capacity() * 8 / 7;
        self.state().allocated() + buckets * (size_of::<(u64, u32)>() + 1)
    }
}

impl VectorStore for InvertedIndex {
    fn insert_labelled(&self, id: u64, vector: &[f32], labels: Labels) -> Result<(), VectorError> {
        check(self.dimension, vector)?;
        let row = Row { id, labels, code: Code::new(vector) };
        let mut list_of = self.list_of.lock();
        let nearest = self.current.read().nearest(&row.code.signs, None);
        let Some(nearest) = nearest else {
            let mut list = List::default();
            list.push(&row);
            list_of.insert(id, 0);
            self.restructure(|lists| lists.append(&row.code.signs, list));
            return Ok(());
        };
        let list = nearest as u32;
        let old = list_of.insert(id, list);
        self.change(&[Some(list), old], |lists| {
            if let Some(old) = old {
                lists.remove(old as usize, id);
            }
            lists.push(nearest, &row);
        });
        if self.current.read().list(nearest).len() > LARGEST_LIST {
            self.split(list, &mut list_of);
        }
        if let Some(old) = old.filter(|old| *old != list) {
            self.tidy(old, &mut list_of);
        }
        Ok(())
    }

    fn remove(&self, id: u64) -> bool {
        let mut list_of = self.list_of.lock();
        let Some(list) = list_of.remove(&id) else { return false };
        self.change(&[Some(list)], |lists| lists.remove(list as usize, id));
        self.tidy(list, &mut list_of);
        true
    }
}

/// The vectors of one state.
struct Snapshot {
    state: Arc<Lists>,
    /// List and row of each.
    places: Vec<(u32, u32)>,
}

impl Rows for Snapshot {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn row(&self, position: usize) -> (u64, Vec<f32>, Labels) {
        let (number, row) = self.places[position];
        let (list, row) = (self.state.list(number as usize), row as usize);
        (list.ids[row], code::restored(list.bytes_of(row), list.scales[row]), list.labels[row])
    }
}
