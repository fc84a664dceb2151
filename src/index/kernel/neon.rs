//! The kernels with NEON, the vector instructions of AArch64.

#![expect(unsafe_code, reason = "loads and stores of the size of a checked slice")]

use std::arch::aarch64::*;

use super::{BLOCK, portable};

/// Words whose bit counts, at most 8 a byte each, fit into a byte.
const WORDS_A_SUM: usize = 31;
/// Rows of a block in one register.
const ROWS: usize = 2;

#[target_feature(enable = "neon")]
pub fn hamming(query: &[u64], blocks: &[u64], distances: &mut [i16]) {
    let blocks = blocks.chunks_exact(query.len() * BLOCK);
    for (block, distances) in blocks.zip(distances.chunks_exact_mut(BLOCK)) {
        let mut sums = [vdupq_n_u64(0); BLOCK / ROWS];
        let words = block.chunks(WORDS_A_SUM * BLOCK);
        for (words, query) in words.zip(query.chunks(WORDS_A_SUM)) {
            let mut counts = [vdupq_n_u8(0); BLOCK / ROWS];
            for (words, query) in words.chunks_exact(BLOCK).zip(query) {
                let query = vdupq_n_u64(*query);
                for (count, words) in counts.iter_mut().zip(words.chunks_exact(ROWS)) {
                    // SAFETY: reads the 16 bytes of `words`; needs no alignment beyond that of `u64`.
                    let words = unsafe { vld1q_u64(words.as_ptr()) };
                    let different = vreinterpretq_u8_u64(veorq_u64(words, query));
                    *count = vaddq_u8(*count, vcntq_u8(different));
                }
            }
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum = vaddq_u64(*sum, vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(count))));
            }
        }
        for (distances, sum) in distances.chunks_exact_mut(ROWS).zip(sums) {
            distances[0] = vgetq_lane_u64::<0>(sum) as i16;
            distances[1] = vgetq_lane_u64::<1>(sum) as i16;
        }
    }
}

#[target_feature(enable = "neon")]
pub fn dot(query: &[f32], row: &[i8]) -> f32 {
    let (queries, rows) = (query.chunks_exact(8), row.chunks_exact(8));
    let rest = portable::rest(queries.remainder(), rows.remainder());
    let (mut low, mut high) = (vdupq_n_f32(0.0), vdupq_n_f32(0.0));
    for (query, row) in queries.zip(rows) {
        // SAFETY: reads the 32 bytes of `query` and the 8 bytes of `row`.
        let (first, second, row) = unsafe {
            (vld1q_f32(query.as_ptr()), vld1q_f32(query[4..].as_ptr()), vld1_s8(row.as_ptr()))
        };
        let row = vmovl_s8(row);
        low = vfmaq_f32(low, first, vcvtq_f32_s32(vmovl_s16(vget_low_s16(row))));
        high = vfmaq_f32(high, second, vcvtq_f32_s32(vmovl_s16(vget_high_s16(row))));
    }
    vaddvq_f32(vaddq_f32(low, high)) + rest
}

#[target_feature(enable = "neon")]
pub fn dot_quantised(left: &[i8], right: &[i8]) -> i32 {
    let (lefts, rights) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest = portable::dot_quantised(lefts.remainder(), rights.remainder());
    let mut sum = vdupq_n_s32(0);
    for (left, right) in lefts.zip(rights) {
        // SAFETY: reads the 8 bytes of each.
        let (left, right) = unsafe { (vld1_s8(left.as_ptr()), vld1_s8(right.as_ptr())) };
        sum = vpadalq_s16(sum, vmull_s8(left, right));
    }
    vaddvq_s32(sum) + rest
}
