//! Every kernel against plain sums, over sizes that fill no register.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

type Hamming = fn(&[u64], &[u64], &mut [i16]);
type Dot = fn(&[f32], &[i8]) -> f32;
type DotQuantised = fn(&[i8], &[i8]) -> i32;

const DIMENSIONS: [usize; 14] = [0, 1, 7, 8, 15, 16, 31, 32, 33, 63, 100, 384, 385, 1024];

/// What this processor can run, by name; the first is what lookups use.
fn versions() -> Vec<(&'static str, Hamming, Dot, DotQuantised)> {
    let mut all: Vec<(_, Hamming, Dot, DotQuantised)> = vec![
        ("chosen", hamming, dot, dot_quantised),
        ("portable", portable::hamming, portable::dot, portable::dot_quantised),
    ];
    #[cfg(target_arch = "x86_64")]
    all.extend(x86_versions());
    all
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "called only where the processor has the features")]
fn x86_versions() -> Vec<(&'static str, Hamming, Dot, DotQuantised)> {
    let mut all: Vec<(_, Hamming, Dot, DotQuantised)> = Vec::new();
    if is_x86_feature_detected!("avx512vpopcntdq") && is_x86_feature_detected!("avx512bw") {
        // SAFETY (all three): the processor has the features.
        all.push((
            "avx512",
            |query, blocks, distances| unsafe { x86::avx512::hamming(query, blocks, distances) },
            |query, row| unsafe { x86::avx512::dot(query, row) },
            |left, right| unsafe { x86::avx512::dot_quantised(left, right) },
        ));
    }
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY (all three): the processor has the features.
        all.push((
            "avx2",
            |query, blocks, distances| unsafe { x86::avx2::hamming(query, blocks, distances) },
            |query, row| unsafe { x86::avx2::dot(query, row) },
            |left, right| unsafe { x86::avx2::dot_quantised(left, right) },
        ));
    }
    all
}

#[test]
fn distances_are_the_numbers_of_differing_bits() {
    let mut random = StdRng::seed_from_u64(1);
    for words in [1, 2, 3, 6, 7, 12, 16, 31, 32, 63, MAX_WORDS] {
        for rows in [0, 8, 16, 24, 72] {
            let mut word = |all: bool| if all { u64::MAX } else { random.random() };
            let query: Vec<u64> = (0..words).map(|_| word(false)).collect();
            let mut blocks: Vec<u64> = (0..words * rows).map(|_| word(false)).collect();
            // The first row differs in every bit.
            for (position, query) in query.iter().enumerate() {
                if rows > 0 {
                    blocks[position * BLOCK] = query ^ word(true);
                }
            }
            let expected: Vec<i16> = (0..rows)
                .map(|row| {
                    let block = &blocks[row / BLOCK * words * BLOCK..];
                    let word = |word: usize| block[word * BLOCK + row % BLOCK] ^ query[word];
                    (0..words).map(|at| word(at).count_ones() as i16).sum()
                })
                .collect();
            for (name, hamming, ..) in versions() {
                let mut distances = vec![-1; rows];
                hamming(&query, &blocks, &mut distances);
                assert_eq!(distances, expected, "{name}: {words} words, {rows} rows");
            }
        }
    }
}

#[test]
fn dot_products_are_the_sums_of_products() {
    let mut random = StdRng::seed_from_u64(2);
    for dimension in DIMENSIONS {
        let query: Vec<f32> = (0..dimension).map(|_| random.random_range(-1.0..1.0)).collect();
        let row: Vec<i8> = (0..dimension).map(|_| random.random_range(-127..=127)).collect();
        let products = query.iter().zip(&row).map(|(a, b)| f64::from(*a) * f64::from(*b));
        let expected: f64 = products.sum();
        for (name, _, dot, _) in versions() {
            let got = f64::from(dot(&query, &row));
            assert!((got - expected).abs() < 0.01, "{name}, {dimension}: {got} is not {expected}");
        }
    }
}

#[test]
fn dot_products_of_quantised_vectors_are_exact_at_the_ends_of_the_range() {
    let mut random = StdRng::seed_from_u64(3);
    for dimension in DIMENSIONS {
        let row = |random: &mut StdRng, low, high| -> Vec<i8> {
            (0..dimension).map(|_| random.random_range(low..=high)).collect()
        };
        for (low, high) in [(-127, 127), (-128, -128), (127, 127)] {
            let (left, right) = (row(&mut random, low, high), row(&mut random, low, high));
            let products = left.iter().zip(&right).map(|(a, b)| i32::from(*a) * i32::from(*b));
            let expected: i32 = products.sum();
            for (name, _, _, dot_quantised) in versions() {
                assert_eq!(dot_quantised(&left, &right), expected, "{name}, {dimension}");
            }
        }
    }
}
