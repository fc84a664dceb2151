//! What a plot shows.

use super::Axis;

/// A plot with two axes.
#[derive(Debug, Clone)]
pub struct Plot {
    /// What it shows, for those who do not see it.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical one.
    pub y: Axis,
    /// Columns behind the curves.
    pub bars: Vec<Bar>,
    /// Curves.
    pub lines: Vec<Line>,
    /// Single points.
    pub marks: Vec<Mark>,
    /// Straight lines across the plot.
    pub guides: Vec<Guide>,
}

/// A column that stands on the horizontal axis.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Where it begins and ends on the horizontal axis.
    pub between: (f64, f64),
    /// Its height.
    pub height: f64,
    /// What is written above it.
    pub label: String,
}

/// A curve.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// CSS class: `a` to `g`.
    pub class: &'static str,
    /// Its points.
    pub points: Vec<(f64, f64)>,
    /// Lower and upper bounds at some points.
    pub band: Vec<(f64, f64, f64)>,
}

/// A point with a name and an interval.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Its name, beside it.
    pub name: String,
    /// CSS class.
    pub class: &'static str,
    /// Where it is.
    pub at: (f64, f64),
    /// Lower and upper bound of its height.
    pub interval: (f64, f64),
}

/// A straight line across the plot.
#[derive(Debug, Clone)]
pub enum Guide {
    /// At a height.
    Level(f64, String),
    /// At a place on the horizontal axis.
    Place(f64, String),
}
