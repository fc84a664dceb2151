//! What the kernels of AVX2 and AVX-VNNI share: a tile is some rows by the sixteen outputs of a line, in registers of 256
//! bits.

use std::arch::x86_64::{__m256i, _mm256_load_si256, _mm256_storeu_si256};

use super::packed::{GROUP_LINES, Line, STRIP};

/// Outputs of a tile, a line's.
pub const OUTPUTS: usize = STRIP / GROUP_LINES;

/// The function `multiply`, which needs `$features`; `$dot` adds the products of a group to eight sums.
macro_rules! multiply {
    ($features:literal, $dot:ident) => {
        /// The sums of a block of at most 6 rows.
        #[target_feature(enable = $features)]
        pub fn multiply(block: &Block<'_>, sums: &mut Sums) {
            let strips = block.panel.chunks_exact(block.panel.len() * STRIP / PANEL);
            for (index, strip) in strips.enumerate() {
                for line in 0..GROUP_LINES {
                    let place = (line, index * STRIP + line * OUTPUTS);
                    match block.rows {
                        1 => tile::<1>(block, strip, place, sums),
                        2 => tile::<2>(block, strip, place, sums),
                        3 => tile::<3>(block, strip, place, sums),
                        4 => tile::<4>(block, strip, place, sums),
                        5 => tile::<5>(block, strip, place, sums),
                        6 => tile::<6>(block, strip, place, sums),
                        _ => {}
                    }
                }
            }
        }

        #[inline]
        #[target_feature(enable = $features)]
        #[expect(
            unsafe_code,
            reason = "a check for each row and group would take as long as the products"
        )]
        fn tile<const R: usize>(
            block: &Block<'_>,
            strip: &[Line],
            (line, column): (usize, usize),
            sums: &mut Sums,
        ) {
            let (lines, _) = strip.as_chunks::<GROUP_LINES>();
            assert!(block.x.len() >= (R - 1) * block.stride + lines.len());
            let mut x = block.x.as_ptr();
            let mut tile = [[_mm256_setzero_si256(); 2]; R];
            for lines in lines {
                prefetch(&lines[line]);
                let weights = by_line::load(&lines[line]);
                for (row, tile) in tile.iter_mut().enumerate() {
                    // SAFETY: the row has as many groups as there are lines, as was asserted; a group is as large as an
                    // `i32`.
                    let group: i32 =
                        unsafe { x.add(row * block.stride).cast::<i32>().read_unaligned() };
                    let group = _mm256_set1_epi32(group);
                    tile[0] = $dot(tile[0], group, weights[0]);
                    tile[1] = $dot(tile[1], group, weights[1]);
                }
                x = x.wrapping_add(1);
            }
            for (tile, sums) in tile.into_iter().zip(&mut sums.0) {
                let (halves, _) = sums[column..column + OUTPUTS].as_chunks_mut();
                for (sum, half) in tile.into_iter().zip(halves) {
                    by_line::store(sum, half);
                }
            }
        }
    };
}
pub(super) use multiply;

#[inline]
#[target_feature(enable = "avx2")]
#[expect(unsafe_code, reason = "aligned loads of the halves of a line")]
pub fn load(line: &Line) -> [__m256i; 2] {
    let (halves, _) = line.0.as_chunks::<32>();
    // SAFETY: the halves of a line have the size and the alignment of the vector.
    unsafe {
        [_mm256_load_si256(halves[0].as_ptr().cast()), _mm256_load_si256(halves[1].as_ptr().cast())]
    }
}

#[inline]
#[target_feature(enable = "avx2")]
#[expect(unsafe_code, reason = "an unaligned store of the array's own size")]
pub fn store(sum: __m256i, out: &mut [i32; 8]) {
    // SAFETY: the array has the size of the vector; the store needs no alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), sum) }
}
