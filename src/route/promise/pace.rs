//! How fast money is spent against a daily budget. Knows nothing of estimates.

use serde::{Deserialize, Serialize};

/// Seconds of a day.
const DAY: f64 = 86_400.0;
/// Seconds after which an arrival counts half in the rate that tells the coming hours.
const SHORT: f64 = 3600.0;
/// And in the one that tells the rest of the day.
const LONG: f64 = DAY;
/// Requests after which a cost counts half.
const COST_HALF_LIFE: f64 = 200.0;

/// Arrivals, costs and what has been spent today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pace {
    /// The UTC day, counted from the Unix epoch.
    day: u64,
    spent_nano_usd: u64,
    short: Rate,
    long: Rate,
    /// Cheapest tier first, the frontier last.
    costs: Vec<Cost>,
}

/// A rate of arrivals that forgets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Rate {
    arrivals: f64,
    /// Seconds watched, faded as the arrivals are.
    seconds: f64,
    latest: Option<f64>,
}

impl Rate {
    fn arrive(&mut self, at: f64, half_life: f64) {
        let passed = self.latest.map_or(0.0, |latest| (at - latest).max(0.0));
        let kept = (-passed / half_life).exp2();
        let lifetime = half_life / std::f64::consts::LN_2;
        self.arrivals = self.arrivals * kept + 1.0;
        self.seconds = self.seconds * kept + lifetime * (1.0 - kept);
        self.latest = Some(self.latest.map_or(at, |latest| latest.max(at)));
    }

    /// Arrivals a second; none before two.
    fn per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| (self.arrivals - 1.0).max(0.0) / self.seconds)
    }

    fn is_sound(&self) -> bool {
        let sound = |value: f64| value.is_finite() && value >= 0.0;
        sound(self.arrivals) && sound(self.seconds) && self.latest.is_none_or(f64::is_finite)
    }
}

/// A mean cost that forgets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Cost {
    nano_usd: f64,
    requests: f64,
}

impl Pace {
    /// A pace of `tiers` tiers of which nothing is known.
    pub(super) fn new(tiers: usize) -> Self {
        Self {
            day: 0,
            spent_nano_usd: 0,
            short: Rate::default(),
            long: Rate::default(),
            costs: vec![Cost::default(); tiers],
        }
    }

    /// Counts an arrival.
    pub(super) fn arrive(&mut self, at: f64) {
        self.turn(at);
        self.short.arrive(at, SHORT);
        self.long.arrive(at, LONG);
    }

    /// Counts what a tier has cost.
    pub(super) fn spend(&mut self, tier: usize, nano_usd: u64, at: f64) {
        self.turn(at);
        self.spent_nano_usd = self.spent_nano_usd.saturating_add(nano_usd);
        if let Some(cost) = self.costs.get_mut(tier) {
            let kept = (-1.0 / COST_HALF_LIFE).exp2();
            cost.nano_usd = cost.nano_usd * kept + nano_usd as f64;
            cost.requests = cost.requests * kept + 1.0;
        }
    }

    /// Spent in the UTC day of the latest time that was told, nano-USD.
    pub(super) fn spent_today(&self) -> u64 {
        self.spent_nano_usd
    }

    /// Requests that are still to come today: at the late rate at first, later at that of a day.
    pub(super) fn requests_left(&self) -> Option<f64> {
        let (short, long) = (self.short.per_second()?, self.long.per_second()?);
        let left = (DAY - self.short.latest?.rem_euclid(DAY)).max(0.0);
        let lifetime = SHORT / std::f64::consts::LN_2;
        Some((long * left + (short - long) * lifetime * (1.0 - (-left / lifetime).exp())).max(0.0))
    }

    /// The mean cost of every tier, nano-USD; one of which nothing is known costs what the next tier up does, or down.
    /// None before anything is known.
    pub(super) fn costs(&self) -> Option<Vec<f64>> {
        let mean = |cost: &Cost| (cost.requests > 0.0).then(|| cost.nano_usd / cost.requests);
        let known: Vec<Option<f64>> = self.costs.iter().map(mean).collect();
        let cost = |tier: usize| {
            let up = known[tier..].iter().flatten().next();
            up.or_else(|| known[..tier].iter().flatten().next_back()).copied()
        };
        (0..known.len()).map(cost).collect()
    }

    /// Whether it could have come about by counting, of `tiers` tiers.
    pub(super) fn is_sound(&self, tiers: usize) -> bool {
        let sound = |value: f64| value.is_finite() && value >= 0.0;
        self.costs.len() == tiers
            && self.short.is_sound()
            && self.long.is_sound()
            && self.costs.iter().all(|cost| sound(cost.nano_usd) && sound(cost.requests))
    }

    /// A later day starts from nothing; a clock that goes back changes nothing.
    fn turn(&mut self, at: f64) {
        let day = (at / DAY).max(0.0) as u64;
        if day > self.day {
            self.day = day;
            self.spent_nano_usd = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_arrivals_are_foreseen() {
        let mut pace = Pace::new(2);
        assert_eq!(pace.requests_left(), None);
        // One every ten seconds, for half a day.
        for index in 0..=4320 {
            pace.arrive(3.0 * DAY + f64::from(index) * 10.0);
        }
        let left = pace.requests_left().unwrap();
        assert!((left - 4320.0).abs() < 10.0, "{left}");
    }

    #[test]
    fn a_day_starts_from_nothing() {
        let mut pace = Pace::new(2);
        pace.spend(1, 500, 10.0);
        pace.spend(1, 500, DAY - 1.0);
        assert_eq!(pace.spent_today(), 1000);
        pace.spend(0, 1, DAY);
        pace.spend(0, 1, DAY - 1.0);
        assert_eq!(pace.spent_today(), 2);
    }

    #[test]
    fn unknown_costs_are_those_of_a_neighbour() {
        let mut pace = Pace::new(3);
        assert_eq!(pace.costs(), None);
        pace.spend(1, 70, 0.0);
        assert_eq!(pace.costs(), Some(vec![70.0; 3]));
        pace.spend(2, 900, 0.0);
        pace.spend(2, 1100, 0.0);
        let costs = pace.costs().unwrap();
        assert!(costs[0] == 70.0 && (costs[2] - 1000.0).abs() < 1.0, "{costs:?}");
    }
}
