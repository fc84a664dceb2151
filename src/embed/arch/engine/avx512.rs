//! Those of the loops of [`super::pointwise`] that take longest, in AVX-512 by hand.

use std::arch::x86_64::*;

use super::{
    packed::{Columns, PANEL},
    pointwise::{After, Finish, GELU, GELU_EDGE, Norm, Out, ROUNDING, Scale, finish_plainly},
};
use crate::embed::arch::linear::Activation;

/// Numbers in a vector.
const LANES: usize = 16;

/// Vectors that are in the making at once: the steps of one would wait for each other.
const CHAINS: usize = 4;

#[target_feature(enable = "avx512f,avx512bw,avx512dq")]
pub fn quantise(row: &[f32], steps: f32, bytes: &mut [u8], scale: &mut Scale) {
    let (chunks, rest) = row.as_chunks::<{ CHAINS * LANES }>();
    let mut low = [_mm512_setzero_ps(); CHAINS];
    let mut high = low;
    for chunk in chunks {
        for (chain, values) in chunk.as_chunks().0.iter().enumerate() {
            let values = load(values);
            low[chain] = _mm512_min_ps(low[chain], values);
            high[chain] = _mm512_max_ps(high[chain], values);
        }
    }
    let low = joined(low, |a, b| _mm512_min_ps(a, b));
    let high = joined(high, |a, b| _mm512_max_ps(a, b));
    let low = rest.iter().copied().fold(_mm512_reduce_min_ps(low), f32::min);
    let high = rest.iter().copied().fold(_mm512_reduce_max_ps(high), f32::max);
    let own = Scale::of(low, high, steps);
    *scale = own;
    let (inverse, shift) = (1.0 / own.step, ROUNDING + own.zero);
    let (factor, shifts) = (_mm512_set1_ps(inverse), _mm512_set1_ps(shift));
    let zero = _mm512_set1_epi32(ROUNDING.to_bits().cast_signed());
    // Packing takes a quarter of each vector at a time.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let (packed, tail) = bytes[..row.len()].as_chunks_mut::<{ CHAINS * LANES }>();
    for (chunk, bytes) in chunks.iter().zip(packed) {
        let mut steps = [zero; CHAINS];
        for (values, steps) in chunk.as_chunks().0.iter().zip(&mut steps) {
            let shifted = _mm512_fmadd_ps(load(values), factor, shifts);
            *steps = _mm512_sub_epi32(_mm512_castps_si512(shifted), zero);
        }
        let [a, b, c, d] = steps;
        let words = [_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d)];
        let packed = _mm512_packus_epi16(words[0], words[1]);
        store_bytes(_mm512_permutexvar_epi32(order, packed), bytes);
    }
    for (value, byte) in rest.iter().zip(tail) {
        *byte = value.mul_add(inverse, shift).to_bits() as u8;
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq")]
pub fn layer_norm(row: &mut [f32], norm: &Norm) {
    let (chunks, rest) = row.as_chunks_mut::<LANES>();
    let mut sums = [_mm512_setzero_ps(); CHAINS];
    let mut squares = sums;
    let (links, others) = chunks.as_chunks::<CHAINS>();
    for (chain, values) in links.iter().flat_map(|link| link.iter().enumerate()) {
        add(load(values), &mut sums[chain], &mut squares[chain]);
    }
    for (chain, values) in others.iter().enumerate() {
        add(load(values), &mut sums[chain], &mut squares[chain]);
    }
    let total = |parts| _mm512_reduce_add_ps(joined(parts, |a, b| _mm512_add_ps(a, b)));
    let count = (chunks.len() * LANES + rest.len()) as f32;
    let mean = (total(sums) + rest.iter().sum::<f32>()) / count;
    let square = (total(squares) + rest.iter().map(|value| value * value).sum::<f32>()) / count;
    let variance = (-mean).mul_add(mean, square).max(0.0);
    let inverse = 1.0 / (variance + norm.epsilon).sqrt();
    let shift = -mean * inverse;
    let (factor, shifts) = (_mm512_set1_ps(inverse), _mm512_set1_ps(shift));
    let (weights, biases) = (norm.weight.as_chunks(), norm.bias.as_chunks());
    for ((values, weight), bias) in chunks.iter_mut().zip(weights.0).zip(biases.0) {
        let normed = _mm512_fmadd_ps(load(values), factor, shifts);
        store(_mm512_fmadd_ps(normed, load(weight), load(bias)), values);
    }
    for ((value, weight), bias) in rest.iter_mut().zip(weights.1).zip(biases.1) {
        *value = value.mul_add(inverse, shift).mul_add(*weight, *bias);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(values: __m512, sum: &mut __m512, squares: &mut __m512) {
    *sum = _mm512_add_ps(*sum, values);
    *squares = _mm512_fmadd_ps(values, values, *squares);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
pub fn finish(sums: &[[i32; PANEL]], columns: &Columns, finish: Finish<'_>, out: Out<'_>) {
    match finish.after {
        _ if out.width < PANEL => finish_plainly::<true>(sums, columns, finish, out),
        After::Store => finish_as(sums, columns, finish.scales, out, |_, value| value),
        After::Add => {
            finish_as(sums, columns, finish.scales, out, |old, value| {
                _mm512_add_ps(load(old), value)
            });
        }
        After::Activate(Activation::Gelu) => {
            finish_as(sums, columns, finish.scales, out, |_, value| gelu(value));
        }
        After::Activate(_) => finish_plainly::<true>(sums, columns, finish, out),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn finish_as(
    sums: &[[i32; PANEL]],
    columns: &Columns,
    scales: Option<&[Scale]>,
    Out { values, stride, .. }: Out<'_>,
    becomes: impl Fn(&[f32; LANES], __m512) -> __m512,
) {
    for (row, (sums, out)) in sums.iter().zip(values.chunks_mut(stride)).enumerate() {
        let Some(out) = out.first_chunk_mut::<PANEL>() else { return };
        let (step, zero) = match scales {
            Some(scales) => (scales[row].step, scales[row].zero),
            None => (1.0, 0.0),
        };
        let (step, zero) = (_mm512_set1_ps(step), _mm512_set1_ps(zero));
        for part in 0..PANEL / LANES {
            let sums = load_integers(lanes(sums, part));
            let bias = load(lanes(&columns.bias, part));
            let value = if scales.is_some() {
                let of_zero = load(lanes(&columns.sum, part));
                let sum = _mm512_fnmadd_ps(zero, of_zero, _mm512_cvtepi32_ps(sums));
                let factor = _mm512_mul_ps(step, load(lanes(&columns.scale, part)));
                _mm512_fmadd_ps(sum, factor, bias)
            } else {
                _mm512_add_ps(_mm512_castsi512_ps(sums), bias)
            };
            let out = &mut out.as_chunks_mut().0[part];
            store(becomes(out, value), out);
        }
    }
}

#[inline]
fn lanes<T>(values: &[T; PANEL], part: usize) -> &[T; LANES] {
    &values.as_chunks().0[part]
}

/// As the function of this name in [`super::pointwise`].
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn gelu(x: __m512) -> __m512 {
    /// The smaller number but for the signs, with the sign of the first.
    const NEARER: i32 = 0b0010;
    let near = _mm512_range_ps::<NEARER>(x, _mm512_set1_ps(GELU_EDGE));
    let square = _mm512_mul_ps(near, near);
    let [first, others @ ..] = GELU;
    let mut odd = _mm512_set1_ps(first);
    for factor in others {
        odd = _mm512_fmadd_ps(odd, square, _mm512_set1_ps(factor));
    }
    _mm512_mul_ps(x, _mm512_fmadd_ps(near, odd, _mm512_set1_ps(0.5)))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn joined(chains: [__m512; CHAINS], with: impl Fn(__m512, __m512) -> __m512) -> __m512 {
    let [a, b, c, d] = chains;
    with(with(a, b), with(c, d))
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned load of the array's own size")]
pub fn load(values: &[f32; LANES]) -> __m512 {
    // SAFETY: the array has the size of the vector; the load needs no alignment.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned load of the array's own size")]
fn load_integers(values: &[i32; LANES]) -> __m512i {
    // SAFETY: the array has the size of the vector; the load needs no alignment.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned store of the array's own size")]
pub fn store(values: __m512, out: &mut [f32; LANES]) {
    // SAFETY: the array has the size of the vector; the store needs no alignment.
    unsafe { _mm512_storeu_ps(out.as_mut_ptr(), values) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned store of the array's own size")]
fn store_bytes(values: __m512i, out: &mut [u8; 64]) {
    // SAFETY: the array has the size of the vector; the store needs no alignment.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), values) }
}
