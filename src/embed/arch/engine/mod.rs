//! BERT's layers in narrow numbers on the CPU: int8 with scales, or bf16.
//!
//! Texts of a batch lie one after the other, `[tokens, dim]`, nothing is padded. A layer is three passes, each over
//! parts that threads can share: query, key and value by rows; attention by heads; all that is left, which is a matter
//! of single rows, by rows again. Knows neither words nor files.

#[cfg(target_arch = "x86_64")]
mod amx;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
#[cfg(target_arch = "x86_64")]
mod bf16;
#[cfg(target_arch = "x86_64")]
mod by_line;
mod kernel;
pub(super) mod lined;
#[cfg(target_arch = "aarch64")]
mod neon;
mod packed;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "for tiles"))]
mod pointwise;
mod portable;
#[cfg(target_arch = "x86_64")]
pub(super) mod prefetch;
mod product;
mod single;
mod system;
#[cfg(target_arch = "x86_64")]
mod tiled;
#[cfg(target_arch = "x86_64")]
mod vnni;
mod worker;

use std::ops::Range;

use rayon::prelude::*;

use super::linear::Activation;
use attention::Head;
pub use kernel::{Instructions, Kernel};
use packed::Packed;
pub use packed::{Dense, Width};
pub use pointwise::Norm;
use pointwise::{After, Vectors};
pub use system::release;
use worker::{Between, Kept, States, Worker};

/// Rows that go through the passes of a layer at once, so that what is between two products stays close.
const ROWS: usize = 32;

/// From here on each thread gets rows of its own; fewer are done by one, for which the wait for the others would take
/// longer than their help saves.
const ROWS_A_THREAD: usize = 32;

/// A layer, with linear layers `L`.
pub struct Layer<L> {
    /// Query, key and value in one; the query is scaled by 1/√(head's dimension) already.
    pub qkv: L,
    /// After attention.
    pub attended: L,
    /// Of its result and what went into the layer.
    pub attended_norm: Norm,
    /// Into the feed-forward block.
    pub inner: L,
    /// Out of it.
    pub outer: L,
    /// Of its result and what went into the block.
    pub outer_norm: Norm,
}

/// What layers have in common.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Length of every token vector.
    pub dim: usize,
    /// Attention heads; they share `dim` evenly.
    pub heads: usize,
    /// Activation inside the feed-forward block.
    pub activation: Activation,
}

/// Layers, packed for one kernel.
pub struct Engine {
    kernel: Kernel,
    shape: Shape,
    /// Of the embedded tokens.
    norm: Norm,
    layers: Vec<Layer<Packed>>,
}

/// Hidden states of some texts, `[tokens, dim]`.
pub struct Hidden<'a> {
    /// After the last layer.
    pub last: &'a [f32],
    /// After the first two thirds of the layers.
    pub inner: &'a [f32],
}

impl Engine {
    /// Packs the layers, each as soon as it is there; `norm` is that of the embedded tokens.
    pub fn new<E>(
        (kernel, width): (Kernel, Width),
        shape: Shape,
        norm: Norm,
        layers: impl Iterator<Item = Result<Layer<Dense>, E>>,
    ) -> Result<Self, E> {
        let pack = |layer: Layer<Dense>| Layer {
            qkv: Packed::new(&layer.qkv, width),
            attended: Packed::new(&layer.attended, width),
            attended_norm: layer.attended_norm,
            inner: Packed::new(&layer.inner, width),
            outer: Packed::new(&layer.outer, width),
            outer_norm: layer.outer_norm,
        };
        let mut layers = layers.map(|layer| layer.map(pack)).collect::<Result<Vec<_>, E>>()?;
        let weights = layers.iter_mut().flat_map(|layer| {
            [&mut layer.qkv, &mut layer.attended, &mut layer.inner, &mut layer.outer]
        });
        Packed::join(&mut weights.collect::<Vec<_>>());
        Ok(Self { kernel, shape, norm, layers })
    }

    /// Takes texts of these lengths, at least one token each, through the layers. `embed` writes the embedded tokens,
    /// `[tokens, dim]`; `read` gets the states. Uses the threads of the rayon pool that it is called in.
    pub fn run<T>(
        &self,
        lengths: impl Iterator<Item = usize>,
        embed: impl FnOnce(&mut [f32]),
        read: impl FnOnce(Hidden<'_>) -> T,
    ) -> T {
        let mut tokens = 0;
        let span = |length| {
            tokens += length;
            tokens - length..tokens
        };
        let texts: Vec<Range<usize>> = lengths.map(span).collect();
        let dim = self.shape.dim;
        let mut states: Kept<States> = Kept::take();
        let States { hidden, inner, between } = &mut *states;
        hidden.resize(tokens * dim);
        between.attended.resize(tokens * dim);
        embed(hidden);
        let vectors = Vectors::of(self.kernel);
        let rows = hidden.chunks_exact_mut(dim);
        rows.for_each(|row| pointwise::layer_norm(vectors, row, &self.norm));
        let (lower, upper) = self.layers.split_at(self.layers.len() * 2 / 3);
        lower.iter().for_each(|layer| self.layer(layer, &texts, hidden, between));
        inner.resize(hidden.len());
        inner.copy_from_slice(hidden);
        upper.iter().for_each(|layer| self.layer(layer, &texts, hidden, between));
        read(Hidden { last: hidden, inner })
    }

    fn layer(
        &self,
        layer: &Layer<Packed>,
        texts: &[Range<usize>],
        hidden: &mut [f32],
        between: &mut Between,
    ) {
        let Shape { dim, heads, .. } = self.shape;
        let threads = threads(hidden.len() / dim);
        let rows = (hidden.len() / dim).div_ceil(threads);
        #[cfg(target_arch = "x86_64")]
        let on_tiles = self.kernel.instructions() == Instructions::Amx && tiled::fits(dim / heads);
        #[cfg(not(target_arch = "x86_64"))]
        let on_tiles = false;
        if on_tiles {
            #[cfg(target_arch = "x86_64")]
            self.attend_on_tiles(layer, texts, hidden, between);
        } else {
            self.attend(layer, texts, hidden, between);
        }
        let attended = &between.attended[..];
        each(hidden.chunks_mut(rows * dim).enumerate(), |(part, hidden)| {
            self.rest(layer, (attended, part * rows), hidden);
        });
    }

    /// What attention gives, in f32.
    fn attend(
        &self,
        layer: &Layer<Packed>,
        texts: &[Range<usize>],
        hidden: &[f32],
        Between { qkv, attended, .. }: &mut Between,
    ) {
        let Shape { dim, heads, .. } = self.shape;
        let (tokens, size) = (hidden.len() / dim, dim / heads);
        let threads = threads(tokens);
        let rows = tokens.div_ceil(threads);
        qkv.resize(tokens * 3 * dim);
        let parts = hidden.chunks(rows * dim).zip(qkv.chunks_mut(rows * 3 * dim));
        each(parts, |(hidden, qkv)| {
            let mut worker = Worker::begin(self.kernel);
            for (hidden, qkv) in hidden.chunks(ROWS * dim).zip(qkv.chunks_mut(ROWS * 3 * dim)) {
                linear(&mut worker, &layer.qkv, hidden, (After::Store, qkv));
            }
        });
        let of_thread = heads.div_ceil(threads);
        each(attended.chunks_mut(of_thread * tokens * size).enumerate(), |(part, attended)| {
            let mut worker = Worker::begin(self.kernel);
            for (index, out) in attended.chunks_exact_mut(tokens * size).enumerate() {
                let head = Head { qkv, dim, index: part * of_thread + index, size };
                attention::attend(&mut worker, &head, texts, out);
            }
        });
    }

    /// What attention gives, on tiles.
    #[cfg(target_arch = "x86_64")]
    fn attend_on_tiles(
        &self,
        layer: &Layer<Packed>,
        texts: &[Range<usize>],
        hidden: &[f32],
        Between { lines, attended, .. }: &mut Between,
    ) {
        use packed::{BLOCK, Line};
        let Shape { dim, heads, .. } = self.shape;
        let (tokens, size) = (hidden.len() / dim, dim / heads);
        let threads = threads(tokens);
        let of_block = tiled::block_lines(dim);
        let blocks = tokens.div_ceil(BLOCK);
        lines.resize(blocks * of_block, Line([0; 64]));
        let of_thread = blocks.div_ceil(threads);
        let parts = hidden.chunks(of_thread * BLOCK * dim);
        each(parts.zip(lines.chunks_mut(of_thread * of_block)), |(hidden, lines)| {
            let mut worker = Worker::begin(self.kernel);
            let lines = lines.chunks_mut(ROWS / BLOCK * of_block);
            for (hidden, lines) in hidden.chunks(ROWS * dim).zip(lines) {
                tiled::project(&mut worker, &layer.qkv, hidden, lines);
            }
        });
        let of_thread = heads.div_ceil(threads);
        each(attended.chunks_mut(of_thread * tokens * size).enumerate(), |(part, attended)| {
            let mut worker = Worker::begin(self.kernel);
            for (index, out) in attended.chunks_exact_mut(tokens * size).enumerate() {
                let head = tiled::Head { lines, dim, index: part * of_thread + index, size };
                tiled::attend(&mut worker, &head, texts, out);
            }
        });
    }

    /// From what attention gave, `[heads, tokens, dim / heads]`, to the layer's result, for the rows from `first` on
    /// that `hidden` has.
    fn rest(&self, layer: &Layer<Packed>, (attended, first): (&[f32], usize), hidden: &mut [f32]) {
        let Shape { dim, heads, activation } = self.shape;
        let mut worker = Worker::begin(self.kernel);
        let vectors = worker.vectors;
        for (index, hidden) in hidden.chunks_mut(ROWS * dim).enumerate() {
            let count = hidden.len() / dim;
            let mut rows = std::mem::take(&mut worker.scratch.rows);
            rows.resize(count * dim.max(layer.inner.outputs()));
            gather((attended, heads), first + index * ROWS, (&mut rows[..count * dim], dim));
            linear(&mut worker, &layer.attended, &rows[..count * dim], (After::Add, hidden));
            let normed = |hidden: &mut [f32], norm: &Norm| {
                let rows = hidden.chunks_exact_mut(dim);
                rows.for_each(|row| pointwise::layer_norm(vectors, row, norm));
            };
            normed(hidden, &layer.attended_norm);
            let inner = &mut rows[..count * layer.inner.outputs()];
            linear(&mut worker, &layer.inner, hidden, (After::Activate(activation), inner));
            linear(&mut worker, &layer.outer, inner, (After::Add, hidden));
            normed(hidden, &layer.outer_norm);
            worker.scratch.rows = rows;
        }
    }
}

/// Threads that so many rows are worth.
fn threads(rows: usize) -> usize {
    if rows < 2 * ROWS_A_THREAD {
        return 1;
    }
    rayon::current_num_threads().min(rows / ROWS_A_THREAD)
}

/// Does all parts: a single one on this thread, more of them on those of the pool.
fn each<P: Send>(parts: impl Iterator<Item = P>, each: impl Fn(P) + Sync + Send) {
    let mut parts: Vec<P> = parts.collect();
    match parts.len() {
        1 => parts.drain(..).for_each(each),
        _ => parts.into_par_iter().for_each(each),
    }
}

/// A linear layer over rows.
fn linear(worker: &mut Worker, layer: &Packed, x: &[f32], (after, out): (After, &mut [f32])) {
    let mut narrow = std::mem::take(&mut worker.scratch.narrow);
    narrow.fill(worker.kernel, (layer.width(), layer.inputs()), x.chunks_exact(layer.inputs()));
    product::multiply(worker, &narrow, layer, after, out);
    worker.scratch.narrow = narrow;
}

/// Puts the heads of each token side by side, `[rows, dim]`, for rows from `first` on.
fn gather((attended, heads): (&[f32], usize), first: usize, (rows, dim): (&mut [f32], usize)) {
    let size = dim / heads;
    for (head, attended) in attended.chunks_exact(attended.len() / heads).enumerate() {
        let tokens = attended[first * size..].chunks_exact(size);
        for (row, token) in rows.chunks_exact_mut(dim).zip(tokens) {
            copy(token, &mut row[head * size..(head + 1) * size]);
        }
    }
}

/// Copies a few numbers, without the call that more of them would be worth.
fn copy(from: &[f32], to: &mut [f32]) {
    let ((chunks, rest), (to, end)) = (from.as_chunks::<16>(), to.as_chunks_mut());
    chunks.iter().zip(to).for_each(|(from, to)| *to = *from);
    rest.iter().zip(end).for_each(|(from, to)| *to = *from);
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
