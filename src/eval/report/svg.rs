//! A small writer of line plots as SVG.
//!
//! Own code rather than the `plotters` crate: a plot takes its colours from CSS variables, so that one drawing serves light
//! and dark pages, and lines that cannot be told apart by colour differ in their dashes; `plotters` writes fixed colours.

use std::fmt::Write as _;

use super::words::escaped;

/// A plot with two axes.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    /// What it shows, for those who do not see it.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical one.
    pub y: Axis,
    /// Curves.
    pub lines: Vec<Line>,
    /// Single points.
    pub marks: Vec<Mark>,
    /// Straight lines across the plot.
    pub guides: Vec<Guide>,
}

/// An axis over shares.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// What it is.
    pub label: &'static str,
    /// The value at its start.
    pub from: f64,
    /// The value at its end.
    pub to: f64,
    /// Where there is a number.
    pub ticks: Vec<f64>,
    /// Equal ratios, not differences, are equally far apart.
    pub logarithmic: bool,
}

/// A curve.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its name in the legend.
    pub name: String,
    /// CSS class: `a`, `b` or `c`.
    pub class: &'static str,
    /// Its points.
    pub points: Vec<(f64, f64)>,
    /// Lower and upper bounds at some points.
    pub band: Vec<(f64, f64, f64)>,
}

/// A point with a name and an interval.
#[derive(Debug, Clone)]
pub(super) struct Mark {
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
pub(super) enum Guide {
    /// At a height.
    Level(f64, String),
    /// At a place on the horizontal axis.
    Place(f64, String),
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 66.0;
/// Where the vertical axis is named, and where the legend stands.
const NAME_AT: f64 = 20.0;
const LEGEND_AT: f64 = 38.0;
const BOTTOM: f64 = 54.0;

/// The colours of a plot, for pages and for files alike.
pub(super) const STYLE: &str = "
.plot{--ink:#1d2733;--faint:#6b7785;--grid:#e3e8ee;--a:#0f766e;--b:#b45309;--c:#7c3aed;--guide:#be123c;--paper:#fff}
@media (prefers-color-scheme:dark){.plot{--ink:#e6ebf1;--faint:#94a1b0;--grid:#2a3441;--a:#2dd4bf;--b:#fbbf24;--c:#c4b5fd;--guide:#fb7185;--paper:#131a22}}
.plot text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:var(--ink)}
.plot .tick{fill:var(--faint);font-size:12px}
.plot .grid{stroke:var(--grid);stroke-width:1}
.plot .axis{stroke:var(--faint);stroke-width:1}
.plot .line{fill:none;stroke-width:2.5;stroke-linejoin:round}
.plot .band{opacity:.16;stroke:none}
.plot .whisker{stroke-width:1.5}
.plot .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.plot .guide{stroke:var(--guide);stroke-width:1.5;stroke-dasharray:5 4}
.plot .guided{fill:var(--guide)}
.plot .a.line,.plot .a.whisker{stroke:var(--a)}.plot .a.band,.plot .a.dot{fill:var(--a)}
.plot .b.line,.plot .b.whisker{stroke:var(--b)}.plot .b.band,.plot .b.dot{fill:var(--b)}.plot .b.line{stroke-dasharray:9 4}
.plot .c.line,.plot .c.whisker{stroke:var(--c)}.plot .c.band,.plot .c.dot{fill:var(--c)}.plot .c.line{stroke-dasharray:2 4}
";

impl Axis {
    /// Where a value is between start and end, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let scaled = |value: f64| if self.logarithmic { value.max(1e-9).ln() } else { value };
        let (from, to) = (scaled(self.from), scaled(self.to));
        ((scaled(value) - from) / (to - from)).clamp(0.0, 1.0)
    }
}

impl Plot {
    /// The drawing as a file of its own.
    pub fn file(&self) -> String {
        let page = format!("<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"var(--paper)\"/>");
        self.drawing(&format!("<style>{STYLE}</style>{page}"))
    }

    /// The drawing as a part of a page that has [`STYLE`].
    pub fn inline(&self) -> String {
        self.drawing("")
    }

    fn drawing(&self, before: &str) -> String {
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\"><title>{}</title>{before}\n",
            escaped(&self.title)
        );
        self.frame(&mut out);
        for guide in &self.guides {
            self.guide(&mut out, guide);
        }
        for line in &self.lines {
            self.line(&mut out, line);
        }
        self.marks(&mut out);
        self.legend(&mut out);
        out.push_str("</svg>\n");
        out
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.place(value) * (HEIGHT - TOP - BOTTOM)
    }

    fn frame(&self, out: &mut String) {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
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
                HEIGHT - 10.0,
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
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
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
                        "<line class=\"guide\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>"
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

    fn legend(&self, out: &mut String) {
        let mut x = LEFT;
        for Line { name, class, .. } in &self.lines {
            let (start, text, y) = (x, x + 36.0, LEGEND_AT);
            push(
                out,
                format_args!(
                    "<line class=\"{class} line\" x1=\"{start:.1}\" x2=\"{:.1}\" y1=\"{y}\" y2=\"{y}\"/>",
                    text - 6.0
                ),
            );
            push(
                out,
                format_args!("<text x=\"{text:.1}\" y=\"{:.1}\">{}</text>", y + 4.0, escaped(name)),
            );
            // The width of the text is not known; seven units a letter leave some room.
            x = text + 7.0 * name.chars().count() as f64 + 24.0;
        }
    }
}

fn push(out: &mut String, element: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{element}");
}

/// `2.5 %`, without needless decimals.
fn percentage(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 1e2)
}
