//! The error budget: which scores may be served so that at most `max_wrong` of the hits are wrong. It learns from labels that
//! arrive later. Pure and deterministic: no clock, no randomness, no knowledge of HTTP or models.
//!
//! A lookup with a candidate has a score, the calibrated probability that the stored answer is right. [`Budget::decide`]
//! serves it, has it checked in the shadow (the fresh answer is served and compared), or rejects it. What is served is told
//! by [`Budget::served`], every comparison by [`Budget::learn`].

pub mod bins;
mod controller;
mod curve;
pub mod interval;
mod prior;
mod report;
mod settings;
mod shadow;
mod window;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod simulation;

pub use controller::{Budget, Label, Snapshot, SnapshotError, Source, Verdict};
pub use curve::JudgeErrors;
pub use prior::{Breakpoint, Prior, PriorError, Table};
pub use report::{Report, State};
pub use settings::Settings;
