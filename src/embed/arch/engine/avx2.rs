//! Products in int8 with AVX2.
//!
//! The eight-bit product of AVX2 adds pairs in sixteen bits, where two products of the largest numbers do not fit. So
//! activations for it have half the steps: see [`STEPS`].

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256,
};

use super::{
    by_line::{self, OUTPUTS},
    packed::{GROUP_LINES, Line, PANEL, STRIP, Sums},
    prefetch::prefetch,
    product::Block,
};

/// Steps of an activation. Two products of the largest, `STEPS + 1`, and the largest weight, 127, just fit into sixteen
/// bits with their sign.
pub const STEPS: f32 = 128.0;

by_line::multiply!("avx2", dot);

#[inline]
#[target_feature(enable = "avx2")]
fn dot(sums: __m256i, group: __m256i, weights: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(group, weights);
    _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
}
