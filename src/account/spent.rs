//! Owns [`Spent`], money that is gone, where some of it may have gone uncounted.

use std::ops;

use super::NanoUsd;

/// What was spent, as far as that is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// The part that is known.
    pub known: NanoUsd,
    /// There is more, for want of a price or a count nobody knows how much.
    pub unpriced: bool,
}

impl Spent {
    /// Nothing was bought.
    pub const NOTHING: Self = Self { known: NanoUsd::ZERO, unpriced: false };

    /// All of it, when it is known.
    pub fn total(self) -> Option<NanoUsd> {
        (!self.unpriced).then_some(self.known)
    }
}

/// A cost that is `None` where it is not known.
impl From<Option<NanoUsd>> for Spent {
    fn from(cost: Option<NanoUsd>) -> Self {
        Self { known: cost.unwrap_or_default(), unpriced: cost.is_none() }
    }
}

impl ops::Add for Spent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { known: self.known + other.known, unpriced: self.unpriced || other.unpriced }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_kept_beside_what_is_not() {
        let known = Spent::from(Some(NanoUsd(3)));
        let unknown = Spent::from(None);
        assert_eq!((known + known).total(), Some(NanoUsd(6)));
        for sum in [known + unknown, unknown + known] {
            assert_eq!((sum.known, sum.total()), (NanoUsd(3), None));
        }
        assert_eq!(Spent::NOTHING + known, known);
    }
}
