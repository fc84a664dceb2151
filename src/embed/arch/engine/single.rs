//! Products in f32, for attention: some rows times a matrix, in strips of some columns.
//!
//! A tile is some rows by two vectors, in registers.

use super::pointwise::Vectors;

/// Columns in a strip of the matrix.
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
    /// `[strips, depth, STRIP]`.
    pub values: &'a [f32],
    /// Those of all strips.
    pub columns: usize,
    /// Numbers in each of the rows that it is multiplied with.
    pub depth: usize,
}

/// The product, `[rows, columns]`.
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
    let Matrix { values, columns, depth } = matrix;
    for (row, out) in out.chunks_exact_mut(columns).enumerate().take(x.count) {
        out.fill(0.0);
        let row = &x.values[row * x.stride..][..depth];
        let strips = out.chunks_exact_mut(STRIP).zip(values.chunks_exact(depth * STRIP));
        for (out, strip) in strips {
            for (value, numbers) in row.iter().zip(strip.chunks_exact(STRIP)) {
                out.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += value * number);
            }
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

            use super::{Matrix, Rows, STRIP};

            #[target_feature(enable = $features)]
            pub fn multiply(x: Rows<'_>, matrix: Matrix<'_>, out: &mut [f32]) {
                for first in (0..x.count).step_by($most) {
                    let rows = Rows {
                        values: &x.values[first * x.stride..],
                        stride: x.stride,
                        count: $most.min(x.count - first),
                    };
                    let out = &mut out[first * matrix.columns..];
                    for start in (0..matrix.columns).step_by(2 * $lanes) {
                        match rows.count {
                            $($rows => tile::<$rows>(rows, matrix, start, out),)*
                            _ => {}
                        }
                    }
                }
            }

            #[inline]
            #[target_feature(enable = $features)]
            #[expect(unsafe_code, reason = "checks at every step would take as long as the products")]
            fn tile<const R: usize>(x: Rows<'_>, matrix: Matrix<'_>, start: usize, out: &mut [f32]) {
                let Matrix { values, columns, depth } = matrix;
                let strip = &values[start / STRIP * depth * STRIP..][..depth * STRIP];
                assert!(x.values.len() >= (R - 1) * x.stride + depth);
                const { assert!(STRIP % (2 * $lanes) == 0) };
                let mut row_values = x.values.as_ptr();
                let mut numbers = strip.as_ptr().wrapping_add(start % STRIP);
                let mut tile = [[$zero(); 2]; R];
                for _ in 0..depth {
                    // SAFETY: two vectors of the matrix's row of this step, as was asserted.
                    let pair = unsafe { [$load(numbers), $load(numbers.add($lanes))] };
                    for row in 0..R {
                        // SAFETY: the number of this step in one of the rows, as was asserted. Four rows share a
                        // register for their address.
                        let value = unsafe {
                            *row_values.add(row / 4 * 4 * x.stride).add(row % 4 * x.stride)
                        };
                        let value = $splat(value);
                        tile[row][0] = $fma(value, pair[0], tile[row][0]);
                        tile[row][1] = $fma(value, pair[1], tile[row][1]);
                    }
                    row_values = row_values.wrapping_add(1);
                    numbers = numbers.wrapping_add(STRIP);
                }
                for (row, [low, high]) in tile.into_iter().enumerate() {
                    let out = &mut out[row * columns + start..][..2 * $lanes];
                    store(&mut out[..$lanes], low);
                    store(&mut out[$lanes..], high);
                }
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
