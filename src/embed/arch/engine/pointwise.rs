//! What is done number by number and row by row: quantisation, layer norm, softmax, activations.
//!
//! Plain loops over sixteen lanes, compiled once for each vector extension: the compiler makes vectors of them.

#[cfg(target_arch = "x86_64")]
use super::kernel::Instructions;
use super::{
    kernel::Kernel,
    packed::{Columns, PANEL},
};
use crate::embed::arch::linear::Activation;

/// Lanes in which loops below are written; a multiple of those of every vector extension.
const LANES: usize = 16;

/// The vector extension that goes with a [`Kernel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vectors(Extension);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extension {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Baseline,
}

impl Vectors {
    /// Those that this processor has when it has the kernel's instructions.
    pub fn of(kernel: Kernel) -> Self {
        #[cfg(target_arch = "x86_64")]
        match kernel.instructions() {
            Instructions::Amx | Instructions::Vnni => return Self(Extension::Avx512),
            Instructions::AvxVnni | Instructions::Avx2 => return Self(Extension::Avx2),
            _ => {}
        }
        let _ = kernel;
        Self(Extension::Baseline)
    }
}

#[cfg(target_arch = "x86_64")]
impl Vectors {
    /// Whether they are those of AVX-512.
    pub fn are_avx512(self) -> bool {
        self.0 == Extension::Avx512
    }

    /// Whether they are those of AVX2, with FMA.
    pub fn are_avx2(self) -> bool {
        self.0 == Extension::Avx2
    }
}

/// Whether every processor of the kind that is compiled for multiplies and adds in one instruction.
const FUSED: bool = cfg!(target_arch = "aarch64");

/// Calls one of `plain`.
#[cfg(target_arch = "x86_64")]
macro_rules! compiled {
    ($name:ident($($argument:ident),*)) => { plain::$name::<true>($($argument),*) };
}

/// Calls one of `avx512`.
#[cfg(target_arch = "x86_64")]
macro_rules! by_hand {
    ($name:ident($($argument:ident),*)) => { super::avx512::$name($($argument),*) };
}

/// Functions that are compiled for each vector extension, from the ones of the same name in `plain`, or for AVX-512
/// written by hand.
macro_rules! compiled_for_each_extension {
    ($($(#[$doc:meta])* $avx512:ident $name:ident($($argument:ident: $type:ty),* $(,)?);)*) => {$(
        $(#[$doc])*
        #[cfg_attr(
            target_arch = "x86_64",
            expect(unsafe_code, reason = "the processor was asked for what the functions need")
        )]
        pub fn $name(vectors: Vectors, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
                fn avx512($($argument: $type),*) {
                    $avx512!($name($($argument),*));
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($argument: $type),*) {
                    plain::$name::<true>($($argument),*);
                }
                match vectors.0 {
                    // SAFETY: `Vectors` comes from a kernel, which exists only where the processor has this.
                    Extension::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    Extension::Avx2 => return unsafe { avx2($($argument),*) },
                    Extension::Baseline => {}
                }
            }
            let _ = vectors;
            plain::$name::<FUSED>($($argument),*);
        }
    )*};
}

compiled_for_each_extension! {
    /// A row as bytes of at most `steps + 1`, with a scale and a zero of its own.
    by_hand quantise(row: &[f32], steps: f32, bytes: &mut [u8], scale: &mut Scale);
    /// A row in bf16, little-endian.
    compiled narrow(row: &[f32], bytes: &mut [u8]);
    /// Layer norm of a row in place.
    by_hand layer_norm(row: &mut [f32], norm: &Norm);
    /// From the sums of a panel's outputs to what becomes of them.
    by_hand finish(sums: &[[i32; PANEL]], columns: &Columns, finish: Finish<'_>, out: Out<'_>);
    /// Numbers to the exponentials of their differences from the largest, and the sum of these.
    compiled exponentials(row: &mut [f32], sum: &mut f32);
    /// A row times a number.
    compiled multiply(row: &[f32], by: f32, out: &mut [f32]);
}

/// How the bytes of a row are to be read: `step · (byte − zero)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// From one byte to the next.
    pub step: f32,
    /// The byte of zero.
    pub zero: f32,
}

impl Scale {
    /// That of numbers from `low`, at most zero, to `high`, at least zero.
    #[inline(always)]
    pub fn of(low: f32, high: f32, steps: f32) -> Self {
        // With one step less than there are, and a quarter of one before the lowest, rounding the zero leads no number
        // out of the bytes' range, not even by the last bit of a product.
        let step = (high - low) / steps;
        let step = if step > f32::MIN_POSITIVE { step } else { f32::MIN_POSITIVE };
        Self { step, zero: (0.25 - low * (1.0 / step)).round_ties_even() }
    }
}

/// A layer norm.
#[derive(Debug, Clone)]
pub struct Norm {
    /// Multiplied with the row of mean 0 and variance 1.
    pub weight: Vec<f32>,
    /// Added to it.
    pub bias: Vec<f32>,
    /// Added to the variance.
    pub epsilon: f32,
}

/// What becomes of sums.
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// By which sums of integers become numbers, one a row. Without them they are the bits of numbers.
    pub scales: Option<&'a [Scale]>,
    /// What is done then.
    pub after: After,
}

/// Some columns of some rows.
pub struct Out<'a> {
    /// From the first column of the first row on.
    pub values: &'a mut [f32],
    /// From one row to the next.
    pub stride: usize,
    /// How many columns, at most those of a panel.
    pub width: usize,
}

/// What is done with a number that a linear layer gives.
#[derive(Debug, Clone, Copy)]
pub enum After {
    /// It is the result.
    Store,
    /// It is added to what is there.
    Add,
    /// The activation of it is the result.
    Activate(Activation),
}

/// The nearest bf16, ties to even.
#[inline(always)]
pub fn bf16(value: f32) -> u16 {
    (rounded(value) >> 16) as u16
}

/// Bits of which the upper half is the nearest bf16.
#[inline(always)]
fn rounded(value: f32) -> u32 {
    let bits = value.to_bits();
    bits.wrapping_add(0x7fff + (bits >> 16 & 1))
}

#[inline(always)]
fn fma<const F: bool>(a: f32, b: f32, c: f32) -> f32 {
    if F { a.mul_add(b, c) } else { a * b + c }
}

/// 1.5 · 2²³: a small number plus this has its nearest integer in the lowest bits.
pub const ROUNDING: f32 = 12_582_912.0;

/// eˣ for x ≤ 0, to 4e-6 of it; below −87, e⁻⁸⁷.
#[inline(always)]
fn exponential<const F: bool>(x: f32) -> f32 {
    let x = if x > -87.0 { x } else { -87.0 };
    let shifted = fma::<F>(x, std::f32::consts::LOG2_E, ROUNDING);
    let power = shifted - ROUNDING;
    let rest = fma::<F>(power, -std::f32::consts::LN_2, x);
    let polynomial = fma::<F>(rest, 8.312_525e-3, 4.189_011_5e-2);
    let polynomial = fma::<F>(polynomial, rest, 0.166_671_14);
    let polynomial = fma::<F>(polynomial, rest, 0.499_992_3);
    let polynomial = fma::<F>(polynomial, rest, 1.0);
    let polynomial = fma::<F>(polynomial, rest, 1.0);
    f32::from_bits(polynomial.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// Where Φ begins to be 1, or 0 below zero.
pub const GELU_EDGE: f32 = 3.9;

/// (Φ(x) − ½) / x as a polynomial in x², from the highest power on, so that x · Φ(x) is right to 2e-4, which is less
/// than a step of its quantisation; it meets 1 and 0 at the edges.
pub const GELU: [f32; 7] = [
    2.891_038_3e-8,
    -1.914_975_7e-6,
    5.436_265_2e-5,
    -8.782_746e-4,
    9.102_493_5e-3,
    -6.537_331e-2,
    0.398_566_72,
];

/// x · Φ(x).
#[inline(always)]
fn gelu<const F: bool>(x: f32) -> f32 {
    let near = if x > -GELU_EDGE { x } else { -GELU_EDGE };
    let near = if near < GELU_EDGE { near } else { GELU_EDGE };
    let square = near * near;
    let [first, others @ ..] = GELU;
    let odd = others.iter().fold(first, |odd, factor| fma::<F>(odd, square, *factor));
    x * fma::<F>(near, odd, 0.5)
}

/// The approximation of GELU by tanh, as x · σ(2u).
#[inline(always)]
fn gelu_tanh<const F: bool>(x: f32) -> f32 {
    const SCALE: f32 = 2.0 * 0.797_884_6;
    let argument = SCALE * x * fma::<F>(0.044_715, x * x, 1.0);
    let small = exponential::<F>(-argument.abs());
    let sigma = 1.0 / (1.0 + small);
    x * if argument < 0.0 { 1.0 - sigma } else { sigma }
}

#[cfg(target_arch = "x86_64")]
pub use plain::finish as finish_plainly;

/// The loops.
mod plain {
    use super::{
        Activation, After, Columns, Finish, LANES, Norm, Out, PANEL, ROUNDING, Scale, exponential,
        fma, gelu, gelu_tanh, rounded,
    };

    /// All numbers in one, in four chains of vectors at once: the links of one would wait for each other.
    #[inline(always)]
    fn fold(
        row: &[f32],
        start: f32,
        of: impl Fn(f32) -> f32,
        with: impl Fn(f32, f32) -> f32,
    ) -> f32 {
        const CHAINS: usize = 4 * LANES;
        let mut lanes = [start; CHAINS];
        let (links, rest) = row.as_chunks::<CHAINS>();
        for link in links {
            for lane in 0..CHAINS {
                lanes[lane] = with(lanes[lane], of(link[lane]));
            }
        }
        for (lane, value) in lanes.iter_mut().zip(rest) {
            *lane = with(*lane, of(*value));
        }
        let mut half = [start; 2 * LANES];
        for lane in 0..2 * LANES {
            half[lane] = with(lanes[lane], lanes[lane + 2 * LANES]);
        }
        let mut whole = [start; LANES];
        for lane in 0..LANES {
            whole[lane] = with(half[lane], half[lane + LANES]);
        }
        reduce(whole, with)
    }

    #[inline(always)]
    fn smaller(a: f32, b: f32) -> f32 {
        if a < b { a } else { b }
    }

    #[inline(always)]
    fn larger(a: f32, b: f32) -> f32 {
        if a > b { a } else { b }
    }

    /// Of all lanes, half with half.
    #[inline(always)]
    fn reduce(lanes: [f32; LANES], with: impl Fn(f32, f32) -> f32) -> f32 {
        // A loop over the sizes would go through memory.
        let mut eight = [0.0; 8];
        for lane in 0..8 {
            eight[lane] = with(lanes[lane], lanes[lane + 8]);
        }
        let mut four = [0.0; 4];
        for lane in 0..4 {
            four[lane] = with(eight[lane], eight[lane + 4]);
        }
        with(with(four[0], four[2]), with(four[1], four[3]))
    }

    #[inline(always)]
    fn plus(a: f32, b: f32) -> f32 {
        a + b
    }

    #[inline(always)]
    pub fn quantise<const F: bool>(row: &[f32], steps: f32, bytes: &mut [u8], scale: &mut Scale) {
        let low = fold(row, 0.0, |value| value, smaller);
        let high = fold(row, 0.0, |value| value, larger);
        *scale = Scale::of(low, high, steps);
        let (inverse, shift) = (1.0 / scale.step, ROUNDING + scale.zero);
        let bytes = &mut bytes[..row.len()];
        let ((values, rest), (chunks, tail)) =
            (row.as_chunks::<LANES>(), bytes.as_chunks_mut::<LANES>());
        for (values, bytes) in values.iter().zip(chunks) {
            for lane in 0..LANES {
                bytes[lane] = fma::<F>(values[lane], inverse, shift).to_bits() as u8;
            }
        }
        for (value, byte) in rest.iter().zip(tail) {
            *byte = fma::<F>(*value, inverse, shift).to_bits() as u8;
        }
    }

    #[inline(always)]
    pub fn narrow<const F: bool>(row: &[f32], bytes: &mut [u8]) {
        for (value, bytes) in row.iter().zip(bytes.as_chunks_mut::<2>().0) {
            *bytes = ((rounded(*value) >> 16) as u16).to_le_bytes();
        }
    }

    #[inline(always)]
    pub fn layer_norm<const F: bool>(row: &mut [f32], norm: &Norm) {
        let count = row.len() as f32;
        let mean = fold(row, 0.0, |value| value, plus) / count;
        let squares = fold(row, 0.0, |value| (value - mean) * (value - mean), plus);
        let inverse = 1.0 / (squares / count + norm.epsilon).sqrt();
        let shift = -mean * inverse;
        for ((value, weight), bias) in row.iter_mut().zip(&norm.weight).zip(&norm.bias) {
            *value = fma::<F>(fma::<F>(*value, inverse, shift), *weight, *bias);
        }
    }

    #[inline(always)]
    pub fn finish<const F: bool>(
        sums: &[[i32; PANEL]],
        columns: &Columns,
        finish: Finish<'_>,
        out: Out<'_>,
    ) {
        // Each case has loops of its own, without a choice in them.
        match finish.after {
            After::Store => finish_as::<F>(sums, columns, finish, out, |_, value| value),
            After::Add => finish_as::<F>(sums, columns, finish, out, |old, value| old + value),
            After::Activate(Activation::Gelu) => {
                finish_as::<F>(sums, columns, finish, out, |_, value| gelu::<F>(value));
            }
            After::Activate(Activation::GeluTanh) => {
                finish_as::<F>(sums, columns, finish, out, |_, value| gelu_tanh::<F>(value));
            }
            After::Activate(Activation::Relu) => {
                finish_as::<F>(sums, columns, finish, out, |_, value| larger(value, 0.0));
            }
        }
    }

    #[inline(always)]
    fn finish_as<const F: bool>(
        sums: &[[i32; PANEL]],
        columns: &Columns,
        finish: Finish<'_>,
        out: Out<'_>,
        becomes: impl Fn(f32, f32) -> f32,
    ) {
        let Out { values, stride, width } = out;
        for (row, sums) in sums.iter().enumerate() {
            let out = &mut values[row * stride..][..width];
            let mut part = [0.0; PANEL];
            let whole = match out.first_chunk_mut::<PANEL>() {
                Some(whole) => whole,
                None => {
                    part[..width].copy_from_slice(out);
                    &mut part
                }
            };
            match finish.scales {
                Some(scales) => {
                    let Scale { step, zero } = scales[row];
                    for column in 0..PANEL {
                        let sum = fma::<F>(-zero, columns.sum[column], sums[column] as f32);
                        let factor = step * columns.scale[column];
                        let value = fma::<F>(sum, factor, columns.bias[column]);
                        whole[column] = becomes(whole[column], value);
                    }
                }
                None => {
                    for column in 0..PANEL {
                        let sum = f32::from_bits(sums[column].cast_unsigned());
                        whole[column] = becomes(whole[column], sum + columns.bias[column]);
                    }
                }
            }
            if width < PANEL {
                values[row * stride..][..width].copy_from_slice(&part[..width]);
            }
        }
    }

    #[inline(always)]
    pub fn exponentials<const F: bool>(row: &mut [f32], total: &mut f32) {
        let largest = fold(row, f32::NEG_INFINITY, |value| value, larger);
        let mut lanes = [0.0; LANES];
        let (chunks, rest) = row.as_chunks_mut::<LANES>();
        for chunk in chunks {
            for lane in 0..LANES {
                chunk[lane] = exponential::<F>(chunk[lane] - largest);
                lanes[lane] += chunk[lane];
            }
        }
        for (value, lane) in rest.iter_mut().zip(&mut lanes) {
            *value = exponential::<F>(*value - largest);
            *lane += *value;
        }
        *total = reduce(lanes, plus);
    }

    #[inline(always)]
    pub fn multiply<const F: bool>(row: &[f32], by: f32, out: &mut [f32]) {
        row.iter().zip(out).for_each(|(value, out)| *out = value * by);
    }
}

#[cfg(test)]
#[path = "pointwise_tests.rs"]
mod tests;
