//! Whole layers: every kernel against the portable one, and texts of a batch against each alone.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;

fn random(count: usize, random: &mut StdRng) -> Vec<f32> {
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

fn engine(kernel: Kernel, width: Width, (dim, heads): (usize, usize)) -> Engine {
    let mut seed = StdRng::seed_from_u64(1);
    let mut dense = |inputs: usize, outputs: usize| {
        let weight = random(inputs * outputs, &mut seed);
        let factor = 1.0 / (inputs as f32).sqrt();
        let weight = weight.iter().map(|value| value * factor).collect();
        Dense { weight, bias: random(outputs, &mut seed) }
    };
    let norm = || Norm { weight: vec![1.0; dim], bias: vec![0.1; dim], epsilon: 1e-12 };
    let layers: Vec<Result<Layer<Dense>, ()>> = (0..2)
        .map(|_| {
            Ok(Layer {
                qkv: dense(dim, 3 * dim),
                attended: dense(dim, dim),
                attended_norm: norm(),
                inner: dense(dim, 2 * dim),
                outer: dense(2 * dim, dim),
                outer_norm: norm(),
            })
        })
        .collect();
    let shape = Shape { dim, heads, activation: Activation::Gelu };
    Engine::new((kernel, width), shape, norm(), layers.into_iter()).unwrap()
}

/// Texts of these lengths, the tokens of which are numbered from `first` on.
fn states(engine: &Engine, first: usize, lengths: &[usize]) -> Vec<f32> {
    let dim = engine.shape.dim;
    let embed = |out: &mut [f32]| {
        for (token, row) in out.chunks_exact_mut(dim).enumerate() {
            let seed = (first + token) as u64;
            row.copy_from_slice(&random(dim, &mut StdRng::seed_from_u64(seed)));
        }
    };
    engine.run(lengths.iter().copied(), embed, |hidden| hidden.last.to_vec())
}

/// Lengths of texts that begin and end anywhere in the blocks of tiles.
const LENGTHS: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 12, 20, 31, 32, 5, 70, 33] };

/// Dimensions and heads; those of the last are no whole units of tiles.
const SHAPES: &[(usize, usize)] =
    if cfg!(miri) { &[(8, 2)] } else { &[(64, 2), (64, 1), (96, 3), (64, 4)] };

#[test]
fn every_kernel_gives_nearly_the_same_states() {
    let portable = Kernel::of(Instructions::Portable).unwrap();
    for (shape, width) in
        SHAPES.iter().flat_map(|&shape| [Width::Int8, Width::Bf16].map(|width| (shape, width)))
    {
        let expected = states(&engine(portable, width, shape), 0, LENGTHS);
        for kernel in Instructions::ALL.into_iter().filter_map(Kernel::of) {
            let got = states(&engine(kernel, width, shape), 0, LENGTHS);
            let pairs = got.chunks_exact(shape.0).zip(expected.chunks_exact(shape.0));
            for (token, (got, expected)) in pairs.enumerate() {
                let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                let cosine = dot(got, expected) / (dot(got, got) * dot(expected, expected)).sqrt();
                assert!(cosine > 0.999, "{kernel:?} {width:?} {shape:?}, {token}: {cosine}");
            }
        }
    }
}

#[test]
fn a_text_gives_alone_what_it_gives_among_others() {
    for kernel in Instructions::ALL.into_iter().filter_map(Kernel::of) {
        for &shape in SHAPES {
            let engine = engine(kernel, Width::Int8, shape);
            let together = states(&engine, 0, LENGTHS);
            let mut first = 0;
            for &length in LENGTHS {
                let alone = states(&engine, first, &[length]);
                let together = &together[first * shape.0..][..alone.len()];
                for (alone, together) in alone.iter().zip(together) {
                    // Sums of attention in another order may lead a number to the next step of its quantisation.
                    assert!((alone - together).abs() < 0.05, "{kernel:?} {shape:?}, {length}");
                }
                first += length;
            }
        }
    }
}
