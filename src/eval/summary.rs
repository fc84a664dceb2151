//! Counts answers and boils them down.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{client::Seen, interval::Share};

/// One answer, judged.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How the cache served it, if it did.
    pub hit: Option<Hit>,
    /// What the client saw.
    pub seen: Seen,
}

/// How the cache served an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// To the very same request: always right.
    Exact,
    /// To a question that means the same.
    Semantic {
        /// Whether it does; `None` where the trace does not say.
        right: Option<bool>,
    },
}

/// Running counts.
#[derive(Debug, Default)]
pub struct Tally {
    outcomes: BTreeMap<String, u64>,
    tiers: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
    kinds: BTreeMap<String, Kind>,
    judged: u64,
    wrong: u64,
    unjudged: u64,
    latency: BTreeMap<String, Latencies>,
    overhead: BTreeMap<String, Latencies>,
    spent: f64,
    saved: f64,
    unpriced: u64,
}

/// What became of the requests of one kind.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Kind {
    /// How many there were.
    pub requests: u64,
    /// Served by the very same request.
    pub exact: u64,
    /// Served by meaning.
    pub semantic: u64,
    /// Served by meaning, and wrong.
    pub wrong: u64,
}

/// The result of a replay. Its JSON form is stable.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Requests answered.
    pub requests: u64,
    /// Requests that failed, by what happened.
    pub errors: BTreeMap<String, u64>,
    /// Requests by cache outcome: `exact`, `semantic`, `miss`, `bypass`.
    pub outcomes: BTreeMap<String, u64>,
    /// Share of requests that the cache answered.
    pub hit_rate: Share,
    /// Share of requests answered by the very same request: what a cache without meaning would reach.
    pub exact_hit_rate: Share,
    /// Share of requests answered by meaning.
    pub semantic_hit_rate: Share,
    /// Of the answers served by meaning that can be judged, the share that was wrong.
    pub wrong_hit_rate: Share,
    /// Answers served by meaning that cannot be judged, as their questions have no label.
    pub unjudged_hits: u64,
    /// Requests of `model: auto` by tier, hits counted where they were stored.
    pub tiers: BTreeMap<String, u64>,
    /// What became of each kind of request that the trace names.
    pub kinds: BTreeMap<String, Kind>,
    /// Time to the whole answer, by cache outcome.
    pub latency_ms: BTreeMap<String, Percentiles>,
    /// The gateway's own share of it, by cache outcome.
    pub overhead_ms: BTreeMap<String, Percentiles>,
    /// Spent on answers from providers, US dollars.
    pub spent_usd: f64,
    /// Not spent thanks to hits, US dollars.
    pub saved_usd: f64,
    /// Answers from providers whose cost is not known.
    pub unpriced: u64,
}

/// Percentiles of a time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    /// Median.
    pub p50: f64,
    /// 95th.
    pub p95: f64,
    /// 99th.
    pub p99: f64,
}

/// Longer times, beyond an hour, count as this one.
const LONGEST_MICROS: u64 = 3_600_000_000;

/// Times in microseconds, to three digits.
#[derive(Debug)]
struct Latencies(Option<Histogram<u64>>);

impl Default for Latencies {
    fn default() -> Self {
        // These bounds are always accepted.
        Self(Histogram::new_with_bounds(1, LONGEST_MICROS, 3).ok())
    }
}

impl Latencies {
    fn add(&mut self, time: Duration) {
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        }
    }

    fn percentiles(&self) -> Percentiles {
        let at = |quantile: f64| {
            self.0.as_ref().map_or(0.0, |times| times.value_at_quantile(quantile) as f64 / 1000.0)
        };
        Percentiles { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
    }
}

impl Tally {
    /// Counts an answer.
    pub fn add(&mut self, kind: Option<&str>, outcome: Outcome) {
        let Outcome { hit, seen } = outcome;
        *self.outcomes.entry(seen.cache.clone()).or_default() += 1;
        if let Some(tier) = seen.tier {
            *self.tiers.entry(tier).or_default() += 1;
        }
        match hit {
            Some(Hit::Semantic { right: None }) => self.unjudged += 1,
            Some(Hit::Semantic { right: Some(right) }) => {
                self.judged += 1;
                self.wrong += u64::from(!right);
            }
            Some(Hit::Exact) => {}
            None => match seen.cost {
                Some(cost) => self.spent += cost,
                None => self.unpriced += 1,
            },
        }
        self.saved += seen.saved.unwrap_or(0.0);
        self.latency.entry(seen.cache.clone()).or_default().add(seen.latency);
        if let Some(overhead) = seen.overhead {
            self.overhead.entry(seen.cache).or_default().add(overhead);
        }
        if let Some(kind) = kind {
            let kind = self.kinds.entry(kind.to_owned()).or_default();
            kind.requests += 1;
            kind.exact += u64::from(hit == Some(Hit::Exact));
            kind.semantic += u64::from(matches!(hit, Some(Hit::Semantic { .. })));
            kind.wrong += u64::from(hit == Some(Hit::Semantic { right: Some(false) }));
        }
    }

    /// Counts a request that failed.
    pub fn error(&mut self, what: String) {
        *self.errors.entry(what).or_default() += 1;
    }

    /// The counts so far, boiled down.
    pub fn summary(&self) -> Summary {
        let count = |name: &str| self.outcomes.get(name).copied().unwrap_or(0);
        let requests = self.outcomes.values().sum();
        let percentiles = |times: &BTreeMap<String, Latencies>| {
            times.iter().map(|(name, times)| (name.clone(), times.percentiles())).collect()
        };
        Summary {
            requests,
            errors: self.errors.clone(),
            outcomes: self.outcomes.clone(),
            hit_rate: Share::new(count("exact") + count("semantic"), requests),
            exact_hit_rate: Share::new(count("exact"), requests),
            semantic_hit_rate: Share::new(count("semantic"), requests),
            wrong_hit_rate: Share::new(self.wrong, self.judged),
            unjudged_hits: self.unjudged,
            tiers: self.tiers.clone(),
            kinds: self.kinds.clone(),
            latency_ms: percentiles(&self.latency),
            overhead_ms: percentiles(&self.overhead),
            spent_usd: self.spent,
            saved_usd: self.saved,
            unpriced: self.unpriced,
        }
    }
}
