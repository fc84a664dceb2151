//! The router's part of the table of metrics: what it learns, and how its promise stands.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::config::Tier;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    source: &'static str,
    verdict: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChangeLabels {
    change: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TaskLabels {
    task: &'static str,
    tier: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerdictLabels {
    verdict: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SavedLabels {
    tier: String,
}

/// How the promise of all scopes together stands. What is not known is NaN.
#[derive(Debug, Clone, Copy)]
pub struct Promised {
    /// Mean score of routed answers by that of the frontier's.
    pub quality: f64,
    /// Lower end of its 95 % interval.
    pub quality_low: f64,
    /// Upper end.
    pub quality_high: f64,
    /// Share of requests that goes to the frontier.
    pub frontier_share: f64,
    /// Highest expected loss with which a lower tier answers.
    pub threshold: f64,
    /// What comparisons have cost today, USD.
    pub shadow_spend: f64,
}

/// Counters and gauges of the router.
#[derive(Default)]
pub struct Routing {
    tasks: Family<TaskLabels, Counter>,
    outcomes: Family<OutcomeLabels, Counter>,
    versions: Family<ChangeLabels, Counter>,
    cascades: Family<VerdictLabels, Counter>,
    saved: Family<SavedLabels, Counter>,
    quality: Gauge<f64, AtomicU64>,
    quality_low: Gauge<f64, AtomicU64>,
    quality_high: Gauge<f64, AtomicU64>,
    frontier_share: Gauge<f64, AtomicU64>,
    threshold: Gauge<f64, AtomicU64>,
    shadow_spend: Gauge<f64, AtomicU64>,
}

impl Routing {
    /// Every name, once. Counters get `_total` appended on the wire.
    pub(super) fn register(&self, all: &mut Registry) {
        all.register(
            "tasks",
            "Requests that the learned choice has looked at, by kind of task and the tier it chose",
            self.tasks.clone(),
        );
        all.register(
            "outcomes",
            "Answers of a lower tier compared with the frontier's or judged by callers, by source and verdict",
            self.outcomes.clone(),
        );
        all.register(
            "router_versions",
            "Versions of the learned router by what became of them",
            self.versions.clone(),
        );
        all.register(
            "cascade",
            "First answers of cascades by what the check said",
            self.cascades.clone(),
        );
        all.register(
            "saved_by_routing_nano_usd",
            "What answers of lower tiers cost less than the baseline's, in billionths of a US dollar",
            self.saved.clone(),
        );
        all.register(
            "router_quality",
            "Estimated quality of routed answers, as a share of the frontier's",
            self.quality.clone(),
        );
        all.register(
            "router_quality_low",
            "Lower end of its 95 % interval",
            self.quality_low.clone(),
        );
        all.register(
            "router_quality_high",
            "Upper end of its 95 % interval",
            self.quality_high.clone(),
        );
        all.register(
            "router_frontier_share",
            "Share of requests that goes to the frontier at present",
            self.frontier_share.clone(),
        );
        all.register(
            "router_threshold",
            "Highest expected loss with which a lower tier answers at present",
            self.threshold.clone(),
        );
        all.register(
            "shadow_spend_today_usd",
            "What comparisons of tiers have cost since midnight UTC",
            self.shadow_spend.clone(),
        );
    }

    /// The learned choice has picked a tier for a task of this kind, where that is known.
    pub fn task(&self, task: Option<&'static str>, tier: &Tier) {
        let labels = TaskLabels { task: task.unwrap_or("unknown"), tier: tier.as_str().to_owned() };
        self.tasks.get_or_create(&labels).inc();
    }

    /// It became known how much worse than the frontier's a lower tier's answer was, in `[0, 1]`.
    pub fn outcome(&self, source: &'static str, loss: f64) {
        let verdict = match loss {
            loss if loss <= 0.1 => "good",
            loss if loss >= 0.9 => "bad",
            _ => "unsure",
        };
        self.outcomes.get_or_create(&OutcomeLabels { source, verdict }).inc();
    }

    /// An answer of a lower tier cost so much less than the baseline's would have.
    pub fn saved(&self, tier: &Tier, nano_usd: u64) {
        let labels = SavedLabels { tier: tier.as_str().to_owned() };
        self.saved.get_or_create(&labels).inc_by(nano_usd);
    }

    /// A version was learnt, promoted, discarded or rolled back.
    pub fn version(&self, change: &'static str) {
        self.versions.get_or_create(&ChangeLabels { change }).inc();
    }

    /// The first answer of a cascade was checked.
    pub fn cascade(&self, verdict: &'static str) {
        self.cascades.get_or_create(&VerdictLabels { verdict }).inc();
    }

    /// How things stand now.
    pub(super) fn set(&self, promised: Promised) {
        let Promised {
            quality,
            quality_low,
            quality_high,
            frontier_share,
            threshold,
            shadow_spend,
        } = promised;
        for (gauge, value) in [
            (&self.quality, quality),
            (&self.quality_low, quality_low),
            (&self.quality_high, quality_high),
            (&self.frontier_share, frontier_share),
            (&self.threshold, threshold),
            (&self.shadow_spend, shadow_spend),
        ] {
            gauge.set(value);
        }
    }
}
