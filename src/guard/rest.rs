//! What is left: content words without a counterpart that no other rule has named.

use super::align::Pair;
use super::{Difference, Kind};

pub(super) fn compare(pair: &Pair<'_>) -> Option<Difference> {
    let (left, right) = (pair.left.unexplained(), pair.right.unexplained());
    (!left.is_empty() || !right.is_empty()).then(|| Difference {
        kind: Kind::Word,
        left: pair.left.shown(&left),
        right: pair.right.shown(&right),
    })
}
