//! Matrix product with a packed weight on the CPU, for a few rows up to a few thousand.
//!
//! The weight lies in panels of [`PANEL`] outputs, inputs in order within a panel, so that a product reads it once from
//! front to back. A tile keeps some rows × one strip of a panel in registers. AVX-512 and AVX2 with FMA are chosen when
//! the processor has them; elsewhere plain loops do.

use rayon::prelude::*;

use super::engine::lined::Lined;
#[cfg(target_arch = "x86_64")]
use super::engine::prefetch::prefetch;

/// Outputs in a panel; a multiple of twice the lanes of every vector extension below.
pub const PANEL: usize = 32;

/// From here on each thread gets rows of its own; with fewer rows each gets some of the outputs, so that a short text
/// uses all threads and reads the weight once.
const ROWS_A_THREAD: usize = 24;

/// A linear layer's weight and bias, packed.
pub struct Packed {
    /// `[panels, inputs, PANEL]`, zeros behind the last output.
    panels: Lined<f32>,
    /// `[panels, PANEL]`.
    bias: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

impl Packed {
    /// From a weight `[outputs, inputs]` row by row and a bias `[outputs]`.
    pub fn new(weight: &[f32], inputs: usize, mut bias: Vec<f32>) -> Self {
        let outputs = bias.len();
        let count = outputs.div_ceil(PANEL);
        let mut panels = Lined::default();
        panels.resize(count * inputs * PANEL);
        for (output, row) in weight.chunks_exact(inputs).enumerate() {
            let panel = &mut panels[output / PANEL * inputs * PANEL..];
            for (input, value) in row.iter().enumerate() {
                panel[input * PANEL + output % PANEL] = *value;
            }
        }
        bias.resize(count * PANEL, 0.0);
        Self { panels, bias, inputs, outputs }
    }

    /// Length of an input row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Length of an output row.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// `x · Wᵀ + b` into `out`, `[rows, inputs]` to `[rows, outputs]`, then GELU where asked for. Uses the threads of
    /// the rayon pool that it is called in.
    pub fn multiply(&self, x: &[f32], out: &mut [f32], gelu: bool) {
        let rows = x.len() / self.inputs;
        let threads = rayon::current_num_threads();
        let whole = self.part(0, self.bias.len() / PANEL, gelu);
        if rows == 0 {
            return;
        }
        if threads == 1 {
            whole.compute(x, out);
        } else if rows >= threads * ROWS_A_THREAD {
            let share = rows.div_ceil(threads);
            let pairs =
                x.par_chunks(share * self.inputs).zip(out.par_chunks_mut(share * self.outputs));
            pairs.for_each(|(x, out)| whole.compute(x, out));
        } else {
            self.multiply_by_outputs(x, out, gelu, threads);
        }
    }

    /// Each thread computes some of the outputs of every row; they are woven together afterwards.
    fn multiply_by_outputs(&self, x: &[f32], out: &mut [f32], gelu: bool, threads: usize) {
        let rows = x.len() / self.inputs;
        let panels = self.bias.len() / PANEL;
        let share = panels.div_ceil(threads);
        let starts: Vec<usize> = (0..panels).step_by(share).collect();
        let strips = starts.par_iter().map(|&start| {
            let part = self.part(start, (start + share).min(panels), gelu);
            let mut strip = vec![0.0; rows * part.outputs];
            part.compute(x, &mut strip);
            (start * PANEL, part.outputs, strip)
        });
        for (column, width, strip) in strips.collect::<Vec<_>>() {
            for (row, values) in out.chunks_exact_mut(self.outputs).zip(strip.chunks_exact(width)) {
                row[column..column + width].copy_from_slice(values);
            }
        }
    }

    fn part(&self, start: usize, end: usize, gelu: bool) -> Part<'_> {
        Part {
            panels: &self.panels[start * self.inputs * PANEL..end * self.inputs * PANEL],
            bias: &self.bias[start * PANEL..end * PANEL],
            inputs: self.inputs,
            outputs: self.outputs.min(end * PANEL) - start * PANEL,
            gelu,
        }
    }
}

/// Some panels of a layer.
struct Part<'a> {
    panels: &'a [f32],
    bias: &'a [f32],
    inputs: usize,
    outputs: usize,
    gelu: bool,
}

impl Part<'_> {
    #[cfg(target_arch = "x86_64")]
    #[expect(
        unsafe_code,
        reason = "the processor was asked for the features that the function needs"
    )]
    fn compute(&self, x: &[f32], out: &mut [f32]) {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512F.
            unsafe { avx512::compute(self, x, out) }
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has AVX2 and FMA.
            unsafe { avx2::compute(self, x, out) }
        } else {
            portable::compute(self, x, out);
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn compute(&self, x: &[f32], out: &mut [f32]) {
        portable::compute(self, x, out);
    }
}

/// Cuts `rows`, at least one, into the fewest blocks of at most `most` rows, as even as can be: `(first row, rows)`.
fn blocks(rows: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = rows.div_ceil(most);
    (0..count).map(move |index| {
        let start = index * rows / count;
        (start, (index + 1) * rows / count - start)
    })
}

/// x · Φ(x), with erf as a rational function of its argument, fitted on [-3.92, 3.92] with an error below 4e-7.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    const EDGE: f32 = 3.92;
    let scaled = (x * std::f32::consts::FRAC_1_SQRT_2).clamp(-EDGE, EDGE);
    let square = scaled * scaled;
    let above = 2.034_730_2e-6_f32;
    let above = above * square + 2.874_804_5e-4;
    let above = above * square + 3.868_366_8e-3;
    let above = above * square + 5.306_060_2e-2;
    let above = above * square + 0.192_764_95;
    let above = above * square + std::f32::consts::FRAC_2_SQRT_PI;
    let below = 3.807_064_8e-5_f32;
    let below = below * square + 1.188_125e-3;
    let below = below * square + 1.517_237_4e-2;
    let below = below * square + 0.115_084_99;
    let below = below * square + 0.504_165_2;
    let below = below * square + 1.0;
    let erf = (scaled * above / below).clamp(-1.0, 1.0);
    0.5 * x * (1.0 + erf)
}

/// A module of kernels for one vector extension. A tile is `R` rows by two vectors, at most `$rows` rows.
#[cfg(target_arch = "x86_64")]
macro_rules! vector_kernels {
    ($name:ident, $features:literal, $vector:ident, $lanes:literal, $rows:literal, [$($each:literal)*],
     $load:ident, $store:ident, $splat:ident, $fma:ident) => {
        mod $name {
            use std::arch::x86_64::{$vector, $load, $store, $splat, $fma};

            use super::{PANEL, Part, blocks, gelu, prefetch};

            const STRIP: usize = 2 * $lanes;

            #[target_feature(enable = $features)]
            pub fn compute(part: &Part<'_>, x: &[f32], out: &mut [f32]) {
                let rows = x.len() / part.inputs;
                let panels = part.panels.chunks_exact(part.inputs * PANEL).zip(part.bias.chunks_exact(PANEL));
                for (index, (panel, bias)) in panels.enumerate() {
                    let column = index * PANEL;
                    let width = PANEL.min(part.outputs - column);
                    for (first, count) in blocks(rows, $rows) {
                        let x = &x[first * part.inputs..(first + count) * part.inputs];
                        let out = &mut out[first * part.outputs + column..];
                        match count {
                            $($each => tile::<$each>((panel, bias), x, out, (part.outputs, width)),)*
                            _ => {}
                        }
                    }
                }
                if part.gelu {
                    out.iter_mut().for_each(|value| *value = gelu(*value));
                }
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn tile<const R: usize>(
                (panel, bias): (&[f32], &[f32]),
                x: &[f32],
                out: &mut [f32],
                (stride, width): (usize, usize),
            ) {
                let inputs = panel.len() / PANEL;
                let rows: [&[f32]; R] = std::array::from_fn(|row| &x[row * inputs..][..inputs]);
                let panel = &panel[..inputs * PANEL];
                for strip in (0..PANEL).step_by(STRIP) {
                    let start = [load(&bias[strip..]), load(&bias[strip + $lanes..])];
                    let mut sums = [start; R];
                    for (input, weights) in panel.chunks_exact(PANEL).enumerate().take(inputs) {
                        prefetch(&weights[strip]);
                        prefetch(&weights[strip + $lanes]);
                        let weights = [load(&weights[strip..]), load(&weights[strip + $lanes..])];
                        for row in 0..R {
                            let value = $splat(rows[row][input]);
                            sums[row][0] = $fma(value, weights[0], sums[row][0]);
                            sums[row][1] = $fma(value, weights[1], sums[row][1]);
                        }
                    }
                    for row in 0..R {
                        let out = &mut out[row * stride..];
                        if width == PANEL {
                            store(&mut out[strip..], sums[row][0]);
                            store(&mut out[strip + $lanes..], sums[row][1]);
                        } else if strip < width {
                            let mut values = [0.0; STRIP];
                            store(&mut values, sums[row][0]);
                            store(&mut values[$lanes..], sums[row][1]);
                            let count = STRIP.min(width - strip);
                            out[strip..strip + count].copy_from_slice(&values[..count]);
                        }
                    }
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
vector_kernels!(
    avx512, "avx512f", __m512, 16, 12, [1 2 3 4 5 6 7 8 9 10 11 12],
    _mm512_loadu_ps, _mm512_storeu_ps, _mm512_set1_ps, _mm512_fmadd_ps
);

#[cfg(target_arch = "x86_64")]
vector_kernels!(
    avx2, "avx2,fma", __m256, 8, 6, [1 2 3 4 5 6],
    _mm256_loadu_ps, _mm256_storeu_ps, _mm256_set1_ps, _mm256_fmadd_ps
);

/// The same without vector instructions of a certain processor; the compiler uses what every one of its kind has.
mod portable {
    use super::{PANEL, Part, gelu};

    pub fn compute(part: &Part<'_>, x: &[f32], out: &mut [f32]) {
        let panels =
            part.panels.chunks_exact(part.inputs * PANEL).zip(part.bias.chunks_exact(PANEL));
        for (index, (panel, bias)) in panels.enumerate() {
            let column = index * PANEL;
            let width = PANEL.min(part.outputs - column);
            for (x, out) in x.chunks_exact(part.inputs).zip(out.chunks_exact_mut(part.outputs)) {
                let mut sums = [0.0; PANEL];
                sums.copy_from_slice(bias);
                for (value, weights) in x.iter().zip(panel.chunks_exact(PANEL)) {
                    sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
                }
                out[column..column + width].copy_from_slice(&sums[..width]);
            }
        }
        if part.gelu {
            out.iter_mut().for_each(|value| *value = gelu(*value));
        }
    }
}

#[cfg(test)]
#[path = "kernel_tests.rs"]
mod tests;
