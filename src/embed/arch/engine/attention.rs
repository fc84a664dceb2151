//! Attention of one head within each text: softmax of queries times keys, times values.
//!
//! On tiles in bf16, elsewhere in f32. Queries are scaled already.

use std::ops::Range;

use super::{
    pointwise::{self, Vectors},
    single::{self, Matrix, ROWS, Rows, STRIP},
    worker::Worker,
};

/// Where the queries, keys and values of a head are, in `[tokens, 3 · dim]`.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// All of them.
    pub qkv: &'a [f32],
    /// Numbers of a token in each of the three.
    pub dim: usize,
    /// Number of this head.
    pub index: usize,
    /// Numbers of a token in this head.
    pub size: usize,
}

impl Head<'_> {
    fn row(&self, token: usize, part: usize) -> &[f32] {
        let start = token * 3 * self.dim + part * self.dim + self.index * self.size;
        &self.qkv[start..start + self.size]
    }

    fn query(&self, token: usize) -> &[f32] {
        self.row(token, 0)
    }

    fn key(&self, token: usize) -> &[f32] {
        self.row(token, 1)
    }

    fn value(&self, token: usize) -> &[f32] {
        self.row(token, 2)
    }
}

/// Memory for one head's attention in one text.
#[derive(Default)]
pub struct Scratch {
    keys: Vec<f32>,
    values: Vec<f32>,
    scores: Vec<f32>,
    #[cfg(target_arch = "x86_64")]
    tiles: tiles::Scratch,
}

/// Attention within each text, a range of tokens each, into `[tokens, size]`.
pub fn attend(worker: &mut Worker, head: &Head<'_>, texts: &[Range<usize>], out: &mut [f32]) {
    for text in texts {
        let out = &mut out[text.start * head.size..text.end * head.size];
        #[cfg(target_arch = "x86_64")]
        if let Some(own) = &worker.tiles {
            let scratch = &mut worker.scratch.attention.tiles;
            tiles::attend((own, worker.vectors), head, text.clone(), scratch, out);
            continue;
        }
        attend_in_f32(worker.vectors, head, text.clone(), &mut worker.scratch.attention, out);
    }
}

fn attend_in_f32(
    vectors: Vectors,
    head: &Head<'_>,
    text: Range<usize>,
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    let Scratch { keys, values, scores, .. } = scratch;
    let count = text.len();
    let (keys_stride, value_stride) =
        (count.next_multiple_of(STRIP), head.size.next_multiple_of(STRIP));
    // A column a key; the columns behind the last are read and their scores forgotten.
    keys.resize(head.size * keys_stride, 0.0);
    values.clear();
    values.resize(count * value_stride, 0.0);
    for (index, token) in text.clone().enumerate() {
        for (column, number) in keys.chunks_exact_mut(keys_stride).zip(head.key(token)) {
            column[index] = *number;
        }
        values[index * value_stride..][..head.size].copy_from_slice(head.value(token));
    }
    scores.resize(ROWS * keys_stride, 0.0);
    let mut sums = vec![0.0; ROWS * value_stride];
    let queries: Vec<usize> = text.collect();
    for (queries, out) in queries.chunks(ROWS).zip(out.chunks_mut(ROWS * head.size)) {
        let first = &head.qkv[queries[0] * 3 * head.dim + head.index * head.size..];
        let x = Rows { values: first, stride: 3 * head.dim, count: queries.len() };
        let matrix = Matrix { values: keys, stride: keys_stride, depth: head.size };
        single::multiply(vectors, x, matrix, scores);
        let mut inverse = [0.0; ROWS];
        for (scores, inverse) in
            scores.chunks_exact_mut(keys_stride).zip(&mut inverse).take(queries.len())
        {
            pointwise::exponentials(vectors, &mut scores[..count], inverse);
            *inverse = 1.0 / *inverse;
        }
        let x = Rows { values: scores, stride: keys_stride, count: queries.len() };
        let matrix = Matrix { values, stride: value_stride, depth: count };
        single::multiply(vectors, x, matrix, &mut sums);
        let rows = out.chunks_exact_mut(head.size).zip(sums.chunks_exact(value_stride));
        for ((out, sums), inverse) in rows.zip(inverse) {
            pointwise::multiply(vectors, &sums[..head.size], inverse, out);
        }
    }
}

/// On tiles.
#[cfg(target_arch = "x86_64")]
mod tiles {
    use std::ops::Range;

    use super::{
        Head, STRIP, Vectors,
        pointwise::{self, Scores},
    };
    use crate::embed::arch::engine::{
        amx::{self, Tiles},
        packed::{BLOCK, GROUP_LINES, Group, Line, Width},
    };

    /// Memory for one head's attention in one text.
    #[derive(Default)]
    pub struct Scratch {
        queries: Vec<Group>,
        keys: Vec<Line>,
        values: Vec<Line>,
        scores: Vec<i32>,
        weights: Vec<Group>,
        sums: Vec<i32>,
    }

    pub fn attend(
        (tiles, vectors): (&Tiles, Vectors),
        head: &Head<'_>,
        text: Range<usize>,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let Scratch { queries, keys, values, scores, weights, sums } = scratch;
        let count = text.len();
        let (depth, pairs) = (Width::Bf16.groups(head.size), Width::Bf16.groups(count));
        let (scores_stride, size) =
            (count.next_multiple_of(STRIP), head.size.next_multiple_of(STRIP));
        queries.resize(count.next_multiple_of(BLOCK) * depth, [0; 4]);
        keys.resize(count.div_ceil(STRIP) * depth * GROUP_LINES, Line([0; 64]));
        values.resize(size / STRIP * pairs * GROUP_LINES, Line([0; 64]));
        scores.resize(BLOCK * scores_stride, 0);
        weights.resize(BLOCK * pairs, [0; 4]);
        sums.resize(BLOCK * size, 0);
        pack_queries(vectors, head, text.clone(), (queries, depth));
        pack_keys(vectors, head, text.clone(), (keys, depth));
        pack_values(vectors, head, text, (values, pairs));
        let blocks = queries.chunks(BLOCK * depth).zip(out.chunks_mut(BLOCK * head.size));
        for (queries, out) in blocks {
            let rows = out.len() / head.size;
            amx::multiply(
                tiles,
                Width::Bf16,
                (queries, depth, rows),
                (keys, depth),
                (scores, scores_stride),
            );
            let mut inverse = [0.0; BLOCK];
            let own = &mut scores[..rows * scores_stride];
            let own = Scores { values: own, stride: scores_stride, count };
            pointwise::softmax_bf16(vectors, own, weights, &mut inverse);
            amx::multiply(
                tiles,
                Width::Bf16,
                (weights, pairs, rows),
                (values, pairs),
                (sums, size),
            );
            let rows = out.chunks_exact_mut(head.size).zip(sums.chunks_exact(size));
            for ((out, sums), inverse) in rows.zip(inverse) {
                pointwise::multiply_bits(vectors, &sums[..head.size], inverse, out);
            }
        }
    }

    fn pack_queries(
        vectors: Vectors,
        head: &Head<'_>,
        text: Range<usize>,
        (queries, depth): (&mut [Group], usize),
    ) {
        for (token, groups) in text.zip(queries.chunks_exact_mut(depth)) {
            // What is left from before would meet keys of zero, but must be no NaN.
            groups[Width::Bf16.whole_groups(head.size)..].fill([0; 4]);
            pointwise::narrow(vectors, head.query(token), groups.as_flattened_mut());
        }
    }

    fn pack_keys(
        vectors: Vectors,
        head: &Head<'_>,
        text: Range<usize>,
        (keys, depth): (&mut [Line], usize),
    ) {
        const PER_LINE: usize = STRIP / GROUP_LINES;
        let mut row = vec![[0; 4]; depth];
        for (index, token) in text.enumerate() {
            pointwise::narrow(vectors, head.key(token), row.as_flattened_mut());
            let strip = &mut keys[index / STRIP * depth * GROUP_LINES..];
            let (line, start) = (index % STRIP / PER_LINE, index % PER_LINE * size_of::<Group>());
            for (group, lines) in row.iter().zip(strip.chunks_exact_mut(GROUP_LINES)) {
                lines[line].0[start..start + size_of::<Group>()].copy_from_slice(group);
            }
        }
    }

    fn pack_values(
        vectors: Vectors,
        head: &Head<'_>,
        text: Range<usize>,
        (values, pairs): (&mut [Line], usize),
    ) {
        let zero = vec![0.0; head.size];
        // What is left behind the last pair meets weights of zero, but must be no NaN.
        for pair in 0..pairs {
            let token = text.start + 2 * pair;
            let row = |token: usize| if token < text.end { head.value(token) } else { &zero };
            let (first, second) = (row(token), row(token + 1));
            for (strip, start) in (0..head.size).step_by(STRIP).enumerate() {
                let lines = &mut values[(strip * pairs + pair) * GROUP_LINES..][..GROUP_LINES];
                for (line, start) in lines.iter_mut().zip([start, start + STRIP / 2]) {
                    let end = (start + STRIP / 2).min(head.size);
                    if let (Some(first), Some(second)) =
                        (first.get(start..end), second.get(start..end))
                    {
                        pointwise::interleave(vectors, first, second, line);
                    }
                }
            }
        }
    }
}
