//! The kernels without instructions of a certain processor; what the others are tested against.

use super::BLOCK;

pub fn hamming(query: &[u64], blocks: &[u64], distances: &mut [i16]) {
    let blocks = blocks.chunks_exact(query.len() * BLOCK);
    for (block, distances) in blocks.zip(distances.chunks_exact_mut(BLOCK)) {
        let mut sums = [0u32; BLOCK];
        for (words, query) in block.chunks_exact(BLOCK).zip(query) {
            for (sum, word) in sums.iter_mut().zip(words) {
                *sum += (word ^ query).count_ones();
            }
        }
        for (distance, sum) in distances.iter_mut().zip(sums) {
            *distance = sum as i16;
        }
    }
}

pub fn dot(query: &[f32], row: &[i8]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0f32; LANES];
    let (queries, rows) = (query.chunks_exact(LANES), row.chunks_exact(LANES));
    let rest: f32 = rest(queries.remainder(), rows.remainder());
    for (query, row) in queries.zip(rows) {
        for lane in 0..LANES {
            sums[lane] += query[lane] * f32::from(row[lane]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

pub fn dot_quantised(left: &[i8], right: &[i8]) -> i32 {
    left.iter().zip(right).map(|(left, right)| i32::from(*left) * i32::from(*right)).sum()
}

/// The part that fills no register.
pub fn rest(query: &[f32], row: &[i8]) -> f32 {
    query.iter().zip(row).map(|(query, value)| query * f32::from(*value)).sum()
}
