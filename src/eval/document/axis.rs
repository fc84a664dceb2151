//! An axis of a plot: where a value is on it, and where it has numbers.

/// An axis over shares.
#[derive(Debug, Clone)]
pub struct Axis {
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

impl Axis {
    /// An axis with numbers at round places.
    pub fn rounded(label: &'static str, from: f64, to: f64) -> Self {
        const STEPS: [f64; 8] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
        let step = STEPS.into_iter().find(|step| (to - from) / step <= 8.0).unwrap_or(0.2);
        let first = (from / step).ceil() as i64;
        let last = (to / step + 1e-9).floor() as i64;
        let ticks = (first..=last).map(|tick| tick as f64 * step).collect();
        Self { label, from, to, ticks, logarithmic: false }
    }

    /// Where a value is between start and end, from 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        let scaled = |value: f64| if self.logarithmic { value.max(1e-9).ln() } else { value };
        let (from, to) = (scaled(self.from), scaled(self.to));
        ((scaled(value) - from) / (to - from)).clamp(0.0, 1.0)
    }
}

/// `2.5 %`, without needless decimals.
pub(super) fn percentage(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 1e2)
}
