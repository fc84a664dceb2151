//! The legend of a plot: names of its curves in rows.

use super::{
    Line, escaped,
    svg::{LEFT, RIGHT, WIDTH, push},
};

/// The height of a row.
pub(super) const ROW: f64 = 18.0;

/// Where the first row stands.
const FIRST_ROW: f64 = 38.0;

/// Room for the stroke before a name, and between a name and the next stroke.
const STROKE: f64 = 36.0;
const GAP: f64 = 24.0;

/// The width of text is not known; seven units a letter leave some room.
const LETTER: f64 = 7.0;

/// The curves, each with its place.
pub(super) struct Legend<'a> {
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    line: &'a Line,
    x: f64,
    /// Counted from 0.
    row: usize,
}

impl<'a> Legend<'a> {
    /// Finds places from left to right, in as many rows as it takes.
    pub fn of(lines: &'a [Line]) -> Self {
        let (mut x, mut row) = (LEFT, 0);
        let mut entries = Vec::with_capacity(lines.len());
        for line in lines {
            let width = STROKE + LETTER * line.name.chars().count() as f64;
            if x > LEFT && x + width > WIDTH - RIGHT {
                (x, row) = (LEFT, row + 1);
            }
            entries.push(Entry { line, x, row });
            x += width + GAP;
        }
        Self { entries }
    }

    /// How many rows there are; one even without curves.
    pub fn rows(&self) -> usize {
        self.entries.last().map_or(1, |entry| entry.row + 1)
    }

    /// Appends the drawing.
    pub fn draw(&self, out: &mut String) {
        for Entry { line: Line { name, class, .. }, x, row } in &self.entries {
            let (text, y) = (x + STROKE, FIRST_ROW + *row as f64 * ROW);
            push(
                out,
                format_args!(
                    "<line class=\"{class} line\" x1=\"{x:.1}\" x2=\"{:.1}\" y1=\"{y}\" y2=\"{y}\"/>",
                    text - 6.0
                ),
            );
            push(
                out,
                format_args!("<text x=\"{text:.1}\" y=\"{:.1}\">{}</text>", y + 4.0, escaped(name)),
            );
        }
    }
}
