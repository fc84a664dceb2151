//! The products of every vector extension against sums in f64.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::embed::arch::engine::kernel::{Instructions, Kernel};

#[test]
fn every_extension_gives_the_product() {
    let mut random = StdRng::seed_from_u64(1);
    let mut numbers =
        |count: usize| -> Vec<f32> { (0..count).map(|_| random.random_range(-1.0..1.0)).collect() };
    for (count, depth, stride) in [(1, 1, 32), (6, 32, 64), (7, 9, 32), (12, 40, 96)] {
        let (x, matrix) = (numbers(count * (depth + 3)), numbers(depth * stride));
        for kernel in Instructions::ALL.into_iter().filter_map(Kernel::of) {
            let mut out = vec![f32::NAN; count * stride];
            let rows = Rows { values: &x, stride: depth + 3, count };
            let values = Matrix { values: &matrix, columns: stride, depth };
            multiply(Vectors::of(kernel), rows, values, &mut out);
            for (row, out) in out.chunks_exact(stride).enumerate() {
                for (column, got) in out.iter().enumerate() {
                    let product = |step: usize| {
                        f64::from(x[row * (depth + 3) + step])
                            * f64::from(
                                matrix[(column / STRIP * depth + step) * STRIP + column % STRIP],
                            )
                    };
                    let expected: f64 = (0..depth).map(product).sum();
                    assert!((f64::from(*got) - expected).abs() < 1e-4, "{kernel:?}");
                }
            }
        }
    }
}
