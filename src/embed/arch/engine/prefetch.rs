//! Owns [`prefetch`], for kernels that read a weight from front to back.

use std::{
    arch::x86_64::{_MM_HINT_T0, _mm_prefetch},
    ptr,
};

/// Bytes by which a weight is asked for before it is needed.
const AHEAD: usize = 4096;

/// Asks for the cache line so far behind `weight`, past its end as well.
#[inline(always)]
#[allow(unused_unsafe, reason = "became safe after the oldest supported compiler")]
#[expect(unsafe_code, reason = "a prefetch reads nothing")]
pub fn prefetch<T>(weight: &T) {
    let ahead = ptr::from_ref(weight).wrapping_byte_add(AHEAD);
    // SAFETY: a prefetch may have any address; none is read.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.cast()) }
}
