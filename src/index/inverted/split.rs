//! Cuts a list in two along its widest gap: 2-means on the sign bits, started from two far rows.

use super::super::kernel::{self, BLOCK};
use super::list::List;

/// More rounds change few rows.
const ROUNDS: usize = 4;
/// Neither half gets fewer than one row in so many.
const SMALLEST_SHARE: usize = 4;

/// The two halves of a list of two rows or more, each with the signs of its centroid.
pub fn halves(list: &List) -> [(Vec<u64>, List); 2] {
    let mut centroids = seeds(list);
    let mut order = Vec::new();
    let mut cut = 0;
    for _ in 0..ROUNDS {
        (order, cut) = assign(list, &centroids);
        centroids = [centroid(list, &order[..cut]), centroid(list, &order[cut..])];
    }
    let [first, second] = centroids;
    [(first, part(list, &order[..cut])), (second, part(list, &order[cut..]))]
}

/// The row farthest from the first one, and the row farthest from that.
fn seeds(list: &List) -> [Vec<u64>; 2] {
    let farthest = |signs: &[u64]| {
        let distances = distances(list, signs);
        let row = (0..list.len()).max_by_key(|row| distances[*row]).unwrap_or(0);
        list.signs.get(row)
    };
    let first = farthest(&list.signs.get(0));
    let second = farthest(&first);
    [first, second]
}

/// The rows, those that are most clearly the first centroid's in front, and how many are the first's. Equal rows are
/// shared out, too, so that a list of nothing else can be split.
fn assign(list: &List, centroids: &[Vec<u64>; 2]) -> (Vec<usize>, usize) {
    let [first, second] = [0, 1].map(|side| distances(list, &centroids[side]));
    let difference = |row: &usize| first[*row] - second[*row];
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by_key(difference);
    let least = (list.len() / SMALLEST_SHARE).max(1);
    let cut = order.partition_point(|row| difference(row) < 0);
    (order, cut.clamp(least, list.len() - least))
}

fn distances(list: &List, signs: &[u64]) -> Vec<i16> {
    let mut distances = vec![0; list.len().next_multiple_of(BLOCK)];
    kernel::hamming(signs, list.signs.blocks(), &mut distances);
    distances
}

/// The signs of the sum of some rows.
fn centroid(list: &List, rows: &[usize]) -> Vec<u64> {
    let mut sum = vec![0i32; list.bytes_of(0).len()];
    for row in rows {
        for (sum, byte) in sum.iter_mut().zip(list.bytes_of(*row)) {
            *sum += i32::from(*byte);
        }
    }
    let word = |sums: &[i32]| {
        sums.iter().enumerate().fold(0, |word, (bit, sum)| word | u64::from(*sum > 0) << bit)
    };
    sum.chunks(u64::BITS as usize).map(word).collect()
}

fn part(list: &List, rows: &[usize]) -> List {
    let mut part = List::default();
    rows.iter().for_each(|row| part.push(&list.get(*row)));
    part
}

#[cfg(test)]
mod tests {
    use super::super::super::code::Code;
    use super::super::list::Row;
    use super::*;

    fn list(vectors: impl Iterator<Item = Vec<f32>>) -> List {
        let mut list = List::default();
        for (id, vector) in vectors.enumerate() {
            list.push(&Row { id: id as u64, labels: 0, code: Code::new(&vector) });
        }
        list
    }

    #[test]
    fn two_clusters_are_told_apart() {
        let vector = |id: usize| {
            let sign = if id.is_multiple_of(3) { 0.1 } else { -0.1 };
            (0..100).map(|at| if at == id { -sign } else { sign }).collect()
        };
        let [(first_centroid, first), (second_centroid, second)] =
            halves(&list((0..90).map(vector)));
        for part in [&first, &second] {
            let thirds = part.ids.iter().filter(|id| *id % 3 == 0).count();
            assert!(thirds == 0 || thirds == part.len());
        }
        assert_eq!(first.len() + second.len(), 90);
        assert_eq!(first_centroid[0], !second_centroid[0]);
    }

    #[test]
    fn equal_rows_are_shared_out() {
        for rows in [2usize, 3, 100] {
            let [(_, first), (_, second)] = halves(&list((0..rows).map(|_| vec![0.5; 4])));
            assert!(first.len() >= rows.div_ceil(5) && second.len() >= rows.div_ceil(5));
            assert_eq!(first.len() + second.len(), rows);
        }
    }
}
