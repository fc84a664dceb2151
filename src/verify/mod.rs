//! Whether one answer serves two questions, and how often that judgement is wrong.

pub mod model;

pub use model::{Verifier, VerifyError};
