//! Replays requests against a simulated cache, without HTTP: what would each policy have served, and how much of it would
//! have been wrong?
//!
//! What is expensive is done once, in [`Stream::prepare`]: every question is embedded, and the nearest earlier questions of
//! each are found. Each policy and each threshold is then a replay of its own, as what is stored depends on what was
//! served.

mod counts;
mod nearest;
mod policy;
mod simulate;
mod split;
mod stream;
mod study;
mod sweep;
mod truth;

pub use counts::{Counts, Measures, Money};
pub use policy::{Policy, PolicyError};
pub use simulate::{Score, Served, Threshold};
pub use split::Part;
pub use stream::{Options, Stream};
pub use study::{
    BudgetRow, Choice, Curve, CurvePoint, PolicyRow, Settings, SplitRow, Study, WrongHit, study,
};
pub use sweep::{Chosen, Sweep, is_within};
pub use truth::{Compare, differ};

/// The models behind a simulated cache.
pub trait Scorer: Sync {
    /// Unit vectors, `[dim]`, one a text, in order; an empty one for a text that cannot be embedded, which is then not
    /// matched by meaning. `progress` is told how many texts are done.
    fn embed(
        &self,
        texts: &[String],
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Vec<f32>>, ScoreError>;

    /// P(the answer to `candidate` serves `question`), calibrated, in `[0, 1]`. Called on all cores at once, for most pairs
    /// once, and must give the same for the same pair.
    fn confidence(&self, question: &str, candidate: &str, cosine: f32) -> f32;
}

/// Why questions cannot be scored.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ScoreError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// Sees how far the work has come.
pub trait Watch: Sync {
    /// Something of `total` steps begins; what was before has ended.
    fn begin(&self, what: &'static str, total: u64);
    /// So many more steps are done.
    fn advance(&self, by: u64);
}

/// Nobody looks.
impl Watch for () {
    fn begin(&self, _what: &'static str, _total: u64) {}
    fn advance(&self, _by: u64) {}
}

#[cfg(test)]
mod tests;
