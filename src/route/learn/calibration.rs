//! From a score to a probability: a logistic curve with two parameters (Platt 1999), held near a sane start.

use serde::{Deserialize, Serialize};

/// P = σ(slope · score + offset); the slope is never negative, so that the order of scores is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Log-odds a unit of score.
    pub slope: f64,
    /// Log-odds at score 0.
    pub offset: f64,
}

/// The slope that scores in standard deviations of the gap start from: about 1 / (p · (1 - p))^½ at p = 0.3.
const START_SLOPE: f64 = 2.0;
/// How strongly the slope is held to its start, in outcomes.
const SLOPE_PULL: f64 = 2.0;
/// Outcomes of either kind that are added to those seen, so that no probability becomes 0 or 1.
const PSEUDO: f64 = 0.5;
/// Steps of Newton's method; it is there in far fewer.
const STEPS: usize = 50;

impl Calibration {
    /// The curve that fits losses in `[0, 1]` to scores, with weights.
    pub fn fit(scores: &[f64], losses: &[f64], weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let lost: f64 = losses.iter().zip(weights).map(|(loss, weight)| loss * weight).sum();
        let rate = (lost + PSEUDO) / (total + 2.0 * PSEUDO);
        let mut curve = Self { slope: START_SLOPE, offset: logit(rate) };
        for _ in 0..STEPS {
            let (step, steepest) = curve.newton(scores, losses, weights, logit(rate));
            curve.slope = (curve.slope - step[0]).max(0.0);
            curve.offset -= step[1];
            if steepest < 1e-10 {
                break;
            }
        }
        curve
    }

    /// One step of Newton's method, and its largest part.
    fn newton(self, scores: &[f64], losses: &[f64], weights: &[f64], rate: f64) -> ([f64; 2], f64) {
        let mut gradient = [SLOPE_PULL * (self.slope - START_SLOPE), PSEUDO * (self.offset - rate)];
        let mut hessian = [SLOPE_PULL, 0.0, PSEUDO];
        for ((score, loss), weight) in scores.iter().zip(losses).zip(weights) {
            let p = self.probability(*score);
            let (error, curvature) = (weight * (p - loss), weight * p * (1.0 - p));
            gradient[0] += error * score;
            gradient[1] += error;
            hessian[0] += curvature * score * score;
            hessian[1] += curvature * score;
            hessian[2] += curvature;
        }
        let determinant = hessian[0] * hessian[2] - hessian[1] * hessian[1];
        let step = [
            (hessian[2] * gradient[0] - hessian[1] * gradient[1]) / determinant,
            (hessian[0] * gradient[1] - hessian[1] * gradient[0]) / determinant,
        ];
        // A full step may overshoot far from the optimum; none is longer than a few units of log-odds.
        let step = step.map(|part| part.clamp(-2.0, 2.0));
        (step, step[0].abs().max(step[1].abs()))
    }

    /// The probability for a score, in (0, 1).
    pub fn probability(self, score: f64) -> f64 {
        const BOUND: f64 = 15.0;
        1.0 / (1.0 + (-(self.slope * score + self.offset).clamp(-BOUND, BOUND)).exp())
    }
}

fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_match_what_happened() {
        // Loss with probability σ(3x - 1), in exact shares.
        let scores: Vec<f64> = (0..2000).map(|at| f64::from(at % 200) / 100.0 - 1.0).collect();
        let losses: Vec<f64> = scores.iter().map(|x| 1.0 / (1.0 + (1.0 - 3.0 * x).exp())).collect();
        let curve = Calibration::fit(&scores, &losses, &vec![1.0; scores.len()]);
        assert!((curve.slope - 3.0).abs() < 0.05 && (curve.offset + 1.0).abs() < 0.02, "{curve:?}");
    }

    #[test]
    fn nothing_is_certain_and_the_order_is_kept() {
        for loss in [0.0, 1.0] {
            let curve = Calibration::fit(&[-1.0, 0.0, 1.0, 2.0], &[loss; 4], &[1.0; 4]);
            let p = curve.probability(0.5);
            assert!(p > 0.001 && p < 0.999, "{curve:?}");
        }
        let against = Calibration::fit(&[-2.0, -1.0, 1.0, 2.0], &[1.0, 1.0, 0.0, 0.0], &[50.0; 4]);
        assert!(against.slope >= 0.0);
    }
}
