//! The guard: what two questions differ in that makes an answer to one wrong for the other.
//!
//! Pure functions over two texts, each difference with its words, so that every veto can be explained. It looks for
//! numbers and for negation; a further kind is one more file with a `compare`, one variant of [`Kind`] and one line in
//! [`compare`]. It knows nothing about embeddings, similarity or the cache.

mod negation;
mod number;
mod order;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;

/// What two questions differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A quantity, year, date, time, version, rank or the number in a name.
    Number,
    /// One says what the other denies.
    Negation,
}

/// One difference, in the words of the two questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In what.
    pub kind: Kind,
    /// What only the left question has; empty when it has nothing to show.
    pub left: String,
    /// What only the right question has; empty when it has nothing to show.
    pub right: String,
}

/// All differences between two questions. Comparing a text with itself finds none, and swapping the texts swaps the
/// sides of each difference.
pub fn compare(left: &str, right: &str) -> Vec<Difference> {
    if left == right {
        return Vec::new();
    }
    let (left, right) = (token::tokens(left), token::tokens(right));
    let numbers = number::compare(&left, &right);
    let negation = negation::compare(&left, &right);
    numbers.into_iter().chain(negation).collect()
}

/// The difference that forbids to serve one question's answer for the other, if there is one.
///
/// Each kind so far does: judged on labelled pairs, each is found far more often between questions that differ in their
/// answer than between those that share it.
pub fn veto(differences: &[Difference]) -> Option<&Difference> {
    differences.iter().find(|difference| match difference.kind {
        Kind::Number | Kind::Negation => true,
    })
}

impl Kind {
    /// The name in reasons, logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Number => "number",
            Kind::Negation => "negation",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Difference {
    /// Like `number 30 → 37`; a side with nothing to show is a dash.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |side: &str| if side.is_empty() { "–".to_owned() } else { side.to_owned() };
        write!(formatter, "{} {} → {}", self.kind, shown(&self.left), shown(&self.right))
    }
}
