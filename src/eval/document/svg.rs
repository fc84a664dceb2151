//! A small writer of line plots as SVG.
//!
//! Own code rather than the `plotters` crate: a plot takes its colours from CSS variables, so that one drawing serves light
//! and dark pages, and lines that cannot be told apart by colour differ in their dashes; `plotters` writes fixed colours.

use std::fmt::Write as _;

use super::{
    Bar, Guide, Line, Mark, Plot,
    axis::percentage,
    escaped,
    legend::{self, Legend},
};

/// The width of a plot, in its own units.
pub(super) const WIDTH: f64 = 760.0;
/// The height of a plot whose legend takes one row.
const HEIGHT: f64 = 440.0;
pub(super) const LEFT: f64 = 62.0;
pub(super) const RIGHT: f64 = 24.0;
const TOP: f64 = 66.0;
/// Where the vertical axis is named.
const NAME_AT: f64 = 20.0;
const BOTTOM: f64 = 54.0;

/// The colours of a plot, for pages and for files alike.
pub(super) const STYLE: &str = include_str!("plot.css");

impl Plot {
    /// The drawing as a file of its own.
    pub fn file(&self) -> String {
        let page =
            format!("<rect width=\"{WIDTH}\" height=\"{}\" fill=\"var(--paper)\"/>", self.height());
        self.drawing(&format!("<style>{STYLE}</style>{page}"))
    }

    /// The drawing as a part of a page that has the style of plots.
    pub fn inline(&self) -> String {
        self.drawing("")
    }

    fn drawing(&self, before: &str) -> String {
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\"><title>{}</title>{before}\n",
            self.height(),
            escaped(&self.title)
        );
        self.frame(&mut out);
        for bar in &self.bars {
            self.bar(&mut out, bar);
        }
        for guide in &self.guides {
            self.guide(&mut out, guide);
        }
        for line in &self.lines {
            self.line(&mut out, line);
        }
        self.marks(&mut out);
        self.legend().draw(&mut out);
        out.push_str("</svg>\n");
        out
    }

    fn legend(&self) -> Legend<'_> {
        Legend::of(&self.lines)
    }

    /// What the rows of the legend beyond the first take.
    fn shift(&self) -> f64 {
        (self.legend().rows() - 1) as f64 * legend::ROW
    }

    fn top(&self) -> f64 {
        TOP + self.shift()
    }

    fn height(&self) -> f64 {
        HEIGHT + self.shift()
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let (top, bottom) = (self.top(), self.height() - BOTTOM);
        bottom - self.y.place(value) * (bottom - top)
    }

    fn frame(&self, out: &mut String) {
        let (right, bottom) = (WIDTH - RIGHT, self.height() - BOTTOM);
        for &tick in &self.y.ticks {
            let (y, label) = (self.y(tick), percentage(tick));
            push(
                out,
                format_args!(
                    "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
                ),
            );
            push(
                out,
                format_args!(
                    "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                    LEFT - 8.0,
                    y + 4.0
                ),
            );
        }
        for &tick in &self.x.ticks {
            let (x, label) = (self.x(tick), percentage(tick));
            push(
                out,
                format_args!(
                    "<line class=\"axis\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{bottom}\" y2=\"{:.1}\"/>",
                    bottom + 5.0
                ),
            );
            push(
                out,
                format_args!(
                    "<text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                    bottom + 19.0
                ),
            );
        }
        push(
            out,
            format_args!(
                "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{bottom}\" y2=\"{bottom}\"/>"
            ),
        );
        let middle = f64::midpoint(LEFT, right);
        push(
            out,
            format_args!(
                "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                self.height() - 10.0,
                escaped(self.x.label)
            ),
        );
        push(
            out,
            format_args!(
                "<text x=\"{LEFT}\" y=\"{:.1}\">{}</text>",
                NAME_AT,
                escaped(self.y.label)
            ),
        );
    }

    fn guide(&self, out: &mut String, guide: &Guide) {
        let (right, bottom) = (WIDTH - RIGHT, self.height() - BOTTOM);
        match guide {
            Guide::Level(value, label) => {
                let y = self.y(*value);
                push(
                    out,
                    format_args!(
                        "<line class=\"guide\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
                    ),
                );
                push(
                    out,
                    format_args!(
                        "<text class=\"guided halo\" x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                        y - 5.0,
                        escaped(label)
                    ),
                );
            }
            Guide::Place(value, label) => {
                let x = self.x(*value);
                push(
                    out,
                    format_args!(
                        "<line class=\"guide\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{bottom}\"/>",
                        self.top()
                    ),
                );
                push(
                    out,
                    format_args!(
                        "<text class=\"guided halo\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                        x + 6.0,
                        bottom - 8.0,
                        escaped(label)
                    ),
                );
            }
        }
    }

    fn bar(&self, out: &mut String, bar: &Bar) {
        let (from, to) = (self.x(bar.between.0), self.x(bar.between.1));
        let (top, bottom) = (self.y(bar.height), self.height() - BOTTOM);
        push(
            out,
            format_args!(
                "<rect class=\"bar\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                from + 1.0,
                (to - from - 2.0).max(0.0),
                bottom - top
            ),
        );
        push(
            out,
            format_args!(
                "<text class=\"count\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                f64::midpoint(from, to),
                top - 4.0,
                escaped(&bar.label)
            ),
        );
    }

    fn line(&self, out: &mut String, line: &Line) {
        let class = line.class;
        if line.band.len() > 1 {
            let upper = line.band.iter().map(|(x, _, high)| (*x, *high));
            let lower = line.band.iter().rev().map(|(x, low, _)| (*x, *low));
            let points = self.points(upper.chain(lower));
            push(out, format_args!("<polygon class=\"{class} band\" points=\"{points}\"/>"));
        }
        let points = self.points(line.points.iter().copied());
        push(out, format_args!("<polyline class=\"{class} line\" points=\"{points}\"/>"));
    }

    fn points(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let pairs = points.map(|(x, y)| format!("{:.1},{:.1}", self.x(x), self.y(y)));
        pairs.collect::<Vec<_>>().join(" ")
    }

    /// Points with their names, which give way to one another.
    fn marks(&self, out: &mut String) {
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for Mark { name, class, at, interval } in &self.marks {
            let (x, y) = (self.x(at.0), self.y(at.1));
            let (low, high) = (self.y(interval.0), self.y(interval.1));
            push(
                out,
                format_args!(
                    "<line class=\"{class} whisker\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{low:.1}\" y2=\"{high:.1}\"/>"
                ),
            );
            push(
                out,
                format_args!("<circle class=\"{class} dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>"),
            );
            let left = x > WIDTH * 0.75;
            let mut height = y - 9.0;
            while taken
                .iter()
                .any(|other| (other.0 - x).abs() < 150.0 && (other.1 - height).abs() < 15.0)
            {
                height += 15.0;
            }
            taken.push((x, height));
            let (x, anchor) = if left { (x - 9.0, "end") } else { (x + 9.0, "start") };
            push(
                out,
                format_args!(
                    "<text class=\"halo\" x=\"{x:.1}\" y=\"{height:.1}\" text-anchor=\"{anchor}\">{}</text>",
                    escaped(name)
                ),
            );
        }
    }
}

/// Appends one element.
pub(super) fn push(out: &mut String, element: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{element}");
}
