//! Attention on tiles, in bf16.
//!
//! Tokens are taken in blocks of 32, whatever texts they are of, and their queries, keys and values in units of 32
//! numbers, each in the order in which tiles read it, `[blocks, units, UNIT]`: so they are packed once, while the
//! product that they come from is near. A query of a text then meets all keys of the text's blocks, of which those of
//! other texts get no weight.

use std::ops::Range;

use super::{
    amx::{self, Steps, Tiles},
    bf16::{self, Scores},
    lined::Lined,
    packed::{BLOCK, Line, PANEL, Packed},
    pointwise::{self, After, Finish, Out},
    product,
    worker::Worker,
};

/// Numbers of a token in a unit, and tokens.
pub const SIDE: usize = 32;

/// Lines of a unit.
pub const UNIT: usize = SIDE * SIDE * 2 / size_of::<Line>();

/// Whether heads of this size are made of units.
pub fn fits(size: usize) -> bool {
    size.is_multiple_of(SIDE)
}

/// Lines of a block.
pub fn block_lines(dim: usize) -> usize {
    3 * dim / SIDE * UNIT
}

/// Memory for one head's attention of one block in one text.
#[derive(Default)]
pub struct Scratch {
    scores: Lined<i32>,
    weights: Vec<Line>,
    sums: Lined<i32>,
}

/// Query, key and value of blocks of tokens.
pub fn project(worker: &mut Worker, layer: &Packed, hidden: &[f32], lines: &mut [Line]) {
    let Some(tiles) = &worker.tiles else { return };
    let dim = layer.inputs();
    let mut narrow = std::mem::take(&mut worker.scratch.narrow);
    narrow.fill(worker.kernel, (layer.width(), dim), hidden.chunks_exact(dim));
    let mut values = [[0.0; PANEL]; BLOCK];
    product::each_block(worker, &narrow, layer, |place, sums| {
        let own = Finish { scales: place.scales, after: After::Store };
        let width = PANEL.min(layer.outputs() - place.column);
        let out = Out { values: values.as_flattened_mut(), stride: PANEL, width };
        pointwise::finish(worker.vectors, sums, place.columns, own, out);
        // What has no weight must be a number.
        values[sums.len()..].as_flattened_mut().fill(0.0);
        for start in (0..width).step_by(SIDE) {
            let column = place.column + start;
            let unit = place.first / BLOCK * block_lines(dim) + column / SIDE * UNIT;
            let Some(unit) = lines[unit..].first_chunk_mut() else { return };
            match column / dim {
                0 => bf16::pack_queries(tiles, &values, start, unit),
                1 => bf16::pack_keys(tiles, &values, start, unit),
                _ => bf16::pack_values(tiles, &values, start, unit),
            }
        }
    });
    worker.scratch.narrow = narrow;
}

/// Where the queries, keys and values of a head are.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// `[blocks, units, UNIT]`.
    pub lines: &'a [Line],
    /// Numbers of a token in each of the three.
    pub dim: usize,
    /// Number of this head.
    pub index: usize,
    /// Numbers of a token in this head.
    pub size: usize,
}

impl<'a> Head<'a> {
    /// From one unit of its queries, keys or values in a block on.
    fn unit(&self, block: usize, part: usize, unit: usize) -> &'a [Line] {
        let index = (part * self.dim + self.index * self.size) / SIDE + unit;
        &self.lines[block * block_lines(self.dim) + index * UNIT..]
    }
}

/// Attention within each text, a range of tokens each, into `[tokens, size]`.
pub fn attend(worker: &mut Worker, head: &Head<'_>, texts: &[Range<usize>], out: &mut [f32]) {
    // Every worker whose kernel has tiles has them.
    let Some(tiles) = &worker.tiles else { return };
    let scratch = &mut worker.scratch.tiled;
    for text in texts {
        let first = text.start / BLOCK;
        let count = text.end.div_ceil(BLOCK) - first;
        let stride = count * BLOCK + PADDING;
        let Scratch { scores, weights, sums } = &mut *scratch;
        scores.resize(BLOCK * stride);
        weights.resize(BLOCK * count, Line([0; 64]));
        sums.resize(BLOCK * head.size);
        for block in first..first + count {
            let start = block * BLOCK;
            let rows = text.start.max(start) - start..text.end.min(start + BLOCK) - start;
            multiply_keys(tiles, head, (block, first, count), rows.end, (scores, stride));
            let mut inverse = [0.0; BLOCK];
            let own = Scores {
                values: scores,
                stride,
                rows: rows.clone(),
                keys: text.start - first * BLOCK..text.end - first * BLOCK,
            };
            bf16::softmax(tiles, &own, weights, &mut inverse);
            multiply_values(tiles, head, (first, count), rows.end, (weights, sums));
            let out = &mut out[(start + rows.start) * head.size..(start + rows.end) * head.size];
            let sums = &sums[rows.start * head.size..rows.end * head.size];
            bf16::scale(tiles, sums, (&inverse[rows], head.size), out);
        }
    }
}

/// Between rows of scores, of which without it many would share a set of the cache.
const PADDING: usize = 16;

/// The scores of a block of queries for all keys, those up to row `rows` of it at least.
fn multiply_keys(
    tiles: &Tiles,
    head: &Head<'_>,
    (block, first, count): (usize, usize, usize),
    rows: usize,
    (scores, stride): (&mut [i32], usize),
) {
    let queries = Steps { lines: head.unit(block, 0, 0), apart: UNIT };
    for key in 0..count {
        let keys = Steps { lines: head.unit(first + key, 1, 0), apart: UNIT };
        let out = (&mut scores[key * BLOCK..], stride);
        let steps = head.size / SIDE;
        amx::multiply_steps(tiles, (queries, 1, rows), (keys, steps), out);
    }
}

/// Weights times values, `[rows, size]`.
fn multiply_values(
    tiles: &Tiles,
    head: &Head<'_>,
    (first, count): (usize, usize),
    rows: usize,
    (weights, sums): (&[Line], &mut [i32]),
) {
    let x = Steps { lines: weights, apart: 1 };
    for unit in 0..head.size / SIDE {
        let apart = block_lines(head.dim);
        let values = Steps { lines: head.unit(first, 2, unit), apart };
        let out = (&mut sums[unit * SIDE..], head.size);
        amx::multiply_steps(tiles, (x, count, rows), (values, count), out);
    }
}
