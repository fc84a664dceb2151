//! A lookup: the nearest lists, the rows of them with the nearest sign bits, and of those the most similar ones.

use super::super::kernel::{self, BLOCK};
use super::super::{Best, Mask, Neighbour, code};
use super::Effort;
use super::lists::Lists;

/// Distances that are compared with the bound at once; a list has a multiple of [`BLOCK`] of them.
const STRIDE: usize = 2 * BLOCK;
/// Lists whose memory is asked for before they are read.
const AHEAD: usize = 2;
/// Rows whose memory is asked for before they are compared.
const ROWS_AHEAD: usize = 4;

/// The best `k` of the rows that are looked at and that `mask` admits.
pub fn search(
    lists: &Lists,
    query: &[f32],
    k: usize,
    mask: Mask,
    effort: Effort,
) -> Vec<Neighbour> {
    if lists.rows() == 0 || k == 0 {
        return Vec::new();
    }
    let signs = code::signs(query);
    let order = nearest_first(&lists.distances(&signs), query.len());
    let mut candidates = Candidates::new(effort.reranked.max(2 * k));
    let mut distances = Vec::new();
    let mut scanned = 0;
    for (position, number) in order.iter().enumerate() {
        // Beyond it only as long as the mask has let too few through.
        if scanned >= effort.scanned && candidates.found.len() >= k {
            break;
        }
        if let Some(later) = order.get(position + 2 * AHEAD) {
            kernel::prefetch(std::slice::from_ref(lists.list(*later as usize)));
        }
        if let Some(soon) = order.get(position + AHEAD) {
            kernel::prefetch(lists.list(*soon as usize).signs.blocks());
        }
        let list = lists.list(*number as usize);
        distances.resize(list.len().next_multiple_of(BLOCK), 0);
        kernel::hamming(&signs, list.signs.blocks(), &mut distances);
        for (stride, near) in distances.chunks(STRIDE).enumerate() {
            if near.iter().fold(i16::MAX, |least, distance| least.min(*distance))
                >= candidates.bound
            {
                continue;
            }
            for (lane, distance) in near.iter().enumerate() {
                let row = stride * STRIDE + lane;
                if *distance < candidates.bound && row < list.len() && mask.admits(list.labels[row])
                {
                    candidates.offer(Candidate {
                        distance: *distance,
                        list: *number,
                        row: row as u32,
                    });
                }
            }
        }
        scanned += list.len();
    }
    rerank(lists, query, k, &candidates.finish())
}

fn rerank(lists: &Lists, query: &[f32], k: usize, candidates: &[Candidate]) -> Vec<Neighbour> {
    let place =
        |candidate: &Candidate| (lists.list(candidate.list as usize), candidate.row as usize);
    let mut best = Best::new(k.min(candidates.len()));
    for (position, candidate) in candidates.iter().enumerate() {
        if let Some((list, row)) = candidates.get(position + ROWS_AHEAD).map(place) {
            kernel::prefetch(list.bytes_of(row));
        }
        let (list, row) = place(candidate);
        best.offer(list.ids[row], code::similarity(query, list.bytes_of(row), list.scales[row]));
    }
    best.neighbours
}

/// The numbers of the lists in the order of their distances (a counting sort).
fn nearest_first(distances: &[i16], largest: usize) -> Vec<u32> {
    let mut starts = vec![0u32; largest + 2];
    for distance in distances {
        starts[*distance as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut order = vec![0; distances.len()];
    for (number, distance) in distances.iter().enumerate() {
        let place = &mut starts[*distance as usize];
        order[*place as usize] = number as u32;
        *place += 1;
    }
    order
}

/// A row, and in how many bits it differs from the query.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    distance: i16,
    list: u32,
    row: u32,
}

/// The nearest rows so far.
struct Candidates {
    wanted: usize,
    /// Up to twice as many as are wanted, so that few of them are sorted out at a time.
    found: Vec<Candidate>,
    /// What is not nearer than this is not among the wanted.
    bound: i16,
}

impl Candidates {
    fn new(wanted: usize) -> Self {
        Self { wanted, found: Vec::new(), bound: i16::MAX }
    }

    fn offer(&mut self, candidate: Candidate) {
        self.found.push(candidate);
        if self.found.len() >= 2 * self.wanted {
            self.prune();
        }
    }

    fn prune(&mut self) {
        let by_distance = |candidate: &Candidate| candidate.distance;
        let (_, farthest, _) = self.found.select_nth_unstable_by_key(self.wanted - 1, by_distance);
        self.bound = farthest.distance;
        self.found.truncate(self.wanted);
    }

    fn finish(mut self) -> Vec<Candidate> {
        if self.found.len() > self.wanted {
            self.prune();
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_list_comes_first() {
        assert_eq!(nearest_first(&[3, 0, 4, 0, 1], 4), [1, 3, 4, 0, 2]);
        assert!(nearest_first(&[], 4).is_empty());
    }

    #[test]
    fn the_wanted_candidates_are_the_nearest_ones() {
        let mut candidates = Candidates::new(10);
        for row in 0..1000u32 {
            let distance = (row * 7919 % 1000) as i16;
            if distance < candidates.bound {
                candidates.offer(Candidate { distance, list: 0, row });
            }
        }
        let mut found: Vec<i16> = candidates.finish().iter().map(|found| found.distance).collect();
        found.sort_unstable();
        assert_eq!(found, (0..10).collect::<Vec<_>>());
    }
}
