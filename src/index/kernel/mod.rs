//! The inner loops of a lookup: Hamming distances to many rows of sign bits, and dot products with quantised vectors.
//!
//! Chosen at run time, for the binary is built for the oldest processor of its kind: AVX-512 and AVX2 on x86-64, NEON on
//! AArch64, plain loops elsewhere. Knows nothing about lists or queries.
//!
//! Sign bits lie in blocks of [`BLOCK`] rows, word by word: the first word of every row, then the second of every row. So
//! one load brings a word of many rows, and no sum across lanes is needed.

#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

/// Rows of sign bits that are stored together.
pub const BLOCK: usize = 8;

/// For each row of `blocks` (`[rows / BLOCK, words, BLOCK]`) the number of bits in which it differs from `query`
/// (`[words]`), into `distances` (`[rows]`).
pub fn hamming(query: &[u64], blocks: &[u64], distances: &mut [i16]) {
    assert!(!query.is_empty() && query.len() <= MAX_WORDS);
    assert_eq!(distances.len() % BLOCK, 0);
    assert_eq!(blocks.len(), distances.len() * query.len());
    hamming_of_this_processor(query, blocks, distances);
}

/// Dot product of a vector with a quantised one.
pub fn dot(query: &[f32], row: &[i8]) -> f32 {
    assert_eq!(query.len(), row.len());
    dot_of_this_processor(query, row)
}

/// Dot product of two quantised vectors.
pub fn dot_quantised(left: &[i8], right: &[i8]) -> i32 {
    assert_eq!(left.len(), right.len());
    assert!(left.len() <= MAX_WORDS * 64);
    dot_quantised_of_this_processor(left, right)
}

/// Distances stay below the largest `i16`, and sums of products of bytes below the largest `i32`.
pub const MAX_WORDS: usize = 256;

/// A function that hands its arguments to the best version for this processor.
macro_rules! dispatch {
    ($name:ident, $kernel:ident, ($($argument:ident: $type:ty),*) $(-> $result:ty)?, $avx512:tt, $avx2:tt) => {
        #[cfg(target_arch = "x86_64")]
        #[inline]
        #[expect(unsafe_code, reason = "the processor was asked for the features that the function needs")]
        fn $name($($argument: $type),*) $(-> $result)? {
            if dispatch!(has $avx512) {
                // SAFETY: the processor has the features that the version is compiled for.
                unsafe { x86::avx512::$kernel($($argument),*) }
            } else if dispatch!(has $avx2) {
                // SAFETY: the same.
                unsafe { x86::avx2::$kernel($($argument),*) }
            } else {
                portable::$kernel($($argument),*)
            }
        }

        #[cfg(target_arch = "aarch64")]
        #[inline]
        #[expect(unsafe_code, reason = "the processor was asked for the features that the function needs")]
        fn $name($($argument: $type),*) $(-> $result)? {
            if std::arch::is_aarch64_feature_detected!("neon") {
                // SAFETY: the processor has NEON.
                unsafe { neon::$kernel($($argument),*) }
            } else {
                portable::$kernel($($argument),*)
            }
        }

        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        #[inline]
        fn $name($($argument: $type),*) $(-> $result)? {
            portable::$kernel($($argument),*)
        }
    };
    (has [$($feature:tt),*]) => { $(is_x86_feature_detected!($feature))&&* };
}

dispatch!(
    hamming_of_this_processor, hamming, (query: &[u64], blocks: &[u64], distances: &mut [i16]),
    ["avx512f", "avx512vpopcntdq"], ["avx2"]
);
dispatch!(
    dot_of_this_processor, dot, (query: &[f32], row: &[i8]) -> f32,
    ["avx512f", "avx512bw"], ["avx2", "fma"]
);
dispatch!(
    dot_quantised_of_this_processor, dot_quantised, (left: &[i8], right: &[i8]) -> i32,
    ["avx512f", "avx512bw"], ["avx2", "fma"]
);

/// Asks the processor to bring the start of what will be read soon into its cache. A hint: it changes nothing.
#[inline]
pub fn prefetch<T>(soon: &[T]) {
    #[cfg(target_arch = "x86_64")]
    x86::prefetch(soon);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = soon;
}

#[cfg(test)]
mod tests;
