//! Every kernel against a product in f64, over sizes that fill no panel and no tile.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

fn expected(x: &[f32], weight: &[f32], bias: &[f32], inputs: usize) -> Vec<f32> {
    let dot = |x: &[f32], row: &[f32]| {
        x.iter().zip(row).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    let row = |x: &[f32]| -> Vec<f32> {
        let rows = weight.chunks_exact(inputs).zip(bias);
        rows.map(|(row, bias)| (dot(x, row) + f64::from(*bias)) as f32).collect()
    };
    x.chunks_exact(inputs).flat_map(row).collect()
}

fn assert_close(got: &[f32], expected: &[f32], what: &str) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-4, "{what}: {got} is not {expected}");
    }
}

#[test]
fn every_size_gives_the_product_with_one_thread_and_with_three() {
    let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for (inputs, outputs) in [(1, 1), (7, 31), (32, 96), (40, 33), (64, 100)] {
        let (weight, bias) = (random(inputs * outputs, 1), random(outputs, 2));
        let packed = Packed::new(&weight, inputs, bias.clone());
        for rows in [0, 1, 2, 5, 6, 7, 11, 12, 13, 16, 25, 71, 72, 73, 100] {
            let x = random(rows * inputs, rows as u64);
            let expected = expected(&x, &weight, &bias, inputs);
            for pool in [&one, &three] {
                let mut out = vec![f32::NAN; rows * outputs];
                pool.install(|| packed.multiply(&x, &mut out, false));
                assert_close(&out, &expected, &format!("{rows} x {inputs} x {outputs}"));
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
#[expect(unsafe_code, reason = "called only where the processor has the feature")]
fn every_instruction_set_of_this_processor_agrees() {
    let (rows, inputs, outputs) = (29, 40, 75);
    let (weight, bias, x) =
        (random(inputs * outputs, 3), random(outputs, 4), random(rows * inputs, 5));
    let packed = Packed::new(&weight, inputs, bias.clone());
    let part = packed.part(0, 3, false);
    let expected = expected(&x, &weight, &bias, inputs);
    let mut out = vec![f32::NAN; rows * outputs];
    portable::compute(&part, &x, &mut out);
    assert_close(&out, &expected, "portable");
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        out.fill(f32::NAN);
        // SAFETY: the processor has AVX2 and FMA.
        unsafe { avx2::compute(&part, &x, &mut out) };
        assert_close(&out, &expected, "avx2");
    }
    if is_x86_feature_detected!("avx512f") {
        out.fill(f32::NAN);
        // SAFETY: the processor has AVX-512F.
        unsafe { avx512::compute(&part, &x, &mut out) };
        assert_close(&out, &expected, "avx512");
    }
}

#[test]
fn gelu_follows_the_error_function() {
    let tensor =
        |values: &[f32]| candle_core::Tensor::new(values, &candle_core::Device::Cpu).unwrap();
    let values: Vec<f32> = (-8000..=8000).map(|step| step as f32 / 1000.0).collect();
    let exact: Vec<f32> = tensor(&values).gelu_erf().unwrap().to_vec1().unwrap();
    for (value, exact) in values.iter().zip(exact) {
        assert!(
            (gelu(*value) - exact).abs() < 2e-6,
            "gelu({value}) = {} is not {exact}",
            gelu(*value)
        );
    }
}

#[test]
fn blocks_cover_all_rows_evenly() {
    for rows in 1..100 {
        let sizes: Vec<(usize, usize)> = blocks(rows, 12).collect();
        let mut next = 0;
        for (start, count) in &sizes {
            assert_eq!(*start, next);
            assert!((1..=12).contains(count));
            next += count;
        }
        assert_eq!(next, rows);
        let counts = || sizes.iter().map(|(_, count)| *count);
        assert!(counts().max().unwrap() - counts().min().unwrap() <= 1);
    }
}
