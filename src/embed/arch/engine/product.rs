//! Narrow rows times a packed layer: blocks of rows by panels of outputs, each by the kernel, and what becomes of the
//! sums.

use super::{
    kernel::{Instructions, Kernel},
    packed::{BLOCK, Columns, Group, Line, Narrow, PANEL, Packed, Sums, Width},
    pointwise::{self, After, Finish, Out, Scale},
    portable,
    worker::Worker,
};

/// Multiplies all rows, `[rows, inputs]` to `[rows, outputs]` in `out`.
pub fn multiply(worker: &Worker, x: &Narrow, layer: &Packed, after: After, out: &mut [f32]) {
    each_block(worker, x, layer, |place, sums| {
        let start = place.first * layer.outputs() + place.column;
        let width = PANEL.min(layer.outputs() - place.column);
        let out = Out { values: &mut out[start..], stride: layer.outputs(), width };
        let finish = Finish { scales: place.scales, after };
        pointwise::finish(worker.vectors, sums, place.columns, finish, out);
    });
}

/// Which rows and outputs some sums are of.
pub struct Place<'a> {
    /// The first row.
    pub first: usize,
    /// How many.
    rows: usize,
    /// The first output.
    pub column: usize,
    /// Scales of the rows, in int8.
    pub scales: Option<&'a [Scale]>,
    /// What else is known of the outputs.
    pub columns: &'a Columns,
}

/// Multiplies all rows, and hands over the sums of each block of them and each panel.
pub fn each_block(
    worker: &Worker,
    x: &Narrow,
    layer: &Packed,
    mut each: impl FnMut(&Place<'_>, &[[i32; PANEL]]),
) {
    // Tiles are still at it when the next block begins: by then the sums of the one before are there.
    let mut buffers = [const { Sums([[0; PANEL]; BLOCK]) }; 2];
    let [sums, before] = &mut buffers;
    let (mut sums, mut before) = (sums, before);
    let mut pending: Option<Place<'_>> = None;
    for (index, (panel, columns)) in layer.panels().enumerate() {
        for (first, rows) in blocks(worker.kernel, x.rows()) {
            let (groups, stride) = x.rows_from(first);
            let block = Block { x: groups, stride, rows, panel, columns };
            block.multiply(worker, layer.width(), sums);
            let scales = match layer.width() {
                Width::Int8 => Some(&x.scales()[first..first + rows]),
                Width::Bf16 => None,
            };
            let place = Place { first, rows, column: index * PANEL, scales, columns };
            std::mem::swap(&mut sums, &mut before);
            if let Some(place) = pending.replace(place) {
                each(&place, &sums.0[..place.rows]);
            }
        }
    }
    if let Some(place) = pending {
        each(&place, &before.0[..place.rows]);
    }
}

/// Some rows and one panel.
pub struct Block<'a> {
    /// `[rows, stride]` and more; as far as [`BLOCK`] rows for a kernel of tiles.
    pub x: &'a [Group],
    /// Groups in a row.
    pub stride: usize,
    /// Rows, at most as many as the kernel multiplies at once.
    pub rows: usize,
    /// `[strips, groups, GROUP_LINES]`.
    pub panel: &'a [Line],
    /// What else is known of its outputs.
    #[cfg_attr(
        not(target_arch = "aarch64"),
        expect(dead_code, reason = "signed products alone need it")
    )]
    pub columns: &'a Columns,
}

impl Block<'_> {
    /// The sums of its rows.
    #[expect(unsafe_code, reason = "the processor was asked for what the functions need")]
    pub fn multiply(&self, worker: &Worker, width: Width, sums: &mut Sums) {
        #[cfg(target_arch = "x86_64")]
        if let Some(tiles) = &worker.tiles {
            let (x, groups) = ((self.x, self.stride, self.rows), self.stride);
            let out = (sums.0.as_flattened_mut(), PANEL);
            return super::amx::multiply(tiles, width, x, (self.panel, groups), out);
        }
        match (worker.kernel.instructions(), width) {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of these instructions exists only where the processor has them.
            (Instructions::Vnni, Width::Int8) => unsafe { super::vnni::multiply(self, sums) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            (Instructions::AvxVnni, Width::Int8) => unsafe {
                super::avx_vnni::multiply(self, sums);
            },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            (Instructions::Avx2, Width::Int8) => unsafe { super::avx2::multiply(self, sums) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as above.
            (Instructions::DotProduct, Width::Int8) => unsafe { super::neon::multiply(self, sums) },
            (_, Width::Int8) => portable::multiply(self, sums),
            (_, Width::Bf16) => portable::multiply_bf16(self, sums),
        }
    }
}

/// Cuts rows into blocks that the kernel multiplies at once: `(first row, rows)`. As even as can be; those of tiles
/// begin where a block of tiles does.
fn blocks(kernel: Kernel, rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let most = match kernel.instructions() {
        Instructions::Amx => BLOCK,
        Instructions::Vnni => 12,
        Instructions::AvxVnni | Instructions::Avx2 => 6,
        Instructions::DotProduct => 6,
        Instructions::Portable => 4,
    };
    let count = rows.div_ceil(most);
    (0..count).map(move |index| match kernel.instructions() {
        Instructions::Amx => (index * BLOCK, BLOCK.min(rows - index * BLOCK)),
        _ => {
            let start = index * rows / count;
            (start, (index + 1) * rows / count - start)
        }
    })
}

#[cfg(test)]
#[path = "product_tests.rs"]
mod tests;
