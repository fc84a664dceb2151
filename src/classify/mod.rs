//! How hard is a request? A small learned model that says P(the cheap tier's answer is not good enough), with its reasons,
//! and what kind of task it is.
//!
//! Owns the text features, the shipped weights, the categories and the curve from a threshold to cost and quality. Pure: no IO, no
//! clock, no provider. It names one thing above it, [`crate::config::Aim`], which is what the threshold is resolved from.
//! Whether to ask at all (rules, forced tiers, long prompts) is the router's business.

mod categories;
mod code;
mod curve;
mod features;
mod keywords;
mod model;
mod weights;

pub use categories::Category;
pub use code::has_code;
pub use features::{FEATURES, Features, RequestText};
pub use model::{Classifier, Complexity, Head};
pub use weights::ClassifierError;
