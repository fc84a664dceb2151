//! How the loss of one tier goes with its estimate: a straight line through the tier's outcomes. Knows nothing of
//! thresholds.
//!
//! Ridge regression with a prior: an estimate is calibrated, so that the slope is 1, give or take [`SLOPE_DEVIATION`].
//! The level is the outcomes' own.

use super::evidence::Faded;

/// Standard deviation that the slope is taken to have around 1 before outcomes are seen.
const SLOPE_DEVIATION: f64 = 0.6;
/// Outcomes that the variance of a coin with the estimate's odds is worth: without it, a few outcomes that happen to be
/// alike would look certain.
const VARIANCE_OUTCOMES: f64 = 10.0;

/// The line of one tier, with what it takes to tell how uncertain sums over it are.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Mean estimate of the outcomes.
    centre: f64,
    intercept: f64,
    slope: f64,
    /// One by the sum of squares; level and slope do not mix, as places are counted from the mean.
    inverse: Pair,
    /// The prior's part of the sum of squares of the slope, and the variance of one outcome.
    prior: (f64, f64),
    /// Effective outcomes.
    pub(super) outcomes: f64,
    /// What a weight of 1 counts, so that all count as many as are effective.
    pub(super) unit: f64,
}

/// A coefficient for the level and one for the estimate.
pub(super) type Pair = [f64; 2];

impl Line {
    /// The line through a tier's outcomes; none without any.
    pub(super) fn through(outcomes: &[Faded]) -> Option<Self> {
        let effective = super::evidence::effective(outcomes);
        if effective <= 0.0 {
            return None;
        }
        let unit = effective / outcomes.iter().map(|faded| faded.weight).sum::<f64>();
        let mean = |value: &dyn Fn(&Faded) -> f64| {
            outcomes.iter().map(|faded| faded.weight * unit * value(faded)).sum::<f64>() / effective
        };
        let (centre, level) = (mean(&estimate), mean(&loss));
        let coin = mean(&|faded| estimate(faded) * (1.0 - estimate(faded)));
        let spread = mean(&|faded| (loss(faded) - level).powi(2));
        let variance = mixed(spread, coin, effective);
        let squares = effective * mean(&|faded| (estimate(faded) - centre).powi(2));
        let product = effective * mean(&|faded| (estimate(faded) - centre) * (loss(faded) - level));
        let prior = variance / (SLOPE_DEVIATION * SLOPE_DEVIATION);
        // Without any variance nothing is known of the slope but the prior.
        let inverse_slope = if squares + prior > 0.0 { 1.0 / (squares + prior) } else { 0.0 };
        let slope = 1.0 + (product - squares) * inverse_slope;
        Some(Self {
            centre,
            intercept: level,
            slope,
            inverse: [1.0 / effective, inverse_slope],
            prior: (prior, variance),
            outcomes: effective,
            unit,
        })
    }

    /// The estimate's distance from the mean one.
    pub(super) fn place(&self, estimate: f64) -> f64 {
        estimate - self.centre
    }

    /// The loss that the line expects of requests with this number and sum of places.
    pub(super) fn expects(&self, [count, places]: Pair) -> f64 {
        self.intercept * count + self.slope * places
    }

    /// How the expected loss of such requests moves with the residual of an outcome: by its level and by its place.
    pub(super) fn leverage(&self, [count, places]: Pair) -> Pair {
        [self.inverse[0] * count, self.inverse[1] * places]
    }

    /// The part of the variance of such a sum that is the prior's.
    pub(super) fn prior_variance(&self, leverage: Pair) -> f64 {
        let (prior, variance) = self.prior;
        leverage[1] * leverage[1] * prior * variance
    }

    /// What the outcome lost beyond what the line expects.
    pub(super) fn residual(&self, faded: &Faded) -> f64 {
        loss(faded) - self.expects([1.0, self.place(estimate(faded))])
    }

    /// The variance of an outcome with this residual (White 1980), steadied by that of a coin, with two outcomes taken
    /// off for the two numbers that were fitted.
    pub(super) fn variance(&self, residual: f64, estimate: f64) -> f64 {
        let n = self.outcomes;
        let coin = estimate * (1.0 - estimate);
        mixed(residual * residual, coin, n) * n / (n - 2.0).max(1.0)
    }
}

fn mixed(seen: f64, coin: f64, outcomes: f64) -> f64 {
    (outcomes * seen + VARIANCE_OUTCOMES * coin) / (outcomes + VARIANCE_OUTCOMES)
}

fn estimate(faded: &Faded) -> f64 {
    faded.outcome.estimates.loss(faded.outcome.tier)
}

fn loss(faded: &Faded) -> f64 {
    f64::from(faded.outcome.loss)
}
