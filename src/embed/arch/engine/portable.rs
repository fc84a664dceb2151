//! The products in plain loops: what the other kernels are tested against, and the way of processors without them.

use super::{
    packed::{GROUP_LINES, Group, Line, PANEL, STRIP, Sums},
    product::Block,
};

/// Outputs in a line.
const PER_LINE: usize = STRIP / GROUP_LINES;

/// The sums of a block in int8.
pub fn multiply(block: &Block<'_>, sums: &mut Sums) {
    for_each_strip(block, |rows, strip, column| {
        for (x, sums) in rows.zip(&mut sums.0) {
            let mut own = [0; STRIP];
            for (x, lines) in x.iter().zip(strip.chunks_exact(GROUP_LINES)) {
                let x = x.map(i32::from);
                for (line, own) in lines.iter().zip(own.as_chunks_mut::<PER_LINE>().0) {
                    let (weights, _) = line.0.as_chunks::<4>();
                    for output in 0..PER_LINE {
                        for place in 0..4 {
                            let weight = weights[output][place].cast_signed();
                            own[output] += x[place] * i32::from(weight);
                        }
                    }
                }
            }
            sums[column..column + STRIP].copy_from_slice(&own);
        }
    });
}

/// The sums of a block in bf16, as bits of `f32`.
pub fn multiply_bf16(block: &Block<'_>, sums: &mut Sums) {
    let wide = |low: u8, high: u8| f32::from_bits(u32::from_le_bytes([0, 0, low, high]));
    for_each_strip(block, |rows, strip, column| {
        for (x, sums) in rows.zip(&mut sums.0) {
            let mut own = [0.0; STRIP];
            for (x, lines) in x.iter().zip(strip.chunks_exact(GROUP_LINES)) {
                let weights = lines.iter().flat_map(|line| line.0.as_chunks::<4>().0);
                for (sum, weight) in own.iter_mut().zip(weights) {
                    *sum += wide(x[0], x[1]) * wide(weight[0], weight[1])
                        + wide(x[2], x[3]) * wide(weight[2], weight[3]);
                }
            }
            for (sum, own) in sums[column..column + STRIP].iter_mut().zip(own) {
                *sum = own.to_bits().cast_signed();
            }
        }
    });
}

/// Calls with the rows, a strip and its first column.
fn for_each_strip<'a>(
    block: &Block<'a>,
    mut each: impl FnMut(std::iter::Take<std::slice::ChunksExact<'a, Group>>, &[Line], usize),
) {
    let strips = block.panel.chunks_exact(block.panel.len() * STRIP / PANEL);
    for (index, strip) in strips.enumerate() {
        each(block.x.chunks_exact(block.stride).take(block.rows), strip, index * STRIP);
    }
}
