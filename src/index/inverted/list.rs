//! One list of an inverted file: the entries nearest to one centroid, each field of all entries in an array of its own.
//!
//! A lookup reads `signs` from front to back and `codes` of the few best rows. Rows have no order; removing one brings
//! the last into its place.

use super::super::Labels;
use super::super::code::Code;
use super::super::kernel::BLOCK;

/// Room is made for so many rows at a time, so that little of it stays empty.
const GROWTH: usize = 32;

/// Rows of quantised vectors.
#[derive(Debug, Default, Clone)]
pub struct List {
    /// `[rows]`
    pub ids: Vec<u64>,
    /// `[rows]`
    pub labels: Vec<Labels>,
    /// `[rows]`
    pub scales: Vec<f32>,
    /// `[rows, dimension]`
    pub bytes: Vec<i8>,
    pub signs: Signs,
}

/// A row that is on its way into a list.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: u64,
    pub labels: Labels,
    pub code: Code,
}

/// Sign bits of rows, `[rows / BLOCK, words, BLOCK]`, the last block filled up with anything.
#[derive(Debug, Default, Clone)]
pub struct Signs {
    blocks: Vec<u64>,
    rows: usize,
}

impl List {
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether another row fits without new memory.
    pub fn has_room(&self) -> bool {
        self.ids.len() < self.ids.capacity()
    }

    pub fn row_of(&self, id: u64) -> Option<usize> {
        self.ids.iter().position(|other| *other == id)
    }

    /// Number `row`'s part of `bytes`.
    pub fn bytes_of(&self, row: usize) -> &[i8] {
        let dimension = self.bytes.len() / self.ids.len();
        &self.bytes[row * dimension..][..dimension]
    }

    /// A copy of one row.
    pub fn get(&self, row: usize) -> Row {
        let code = Code {
            bytes: self.bytes_of(row).to_vec(),
            scale: self.scales[row],
            signs: self.signs.get(row),
        };
        Row { id: self.ids[row], labels: self.labels[row], code }
    }

    pub fn push(&mut self, row: &Row) {
        if !self.has_room() {
            self.reserve(row.code.bytes.len(), row.code.signs.len());
        }
        self.ids.push(row.id);
        self.labels.push(row.labels);
        self.scales.push(row.code.scale);
        self.bytes.extend_from_slice(&row.code.bytes);
        self.signs.push(&row.code.signs);
    }

    /// Doubles a small list, and lets a larger one grow in steps.
    fn reserve(&mut self, dimension: usize, words: usize) {
        let more = self.len().clamp(1, GROWTH);
        self.ids.reserve_exact(more);
        self.labels.reserve_exact(more);
        self.scales.reserve_exact(more);
        self.bytes.reserve_exact(more * dimension);
        let rows = (self.len() + more).next_multiple_of(BLOCK);
        let held = self.signs.blocks.len();
        self.signs.blocks.reserve_exact((rows * words).saturating_sub(held));
    }

    pub fn remove(&mut self, row: usize) {
        let dimension = self.bytes.len() / self.ids.len();
        let last = self.ids.len() - 1;
        self.ids.swap_remove(row);
        self.labels.swap_remove(row);
        self.scales.swap_remove(row);
        self.bytes.copy_within(last * dimension.., row * dimension);
        self.bytes.truncate(last * dimension);
        self.signs.swap_remove(row);
    }

    /// Memory that its arrays take.
    pub fn allocated(&self) -> usize {
        self.ids.capacity() * size_of::<u64>()
            + self.labels.capacity() * size_of::<Labels>()
            + self.scales.capacity() * size_of::<f32>()
            + self.bytes.capacity()
            + self.signs.allocated()
    }
}

impl Signs {
    pub fn len(&self) -> usize {
        self.rows
    }

    /// The whole array, for the kernel; `len()` rows of it mean something.
    pub fn blocks(&self) -> &[u64] {
        &self.blocks
    }

    fn words(&self) -> usize {
        self.blocks.len() / self.rows.next_multiple_of(BLOCK).max(1)
    }

    pub fn get(&self, row: usize) -> Vec<u64> {
        let words = self.words();
        (0..words).map(|word| self.blocks[place(row, word, words)]).collect()
    }

    pub fn set(&mut self, row: usize, signs: &[u64]) {
        for (word, bits) in signs.iter().enumerate() {
            self.blocks[place(row, word, signs.len())] = *bits;
        }
    }

    pub fn push(&mut self, signs: &[u64]) {
        if self.rows.is_multiple_of(BLOCK) {
            self.blocks.resize(self.blocks.len() + signs.len() * BLOCK, 0);
        }
        self.rows += 1;
        self.set(self.rows - 1, signs);
    }

    pub fn swap_remove(&mut self, row: usize) {
        let (words, last) = (self.words(), self.rows - 1);
        for word in 0..words {
            self.blocks[place(row, word, words)] = self.blocks[place(last, word, words)];
        }
        self.rows = last;
        self.blocks.truncate(last.next_multiple_of(BLOCK) * words);
    }

    pub fn allocated(&self) -> usize {
        self.blocks.capacity() * size_of::<u64>()
    }
}

fn place(row: usize, word: usize, words: usize) -> usize {
    (row / BLOCK * words + word) * BLOCK + row % BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64) -> Row {
        let sign = |bit: u64| if id >> bit & 1 == 1 { 1.0 } else { -1.0 };
        let vector: Vec<f32> = (0..100).map(|at| sign(at % 7) / 10.0).collect();
        Row { id, labels: id as Labels, code: Code::new(&vector) }
    }

    fn assert_holds(list: &List, ids: &[u64]) {
        assert_eq!(list.ids, ids);
        for (number, id) in ids.iter().enumerate() {
            let (got, expected) = (list.get(number), row(*id));
            assert_eq!((got.id, got.labels), (expected.id, expected.labels));
            assert_eq!(got.code.bytes, expected.code.bytes);
            assert_eq!(got.code.signs, expected.code.signs);
        }
        assert_eq!(list.signs.blocks().len(), ids.len().next_multiple_of(BLOCK) * 2);
    }

    #[test]
    fn the_last_row_takes_the_place_of_a_removed_one() {
        let mut list = List::default();
        (0..19).for_each(|id| list.push(&row(id)));
        assert_holds(&list, &(0..19).collect::<Vec<_>>());
        list.remove(18);
        list.remove(3);
        assert_holds(&list, &[0, 1, 2, 17, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        list.remove(0);
        assert_holds(&list, &[16, 1, 2, 17, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        (1..16).for_each(|_| list.remove(0));
        assert_eq!(list.len(), 1);
        list.remove(0);
        assert_eq!((list.len(), list.signs.len()), (0, 0));
        list.push(&row(5));
        assert_holds(&list, &[5]);
    }

    #[test]
    fn little_room_stays_empty() {
        let mut list = List::default();
        for id in 0..200 {
            list.push(&row(id));
            let rows = if id < 32 { (id as usize + 1) * 2 } else { id as usize + 1 + GROWTH };
            assert!(list.allocated() <= rows.next_multiple_of(BLOCK) * (100 + 16 + 16), "{id}");
        }
    }
}
