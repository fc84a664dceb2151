//! Which share of would-be hits is checked against a fresh answer, by score. Pure.

use super::bins::BINS;
use super::curve::Curve;
use super::window::Cell;

/// Bounds of the share, as configured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Share of all hits that is checked in quiet times.
    pub base: f64,
    /// Least share at any score.
    pub floor: f64,
    /// Largest share at any score.
    pub cap: f64,
}

/// How much there is to find out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Need {
    /// Evidence is thin or the budget is threatened: check as much as is allowed.
    Urgent,
    /// The upper bound of the wrong share is this part of the budget.
    Quiet(f64),
}

/// At least this part of the base share is checked, however far below the budget the estimate is, as long as that is above
/// the floor.
const LEAST_PART: f64 = 0.25;

/// The share in each bin. In quiet times checks go where they tell most: by the square root of P(wrong) (Neyman 1934), which
/// is a multiple of the average just above the threshold and a fraction of it near 1.
pub fn shares(
    curve: &Curve,
    cells: &[Cell; BINS],
    threshold: usize,
    need: Need,
    bounds: &Bounds,
) -> [f64; BINS] {
    let part = match need {
        Need::Urgent => return [bounds.cap; BINS],
        Need::Quiet(part) => part.clamp(LEAST_PART, 1.0),
    };
    let above = cells.iter().zip(&curve.wrong).skip(threshold);
    let (hits, spread) = above.fold((0.0, 0.0), |(hits, spread), (cell, wrong)| {
        (hits + cell.candidates, spread + cell.candidates * wrong.sqrt())
    });
    if spread <= 0.0 {
        return [bounds.cap; BINS];
    }
    let unit = bounds.base * part * hits / spread;
    curve.wrong.map(|wrong| (unit * wrong.sqrt()).clamp(bounds.floor, bounds.cap))
}
