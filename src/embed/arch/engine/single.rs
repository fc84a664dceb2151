//! Products in f32, for attention: some rows times a matrix, `[depth, stride]`.
//!
//! A tile is some rows by two vectors, in registers.

use super::pointwise::Vectors;

/// Numbers in a row of the matrix are a multiple of this.
pub const STRIP: usize = 32;

/// Most rows at once.
pub const ROWS: usize = 12;

/// Rows in a larger matrix.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// From the first number of the first row on.
    pub values: &'a [f32],
    /// From one row to the next.
    pub stride: usize,
    /// How many, at most [`ROWS`].
    pub count: usize,
}

/// What they are multiplied with.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    /// `[depth, stride]`.
    pub values: &'a [f32],
    /// A multiple of [`STRIP`].
    pub stride: usize,
    /// Numbers in each of the rows.
    pub depth: usize,
}

/// The product, `[rows, stride]`.
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "the processor was asked for what the functions need")
)]
pub fn multiply(vectors: Vectors, x: Rows<'_>, matrix: Matrix<'_>, out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if vectors.are_avx512() {
        // SAFETY: the processor has AVX-512.
        return unsafe { avx512::multiply(x, matrix, out) };
    } else if vectors.are_avx2() {
        // SAFETY: the processor has AVX2 and FMA.
        return unsafe { avx2::multiply(x, matrix, out) };
    }
    let _ = vectors;
    portable(x, matrix, out);
}

fn portable(x: Rows<'_>, matrix: Matrix<'_>, out: &mut [f32]) {
    let Matrix { values, stride, depth } = matrix;
    for (row, out) in out.chunks_exact_mut(stride).enumerate().take(x.count) {
        out.fill(0.0);
        let row = &x.values[row * x.stride..][..depth];
        for (value, numbers) in row.iter().zip(values.chunks_exact(stride)) {
            out.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += value * number);
        }
    }
}

/// A module for one vector extension.
#[cfg(target_arch = "x86_64")]
macro_rules! kernels {
    ($name:ident, $features:literal, $vector:ident, $lanes:literal, [$($rows:literal)*], $most:literal,
     $load:ident, $store:ident, $splat:ident, $zero:ident, $fma:ident) => {
        mod $name {
            use std::arch::x86_64::{$fma, $load, $splat, $store, $vector, $zero};

            use super::{Matrix, Rows};

            #[target_feature(enable = $features)]
            pub fn multiply(x: Rows<'_>, matrix: Matrix<'_>, out: &mut [f32]) {
                for first in (0..x.count).step_by($most) {
                    let rows = Rows {
                        values: &x.values[first * x.stride..],
                        stride: x.stride,
                        count: $most.min(x.count - first),
                    };
                    let out = &mut out[first * matrix.stride..];
                    for start in (0..matrix.stride).step_by(2 * $lanes) {
                        match rows.count {
                            $($rows => tile::<$rows>(rows, matrix, start, out),)*
                            _ => {}
                        }
                    }
                }
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn tile<const R: usize>(x: Rows<'_>, matrix: Matrix<'_>, start: usize, out: &mut [f32]) {
                let Matrix { values, stride, depth } = matrix;
                let rows: [&[f32]; R] =
                    std::array::from_fn(|row| &x.values[row * x.stride..][..depth]);
                let mut tile = [[$zero(); 2]; R];
                for (step, numbers) in values.chunks_exact(stride).enumerate().take(depth) {
                    let numbers = &numbers[start..start + 2 * $lanes];
                    let numbers = [load(&numbers[..$lanes]), load(&numbers[$lanes..])];
                    for row in 0..R {
                        let value = $splat(rows[row][step]);
                        tile[row][0] = $fma(value, numbers[0], tile[row][0]);
                        tile[row][1] = $fma(value, numbers[1], tile[row][1]);
                    }
                }
                for (row, [low, high]) in tile.into_iter().enumerate() {
                    let out = &mut out[row * stride + start..][..2 * $lanes];
                    store(&mut out[..$lanes], low);
                    store(&mut out[$lanes..], high);
                }
            }

            #[inline]
            #[target_feature(enable = $features)]
            #[expect(unsafe_code, reason = "an unaligned load behind a bounds check")]
            fn load(values: &[f32]) -> $vector {
                let values = &values[..$lanes];
                // SAFETY: `values` has as many elements as the vector has lanes; the load needs no alignment.
                unsafe { $load(values.as_ptr()) }
            }

            #[inline]
            #[target_feature(enable = $features)]
            #[expect(unsafe_code, reason = "an unaligned store behind a bounds check")]
            fn store(values: &mut [f32], vector: $vector) {
                let values = &mut values[..$lanes];
                // SAFETY: `values` has as many elements as the vector has lanes; the store needs no alignment.
                unsafe { $store(values.as_mut_ptr(), vector) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernels!(
    avx512, "avx512f", __m512, 16, [1 2 3 4 5 6 7 8 9 10 11 12], 12,
    _mm512_loadu_ps, _mm512_storeu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_fmadd_ps
);

#[cfg(target_arch = "x86_64")]
kernels!(
    avx2, "avx2,fma", __m256, 8, [1 2 3 4 5 6], 6,
    _mm256_loadu_ps, _mm256_storeu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_fmadd_ps
);

#[cfg(test)]
#[path = "single_tests.rs"]
mod tests;
