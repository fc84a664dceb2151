//! The loops of attention on tiles against plain arithmetic.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::embed::arch::engine::pointwise::bf16;

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-2.0..3.0)).collect()
}

/// A number of a unit.
fn number(unit: &[Line], place: usize) -> u16 {
    let (numbers, _) = unit[place / SIDE].0.as_chunks();
    u16::from_le_bytes(numbers[place % SIDE])
}

#[test]
fn units_have_each_number_in_its_place() {
    let Some(tiles) = Tiles::configure() else { return };
    let mut rows = [[0.0; PANEL]; BLOCK];
    rows.as_flattened_mut().copy_from_slice(&random(BLOCK * PANEL, 1));
    for start in [0, SIDE] {
        let [mut queries, mut keys, mut values] = [[Line([0xff; 64]); UNIT]; 3];
        pack_queries(&tiles, &rows, start, &mut queries);
        pack_keys(&tiles, &rows, start, &mut keys);
        pack_values(&tiles, &rows, start, &mut values);
        for (row, numbers) in rows.iter().enumerate() {
            for (column, own) in numbers[start..start + SIDE].iter().enumerate() {
                let expected = bf16(*own);
                assert_eq!(number(&queries, row * SIDE + column), expected);
                // Pairs of columns, then of rows.
                let key = column / 2 * 2 * SIDE + row * 2 + column % 2;
                assert_eq!(number(&keys, key), expected, "{row} {column}");
                let value = row / 2 * 2 * SIDE + column * 2 + row % 2;
                assert_eq!(number(&values, value), expected, "{row} {column}");
            }
        }
    }
}

#[test]
fn softmax_sums_to_one_and_forgets_keys_that_do_not_count() {
    let Some(tiles) = Tiles::configure() else { return };
    // Scores whose exponentials are numbers, too large, too small.
    let kinds = [(1.0, 0.0), (100.0, 0.0), (1.0, -200.0)];
    let keys = [0..1_usize, 0..32, 5..17, 31..33, 16..64, 1..95, 30..160];
    for (keys, (factor, offset)) in
        keys.into_iter().flat_map(|keys| kinds.map(|kind| (keys.clone(), kind)))
    {
        let blocks = keys.end.div_ceil(BLOCK);
        let stride = blocks * BLOCK + 16;
        let mut scores = random(BLOCK * stride, keys.end as u64);
        scores.iter_mut().for_each(|score| *score = *score * factor + offset);
        // The largest of all, where it must not matter.
        scores
            .iter_mut()
            .enumerate()
            .filter(|(at, _)| !keys.contains(&(at % stride)))
            .for_each(|(_, score)| *score = 1e9);
        let bits: Vec<i32> = scores.iter().map(|score| score.to_bits().cast_signed()).collect();
        let (mut weights, mut inverse) =
            (vec![Line([0xff; 64]); BLOCK * blocks], [f32::NAN; BLOCK]);
        let own = Scores { values: &bits, stride, rows: 3..BLOCK, keys: keys.clone() };
        softmax(&tiles, &own, &mut weights, &mut inverse);
        for row in 3..BLOCK {
            let scores = &scores[row * stride..][..stride];
            let largest = scores[keys.clone()].iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let power = |score: f32| (score - largest).exp();
            let sum: f32 = scores[keys.clone()].iter().map(|score| power(*score)).sum();
            for (key, score) in scores[..blocks * BLOCK].iter().enumerate() {
                let weight = number(&weights[row * blocks..], key);
                let got = f32::from_bits(u32::from(weight) << 16) * inverse[row];
                let expected = if keys.contains(&key) { power(*score) / sum } else { 0.0 };
                assert!(
                    (got - expected).abs() <= 0.01 * expected + 1e-30,
                    "{keys:?}: {got} is not {expected}"
                );
            }
        }
    }
}

#[test]
fn rows_are_scaled_each_by_its_factor() {
    let Some(tiles) = Tiles::configure() else { return };
    let numbers = random(3 * SIDE, 7);
    let bits: Vec<i32> = numbers.iter().map(|number| number.to_bits().cast_signed()).collect();
    let (factors, mut out) = ([2.0, 0.5, -1.0], vec![f32::NAN; 3 * SIDE]);
    scale(&tiles, &bits, (&factors, SIDE), &mut out);
    for (place, (got, number)) in out.iter().zip(&numbers).enumerate() {
        assert!(*got == number * factors[place / SIDE]);
    }
}
