//! The promise of the router: which estimated losses may be served so that the operator's aim is kept. It learns from
//! comparisons that arrive later. Pure and deterministic: no clock, no randomness, no knowledge of HTTP or models; times
//! are seconds since the Unix epoch, handed in.
//!
//! Tiers are ordered from the cheapest, index 0, to the frontier. For every tier below the frontier a request has an
//! estimate of the loss, P(this tier's answer is not good enough). [`Estimates::choose`] serves the cheapest tier whose
//! estimate is at most the threshold, else the frontier. [`Promise::observe`] is told of every routed request,
//! [`Promise::wants_shadow`] picks some to be answered by both tiers, [`Promise::learn`] is told what came of it.
//!
//! Reading order: `estimates`, `evidence` and `traffic` (what is known), `line`, `sums`, `measure` and `curve` (what it says
//! about every threshold), `drift`, `pace`, `shadow`, then `controller` and `aims`.

mod aims;
mod controller;
mod curve;
mod drift;
mod estimates;
mod evidence;
mod line;
mod measure;
mod pace;
mod report;
mod settings;
mod shadow;
mod sums;
mod traffic;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod simulation;

pub use controller::{Promise, Snapshot, SnapshotError};
pub use estimates::{Estimates, MAX_LOWER_TIERS};
pub use evidence::{Evidence, Source};
pub use report::{Interval, Report, Spending, State};
pub use settings::{Aim, Settings};
pub use shadow::Comparison;
