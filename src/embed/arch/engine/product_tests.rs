//! Every kernel against sums in plain arithmetic, over sizes that fill no panel, no tile and no block.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::embed::arch::engine::packed::Dense;

/// Rows that Miri, which is slow, is spared.
const SIZES: &[(usize, usize, usize)] = if cfg!(miri) {
    &[(3, 9, 35)]
} else {
    &[
        (1, 1, 1),
        (2, 7, 31),
        (5, 64, 64),
        (6, 65, 65),
        (12, 40, 33),
        (13, 384, 130),
        (16, 100, 100),
        (17, 128, 64),
        (31, 33, 200),
        (32, 600, 65),
        (33, 70, 129),
        (75, 64, 96),
    ]
};

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.5)).collect()
}

/// What a layer gives in f64, from the numbers that packing left of the weight and of the rows.
fn expected(x: &[f32], layer: &Dense, inputs: usize) -> Vec<f64> {
    let dot = |x: &[f32], row: &[f32]| {
        x.iter().zip(row).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    let row = |x: &[f32]| -> Vec<f64> {
        let rows = layer.weight.chunks_exact(inputs).zip(&layer.bias);
        rows.map(|(row, bias)| dot(x, row) + f64::from(*bias)).collect()
    };
    x.chunks_exact(inputs).flat_map(row).collect()
}

/// Numbers as int8 with one scale a row can say them, so that nothing is lost in packing.
fn representable(numbers: &[f32], length: usize, steps: f32) -> Vec<f32> {
    let row = |row: &[f32]| -> Vec<f32> {
        let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let step = (largest / steps).max(f32::MIN_POSITIVE);
        row.iter().map(|value| (value / step).round() * step).collect()
    };
    numbers.chunks_exact(length).flat_map(row).collect()
}

fn run(kernel: Kernel, width: Width, x: &[f32], layer: &Dense, inputs: usize) -> Vec<f32> {
    let mut packed = Packed::new(layer, width);
    Packed::join(&mut [&mut packed]);
    let worker = Worker::begin(kernel);
    let mut narrow = Narrow::default();
    // What is left of another use must not show.
    let other = vec![f32::MAX; 40 * (inputs + 3)];
    narrow.fill(kernel, (width, inputs + 3), other.chunks_exact(inputs + 3));
    narrow.fill(kernel, (width, inputs), x.chunks_exact(inputs));
    let mut out = vec![f32::NAN; x.len() / inputs * layer.bias.len()];
    multiply(&worker, &narrow, &packed, After::Store, &mut out);
    let once = out.clone();
    multiply(&worker, &narrow, &packed, After::Add, &mut out);
    for (twice, once) in out.iter().zip(&once) {
        assert!((twice - 2.0 * once).abs() < 1e-3, "{kernel:?} {width:?}: {twice} {once}");
    }
    once
}

fn kernels() -> impl Iterator<Item = Kernel> {
    Instructions::ALL.into_iter().filter_map(Kernel::of)
}

#[test]
fn every_kernel_gives_the_product() {
    for &(rows, inputs, outputs) in SIZES {
        let layer = Dense {
            weight: representable(&random(inputs * outputs, 1), inputs, 127.0),
            bias: random(outputs, 2),
        };
        let x = random(rows * inputs, rows as u64);
        let expected = expected(&x, &layer, inputs);
        for kernel in kernels() {
            let int8 = 0.012 * f64::from(254.0 / kernel.steps());
            for (width, least) in [(Width::Int8, int8), (Width::Bf16, 0.008)] {
                let got = run(kernel, width, &x, &layer, inputs);
                assert_eq!(got.len(), expected.len());
                let far = least * (inputs as f64).sqrt();
                for (got, expected) in got.iter().zip(&expected) {
                    let apart = (f64::from(*got) - expected).abs();
                    assert!(
                        apart < far,
                        "{kernel:?} {width:?}, {rows} x {inputs} x {outputs}: {got} is not {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_kernel_has_the_same_sums() {
    for &(rows, inputs, outputs) in SIZES {
        let layer = Dense { weight: random(inputs * outputs, 3), bias: vec![0.0; outputs] };
        let mut packed = Packed::new(&layer, Width::Int8);
        Packed::join(&mut [&mut packed]);
        let x = random(rows * inputs, 4);
        let portable = Kernel::of(Instructions::Portable).unwrap();
        let sums = |kernel: Kernel, narrow: &Narrow| -> Vec<i32> {
            let worker = Worker::begin(kernel);
            let mut found = Vec::new();
            for (panel, columns) in packed.panels() {
                for (first, rows) in blocks(kernel, narrow.rows()) {
                    let (x, stride) = narrow.rows_from(first);
                    let mut sums = Sums([[7; PANEL]; BLOCK]);
                    let block = Block { x, stride, rows, panel, columns };
                    block.multiply(&worker, Width::Int8, &mut sums);
                    found.extend_from_slice(sums.0[..rows].as_flattened());
                }
            }
            found
        };
        for kernel in kernels() {
            let mut narrow = Narrow::default();
            narrow.fill(kernel, (Width::Int8, inputs), x.chunks_exact(inputs));
            let expected = sums(portable, &narrow);
            assert!(sums(kernel, &narrow) == expected, "{kernel:?}, {rows} x {inputs} x {outputs}");
        }
    }
}

#[test]
fn blocks_cover_all_rows() {
    for kernel in kernels() {
        for rows in 0..200 {
            let mut next = 0;
            for (start, count) in blocks(kernel, rows) {
                assert_eq!(start, next);
                assert!((1..=BLOCK).contains(&count));
                next += count;
            }
            assert_eq!(next, rows);
        }
    }
}
