//! The loops of attention on tiles, in AVX-512 with its own bf16: packing, softmax. Who has [`Tiles`] has both.

use std::{arch::x86_64::*, ops::Range};

use super::{
    amx::Tiles,
    packed::{BLOCK, Line, PANEL},
    tiled::{SIDE, UNIT},
};

/// Numbers in a vector.
const LANES: usize = 16;

/// Rows of some outputs, `[tokens, outputs]`.
type Rows = [[f32; PANEL]; BLOCK];

/// Functions of the same names in `vectors`, for who has tiles.
macro_rules! with_tiles {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),* $(,)?);)*) => {$(
        $(#[$doc])*
        #[expect(unsafe_code, reason = "tiles come with what the functions need")]
        pub fn $name(_tiles: &Tiles, $($argument: $type),*) {
            // SAFETY: there are tiles only where the processor has AVX-512 with its own bf16.
            unsafe { vectors::$name($($argument),*) }
        }
    )*};
}

with_tiles! {
    /// Numbers from `start` on of each row, one row after the other.
    pack_queries(rows: &Rows, start: usize, unit: &mut [Line; UNIT]);
    /// The same turned: pair after pair of numbers, each of all rows.
    pack_keys(rows: &Rows, start: usize, unit: &mut [Line; UNIT]);
    /// Pair after pair of rows, each number of the first beside that of the second.
    pack_values(rows: &Rows, start: usize, unit: &mut [Line; UNIT]);
    /// Scores to their softmax but for a factor a row, `inverse`; zero for keys that do not count.
    softmax(scores: &Scores<'_>, weights: &mut [Line], inverse: &mut [f32; BLOCK]);
    /// Rows of so many sums, each times its factor.
    scale(sums: &[i32], factors: (&[f32], usize), out: &mut [f32]);
}

/// Scores of some queries, bits of `f32`.
pub struct Scores<'a> {
    /// `[BLOCK, stride]`.
    pub values: &'a [i32],
    /// More than the keys, of which there are whole blocks.
    pub stride: usize,
    /// Rows that are wanted.
    pub rows: Range<usize>,
    /// Keys that count.
    pub keys: Range<usize>,
}

mod vectors {
    use super::{
        super::avx512::{load, store},
        *,
    };

    #[inline]
    #[target_feature(enable = "avx512f")]
    #[expect(unsafe_code, reason = "an unaligned load of the array's own size")]
    fn load_bits(values: &[i32; LANES]) -> __m512 {
        // SAFETY: the array has the size of the vector; the load needs no alignment.
        unsafe { _mm512_loadu_ps(values.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    #[expect(unsafe_code, reason = "an aligned store of the line's own size")]
    fn store_line(values: __m512i, line: &mut Line) {
        // SAFETY: a line has the size and the alignment of the vector.
        unsafe { _mm512_store_si512(line.0.as_mut_ptr().cast(), values) }
    }

    /// Thirty-two numbers in bf16, those of `low` first.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    #[expect(unsafe_code, reason = "between vectors of one size, of which every content is valid")]
    fn narrow(low: __m512, high: __m512) -> __m512i {
        // SAFETY: both types are 64 bytes without a meaning of their own.
        unsafe { std::mem::transmute(_mm512_cvtne2ps_pbh(high, low)) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn narrow_row(row: &[f32; PANEL], start: usize) -> __m512i {
        let (halves, _) = row[start..start + SIDE].as_chunks();
        narrow(load(&halves[0]), load(&halves[1]))
    }

    #[target_feature(enable = "avx512f,avx512bf16")]
    pub fn pack_queries(rows: &Rows, start: usize, unit: &mut [Line; UNIT]) {
        for (row, line) in rows.iter().zip(unit) {
            store_line(narrow_row(row, start), line);
        }
    }

    #[target_feature(enable = "avx512f,avx512bf16")]
    pub fn pack_keys(rows: &Rows, start: usize, unit: &mut [Line; UNIT]) {
        for (half, rows) in rows.as_chunks::<LANES>().0.iter().enumerate() {
            let mut pairs = [_mm512_setzero_si512(); LANES];
            for lane in 0..LANES {
                pairs[lane] = narrow_row(&rows[lane], start);
            }
            let pairs = turned(pairs);
            for (pair, lines) in pairs.into_iter().zip(unit.as_chunks_mut::<2>().0) {
                store_line(pair, &mut lines[half]);
            }
        }
    }

    /// The vector of all first lanes, that of all second ones, and so on.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn turned(rows: [__m512i; LANES]) -> [__m512i; LANES] {
        let mut twos = rows;
        for index in 0..8 {
            let (a, b) = (rows[2 * index], rows[2 * index + 1]);
            twos[2 * index] = _mm512_unpacklo_epi32(a, b);
            twos[2 * index + 1] = _mm512_unpackhi_epi32(a, b);
        }
        // Of four rows each: lane, 4 + lane, 8 + lane, 12 + lane.
        let mut fours = twos;
        for index in 0..4 {
            for side in 0..2 {
                let (a, b) = (twos[4 * index + side], twos[4 * index + 2 + side]);
                fours[4 * index + 2 * side] = _mm512_unpacklo_epi64(a, b);
                fours[4 * index + 2 * side + 1] = _mm512_unpackhi_epi64(a, b);
            }
        }
        let mut whole = fours;
        for lane in 0..4 {
            let (a, b, c, d) = (fours[lane], fours[4 + lane], fours[8 + lane], fours[12 + lane]);
            let (low, high) =
                (_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0xee>(a, b));
            let (next_low, next_high) =
                (_mm512_shuffle_i32x4::<0x44>(c, d), _mm512_shuffle_i32x4::<0xee>(c, d));
            whole[lane] = _mm512_shuffle_i32x4::<0x88>(low, next_low);
            whole[4 + lane] = _mm512_shuffle_i32x4::<0xdd>(low, next_low);
            whole[8 + lane] = _mm512_shuffle_i32x4::<0x88>(high, next_high);
            whole[12 + lane] = _mm512_shuffle_i32x4::<0xdd>(high, next_high);
        }
        whole
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub fn pack_values(rows: &Rows, start: usize, unit: &mut [Line; UNIT]) {
        let mut order = [0_i16; 2 * LANES];
        for lane in 0..LANES {
            order[2 * lane] = lane as i16;
            order[2 * lane + 1] = (LANES + lane) as i16;
        }
        let order = words(&order);
        for (pair, lines) in rows.as_chunks::<2>().0.iter().zip(unit.as_chunks_mut::<2>().0) {
            let (first, _) = pair[0][start..start + SIDE].as_chunks();
            let (second, _) = pair[1][start..start + SIDE].as_chunks();
            for ((first, second), line) in first.iter().zip(second).zip(lines) {
                let both = narrow(load(first), load(second));
                store_line(_mm512_permutexvar_epi16(order, both), line);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    #[expect(unsafe_code, reason = "an unaligned load of the array's own size")]
    fn words(values: &[i16; 2 * LANES]) -> __m512i {
        // SAFETY: the array has the size of the vector; the load needs no alignment.
        unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512bf16")]
    pub fn softmax(scores: &Scores<'_>, weights: &mut [Line], inverse: &mut [f32; BLOCK]) {
        /// Sums whose weights are neither lost nor infinite.
        const SUMS: Range<f32> = 1e-30..1e37;
        let Scores { values, stride, ref rows, ref keys } = *scores;
        let blocks = keys.end.div_ceil(BLOCK);
        for row in rows.clone() {
            let (scores, _) = values[row * stride..][..blocks * BLOCK].as_chunks::<LANES>();
            let (scores, _) = scores.as_chunks::<2>();
            let weights = &mut weights[row * blocks..][..blocks];
            // Nearly always right, and spares looking for the largest.
            let mut sum = weigh(scores, 0.0, keys, weights);
            if !SUMS.contains(&sum) {
                let largest = scores.as_flattened().as_flattened()[keys.clone()].iter();
                let largest = largest.map(|score| f32::from_bits(score.cast_unsigned()));
                sum = weigh(scores, largest.fold(f32::NEG_INFINITY, f32::max), keys, weights);
            }
            inverse[row] = 1.0 / sum;
        }
    }

    /// The exponentials of the scores' differences from `largest`, and the sum of these.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bf16")]
    fn weigh(
        scores: &[[[i32; LANES]; 2]],
        largest: f32,
        keys: &Range<usize>,
        weights: &mut [Line],
    ) -> f32 {
        const ALL: [__mmask16; 2] = [__mmask16::MAX; 2];
        let shift = _mm512_set1_ps(-largest * std::f32::consts::LOG2_E);
        let mut sums = [_mm512_setzero_ps(); 2];
        // Only the first and the last block have keys that do not count.
        let last = scores.len() - 1;
        weigh_block(&scores[0], (shift, counting(keys, 0)), &mut sums, &mut weights[0]);
        if last > 0 {
            for (scores, weights) in scores[1..last].iter().zip(&mut weights[1..last]) {
                weigh_block(scores, (shift, ALL), &mut sums, weights);
            }
            let counting = counting(keys, last);
            weigh_block(&scores[last], (shift, counting), &mut sums, &mut weights[last]);
        }
        _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bf16")]
    fn weigh_block(
        scores: &[[i32; LANES]; 2],
        (shift, counting): (__m512, [__mmask16; 2]),
        sums: &mut [__m512; 2],
        weights: &mut Line,
    ) {
        let log2_e = _mm512_set1_ps(std::f32::consts::LOG2_E);
        let mut powers = [_mm512_setzero_ps(); 2];
        for side in 0..2 {
            let exponent = _mm512_fmadd_ps(load_bits(&scores[side]), log2_e, shift);
            powers[side] = power_of_two(counting[side], exponent);
            sums[side] = _mm512_add_ps(sums[side], powers[side]);
        }
        store_line(narrow(powers[0], powers[1]), weights);
    }

    /// Which keys of a block count.
    #[inline]
    fn counting(keys: &Range<usize>, block: usize) -> [__mmask16; 2] {
        let below = |end: usize| {
            let end = end.saturating_sub(block * BLOCK).min(BLOCK);
            (1_u64 << end) - 1
        };
        let counting = below(keys.end) & !below(keys.start);
        [counting as u16, (counting >> LANES) as u16]
    }

    /// 2ˣ to 8e-5 of it, which is less than a bf16 leaves of it; zero where it does not count.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn power_of_two(counting: __mmask16, x: __m512) -> __m512 {
        const DOWN: i32 = 0x09;
        let fraction = _mm512_reduce_ps::<DOWN>(x);
        let polynomial =
            _mm512_fmadd_ps(fraction, _mm512_set1_ps(0.078_024_52), _mm512_set1_ps(0.226_067_16));
        let polynomial = _mm512_fmadd_ps(polynomial, fraction, _mm512_set1_ps(0.695_833_54));
        let polynomial = _mm512_fmadd_ps(polynomial, fraction, _mm512_set1_ps(0.999_925_2));
        _mm512_maskz_scalef_ps(counting, polynomial, x)
    }

    #[target_feature(enable = "avx512f")]
    pub fn scale(sums: &[i32], (factors, size): (&[f32], usize), out: &mut [f32]) {
        let rows = sums.chunks_exact(size).zip(out.chunks_exact_mut(size));
        for ((sums, out), factor) in rows.zip(factors) {
            let factor = _mm512_set1_ps(*factor);
            let (sums, out) = (sums.as_chunks().0, out.as_chunks_mut().0);
            for (sums, out) in sums.iter().zip(out) {
                store(_mm512_mul_ps(load_bits(sums), factor), out);
            }
        }
    }
}

#[cfg(test)]
#[path = "bf16_tests.rs"]
mod tests;
