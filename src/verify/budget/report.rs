//! What the error budget tells of itself. Knows nothing of how it is shown.

use serde::Serialize;

use super::curve::JudgeErrors;
use super::interval::clopper_pearson;
use super::window::Cell;

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Too few labels to say anything: calibration data decides alone.
    Prior,
    /// Labels count, but too few lie above the threshold for conformal risk control.
    Learning,
    /// The traffic's own labels hold the threshold.
    Holding,
    /// Shadow checks say that more hits were wrong than the budget allows; the threshold aims lower than the budget.
    Tightened,
    /// No score is good enough: nothing is served.
    Closed,
}

/// The error budget of one scope, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Largest share of hits that may be wrong.
    pub budget: f64,
    /// Lowest score that is served; none when nothing is.
    pub threshold: Option<f64>,
    /// How things stand.
    pub state: State,
    /// Hits served.
    pub served: u64,
    /// Would-be hits that were checked against a fresh answer.
    pub shadow_checks: u64,
    /// Labels of all sources.
    pub labels: u64,
    /// Share of hits that were wrong by shadow checks alone, older ones fading; none before the first.
    pub wrong_rate: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of hits expected to be wrong at the threshold, by all evidence; none when nothing is served.
    pub expected: Option<f64>,
    /// Its upper bound, which the threshold keeps within the budget.
    pub bound: Option<f64>,
}

/// A weighted share with its 95 % interval: Clopper–Pearson on Kish's effective number of labels, corrected for the judge's
/// known errors.
pub fn measured(cells: &[Cell], judge: JudgeErrors) -> (Option<f64>, f64, f64) {
    let (weight, wrong, squares) =
        cells.iter().fold((0.0, 0.0, 0.0), |(weight, wrong, squares), cell| {
            (weight + cell.weight, wrong + cell.wrong, squares + cell.squares)
        });
    if weight <= 0.0 || squares <= 0.0 {
        return (None, 0.0, 1.0);
    }
    let (rate, of) = ((wrong / weight).clamp(0.0, 1.0), weight * weight / squares);
    let (low, high) = clopper_pearson(rate * of, of, 0.95);
    let truth = |rate: f64| {
        ((rate - judge.false_wrong) / (1.0 - judge.false_wrong - judge.false_right)).clamp(0.0, 1.0)
    };
    let rate = truth(rate);
    (Some(rate), truth(low).min(rate), truth(high).max(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_equal_weight_count_as_they_are() {
        let cell = Cell { candidates: 0.0, weight: 2960.0, wrong: 300.0, squares: 59_200.0 };
        let (rate, low, high) = measured(&[cell], JudgeErrors::default());
        // 15 of 148 (Newcombe 1998, table I, method 5), each with weight 20.
        assert_eq!(rate, Some(300.0 / 2960.0));
        assert!((low - 0.0578).abs() < 6e-5 && (high - 0.1617).abs() < 6e-5, "{low} {high}");
    }

    #[test]
    fn known_errors_of_the_judge_are_taken_out() {
        let cell = Cell { candidates: 0.0, weight: 1000.0, wrong: 28.0, squares: 1000.0 };
        let judge = JudgeErrors { false_wrong: 0.01, false_right: 0.1 };
        let (rate, low, high) = measured(&[cell], judge);
        // 2 % wrong, of which 90 % are seen, and 1 % of the right ones on top, nearly.
        assert!(rate.is_some_and(|rate| (rate - 0.0202).abs() < 1e-3), "{rate:?}");
        assert!(low < 0.0202 && high > 0.0202);
    }
}
