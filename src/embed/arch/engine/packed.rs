//! A linear layer's weight, narrow and in the order in which kernels read it.
//!
//! Inputs are taken in groups of four bytes: four of int8, two of bf16. Outputs are taken in panels of [`PANEL`], each
//! of two strips; a strip holds, group after group, the group of each of its outputs. So one vector load, or the row of
//! a tile, has one group of sixteen outputs, and a product reads the weight from front to back.
//!
//! In int8, a weight is `w = scale · q` with one scale an output, an activation `x = scale · (u − zero)` with scale and
//! zero of its row. Their product is then `scale · scale · (Σ u·q − zero · Σ q)`, of which kernels compute `Σ u·q`.

use std::{ops::Range, sync::Arc};

use super::{
    kernel::Kernel,
    lined::Lined,
    pointwise::{self, Scale, Vectors},
    system,
};

/// Outputs in a panel.
pub const PANEL: usize = 64;

/// Outputs in a strip.
pub const STRIP: usize = 32;

/// Most rows that a kernel multiplies at once.
pub const BLOCK: usize = 32;

/// Groups are padded with zeros to a multiple of this, the depth of a tile.
const DEPTH: usize = 16;

/// Four bytes of inputs.
pub type Group = [u8; 4];

/// Sixteen groups, a cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Line(pub [u8; 64]);

/// Lines that a group takes in a strip.
pub const GROUP_LINES: usize = STRIP * size_of::<Group>() / size_of::<Line>();

/// What kernels write: a sum for each row and output of a block, bits of an `f32` in bf16.
#[repr(C, align(64))]
pub struct Sums(pub [[i32; PANEL]; BLOCK]);

/// How narrow the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Eight bits, with scales.
    Int8,
    /// The upper half of an `f32`.
    Bf16,
}

impl Width {
    /// Groups of a row of so many numbers.
    pub fn groups(self, numbers: usize) -> usize {
        numbers.div_ceil(self.per_group()).next_multiple_of(DEPTH)
    }

    /// Those of them that are filled.
    pub fn whole_groups(self, numbers: usize) -> usize {
        numbers / self.per_group()
    }

    fn per_group(self) -> usize {
        match self {
            Self::Int8 => 4,
            Self::Bf16 => 2,
        }
    }
}

/// A linear layer in `f32`.
pub struct Dense {
    /// `[outputs, inputs]` row by row.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
}

/// A linear layer, packed.
pub struct Packed {
    /// `[panels, strips, groups, GROUP_LINES]`, somewhere in memory that layers share.
    lines: Vec<Line>,
    store: Arc<Vec<Line>>,
    place: Range<usize>,
    /// One a panel.
    columns: Vec<Columns>,
    groups: usize,
    inputs: usize,
    outputs: usize,
    width: Width,
}

/// What the outputs of a panel need besides the sums.
#[derive(Clone)]
#[repr(C, align(64))]
pub struct Columns {
    /// Scale of the weight's row.
    pub scale: [f32; PANEL],
    /// Sum of the weight's row.
    pub sum: [f32; PANEL],
    /// Added in the end.
    pub bias: [f32; PANEL],
}

/// The nearest whole number of one below 2²², as [`f32::round_ties_even`] has it: that is a call for each weight where the
/// processor that is built for has no instruction.
fn nearest(value: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (value + SHIFT) - SHIFT
}

impl Packed {
    /// Packs a layer.
    pub fn new(dense: &Dense, width: Width) -> Self {
        let outputs = dense.bias.len();
        let inputs = dense.weight.len() / outputs.max(1);
        let groups = width.groups(inputs);
        let panels = outputs.div_ceil(PANEL);
        let none = Columns { scale: [0.0; PANEL], sum: [0.0; PANEL], bias: [0.0; PANEL] };
        let mut packed = Self {
            lines: vec![Line([0; 64]); panels * 2 * groups * GROUP_LINES],
            store: Arc::default(),
            place: 0..0,
            columns: vec![none; panels],
            groups,
            inputs,
            outputs,
            width,
        };
        let rows = dense.weight.chunks_exact(inputs.max(1)).zip(&dense.bias);
        for (output, (row, bias)) in rows.enumerate() {
            packed.columns[output / PANEL].bias[output % PANEL] = *bias;
            match width {
                Width::Int8 => packed.put_int8(output, row),
                Width::Bf16 => packed.put_bf16(output, row),
            }
        }
        packed
    }

    fn put_int8(&mut self, output: usize, row: &[f32]) {
        let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        let mut sum = 0;
        for (input, value) in row.iter().enumerate() {
            let narrow = nearest(value / scale) as i8;
            sum += i32::from(narrow);
            self.group(output, input / 4)[input % 4] = narrow.cast_unsigned();
        }
        let columns = &mut self.columns[output / PANEL];
        columns.scale[output % PANEL] = scale;
        columns.sum[output % PANEL] = sum as f32;
    }

    fn put_bf16(&mut self, output: usize, row: &[f32]) {
        for (input, value) in row.iter().enumerate() {
            let [low, high] = pointwise::bf16(*value).to_le_bytes();
            let group = self.group(output, input / 2);
            group[input % 2 * 2] = low;
            group[input % 2 * 2 + 1] = high;
        }
    }

    fn group(&mut self, output: usize, group: usize) -> &mut [u8] {
        const PER_LINE: usize = STRIP / GROUP_LINES;
        let line = (output / STRIP * self.groups + group) * GROUP_LINES + output % STRIP / PER_LINE;
        let start = output % PER_LINE * size_of::<Group>();
        &mut self.lines[line].0[start..start + size_of::<Group>()]
    }

    /// Length of an input row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Length of an output row.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The panels in order, and what their outputs need.
    pub fn panels(&self) -> impl Iterator<Item = (&[Line], &Columns)> {
        self.lines().chunks_exact(2 * self.groups * GROUP_LINES).zip(&self.columns)
    }

    /// All of the weight.
    pub fn lines(&self) -> &[Line] {
        &self.store[self.place.clone()]
    }

    /// Moves the weights of all these layers, in this order, into one piece of memory in large pages: reading weights is
    /// what a short text waits for, and is faster by a sixth with them.
    pub fn join(layers: &mut [&mut Self]) {
        let mut store = Vec::with_capacity(layers.iter().map(|layer| layer.lines.len()).sum());
        system::advise_large_pages(store.spare_capacity_mut());
        for layer in &mut *layers {
            layer.place = store.len()..store.len() + layer.lines.len();
            store.append(&mut layer.lines);
            layer.lines.shrink_to_fit();
        }
        let store = Arc::new(store);
        layers.iter_mut().for_each(|layer| layer.store = Arc::clone(&store));
    }

    /// How narrow its numbers are.
    pub fn width(&self) -> Width {
        self.width
    }
}

/// Rows of activations, narrow.
#[derive(Default)]
pub struct Narrow {
    /// `[rows, groups]`, with as many rows behind the last as fill a block.
    groups: Lined<Group>,
    scales: Vec<Scale>,
    stride: usize,
}

impl Narrow {
    /// Becomes these rows of `inputs` numbers, for a kernel.
    pub fn fill<'a>(
        &mut self,
        kernel: Kernel,
        (width, inputs): (Width, usize),
        rows: impl ExactSizeIterator<Item = &'a [f32]>,
    ) {
        let (count, vectors, steps) = (rows.len(), Vectors::of(kernel), kernel.steps());
        self.stride = width.groups(inputs);
        let needed = count.next_multiple_of(BLOCK) * self.stride;
        self.groups.grow(needed);
        self.scales.clear();
        for (row, groups) in rows.zip(self.groups.chunks_exact_mut(self.stride)) {
            let mut scale = Scale { step: 1.0, zero: 0.0 };
            // What is left from before would meet weights of zero, but in bf16 must be no NaN.
            groups[width.whole_groups(inputs)..].fill([0; 4]);
            match width {
                Width::Int8 => {
                    let bytes = groups.as_flattened_mut();
                    pointwise::quantise(vectors, row, steps, bytes, &mut scale);
                }
                Width::Bf16 => pointwise::narrow(vectors, row, groups.as_flattened_mut()),
            }
            self.scales.push(scale);
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.scales.len()
    }

    /// The groups from a row on, and how many there are in a row. At least [`BLOCK`] rows can be read from any multiple
    /// of it below the number of rows.
    pub fn rows_from(&self, row: usize) -> (&[Group], usize) {
        (&self.groups[row * self.stride..], self.stride)
    }

    /// Scales of all rows.
    pub fn scales(&self) -> &[Scale] {
        &self.scales
    }
}
