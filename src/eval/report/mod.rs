//! The report of `scrimp tune`: one HTML file without scripts or anything from outside, and its plots as SVG.
//!
//! Knows how to say what a [`Study`] found; finds nothing out.

mod page;
mod plots;
mod tables;
mod words;

use super::{logs::About, offline::Study};

pub use super::document::percent;
pub use words::{headline, with_interval};

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was found.
    pub study: &'a Study,
    /// What was read.
    pub log: &'a About,
    /// The recommended configuration, YAML.
    pub settings: &'a str,
    /// What judges pairs of questions, in words.
    pub judge: &'a str,
}

/// The report as one HTML file.
pub fn html(report: &Report<'_>) -> String {
    page::page(report)
}

/// The plots, each with its name: SVG files that stand alone.
pub fn plots(study: &Study) -> Vec<(&'static str, String)> {
    plots::all(study).into_iter().map(|(name, plot)| (name, plot.file())).collect()
}

#[cfg(test)]
mod tests;
