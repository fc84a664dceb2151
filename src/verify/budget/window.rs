//! Counts in score bins that fade: what was seen `half_life` candidates ago counts half. Knows nothing of budgets.

use serde::{Deserialize, Serialize};

use super::bins::BINS;

/// Faded counts of one bin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Candidates, labelled or not.
    pub candidates: f64,
    /// Candidates that the labels stand for: the sum of their weights.
    pub weight: f64,
    /// Of `weight`, what was wrong.
    pub wrong: f64,
    /// Sum of squared weights, for effective sample sizes.
    pub squares: f64,
}

impl Cell {
    fn scaled(self, by: f64) -> Self {
        Self {
            candidates: self.candidates * by,
            weight: self.weight * by,
            wrong: self.wrong * by,
            squares: self.squares * by * by,
        }
    }
}

/// Faded counts in all bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// What a new candidate counts in the units of `cells`: it grows, instead of all cells shrinking.
    unit: f64,
    cells: Vec<Cell>,
}

/// Rescale before numbers get out of hand.
const LARGEST_UNIT: f64 = 1e9;

impl Default for Window {
    fn default() -> Self {
        Self { unit: 1.0, cells: vec![Cell::default(); BINS] }
    }
}

impl Window {
    /// Counts `count` candidates and lets time pass by as much; `half_life` in candidates.
    pub fn see(&mut self, bin: usize, count: f64, half_life: f64) {
        self.unit *= (count / half_life).exp2();
        self.cells[bin].candidates += count * self.unit;
        if self.unit > LARGEST_UNIT {
            let unit = std::mem::replace(&mut self.unit, 1.0);
            for cell in &mut self.cells {
                *cell = cell.scaled(1.0 / unit);
            }
        }
    }

    /// Counts a label that stands for `weight` candidates.
    pub fn label(&mut self, bin: usize, wrong: f64, weight: f64) {
        let (cell, weight) = (&mut self.cells[bin], weight * self.unit);
        cell.weight += weight;
        cell.wrong += wrong * weight;
        cell.squares += weight * weight;
    }

    /// Counts something wrong that no draw brought up, so that it stands for itself only.
    pub fn complain(&mut self, bin: usize, wrong: f64) {
        self.cells[bin].wrong += wrong * self.unit;
    }

    /// The counts now.
    pub fn cells(&self) -> [Cell; BINS] {
        std::array::from_fn(|bin| self.cells[bin].scaled(1.0 / self.unit))
    }

    /// Whether it could have come about by counting; what was stored may be damaged.
    pub fn is_sound(&self) -> bool {
        let sound = |value: f64| value.is_finite() && value >= 0.0;
        self.cells.len() == BINS
            && (1.0..=2.0 * LARGEST_UNIT).contains(&self.unit)
            && self.cells.iter().all(|cell| {
                sound(cell.candidates)
                    && sound(cell.weight)
                    && sound(cell.wrong)
                    && sound(cell.squares)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_halve_in_a_half_life() {
        let mut window = Window::default();
        window.see(3, 1.0, 100.0);
        window.label(3, 0.5, 4.0);
        for _ in 0..100 {
            window.see(9, 1.0, 100.0);
        }
        let cell = window.cells()[3];
        for (found, wanted) in
            [(cell.candidates, 0.5), (cell.weight, 2.0), (cell.wrong, 1.0), (cell.squares, 4.0)]
        {
            assert!((found - wanted).abs() < 1e-9, "{cell:?}");
        }
    }

    #[test]
    fn counts_stay_sound_for_ever() {
        let mut window = Window::default();
        for index in 0..100_000 {
            window.see(index % BINS, 1.0, 100.0);
            window.label(index % BINS, 1.0, 1000.0);
        }
        assert!(window.is_sound());
        let total: f64 = window.cells().iter().map(|cell| cell.candidates).sum();
        assert!((total - 100.0 / std::f64::consts::LN_2).abs() < 1.0, "{total}");
    }
}
