//! Whether one answer serves two questions, and how often that judgement is wrong.

pub mod answers;
pub mod budget;
pub mod calibration;
pub mod control;
pub mod judge;
pub mod model;
pub mod outcome;

pub use calibration::{CalibrationError, Shipped};
pub use model::{Verifier, VerifyError};
