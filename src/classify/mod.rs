//! How hard is a request? A small learned model that says P(the cheap tier's answer is not good enough), with its reasons.
//!
//! Owns the text features, the shipped weights and their curve from a threshold to cost and quality. Pure: no IO, no
//! clock, no provider. It names one thing above it, [`crate::config::Aim`], which is what the threshold is resolved from.
//! Whether to ask at all (rules, forced tiers, long prompts) is the router's business.

mod code;
mod curve;
mod features;
mod keywords;
mod model;
mod weights;

pub use code::has_code;
pub use features::{FEATURES, Features, RequestText};
pub use model::{Classifier, Complexity, Head};
pub use weights::ClassifierError;
