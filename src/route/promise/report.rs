//! What the promise tells of itself. Knows nothing of how it is shown.

use serde::Serialize;

/// How things stand with an aim at quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Too few outcomes to say anything: the classifier's own curve decides.
    Unproven,
    /// The traffic's own outcomes hold the threshold.
    Proven,
    /// No threshold above 0 can be shown to keep the quality: everything goes to the frontier.
    Closed,
}

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The normal deviate of a two-sided 95 %.
const DEVIATE: f64 = 1.959_963_984_540_054;

impl Interval {
    /// A share by an effective number of requests (Wilson 1927); all of 0–1 without any.
    pub(super) fn share(value: f64, of: f64) -> Self {
        if of <= 0.0 {
            return Self { value, low: 0.0, high: 1.0 };
        }
        let squared = DEVIATE * DEVIATE / of;
        let centre = value + squared / 2.0;
        let spread = (value * (1.0 - value) * squared + squared * squared / 4.0).sqrt();
        let low = (centre - spread) / (1.0 + squared);
        let high = (centre + spread) / (1.0 + squared);
        Self { value, low: low.clamp(0.0, value), high: high.clamp(value, 1.0) }
    }

    /// An estimate with a standard error.
    pub(super) fn normal(value: f64, error: f64) -> Self {
        Self { value, low: value - DEVIATE * error, high: value + DEVIATE * error }
    }
}

/// Money, against a budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spending {
    /// Budget of a UTC day, nano-USD.
    pub budget_nano_usd: u64,
    /// Spent today, nano-USD.
    pub spent_nano_usd: u64,
    /// What will have been spent at the end of the day, at the present threshold; none while nothing is known of costs.
    pub projected_nano_usd: Option<u64>,
}

/// The promise, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The cheapest tier whose estimated loss is at most this serves; 0 sends everything to the frontier.
    pub threshold: f64,
    /// How things stand; none unless quality is the aim.
    pub state: Option<State>,
    /// Share of requests that goes to the frontier.
    pub frontier_share: Interval,
    /// Mean score of routed answers ÷ mean score of the frontier's, by comparisons; none before there are enough.
    pub quality: Option<Interval>,
    /// Comparisons ever.
    pub comparisons: u64,
    /// Complaints ever.
    pub complaints: u64,
    /// Outcomes, as many of equal weight as tell as much; older ones fade.
    pub evidence: f64,
    /// About how many more outcomes it takes to the next state; none when that is proven, or out of reach by what is
    /// measured now.
    pub outcomes_needed: Option<u64>,
    /// How often the quality fell so that older outcomes were dropped.
    pub falls: u64,
    /// Money; none unless spend is the aim.
    pub spending: Option<Spending>,
}
