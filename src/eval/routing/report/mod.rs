//! The report of `scrimp route eval`: one HTML file without scripts or anything from outside.
//!
//! Knows how to say what a [`Study`] found; finds nothing out.

mod page;
mod plots;
mod words;

use super::Study;

pub use words::{HEAD, ROUTER, cells, findings, headline};

/// The report as one HTML file. `file` is the name of what was measured.
pub fn html(study: &Study, file: &str) -> String {
    page::page(study, file)
}

#[cfg(test)]
mod tests;
