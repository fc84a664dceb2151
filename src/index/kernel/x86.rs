//! The kernels with vector instructions of x86-64.
//!
//! Loads and stores take slices or array references, so that nothing is read or written beyond them.

#![expect(unsafe_code, reason = "loads and stores of the size of a checked slice, and a prefetch")]

use std::arch::x86_64::*;

use super::{BLOCK, portable};

/// Cache lines that are asked for; the processor itself goes on from there.
const PREFETCHED_LINES: usize = 32;

#[inline]
pub fn prefetch<T>(soon: &[T]) {
    const LINE: usize = 64;
    let bytes = size_of_val(soon).min(PREFETCHED_LINES * LINE);
    for offset in (0..bytes).step_by(LINE) {
        // SAFETY: SSE is part of every x86-64, the address is within `soon`, and a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(soon.as_ptr().cast::<i8>().add(offset)) };
    }
}

pub mod avx512 {
    use super::*;

    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    pub fn hamming(query: &[u64], blocks: &[u64], distances: &mut [i16]) {
        let blocks = blocks.chunks_exact(query.len() * BLOCK);
        for (block, distances) in blocks.zip(distances.as_chunks_mut::<BLOCK>().0) {
            let mut sums = _mm512_setzero_si512();
            for (words, query) in block.as_chunks::<BLOCK>().0.iter().zip(query) {
                // SAFETY: reads the 64 bytes of `words`; needs no alignment.
                let words = unsafe { _mm512_loadu_si512(words.as_ptr().cast()) };
                let different = _mm512_xor_si512(words, _mm512_set1_epi64(query.cast_signed()));
                sums = _mm512_add_epi64(sums, _mm512_popcnt_epi64(different));
            }
            // SAFETY: writes the 16 bytes of `distances`; needs no alignment.
            unsafe {
                _mm_storeu_si128(distances.as_mut_ptr().cast(), _mm512_cvtepi64_epi16(sums));
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn dot(query: &[f32], row: &[i8]) -> f32 {
        let (queries, query_rest) = query.as_chunks::<32>();
        let (rows, row_rest) = row.as_chunks::<32>();
        let mut sums = [_mm512_setzero_ps(); 2];
        for (query, row) in queries.iter().zip(rows) {
            for half in 0..2 {
                let (query, row) = (&query[half * 16..][..16], &row[half * 16..][..16]);
                // SAFETY: reads the 64 bytes of `query` and the 16 bytes of `row`; needs no alignment.
                let (query, row) = unsafe {
                    (_mm512_loadu_ps(query.as_ptr()), _mm_loadu_si128(row.as_ptr().cast()))
                };
                let row = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(row));
                sums[half] = _mm512_fmadd_ps(query, row, sums[half]);
            }
        }
        let sum = _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));
        sum + portable::rest(query_rest, row_rest)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn dot_quantised(left: &[i8], right: &[i8]) -> i32 {
        let (lefts, left_rest) = left.as_chunks::<32>();
        let (rights, right_rest) = right.as_chunks::<32>();
        let mut sum = _mm512_setzero_si512();
        for (left, right) in lefts.iter().zip(rights) {
            // SAFETY: reads the 32 bytes of each; needs no alignment.
            let (left, right) = unsafe {
                (
                    _mm256_loadu_si256(left.as_ptr().cast()),
                    _mm256_loadu_si256(right.as_ptr().cast()),
                )
            };
            let products =
                _mm512_madd_epi16(_mm512_cvtepi8_epi16(left), _mm512_cvtepi8_epi16(right));
            sum = _mm512_add_epi32(sum, products);
        }
        _mm512_reduce_add_epi32(sum) + portable::dot_quantised(left_rest, right_rest)
    }
}

pub mod avx2 {
    use super::*;

    /// Words whose bit counts, at most 8 a byte each, fit into a byte.
    const WORDS_A_SUM: usize = 31;

    #[target_feature(enable = "avx2")]
    pub fn hamming(query: &[u64], blocks: &[u64], distances: &mut [i16]) {
        let blocks = blocks.chunks_exact(query.len() * BLOCK);
        for (block, distances) in blocks.zip(distances.as_chunks_mut::<BLOCK>().0) {
            let mut sums = [_mm256_setzero_si256(); 2];
            let words = block.chunks(WORDS_A_SUM * BLOCK);
            for (words, query) in words.zip(query.chunks(WORDS_A_SUM)) {
                let counts = counts(words, query);
                for half in 0..2 {
                    let rows = _mm256_sad_epu8(counts[half], _mm256_setzero_si256());
                    sums[half] = _mm256_add_epi64(sums[half], rows);
                }
            }
            for half in 0..2 {
                let mut rows = [0i64; BLOCK / 2];
                // SAFETY: writes the 32 bytes of `rows`; needs no alignment.
                unsafe { _mm256_storeu_si256(rows.as_mut_ptr().cast(), sums[half]) };
                for (row, sum) in rows.iter().enumerate() {
                    distances[half * BLOCK / 2 + row] = *sum as i16;
                }
            }
        }
    }

    /// Byte by byte the differing bits of the rows of a block, four rows a register, over at most [`WORDS_A_SUM`] words.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn counts(words: &[u64], query: &[u64]) -> [__m256i; 2] {
        // Bits set in each number below 16, for both halves of the register.
        let bits = _mm256_setr_epi8(
            0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2,
            3, 3, 4,
        );
        let low = _mm256_set1_epi8(0x0f);
        let mut sums = [_mm256_setzero_si256(); 2];
        for (words, query) in words.as_chunks::<BLOCK>().0.iter().zip(query) {
            let query = _mm256_set1_epi64x(query.cast_signed());
            for half in 0..2 {
                let words = &words[half * BLOCK / 2..][..BLOCK / 2];
                // SAFETY: reads the 32 bytes of `words`; needs no alignment.
                let words = unsafe { _mm256_loadu_si256(words.as_ptr().cast()) };
                let different = _mm256_xor_si256(words, query);
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(different), low);
                let counts = _mm256_add_epi8(
                    _mm256_shuffle_epi8(bits, _mm256_and_si256(different, low)),
                    _mm256_shuffle_epi8(bits, high),
                );
                sums[half] = _mm256_add_epi8(sums[half], counts);
            }
        }
        sums
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn dot(query: &[f32], row: &[i8]) -> f32 {
        let (queries, query_rest) = query.as_chunks::<16>();
        let (rows, row_rest) = row.as_chunks::<16>();
        let mut sums = [_mm256_setzero_ps(); 2];
        for (query, row) in queries.iter().zip(rows) {
            for half in 0..2 {
                let (query, row) = (&query[half * 8..][..8], &row[half * 8..][..8]);
                // SAFETY: reads the 32 bytes of `query` and the 8 bytes of `row`; needs no alignment.
                let (query, row) = unsafe {
                    (_mm256_loadu_ps(query.as_ptr()), _mm_loadl_epi64(row.as_ptr().cast()))
                };
                let row = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(row));
                sums[half] = _mm256_fmadd_ps(query, row, sums[half]);
            }
        }
        let mut lanes = [0.0f32; 8];
        // SAFETY: writes the 32 bytes of `lanes`; needs no alignment.
        unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), _mm256_add_ps(sums[0], sums[1])) };
        lanes.iter().sum::<f32>() + portable::rest(query_rest, row_rest)
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn dot_quantised(left: &[i8], right: &[i8]) -> i32 {
        let (lefts, left_rest) = left.as_chunks::<16>();
        let (rights, right_rest) = right.as_chunks::<16>();
        let mut sum = _mm256_setzero_si256();
        for (left, right) in lefts.iter().zip(rights) {
            // SAFETY: reads the 16 bytes of each; needs no alignment.
            let (left, right) = unsafe {
                (_mm_loadu_si128(left.as_ptr().cast()), _mm_loadu_si128(right.as_ptr().cast()))
            };
            let products =
                _mm256_madd_epi16(_mm256_cvtepi8_epi16(left), _mm256_cvtepi8_epi16(right));
            sum = _mm256_add_epi32(sum, products);
        }
        let mut lanes = [0i32; 8];
        // SAFETY: writes the 32 bytes of `lanes`; needs no alignment.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), sum) };
        lanes.iter().sum::<i32>() + portable::dot_quantised(left_rest, right_rest)
    }
}
