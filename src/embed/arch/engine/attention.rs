//! Attention of one head within each text, in f32: softmax of queries times keys, times values. Queries are scaled
//! already.

use std::ops::Range;

use super::{
    lined::Lined,
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
    keys: Lined<f32>,
    values: Lined<f32>,
    scores: Lined<f32>,
    sums: Lined<f32>,
}

/// Attention within each text, a range of tokens each, into `[tokens, size]`.
pub fn attend(worker: &mut Worker, head: &Head<'_>, texts: &[Range<usize>], out: &mut [f32]) {
    for text in texts {
        let out = &mut out[text.start * head.size..text.end * head.size];
        attend_text(worker.vectors, head, text.clone(), &mut worker.scratch.attention, out);
    }
}

fn attend_text(
    vectors: Vectors,
    head: &Head<'_>,
    text: Range<usize>,
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    let Scratch { keys, values, scores, sums } = scratch;
    let count = text.len();
    let (keys_stride, value_stride) =
        (count.next_multiple_of(STRIP), head.size.next_multiple_of(STRIP));
    // A column a key; the columns behind the last are read and their scores forgotten, as are those of values.
    keys.resize(head.size * keys_stride);
    values.resize(count * value_stride);
    for (index, token) in text.clone().enumerate() {
        let strip = &mut keys[index / STRIP * head.size * STRIP..][..head.size * STRIP];
        for (columns, number) in strip.chunks_exact_mut(STRIP).zip(head.key(token)) {
            columns[index % STRIP] = *number;
        }
        let strips = values.chunks_exact_mut(count * STRIP);
        for (strip, numbers) in strips.zip(head.value(token).chunks(STRIP)) {
            strip[index * STRIP..][..numbers.len()].copy_from_slice(numbers);
        }
    }
    scores.resize(ROWS * keys_stride);
    sums.resize(ROWS * value_stride);
    let queries: Vec<usize> = text.collect();
    for (queries, out) in queries.chunks(ROWS).zip(out.chunks_mut(ROWS * head.size)) {
        let first = &head.qkv[queries[0] * 3 * head.dim + head.index * head.size..];
        let x = Rows { values: first, stride: 3 * head.dim, count: queries.len() };
        let matrix = Matrix { values: keys, columns: keys_stride, depth: head.size };
        single::multiply(vectors, x, matrix, scores);
        let mut inverse = [0.0; ROWS];
        for (scores, inverse) in
            scores.chunks_exact_mut(keys_stride).zip(&mut inverse).take(queries.len())
        {
            pointwise::exponentials(vectors, &mut scores[..count], inverse);
            *inverse = 1.0 / *inverse;
        }
        let x = Rows { values: scores, stride: keys_stride, count: queries.len() };
        let matrix = Matrix { values, columns: value_stride, depth: count };
        single::multiply(vectors, x, matrix, sums);
        let rows = out.chunks_exact_mut(head.size).zip(sums.chunks_exact(value_stride));
        for ((out, sums), inverse) in rows.zip(inverse) {
            pointwise::multiply(vectors, &sums[..head.size], inverse, out);
        }
    }
}
