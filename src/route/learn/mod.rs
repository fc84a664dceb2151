//! What a router learns from the traffic of one scope. Pure and deterministic: outcomes go in, estimates come out.
//!
//! Reading order: `outcome` (what is known of a request), `adapter` (a correction of the shipped classifier, learnt from
//! outcomes, over `linear` and `calibration`), `trial` and `model` (versions of it: on trial, at work, rolled back),
//! `learner` (all of one scope, with its promise), `teaching` (outcomes that scopes begin with).

mod adapter;
mod calibration;
mod learner;
mod linear;
mod model;
mod outcome;
mod teaching;
mod trial;

pub use adapter::{Adapter, Estimate, FEWEST, Fit, MOST};
pub use learner::{Learner, Learnt, Lesson, Seen, Settings, Snapshot};
pub use model::{Change, Model, Version};
pub use outcome::{Outcome, Sight, Task};
pub use teaching::{Teaching, TeachingError};
pub use trial::{Finding, Trial};
