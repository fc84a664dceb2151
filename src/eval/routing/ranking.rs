//! The order in which a score sends prompts to the frontier, and what that order is worth.
//!
//! The definitions are RouteLLM's (arXiv 2406.18665, section 3.2). Where scores are equal, every figure is its expected
//! value over random orders of the equal ones: along a group of ties all sums rise evenly.

use serde::Serialize;

use super::Sample;

/// Rows from the highest score to the lowest.
#[derive(Debug, Clone)]
pub struct Ranking {
    order: Vec<u32>,
    /// Where in the order each group of equal scores ends.
    ends: Vec<u32>,
}

impl Ranking {
    /// Ranks rows by their scores, one a row. What is not a number is equal to nothing.
    pub fn of(scores: &[f64]) -> Self {
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        let score = |row: &u32| scores[*row as usize];
        order.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
        let ends = order
            .chunk_by(|a, b| score(a) == score(b))
            .scan(0, |end, tied| {
                *end += tied.len() as u32;
                Some(*end)
            })
            .collect();
        Self { order, ends }
    }

    /// Walks down the order. Each row counts with its weight; a weight of 2 is the row twice.
    pub fn path(&self, sample: &Sample, weights: &[f64]) -> Path {
        let mut stops = Vec::with_capacity(self.ends.len() + 1);
        let (mut stop, mut weak, mut start) = (Stop::default(), 0.0, 0);
        stops.push(stop);
        for &end in &self.ends {
            for &row in &self.order[start..end as usize] {
                let row = row as usize;
                let weight = weights[row];
                stop.weight += weight;
                stop.gain += weight * sample.gain[row];
                stop.label += weight * sample.label[row];
                weak += weight * sample.weak[row];
            }
            start = end as usize;
            stops.push(stop);
        }
        Path { stops, end: stop, weak }
    }
}

/// Sums over all rows down to some place of a ranking.
#[derive(Debug, Clone, Copy, Default)]
struct Stop {
    weight: f64,
    gain: f64,
    label: f64,
}

/// What is won on the way down a ranking, as ever more goes to the frontier.
#[derive(Debug, Clone)]
pub struct Path {
    /// The start, then the end of each group of equal scores.
    stops: Vec<Stop>,
    end: Stop,
    /// Sum of the cheap model's scores.
    weak: f64,
}

/// Mean scores that differ by less are equal.
const ROUNDING: f64 = 1e-9;

/// A place on the curve of quality over frontier share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Share of prompts that go to the frontier.
    pub frontier_share: f64,
    /// Mean score of the routed answers.
    pub quality: f64,
    /// That as a part of the way from the cheap model's mean score to the frontier's (RouteLLM's PGR); `None` without a gap.
    pub recovered: Option<f64>,
}

impl Path {
    /// Mean score when everything goes to the cheap model.
    pub fn weak_mean(&self) -> f64 {
        self.weak / self.end.weight
    }

    /// Mean score when everything goes to the frontier.
    pub fn strong_mean(&self) -> f64 {
        (self.weak + self.end.gain) / self.end.weight
    }

    /// Mean of what the frontier adds.
    pub fn gap(&self) -> f64 {
        self.end.gain / self.end.weight
    }

    /// Average performance gap recovered: the mean of (routed - weak) / (strong - weak) over all shares of frontier calls.
    /// 0.5 is chance. `None` when the frontier is not better on the whole.
    pub fn apgr(&self) -> Option<f64> {
        let gap = self.positive_gap()?;
        let area: f64 = self
            .stops
            .windows(2)
            .map(|pair| {
                (pair[1].weight - pair[0].weight) * f64::midpoint(pair[0].gain, pair[1].gain)
            })
            .sum();
        Some(area / (self.end.weight * gap))
    }

    /// Call-performance threshold: the smallest share of frontier calls that recovers this part of the gap. `None` when the
    /// frontier is not better on the whole.
    pub fn cpt(&self, recovered: f64) -> Option<f64> {
        Some(self.share_with(recovered * self.positive_gap()?))
    }

    /// The smallest share of frontier calls with a mean score of at least this part of the frontier's; 0 when the cheap
    /// model alone has it.
    pub fn share_for_quality(&self, of_strong: f64) -> f64 {
        self.share_with(of_strong * (self.weak + self.end.gain) - self.weak)
    }

    /// P(a row of label 1 is ranked before one of label 0), ties half. A row of a label in between is that part of a row of
    /// label 1 and the rest of one of label 0. `None` without both.
    pub fn auc(&self) -> Option<f64> {
        let (positive, negative) = (self.end.label, self.end.weight - self.end.label);
        if positive <= 0.0 || negative <= 0.0 {
            return None;
        }
        let pairs: f64 = self
            .stops
            .windows(2)
            .map(|pair| {
                let label = pair[1].label - pair[0].label;
                let weight = pair[1].weight - pair[0].weight;
                (weight - label) * f64::midpoint(pair[0].label, pair[1].label)
            })
            .sum();
        Some(pairs / (positive * negative))
    }

    /// The curve at `steps + 1` evenly spaced shares from 0 to 1.
    pub fn curve(&self, steps: u32) -> Vec<CurvePoint> {
        let gap = self.positive_gap();
        let point = |step: u32| {
            let frontier_share = f64::from(step) / f64::from(steps.max(1));
            let gain = self.gain_at(frontier_share);
            CurvePoint {
                frontier_share,
                quality: (self.weak + gain) / self.end.weight,
                recovered: gap.map(|gap| gain / gap),
            }
        };
        (0..=steps).map(point).collect()
    }

    /// Sum of what the frontier adds, where that is more than nothing.
    fn positive_gap(&self) -> Option<f64> {
        (self.gap() > ROUNDING).then_some(self.end.gain)
    }

    /// The smallest share at which the gain reaches a sum.
    fn share_with(&self, gain: f64) -> f64 {
        // Rounding must not put a flat stretch of the path before the place where the sum is reached.
        let slack = ROUNDING * self.end.weight;
        if gain <= slack {
            return 0.0;
        }
        let reached = self.stops.windows(2).find(|pair| pair[1].gain >= gain - slack);
        reached.map_or(1.0, |pair| {
            let part = (gain - pair[0].gain) / (pair[1].gain - pair[0].gain);
            let weight = part.min(1.0) * (pair[1].weight - pair[0].weight);
            (pair[0].weight + weight) / self.end.weight
        })
    }

    fn gain_at(&self, share: f64) -> f64 {
        let weight = share * self.end.weight;
        let after = self.stops.partition_point(|stop| stop.weight < weight);
        match (
            after.checked_sub(1).and_then(|before| self.stops.get(before)),
            self.stops.get(after),
        ) {
            (Some(before), Some(after)) => {
                let part = (weight - before.weight) / (after.weight - before.weight);
                before.gain + part * (after.gain - before.gain)
            }
            (None, _) => 0.0,
            (Some(_), None) => self.end.gain,
        }
    }
}
