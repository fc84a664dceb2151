//! Sums of outcomes along the thresholds: each counts from one threshold on, and below another. Pure.

use super::line::Pair;

/// An outcome against its tier's line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Thresholds at which its tier would have served.
    pub(super) span: (f64, f64),
    pub(super) sums: Sums,
}

/// Sums over outcomes; `w` are weights in effective outcomes, `x` places on the line, `r` residuals, `v` variances, `f`
/// influences on the mean score of the frontier.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) w: f64,
    pub(super) ww: f64,
    pub(super) wx: f64,
    pub(super) wr: f64,
    /// `w² v`, `w² v x`, `w² v x²`.
    pub(super) noise: [f64; 3],
    /// `w r f`, `w r x f`.
    pub(super) cross: Pair,
}

impl Sums {
    /// Adds, or with a sign of -1 takes back.
    pub(super) fn add(&mut self, other: &Self, sign: f64) {
        let Self { w, ww, wx, wr, noise, cross } = self;
        *w += sign * other.w;
        *ww += sign * other.ww;
        *wx += sign * other.wx;
        *wr += sign * other.wr;
        for (sum, value) in noise.iter_mut().zip(other.noise) {
            *sum += sign * value;
        }
        for (sum, value) in cross.iter_mut().zip(other.cross) {
            *sum += sign * value;
        }
    }
}

/// The sums, at each threshold, of the rows in whose span it lies.
pub(super) fn along(thresholds: &[f64], rows: impl Iterator<Item = Row>) -> Vec<Sums> {
    // At 0 nothing is served, whatever the estimate.
    let first = thresholds.partition_point(|&threshold| threshold <= 0.0);
    let mut changes = vec![Sums::default(); thresholds.len() + 1];
    for Row { span: (from, to), sums } in rows {
        let from = thresholds.partition_point(|&threshold| threshold < from).max(first);
        let to = thresholds.partition_point(|&threshold| threshold < to);
        if from < to {
            changes[from].add(&sums, 1.0);
            changes[to].add(&sums, -1.0);
        }
    }
    let mut now = Sums::default();
    changes.truncate(thresholds.len());
    for sums in &mut changes {
        now.add(sums, 1.0);
        *sums = now;
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_within_its_span() {
        let row = |from, to| Row { span: (from, to), sums: Sums { w: 1.0, ..Sums::default() } };
        let rows = [row(0.0, f64::INFINITY), row(0.2, 0.4), row(0.2, 0.2), row(0.9, 0.1)];
        let sums = along(&[0.0, 0.1, 0.2, 0.3, 0.4], rows.into_iter());
        let counts: Vec<f64> = sums.iter().map(|sums| sums.w).collect();
        assert_eq!(counts, [0.0, 1.0, 2.0, 2.0, 1.0], "and nothing at 0");
    }
}
