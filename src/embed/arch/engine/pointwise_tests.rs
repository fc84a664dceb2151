//! The loops of every vector extension against plain arithmetic.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::embed::arch::engine::Instructions as All;

const SIZES: [usize; 8] = [1, 2, 15, 16, 17, 63, 64, 391];

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-2.0..3.0)).collect()
}

fn kernels() -> impl Iterator<Item = Kernel> {
    All::ALL.into_iter().filter_map(Kernel::of)
}

fn all() -> Vec<Vectors> {
    kernels().map(Vectors::of).collect()
}

#[test]
fn a_quantised_row_is_half_a_step_from_the_row() {
    for kernel in kernels() {
        let (vectors, steps) = (Vectors::of(kernel), kernel.steps());
        for size in SIZES {
            let row = random(size, size as u64);
            let mut bytes = vec![0; size];
            let mut scale = Scale { step: 0.0, zero: 0.0 };
            quantise(vectors, &row, steps, &mut bytes, &mut scale);
            for (value, byte) in row.iter().zip(&bytes) {
                let back = scale.step * (f32::from(*byte) - scale.zero);
                assert!(
                    (back - value).abs() <= 0.5001 * scale.step,
                    "{vectors:?}: {value}, {back}"
                );
            }
            quantise(vectors, &vec![0.0; size], steps, &mut bytes, &mut scale);
            assert!(bytes.iter().all(|byte| f32::from(*byte) == scale.zero));
        }
    }
}

#[test]
fn no_number_of_a_quantised_row_leaves_the_range() {
    // The zero lies between two bytes but for the last bits.
    for kernel in kernels() {
        let (vectors, steps) = (Vectors::of(kernel), kernel.steps());
        let halves = (0..steps as i32).map(|byte| byte as f32 + 0.5);
        for (half, high) in halves.flat_map(|half| [1.0, 0.7, 3.1].map(|high| (half, high))) {
            let low: f32 = -high * half / (steps - half);
            for bits in low.to_bits() - 4..=low.to_bits() + 4 {
                let row = [f32::from_bits(bits), high];
                let (mut bytes, mut scale) = ([0; 2], Scale { step: 0.0, zero: 0.0 });
                quantise(vectors, &row, steps, &mut bytes, &mut scale);
                for (value, byte) in row.iter().zip(bytes) {
                    assert!(f32::from(byte) <= steps + 1.0, "{row:?}: {byte}");
                    let back = scale.step * (f32::from(byte) - scale.zero);
                    assert!((back - value).abs() <= 0.51 * scale.step, "{row:?}: {value}, {back}");
                }
            }
        }
    }
}

#[test]
fn a_narrowed_row_is_the_nearest_bf16() {
    for vectors in all() {
        for size in SIZES {
            let row = random(size, size as u64);
            let mut bytes = vec![0; 2 * size];
            narrow(vectors, &row, &mut bytes);
            for (value, bytes) in row.iter().zip(bytes.chunks_exact(2)) {
                let bits = u16::from_le_bytes([bytes[0], bytes[1]]);
                assert_eq!(bits, bf16(*value));
                let back = f32::from_bits(u32::from(bits) << 16);
                assert!((back - value).abs() <= value.abs() / 256.0);
            }
        }
    }
    assert_eq!(bf16(1.0 + 1.0 / 256.0), bf16(1.0), "a tie goes to the even one");
}

#[test]
fn a_normed_row_has_mean_and_variance_of_the_norm() {
    for vectors in all() {
        for size in SIZES.into_iter().filter(|size| *size > 2) {
            let mut row = random(size, size as u64);
            let norm = Norm { weight: vec![2.0; size], bias: vec![3.0; size], epsilon: 1e-12 };
            layer_norm(vectors, &mut row, &norm);
            let mean = row.iter().sum::<f32>() / size as f32;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / size as f32;
            assert!(
                (mean - 3.0).abs() < 1e-4 && (variance - 4.0).abs() < 1e-3,
                "{mean} {variance}"
            );
        }
    }
}

#[test]
fn exponentials_and_their_sum_are_those_of_the_library() {
    for vectors in all() {
        for size in SIZES {
            let row: Vec<f32> = random(size, 9).iter().map(|x| x * 20.0).collect();
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let (mut got, mut sum) = (row.clone(), 0.0);
            exponentials(vectors, &mut got, &mut sum);
            let expected = || row.iter().map(|x| (x - largest).exp());
            for (got, expected) in got.iter().zip(expected()) {
                assert!((got - expected).abs() <= 4e-6 * expected + 1e-30, "{got} {expected}");
            }
            assert!((sum / expected().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn a_finished_panel_is_what_its_scales_and_activation_say() {
    let numbers = |seed| -> [f32; PANEL] { random(PANEL, seed).try_into().unwrap() };
    let columns = Columns { scale: numbers(1), sum: numbers(2), bias: numbers(3) };
    let sums = [0, 1].map(|row| numbers(4 + row).map(|value| (value * 100.0) as i32));
    let scales = [Scale { step: 0.02, zero: 7.0 }, Scale { step: 0.01, zero: 0.0 }];
    let afters = [
        After::Store,
        After::Add,
        After::Activate(Activation::Gelu),
        After::Activate(Activation::Relu),
    ];
    for (vectors, after) in all().into_iter().flat_map(|own| afters.map(|after| (own, after))) {
        for (width, scales) in [(PANEL, Some(&scales[..])), (PANEL, None), (40, Some(&scales))] {
            const STRIDE: usize = PANEL + 3;
            let old = random(2 * STRIDE, 9);
            let mut values = old.clone();
            let out = Out { values: &mut values, stride: STRIDE, width };
            finish(vectors, &sums, &columns, Finish { scales, after }, out);
            for (place, (got, old)) in values.iter().zip(old).enumerate() {
                let (row, column) = (place / STRIDE, place % STRIDE);
                if column >= width {
                    assert!(*got == old, "{vectors:?}: wrote behind its columns");
                    continue;
                }
                let sum = sums[row][column];
                let value = columns.bias[column]
                    + match scales {
                        Some(scales) => {
                            (sum as f32 - scales[row].zero * columns.sum[column])
                                * scales[row].step
                                * columns.scale[column]
                        }
                        None => f32::from_bits(sum.cast_unsigned()),
                    };
                let expected = match after {
                    After::Store => value,
                    After::Add => old + value,
                    After::Activate(Activation::Gelu) => gelu::<false>(value),
                    After::Activate(_) => value.max(0.0),
                };
                let apart = (got - expected).abs();
                assert!(
                    apart < 1e-4 || got.is_nan() && expected.is_nan(),
                    "{vectors:?} {after:?}: {got} is not {expected}"
                );
            }
        }
    }
}

#[test]
fn activations_follow_their_definitions() {
    // Abramowitz and Stegun 7.1.26, to 1.5e-7.
    let erf = |x: f64| {
        let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
        let polynomial =
            [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592]
                .iter()
                .fold(0.0, |sum, factor| (sum + factor) * t);
        (1.0 - polynomial * (-x * x).exp()).copysign(x)
    };
    for step in -8000..=8000 {
        let x = f64::from(step) / 1000.0;
        let exact = 0.5 * x * (1.0 + erf(x / 2_f64.sqrt()));
        let near = f64::from(gelu::<false>(x as f32));
        assert!((near - exact).abs() < 2.5e-4, "gelu({x}) = {near} is not {exact}");
        let inside = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
        let exact = 0.5 * x * (1.0 + inside.tanh());
        let near = f64::from(gelu_tanh::<false>(x as f32));
        assert!((near - exact).abs() < 1e-5, "gelu_tanh({x}) = {near} is not {exact}");
    }
}
