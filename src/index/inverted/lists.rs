//! One state of an inverted file: all lists and their centroids.
//!
//! States share what they have in common. Changing a copy touches one group and one list of it, so that a copy costs
//! some kilobytes however large the whole is, and lookups go on in the state that they began with.

use std::sync::Arc;

use super::super::kernel;
use super::list::{List, Row, Signs};

/// Lists in a group. A copy of a state costs a reference for each group, and for each list of a group that is changed.
const GROUP: usize = 64;

/// Lists, numbered from 0, each with the signs of its centroid.
#[derive(Debug, Default, Clone)]
pub struct Lists {
    /// All but the last are full.
    groups: Vec<Arc<Group>>,
    rows: usize,
}

#[derive(Debug, Default, Clone)]
struct Group {
    centroids: Signs,
    lists: Vec<Arc<List>>,
}

impl Lists {
    /// Number of lists.
    pub fn len(&self) -> usize {
        let full = self.groups.len().saturating_sub(1) * GROUP;
        full + self.groups.last().map_or(0, |group| group.lists.len())
    }

    /// Rows in all lists.
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn list(&self, number: usize) -> &List {
        &self.groups[number / GROUP].lists[number % GROUP]
    }

    pub fn iter(&self) -> impl Iterator<Item = &List> {
        self.groups.iter().flat_map(|group| group.lists.iter().map(Arc::as_ref))
    }

    /// The bits in which `signs` differs from each list's centroid.
    pub fn distances(&self, signs: &[u64]) -> Vec<i16> {
        let mut distances = vec![0; self.groups.len() * GROUP];
        for (group, distances) in self.groups.iter().zip(distances.chunks_exact_mut(GROUP)) {
            let rows = group.centroids.len().next_multiple_of(kernel::BLOCK);
            kernel::hamming(signs, group.centroids.blocks(), &mut distances[..rows]);
        }
        distances.truncate(self.len());
        distances
    }

    /// The list whose centroid is nearest, other than `but`.
    pub fn nearest(&self, signs: &[u64], but: Option<usize>) -> Option<usize> {
        let distances = self.distances(signs);
        let others = distances.iter().enumerate().filter(|(number, _)| Some(*number) != but);
        others.min_by_key(|(_, distance)| **distance).map(|(number, _)| number)
    }

    /// Whether a row can be added to the list without new memory, and without copying what other states share.
    pub fn is_ready(&self, number: usize) -> bool {
        let group = &self.groups[number / GROUP];
        let list = &group.lists[number % GROUP];
        Arc::strong_count(group) == 1 && Arc::strong_count(list) == 1 && list.has_room()
    }

    pub fn push(&mut self, number: usize, row: &Row) {
        self.list_mut(number).push(row);
        self.rows += 1;
    }

    /// Removes an entry from the list that holds it.
    pub fn remove(&mut self, number: usize, id: u64) {
        let list = self.list_mut(number);
        if let Some(row) = list.row_of(id) {
            list.remove(row);
            self.rows -= 1;
        }
    }

    pub fn append(&mut self, centroid: &[u64], list: List) {
        if self.groups.last().is_none_or(|group| group.lists.len() == GROUP) {
            self.groups.push(Arc::default());
        }
        self.rows += list.len();
        if let Some(group) = self.groups.last_mut() {
            let group = Arc::make_mut(group);
            group.centroids.push(centroid);
            group.lists.push(Arc::new(list));
        }
    }

    pub fn replace(&mut self, number: usize, centroid: &[u64], list: List) {
        self.rows = self.rows + list.len() - self.list(number).len();
        let group = Arc::make_mut(&mut self.groups[number / GROUP]);
        group.centroids.set(number % GROUP, centroid);
        group.lists[number % GROUP] = Arc::new(list);
    }

    /// Removes a list with what it holds; the last takes its number.
    pub fn swap_remove(&mut self, number: usize) {
        let last = self.len() - 1;
        self.rows -= self.list(number).len();
        let Some(group) = self.groups.last_mut() else { return };
        let group = Arc::make_mut(group);
        let centroid = group.centroids.get(last % GROUP);
        group.centroids.swap_remove(last % GROUP);
        let list = group.lists.swap_remove(last % GROUP);
        if group.lists.is_empty() {
            self.groups.pop();
        }
        if number != last {
            let group = Arc::make_mut(&mut self.groups[number / GROUP]);
            group.centroids.set(number % GROUP, &centroid);
            group.lists[number % GROUP] = list;
        }
    }

    /// Memory that it takes, shared or not.
    pub fn allocated(&self) -> usize {
        // Reference counts and the allocator's rounding.
        const LIST: usize = size_of::<List>() + 3 * size_of::<usize>();
        let group = |group: &Arc<Group>| {
            let lists: usize = group.lists.iter().map(|list| LIST + list.allocated()).sum();
            size_of::<Group>() + group.centroids.allocated() + lists
        };
        self.groups.iter().map(group).sum()
    }

    fn list_mut(&mut self, number: usize) -> &mut List {
        let group = Arc::make_mut(&mut self.groups[number / GROUP]);
        Arc::make_mut(&mut group.lists[number % GROUP])
    }
}
