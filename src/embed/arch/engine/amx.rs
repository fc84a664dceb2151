//! Products with the tiles of Intel's AMX (Intel Architecture Instruction Set Extensions Programming Reference, chapter
//! 3): a tile is 16 rows of 64 bytes; one instruction multiplies a tile of activations with a tile of weights.
//!
//! The instructions are written in assembly. Each piece of it begins with tiles that it sets to zero and ends with
//! storing them, so that nothing but the configuration is kept in the processor between two pieces.

use std::{arch::asm, marker::PhantomData, sync::OnceLock};

use super::{
    packed::{GROUP_LINES, Group, Line, STRIP, Width},
    system,
};

/// Rows of a tile.
pub const ROWS: usize = 16;

/// Whether the processor has tiles for int8 and bf16 beside AVX-512 with its own bf16, as all that have any do, and the
/// system lets this process use them.
pub fn are_usable() -> bool {
    static USABLE: OnceLock<bool> = OnceLock::new();
    *USABLE.get_or_init(|| processor_has_tiles() && system::permits_tiles())
}

#[allow(
    unused_unsafe,
    reason = "asking the processor became safe after the oldest supported compiler"
)]
#[expect(unsafe_code, reason = "the processor's own word on what it has")]
fn processor_has_tiles() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    const FEATURES: u32 = 7;
    const BF16: u32 = 1 << 22;
    const TILE: u32 = 1 << 24;
    const INT8: u32 = 1 << 25;
    // SAFETY: every x86-64 processor has the instruction.
    let (most, features) = unsafe { (__cpuid(0).eax, __cpuid_count(FEATURES, 0).edx) };
    most >= FEATURES
        && features & (BF16 | TILE | INT8) == BF16 | TILE | INT8
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bf16")
}

/// All tiles of this thread, 16 rows of 64 bytes each, for as long as this lives. Only where [`are_usable`].
pub struct Tiles {
    /// The configuration is the thread's.
    _own: PhantomData<*const ()>,
}

/// What `ldtilecfg` reads.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

impl Tiles {
    /// Configures them. Only where [`are_usable`].
    #[expect(unsafe_code, reason = "there is no stable intrinsic")]
    pub fn configure() -> Option<Self> {
        static ALL: Configuration = Configuration {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
            rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
        };
        if !are_usable() {
            return None;
        }
        // SAFETY: the processor has the instruction, and the configuration is one that it knows.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &raw const ALL, options(nostack, readonly, preserves_flags));
        }
        Some(Self { _own: PhantomData })
    }
}

impl Drop for Tiles {
    #[expect(unsafe_code, reason = "there is no stable intrinsic")]
    fn drop(&mut self) {
        // SAFETY: the tiles were configured on this thread, and hold nothing between two pieces of assembly.
        unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) }
    }
}

/// The product of some tiles of rows with tiles of weights: `tilezero` all sums, then step by step load and multiply,
/// then store. A strip gives two tiles of weights, 64 bytes apart.
macro_rules! piece {
    ($product:literal, two by two, $tile:ident) => {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{x} + {stride}]",
            "tileloadd tmm5, [{strip} + {group}]",
            "tileloadd tmm6, [{strip} + {group} + 64]",
            "tileloadd tmm7, [{y} + {stride}]",
            concat!($product, " tmm0, tmm4, tmm5"),
            concat!($product, " tmm1, tmm4, tmm6"),
            concat!($product, " tmm2, tmm7, tmm5"),
            concat!($product, " tmm3, tmm7, tmm6"),
            "add {x}, {ahead}",
            "add {y}, {ahead}",
            "add {strip}, {down}",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{out} + {row}], tmm0",
            "tilestored [{out} + {row} + 64], tmm1",
            "tilestored [{lower} + {row}], tmm2",
            "tilestored [{lower} + {row} + 64], tmm3",
            x = inout(reg) $tile.x => _,
            y = inout(reg) $tile.x.wrapping_add(ROWS * $tile.stride) => _,
            stride = in(reg) $tile.stride,
            strip = inout(reg) $tile.strip => _,
            group = in(reg) GROUP_BYTES,
            ahead = in(reg) $tile.ahead,
            down = in(reg) $tile.down,
            steps = inout(reg) $tile.steps => _,
            out = in(reg) $tile.out,
            lower = in(reg) $tile.out.wrapping_add(ROWS * $tile.row),
            row = in(reg) $tile.row,
            options(nostack),
        )
    };
    ($product:literal, one by two, $tile:ident) => {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "2:",
            "tileloadd tmm4, [{x} + {stride}]",
            "tileloadd tmm5, [{strip} + {group}]",
            "tileloadd tmm6, [{strip} + {group} + 64]",
            concat!($product, " tmm0, tmm4, tmm5"),
            concat!($product, " tmm1, tmm4, tmm6"),
            "add {x}, {ahead}",
            "add {strip}, {down}",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{out} + {row}], tmm0",
            "tilestored [{out} + {row} + 64], tmm1",
            x = inout(reg) $tile.x => _,
            stride = in(reg) $tile.stride,
            strip = inout(reg) $tile.strip => _,
            group = in(reg) GROUP_BYTES,
            ahead = in(reg) $tile.ahead,
            down = in(reg) $tile.down,
            steps = inout(reg) $tile.steps => _,
            out = in(reg) $tile.out,
            row = in(reg) $tile.row,
            options(nostack),
        )
    };
    ($product:literal, one by four, $tile:ident) => {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{x} + {stride}]",
            "tileloadd tmm5, [{strip} + {group}]",
            concat!($product, " tmm0, tmm4, tmm5"),
            "tileloadd tmm6, [{strip} + {group} + 64]",
            concat!($product, " tmm1, tmm4, tmm6"),
            "tileloadd tmm7, [{next} + {group}]",
            concat!($product, " tmm2, tmm4, tmm7"),
            "tileloadd tmm5, [{next} + {group} + 64]",
            concat!($product, " tmm3, tmm4, tmm5"),
            "add {x}, 64",
            "add {strip}, 2048",
            "add {next}, 2048",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{out} + {row}], tmm0",
            "tilestored [{out} + {row} + 64], tmm1",
            "tilestored [{out} + {row} + 128], tmm2",
            "tilestored [{out} + {row} + 192], tmm3",
            x = inout(reg) $tile.x => _,
            stride = in(reg) $tile.stride,
            next = inout(reg) $tile.strip.wrapping_add($tile.steps * STEP_BYTES) => _,
            strip = inout(reg) $tile.strip => _,
            group = in(reg) GROUP_BYTES,
            steps = inout(reg) $tile.steps => _,
            out = in(reg) $tile.out,
            row = in(reg) $tile.row,
            options(nostack),
        )
    };
}

/// Bytes of a group in a strip.
const GROUP_BYTES: usize = STRIP * size_of::<Group>();

/// Bytes of a strip that one tile of activations is multiplied with.
const STEP_BYTES: usize = GROUP_BYTES * ROWS;

/// What a piece of assembly needs.
struct Piece {
    /// The first row of activations.
    x: *const u8,
    /// Bytes from one row of activations to the next.
    stride: usize,
    /// The strip, or the first of two.
    strip: *const u8,
    /// Tiles in a row of activations.
    steps: usize,
    /// Bytes from one of them to the next; by four strips they lie side by side.
    ahead: usize,
    /// Bytes from one step to the next in a strip; by four strips they follow each other.
    down: usize,
    /// Where the sums of the first row go.
    out: *mut u8,
    /// Bytes from one row of sums to the next.
    row: usize,
}

/// Rows of activations, and how many strips, of a product.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    TwoByTwo,
    OneByTwo,
    OneByFour,
}

/// Multiplies up to two tiles of rows, `[32 or 16 rows, stride]`, with strips side by side, `[strips, groups,
/// GROUP_LINES]`, into `[rows, row]`: [`STRIP`] outputs a strip. The tiles are configured.
#[expect(unsafe_code, reason = "there is no stable intrinsic")]
pub fn multiply(
    _tiles: &Tiles,
    width: Width,
    (x, stride, rows): (&[Group], usize, usize),
    (strips, groups): (&[Line], usize),
    (out, row): (&mut [i32], usize),
) {
    let strip_lines = groups * GROUP_LINES;
    let count = strips.len() / strip_lines;
    let high = if rows > ROWS { 2 * ROWS } else { ROWS };
    assert!(groups.is_multiple_of(ROWS) && groups > 0 && rows <= 2 * ROWS && groups <= stride);
    assert!(x.len() >= (high - 1) * stride + groups && row >= count * STRIP);
    assert!(count == 0 || out.len() >= (high - 1) * row + count * STRIP);
    let mut index = 0;
    while index < count {
        let form = match (rows > ROWS, count - index) {
            (true, _) => Form::TwoByTwo,
            (false, 1) => Form::OneByTwo,
            (false, _) => Form::OneByFour,
        };
        let piece = Piece {
            x: x.as_ptr().cast(),
            stride: stride * size_of::<Group>(),
            strip: strips[index * strip_lines..].as_ptr().cast(),
            steps: groups / ROWS,
            ahead: size_of::<Line>(),
            down: STEP_BYTES,
            out: out[index * STRIP..].as_mut_ptr().cast(),
            row: row * size_of::<i32>(),
        };
        // SAFETY: the tiles are configured. Reads stay in `high` rows of `groups` groups from `x` and in one or, by
        // four, two strips, writes in `high` rows of their columns of `out`, as was asserted.
        unsafe {
            match (form, width) {
                (Form::TwoByTwo, Width::Int8) => piece!("tdpbusd", two by two, piece),
                (Form::OneByTwo, Width::Int8) => piece!("tdpbusd", one by two, piece),
                (Form::OneByFour, Width::Int8) => piece!("tdpbusd", one by four, piece),
                (Form::TwoByTwo, Width::Bf16) => piece!("tdpbf16ps", two by two, piece),
                (Form::OneByTwo, Width::Bf16) => piece!("tdpbf16ps", one by two, piece),
                (Form::OneByFour, Width::Bf16) => piece!("tdpbf16ps", one by four, piece),
            }
        }
        index += if form == Form::OneByFour { 2 } else { 1 };
    }
}

/// Lines of which some are taken at every step of a product.
#[derive(Clone, Copy)]
pub struct Steps<'a> {
    /// From those of the first step on.
    pub lines: &'a [Line],
    /// From one step to the next.
    pub apart: usize,
}

/// Multiplies up to two tiles of rows with one strip in bf16, into `[rows, row]`: in each of `steps`, a line of every
/// row, which are `stride` lines apart, with as many groups of the strip. The tiles are configured.
#[expect(unsafe_code, reason = "there is no stable intrinsic")]
pub fn multiply_steps(
    _tiles: &Tiles,
    (x, stride, rows): (Steps<'_>, usize, usize),
    (strip, steps): (Steps<'_>, usize),
    (out, row): (&mut [i32], usize),
) {
    let high = if rows > ROWS { 2 * ROWS } else { ROWS };
    assert!(rows <= 2 * ROWS && steps > 0 && row >= STRIP && out.len() >= (high - 1) * row + STRIP);
    assert!(x.lines.len() > (high - 1) * stride + (steps - 1) * x.apart);
    assert!(strip.lines.len() >= (steps - 1) * strip.apart + ROWS * GROUP_LINES);
    let piece = Piece {
        x: x.lines.as_ptr().cast(),
        stride: stride * size_of::<Line>(),
        strip: strip.lines.as_ptr().cast(),
        steps,
        ahead: x.apart * size_of::<Line>(),
        down: strip.apart * size_of::<Line>(),
        out: out.as_mut_ptr().cast(),
        row: row * size_of::<i32>(),
    };
    // SAFETY: the tiles are configured. Reads stay in `x` and in `strip`, writes in `high` rows of `out`, as was asserted.
    unsafe {
        if rows > ROWS {
            piece!("tdpbf16ps", two by two, piece);
        } else {
            piece!("tdpbf16ps", one by two, piece);
        }
    }
}
