//! The best neighbours of those that a search comes across.

use super::Neighbour;

/// The `k` best of the neighbours offered so far, best first.
pub(super) struct Best {
    k: usize,
    pub(super) neighbours: Vec<Neighbour>,
}

impl Best {
    pub(super) fn new(k: usize) -> Self {
        Self { k, neighbours: Vec::with_capacity(k) }
    }

    pub(super) fn offer(&mut self, id: u64, similarity: f32) {
        if self.neighbours.len() == self.k {
            match self.neighbours.last() {
                Some(worst) if similarity > worst.similarity => self.neighbours.pop(),
                _ => return,
            };
        }
        let place = self.neighbours.partition_point(|better| better.similarity >= similarity);
        self.neighbours.insert(place, Neighbour { id, similarity: similarity.clamp(-1.0, 1.0) });
    }
}
