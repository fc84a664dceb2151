//! Chance that can be repeated.

use std::sync::atomic::{AtomicU64, Ordering};

/// Evenly spread numbers, the same in every run, so that a replay can be repeated (SplitMix64, Steele et al. 2014).
#[derive(Default)]
pub struct Draws(AtomicU64);

impl Draws {
    /// The next one, in `[0, 1)`.
    pub fn next(&self) -> f64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut bits = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
