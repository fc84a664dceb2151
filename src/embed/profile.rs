//! What was measured about known models.
//!
//! Knows names and figures; knows nothing about loading or caching.

/// Name of the model that is used when nothing is configured.
pub const BUILTIN: &str = "all-MiniLM-L6-v2";

/// The floor for a model that nobody has measured.
const UNKNOWN: f32 = 0.93;

/// The cosine from which on two questions are served the same answer by default, in `[0, 1]`.
///
/// It is a floor in company of a guard against other numbers and negation, not alone.
pub fn default_threshold(model: &str) -> f32 {
    match model {
        BUILTIN => 0.90,
        _ => UNKNOWN,
    }
}
