//! Parts of a stream: the whole, two random halves, an earlier and a later half.

use serde::Serialize;

/// A part of a stream. All parts are looked at in one replay of the whole: what differs is whose outcomes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// All requests.
    Whole,
    /// A random half.
    RandomFirst,
    /// The other one.
    RandomSecond,
    /// The first half in time.
    Earlier,
    /// The second.
    Later,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Whole, Self::RandomFirst, Self::RandomSecond, Self::Earlier, Self::Later];

    /// Its place in [`Self::ALL`].
    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// The parts that each of `requests` requests is in, besides the whole.
pub(super) fn halves(requests: usize, seed: u64) -> Vec<[Part; 2]> {
    let half = |index: usize| {
        let mut hasher = blake3::Hasher::new_derive_key("scrimp 2026 random split");
        hasher.update(&seed.to_le_bytes()).update(&(index as u64).to_le_bytes());
        let first = hasher.finalize().as_bytes()[0] < 128;
        [
            if first { Part::RandomFirst } else { Part::RandomSecond },
            if index < requests / 2 { Part::Earlier } else { Part::Later },
        ]
    };
    (0..requests).map(half).collect()
}
