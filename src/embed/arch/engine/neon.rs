//! Products in int8 with Arm's `sdot`: a tile is some rows by half a strip.
//!
//! `sdot` multiplies signed bytes. Activations lose 128, which leaves their sign; the sums begin with what that takes.

use std::arch::{
    aarch64::{
        int8x16_t, int32x4_t, vdupq_n_s32, vld1q_s8, vld1q_s32, vreinterpretq_s8_s32, vst1q_s32,
    },
    asm,
};

use super::{
    packed::{GROUP_LINES, Group, Line, PANEL, STRIP, Sums},
    product::Block,
};

/// Vectors in half a strip.
const VECTORS: usize = 4;

/// Outputs of a vector.
const OUTPUTS: usize = 4;

/// The sums of a block of at most 6 rows.
#[target_feature(enable = "neon,dotprod")]
pub fn multiply(block: &Block<'_>, sums: &mut Sums) {
    let start = block.columns.sum.map(|sum| sum as i32 * 128);
    sums.0.iter_mut().take(block.rows).for_each(|sums| *sums = start);
    for (index, strip) in block.panel.chunks_exact(block.panel.len() * STRIP / PANEL).enumerate() {
        for half in 0..GROUP_LINES {
            match block.rows {
                1 => tile::<1>(block, strip, (index, half), sums),
                2 => tile::<2>(block, strip, (index, half), sums),
                3 => tile::<3>(block, strip, (index, half), sums),
                4 => tile::<4>(block, strip, (index, half), sums),
                5 => tile::<5>(block, strip, (index, half), sums),
                6 => tile::<6>(block, strip, (index, half), sums),
                _ => {}
            }
        }
    }
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn tile<const R: usize>(
    block: &Block<'_>,
    strip: &[Line],
    (index, half): (usize, usize),
    sums: &mut Sums,
) {
    let groups = strip.len() / GROUP_LINES;
    let rows: [&[Group]; R] = std::array::from_fn(|row| &block.x[row * block.stride..][..groups]);
    let column = index * STRIP + half * VECTORS * OUTPUTS;
    let place = |vector: usize| column + vector * OUTPUTS;
    let mut tile: [[int32x4_t; VECTORS]; R] = std::array::from_fn(|row| {
        std::array::from_fn(|vector| load_sums(&sums.0[row][place(vector)..]))
    });
    for (group, lines) in strip.chunks_exact(GROUP_LINES).enumerate().take(groups) {
        let (quarters, _) = lines[half].0.as_chunks::<16>();
        let weights: [int8x16_t; VECTORS] = std::array::from_fn(|vector| load(&quarters[vector]));
        for row in 0..R {
            let signed = i32::from_le_bytes(rows[row][group].map(|byte| byte ^ 0x80));
            let x = vreinterpretq_s8_s32(vdupq_n_s32(signed));
            for vector in 0..VECTORS {
                tile[row][vector] = dot(tile[row][vector], weights[vector], x);
            }
        }
    }
    for (tile, sums) in tile.iter().zip(&mut sums.0) {
        for (vector, sum) in tile.iter().enumerate() {
            store(*sum, &mut sums[place(vector)..]);
        }
    }
}

/// Adds the products of each four neighbours.
#[inline]
#[target_feature(enable = "neon,dotprod")]
#[expect(unsafe_code, reason = "there is no stable intrinsic")]
fn dot(mut sum: int32x4_t, weights: int8x16_t, x: int8x16_t) -> int32x4_t {
    // SAFETY: the instruction computes with its three registers, and the processor has it.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {weights:v}.16b, {x:v}.16b",
            sum = inout(vreg) sum,
            weights = in(vreg) weights,
            x = in(vreg) x,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

#[inline]
#[target_feature(enable = "neon")]
#[expect(unsafe_code, reason = "a load of the array's own size")]
fn load(bytes: &[u8; 16]) -> int8x16_t {
    // SAFETY: the array has the size of the vector.
    unsafe { vld1q_s8(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "neon")]
#[expect(unsafe_code, reason = "a load behind a bounds check")]
fn load_sums(sums: &[i32]) -> int32x4_t {
    let sums = &sums[..OUTPUTS];
    // SAFETY: there are as many elements as the vector has lanes.
    unsafe { vld1q_s32(sums.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
#[expect(unsafe_code, reason = "a store behind a bounds check")]
fn store(sum: int32x4_t, sums: &mut [i32]) {
    let sums = &mut sums[..OUTPUTS];
    // SAFETY: there are as many elements as the vector has lanes.
    unsafe { vst1q_s32(sums.as_mut_ptr(), sum) }
}
