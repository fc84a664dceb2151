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

    /// The mean of independent estimates, each with its weight; none without any weight.
    fn mean(all: &[(f64, Self)]) -> Option<Self> {
        let total: f64 = all.iter().map(|(weight, _)| weight).sum();
        let root = |reach: &dyn Fn(&Self) -> f64| {
            let squares = all.iter().map(|(weight, one)| (weight / total * reach(one)).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let value = all.iter().map(|(weight, one)| weight / total * one.value).sum::<f64>();
        let low = value - root(&|one| one.value - one.low);
        let high = value + root(&|one| one.high - one.value);
        (total > 0.0).then_some(Self { value, low, high })
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
    /// Requests ever.
    pub requests: u64,
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

impl Report {
    /// Several promises taken together, each by its requests; none without requests. Thresholds are averaged, and the
    /// state is that in which most requests are.
    pub fn of_all(reports: &[Self]) -> Option<Self> {
        let requests: u64 = reports.iter().map(|report| report.requests).sum();
        if requests == 0 {
            return None;
        }
        let mean = |value: &dyn Fn(&Self) -> f64| {
            let sum: f64 =
                reports.iter().map(|report| report.requests as f64 * value(report)).sum();
            sum / requests as f64
        };
        let within = |state| -> u64 {
            let of = reports.iter().filter(|report| report.state == Some(state));
            of.map(|report| report.requests).sum()
        };
        let states = [State::Proven, State::Closed, State::Unproven];
        let state = states
            .into_iter()
            .filter(|state| within(*state) > 0)
            .max_by_key(|state| within(*state));
        let shares: Vec<_> =
            reports.iter().map(|report| (report.requests as f64, report.frontier_share)).collect();
        let qualities: Vec<_> = reports
            .iter()
            .filter_map(|report| Some((report.requests as f64, report.quality?)))
            .collect();
        Some(Self {
            requests,
            threshold: mean(&|report| report.threshold),
            state,
            frontier_share: Interval::mean(&shares)?,
            quality: Interval::mean(&qualities),
            comparisons: reports.iter().map(|report| report.comparisons).sum(),
            complaints: reports.iter().map(|report| report.complaints).sum(),
            evidence: reports.iter().map(|report| report.evidence).sum(),
            outcomes_needed: None,
            falls: reports.iter().map(|report| report.falls).sum(),
            spending: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(requests: u64, state: State, quality: Option<Interval>) -> Report {
        Report {
            requests,
            threshold: 0.2,
            state: Some(state),
            frontier_share: Interval { value: 0.5, low: 0.4, high: 0.6 },
            quality,
            comparisons: 10,
            complaints: 1,
            evidence: 8.0,
            outcomes_needed: Some(50),
            falls: 0,
            spending: None,
        }
    }

    #[test]
    fn busy_scopes_count_more() {
        let quality = Interval { value: 0.96, low: 0.94, high: 0.98 };
        let all = [
            report(300, State::Proven, Some(quality)),
            Report { threshold: 0.6, ..report(100, State::Unproven, None) },
            report(0, State::Closed, None),
        ];
        let all = Report::of_all(&all).unwrap();
        assert_eq!((all.requests, all.state, all.comparisons), (400, Some(State::Proven), 30));
        assert!((all.threshold - 0.3).abs() < 1e-12);
        assert_eq!(all.quality.map(|quality| quality.value), Some(0.96), "where it is known");
        // Two independent estimates are surer than either: 0.1 × √(0.75² + 0.25²).
        let Interval { value, low, high } = all.frontier_share;
        assert!((value - 0.5).abs() < 1e-12 && (high - value - 0.079_06).abs() < 1e-4);
        assert!((value - low - 0.079_06).abs() < 1e-4);
        assert!(Report::of_all(&[report(0, State::Unproven, None)]).is_none());
    }
}
