//! Products in int8 with `vpdpbusd` of AVX-512: a tile is some rows by one strip, in registers.

use std::arch::x86_64::{
    __m512i, _mm512_dpbusd_epi32, _mm512_load_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

use super::{
    packed::{GROUP_LINES, Line, PANEL, STRIP, Sums},
    prefetch::prefetch,
    product::Block,
};

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
#[expect(unsafe_code, reason = "a check for each row and group would take as long as the products")]
fn tile<const R: usize>(block: &Block<'_>, strip: &[Line], column: usize, sums: &mut Sums) {
    let (lines, _) = strip.as_chunks::<GROUP_LINES>();
    assert!(block.x.len() >= (R - 1) * block.stride + lines.len());
    let mut x = block.x.as_ptr();
    let mut tile = [[_mm512_setzero_si512(); GROUP_LINES]; R];
    for lines in lines {
        prefetch(&lines[0]);
        prefetch(&lines[1]);
        let weights = [load(&lines[0]), load(&lines[1])];
        for (row, tile) in tile.iter_mut().enumerate() {
            // Four rows share a register for their address.
            // SAFETY: the row has as many groups as there are lines, as was asserted; a group is as large as an `i32`.
            let group: i32 = unsafe {
                x.add(row / 4 * 4 * block.stride)
                    .add(row % 4 * block.stride)
                    .cast::<i32>()
                    .read_unaligned()
            };
            let group = _mm512_set1_epi32(group);
            tile[0] = _mm512_dpbusd_epi32(tile[0], group, weights[0]);
            tile[1] = _mm512_dpbusd_epi32(tile[1], group, weights[1]);
        }
        x = x.wrapping_add(1);
    }
    for (tile, sums) in tile.into_iter().zip(&mut sums.0) {
        let (halves, _) = sums[column..column + STRIP].as_chunks_mut();
        for (sum, half) in tile.into_iter().zip(halves) {
            store(sum, half);
        }
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
