//! How scores are binned: evenly in the logarithm of `1 − score`, so that bins get finer towards 1, where thresholds live.
//! Knows nothing of labels.

use std::sync::LazyLock;

/// Number of bins.
pub const BINS: usize = 64;

/// Bins for each factor of ten in `1 − score`; the last bin takes all above 1 − 10^(−63/16) = 0.99988.
pub const PER_DECADE: usize = 16;

/// Lower edge of each bin; the first is 0.
static EDGES: LazyLock<[f64; BINS]> = LazyLock::new(|| {
    std::array::from_fn(|bin| 1.0 - 10f64.powf(-(bin as f64) / PER_DECADE as f64))
});

/// The lowest score in `bin`; infinite for `BINS`, which no score reaches.
pub fn edge(bin: usize) -> f64 {
    EDGES.get(bin).copied().unwrap_or(f64::INFINITY)
}

/// The bin of a score; a score outside 0–1 counts as the nearer end, one that is no number as 0.
pub fn bin(score: f64) -> usize {
    EDGES.partition_point(|&edge| edge <= score).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_belongs_to_the_bin_that_it_opens() {
        for index in 0..BINS {
            assert_eq!(bin(edge(index)), index);
            assert_eq!(bin(edge(index + 1).min(1.0).next_down()), index);
        }
        assert_eq!((bin(1.0), bin(7.0), bin(-1.0), bin(f64::NAN)), (BINS - 1, BINS - 1, 0, 0));
    }
}
