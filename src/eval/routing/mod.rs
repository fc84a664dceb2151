//! How good is an order of prompts for routing? Figures, baselines and a report over prompts whose answers by a cheap and a
//! frontier model have scores; and what learning from them brings.
//!
//! Pure statistics: what judges the prompts and what embeds them is given as plain numbers. The figures are those of
//! RouteLLM (Ong et al. 2024, arXiv 2406.18665), their intervals a bootstrap over rows.

mod baseline;
mod bootstrap;
mod calibration;
mod figures;
mod outcome;
mod ranking;
pub mod report;
mod sample;
mod study;
mod training;

pub use baseline::Baseline;
pub use calibration::{BINS, Bin};
pub use figures::{Estimate, Figures, QUALITY};
pub use outcome::{Outcome, OutcomeError, read};
pub use ranking::{CurvePoint, Path, Ranking};
pub use sample::Sample;
pub use study::{Against, Options, Scored, Study, StudyError, study};
pub use training::{Labels, Promise, Promised, Training, Verdict, outcomes, some, train};

#[cfg(test)]
mod tests;
