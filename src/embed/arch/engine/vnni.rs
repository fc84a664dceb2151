//! Products in int8 with `vpdpbusd` of AVX-512: a tile is some rows by one strip, in registers.

use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_dpbusd_epi32, _mm512_load_si512, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_storeu_si512,
};

use super::{
    packed::{GROUP_LINES, Group, Line, PANEL, STRIP, Sums},
    product::Block,
};

/// Lines by which the weight is asked for before it is needed.
const AHEAD: usize = 64;

/// The sums of a block of at most 12 rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub fn multiply(block: &Block<'_>, sums: &mut Sums) {
    for (index, strip) in block.panel.chunks_exact(block.panel.len() * STRIP / PANEL).enumerate() {
        let column = index * STRIP;
        match block.rows {
            1 => tile::<1>(block, strip, column, sums),
            2 => tile::<2>(block, strip, column, sums),
            3 => tile::<3>(block, strip, column, sums),
            4 => tile::<4>(block, strip, column, sums),
            5 => tile::<5>(block, strip, column, sums),
            6 => tile::<6>(block, strip, column, sums),
            7 => tile::<7>(block, strip, column, sums),
            8 => tile::<8>(block, strip, column, sums),
            9 => tile::<9>(block, strip, column, sums),
            10 => tile::<10>(block, strip, column, sums),
            11 => tile::<11>(block, strip, column, sums),
            12 => tile::<12>(block, strip, column, sums),
            _ => {}
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile<const R: usize>(block: &Block<'_>, strip: &[Line], column: usize, sums: &mut Sums) {
    let groups = strip.len() / GROUP_LINES;
    let rows: [&[Group]; R] = std::array::from_fn(|row| &block.x[row * block.stride..][..groups]);
    let mut tile = [[_mm512_setzero_si512(); GROUP_LINES]; R];
    for (group, lines) in strip.chunks_exact(GROUP_LINES).enumerate().take(groups) {
        prefetch(&lines[0]);
        prefetch(&lines[1]);
        let weights = [load(&lines[0]), load(&lines[1])];
        for row in 0..R {
            let x = _mm512_set1_epi32(i32::from_le_bytes(rows[row][group]));
            tile[row][0] = _mm512_dpbusd_epi32(tile[row][0], x, weights[0]);
            tile[row][1] = _mm512_dpbusd_epi32(tile[row][1], x, weights[1]);
        }
    }
    for (tile, sums) in tile.into_iter().zip(&mut sums.0) {
        let (halves, _) = sums[column..column + STRIP].as_chunks_mut();
        tile.into_iter().zip(halves).for_each(|(sum, half)| store(sum, half));
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an aligned load of the line's own size")]
fn load(line: &Line) -> __m512i {
    // SAFETY: a line has the size and the alignment of the vector.
    unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned store of the array's own size")]
fn store(sum: __m512i, out: &mut [i32; 16]) {
    // SAFETY: the array has the size of the vector; the store needs no alignment.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), sum) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[allow(unused_unsafe, reason = "became safe after the oldest supported compiler")]
#[expect(unsafe_code, reason = "a prefetch reads nothing")]
fn prefetch(line: &Line) {
    // SAFETY: a prefetch may have any address; none is read.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(line).wrapping_add(AHEAD).cast()) }
}
