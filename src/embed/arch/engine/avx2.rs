//! Products in int8 with AVX2: a tile is some rows by eight outputs.
//!
//! The eight-bit product of AVX2 adds pairs in sixteen bits, which overflow. So both sides are widened to sixteen bits
//! first, of which the product adds pairs in thirty-two; an output has two sums, of its even and of its odd pairs.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_hadd_epi32,
    _mm256_madd_epi16, _mm256_permute4x64_epi64, _mm256_set1_epi64x, _mm256_setzero_si256,
    _mm256_storeu_si256,
};

use super::{
    packed::{GROUP_LINES, Line, PANEL, STRIP, Sums},
    product::Block,
};

/// Outputs of a tile.
const OUTPUTS: usize = 8;

/// Most rows of a tile.
const ROWS: usize = 6;

/// Groups that are widened at a time.
const GROUPS: usize = 128;

/// The sums of a block of at most 6 rows.
#[target_feature(enable = "avx2")]
pub fn multiply(block: &Block<'_>, sums: &mut Sums) {
    let groups = block.panel.len() / (2 * GROUP_LINES);
    let mut wide = [[[0_u16; 4]; GROUPS]; ROWS];
    sums.0.iter_mut().take(block.rows).for_each(|sums| sums.fill(0));
    for start in (0..groups).step_by(GROUPS) {
        let count = GROUPS.min(groups - start);
        for row in 0..block.rows.min(ROWS) {
            let x = &block.x[row * block.stride + start..][..count];
            let (bytes, wide) = (x.as_flattened(), wide[row].as_flattened_mut());
            bytes.iter().zip(wide).for_each(|(byte, wide)| *wide = u16::from(*byte));
        }
        for (index, strip) in
            block.panel.chunks_exact(block.panel.len() * STRIP / PANEL).enumerate()
        {
            let strip = &strip[start * GROUP_LINES..(start + count) * GROUP_LINES];
            for part in 0..STRIP / OUTPUTS {
                let (wide, place) = (&wide, (index, part));
                match block.rows {
                    1 => tile::<1>(wide, strip, place, sums),
                    2 => tile::<2>(wide, strip, place, sums),
                    3 => tile::<3>(wide, strip, place, sums),
                    4 => tile::<4>(wide, strip, place, sums),
                    5 => tile::<5>(wide, strip, place, sums),
                    6 => tile::<6>(wide, strip, place, sums),
                    _ => {}
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn tile<const R: usize>(
    wide: &[[[u16; 4]; GROUPS]; ROWS],
    strip: &[Line],
    (index, part): (usize, usize),
    sums: &mut Sums,
) {
    let (line, half) = (part / 2, part % 2);
    let mut tile = [[_mm256_setzero_si256(); 2]; R];
    let (lines, _) = strip.as_chunks::<GROUP_LINES>();
    for (group, lines) in lines.iter().enumerate().take(GROUPS) {
        let (quarters, _) = lines[line].0.as_chunks::<16>();
        let weights = [load(&quarters[2 * half]), load(&quarters[2 * half + 1])];
        for row in 0..R {
            let [a, b, c, d] = wide[row][group].map(i64::from);
            let x = _mm256_set1_epi64x(a | b << 16 | c << 32 | d << 48);
            for side in 0..2 {
                let products = _mm256_madd_epi16(x, weights[side]);
                tile[row][side] = _mm256_add_epi32(tile[row][side], products);
            }
        }
    }
    let column = index * STRIP + part * OUTPUTS;
    for ([low, high], sums) in tile.into_iter().zip(&mut sums.0) {
        // Adding neighbours leaves the outputs in the order 0 1 4 5 2 3 6 7.
        let whole = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_hadd_epi32(low, high));
        let mut values = [0; OUTPUTS];
        store(whole, &mut values);
        sums[column..].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
}

/// Sixteen bytes, each as a signed number of sixteen bits.
#[inline]
#[target_feature(enable = "avx2")]
#[expect(unsafe_code, reason = "an unaligned load of the array's own size")]
fn load(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: the array has the size of the vector; the load needs no alignment.
    let bytes: __m128i = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
    _mm256_cvtepi8_epi16(bytes)
}

#[inline]
#[target_feature(enable = "avx2")]
#[expect(unsafe_code, reason = "an unaligned store of the array's own size")]
fn store(sum: __m256i, out: &mut [i32; OUTPUTS]) {
    // SAFETY: the array has the size of the vector; the store needs no alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), sum) }
}
