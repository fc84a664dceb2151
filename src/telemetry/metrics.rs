//! The table of metrics. Labels have few values: routes, outcomes, reasons of ours, configured targets and tiers.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use foldhash::fast::RandomState;
use parking_lot::RwLock;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
    registry::Registry,
};

use super::{
    answers::{Answers, Billed, Meter},
    routing::{Promised, Routing},
    targets::{TargetHealth, Targets},
};
use crate::config::{Target, Tier};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    cache: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LabelLabels {
    source: &'static str,
    verdict: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CacheLabels {
    cache: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TierLabels {
    tier: String,
    decided_by: &'static str,
}

/// Seconds; from 50 µs to a minute.
#[derive(Clone)]
struct Seconds;

impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new([
            5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0,
            5.0, 10.0, 30.0, 60.0,
        ])
    }
}

/// How one request ended, for the counters.
#[derive(Debug, Clone, Copy)]
pub struct RequestEnd {
    /// `chat`, `responses`, `messages`, `completions`, `count_tokens` or `embeddings`.
    pub route: &'static str,
    /// Cache outcome: `exact`, `semantic`, `miss`, `bypass`, or `none` when it never got that far.
    pub cache: &'static str,
    /// HTTP status.
    pub status: u16,
    /// From the whole request read to the response head.
    pub until_head: Duration,
    /// The part of it that is our own work.
    pub overhead: Duration,
}

/// What the cache holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct CacheSize {
    /// Answers.
    pub entries: u64,
    /// Keys, answers and vectors.
    pub bytes: u64,
    /// Vectors.
    pub vectors: u64,
    /// Partitions with at least one vector.
    pub partitions: u64,
}

/// How often answers served by meaning are wrong, as far as is known.
#[derive(Debug, Clone, Copy)]
pub struct WrongHits {
    /// Estimated share.
    pub rate: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Lowest confidence that is served.
    pub threshold: f64,
}

/// What gauges show.
#[derive(Debug, Clone)]
pub struct Levels {
    /// What the cache holds.
    pub cache: CacheSize,
    /// How often its answers by meaning are wrong.
    pub hits: WrongHits,
    /// How the router's promise stands.
    pub promised: Promised,
    /// How the targets do.
    pub targets: Vec<TargetHealth>,
}

/// Says whether a `provider/model` is one of ours: configured, or in the price catalogue.
pub type IsKnown = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// All counters, histograms and gauges.
pub struct Metrics {
    registry: Registry,
    is_known: IsKnown,
    /// Those of targets that have been asked.
    meters: RwLock<HashMap<String, Arc<Meter>, RandomState>>,
    /// The router's part.
    pub routing: Routing,
    /// That of providers and their models.
    pub targets: Targets,
    requests: Family<RequestLabels, Counter>,
    bypasses: Family<ReasonLabels, Counter>,
    lookups: Counter,
    verifications: Counter,
    refused: Family<ReasonLabels, Counter>,
    labels: Family<LabelLabels, Counter>,
    wrong_rate: Gauge<f64, AtomicU64>,
    wrong_rate_low: Gauge<f64, AtomicU64>,
    wrong_rate_high: Gauge<f64, AtomicU64>,
    threshold: Gauge<f64, AtomicU64>,
    not_stored: Family<ReasonLabels, Counter>,
    stored: Counter,
    shed: Family<ReasonLabels, Counter>,
    tiers: Family<TierLabels, Counter>,
    answers: Answers,
    saved: Family<CacheLabels, Counter>,
    until_head: Family<CacheLabels, Histogram, Seconds>,
    overhead: Family<CacheLabels, Histogram, Seconds>,
    embedding: Histogram,
    in_flight: Gauge,
    cache_entries: Gauge,
    cache_bytes: Gauge,
    cache_vectors: Gauge,
    cache_partitions: Gauge,
}

/// Targets whose counters are kept at hand; callers can name any model.
const MAX_METERS: usize = 1024;

impl Metrics {
    /// All at zero. A target that `is_known` does not know (callers can name any) is counted as `provider/other`: labels
    /// stay few, and hold no text of callers.
    pub fn new(is_known: IsKnown) -> Self {
        let seconds = || Family::new_with_constructor(Seconds);
        let metrics = Self {
            registry: Registry::default(),
            is_known,
            meters: RwLock::default(),
            routing: Routing::default(),
            targets: Targets::default(),
            requests: Family::default(),
            bypasses: Family::default(),
            lookups: Counter::default(),
            verifications: Counter::default(),
            refused: Family::default(),
            labels: Family::default(),
            wrong_rate: Gauge::default(),
            wrong_rate_low: Gauge::default(),
            wrong_rate_high: Gauge::default(),
            threshold: Gauge::default(),
            not_stored: Family::default(),
            stored: Counter::default(),
            shed: Family::default(),
            tiers: Family::default(),
            answers: Answers::default(),
            saved: Family::default(),
            until_head: seconds(),
            overhead: seconds(),
            embedding: Seconds.new_metric(),
            in_flight: Gauge::default(),
            cache_entries: Gauge::default(),
            cache_bytes: Gauge::default(),
            cache_vectors: Gauge::default(),
            cache_partitions: Gauge::default(),
        };
        metrics.registered()
    }

    /// The label for a target.
    fn label(&self, target: &str) -> String {
        if (self.is_known)(target) {
            return target.to_owned();
        }
        format!("{}/other", target.split('/').next().unwrap_or_default())
    }

    /// The counters of a target.
    fn meter(&self, target: &str) -> Arc<Meter> {
        if let Some(meter) = self.meters.read().get(target) {
            return Arc::clone(meter);
        }
        let meter = Arc::new(Meter::new(self.label(target)));
        let mut meters = self.meters.write();
        if meters.len() < MAX_METERS {
            meters.insert(target.to_owned(), Arc::clone(&meter));
        }
        meter
    }

    /// Every name, once. Counters get `_total` appended on the wire.
    fn registered(mut self) -> Self {
        let mut all = Registry::with_prefix("scrimp");
        all.register(
            "requests",
            "Requests by route, cache outcome and status",
            self.requests.clone(),
        );
        all.register(
            "cache_bypass",
            "Requests that were not matched, by reason",
            self.bypasses.clone(),
        );
        all.register("lookups", "Questions looked up by meaning", self.lookups.clone());
        all.register(
            "verifications",
            "Of these, those for which the verifier was asked",
            self.verifications.clone(),
        );
        all.register(
            "candidates_refused",
            "Lookups whose best candidate was not served, by reason: a kind of difference, or confidence",
            self.refused.clone(),
        );
        all.register(
            "labels",
            "Stored answers compared with fresh ones or judged by callers, by source and verdict",
            self.labels.clone(),
        );
        all.register(
            "wrong_hit_rate",
            "Estimated share of wrong answers among those served by meaning",
            self.wrong_rate.clone(),
        );
        all.register(
            "wrong_hit_rate_low",
            "Lower end of its 95 % interval",
            self.wrong_rate_low.clone(),
        );
        all.register(
            "wrong_hit_rate_high",
            "Upper end of its 95 % interval",
            self.wrong_rate_high.clone(),
        );
        all.register(
            "confidence_threshold",
            "Lowest confidence that is served at present; above 1 when none is",
            self.threshold.clone(),
        );
        all.register("cache_stored", "Answers stored", self.stored.clone());
        all.register("cache_not_stored", "Answers not stored, by reason", self.not_stored.clone());
        all.register(
            "shed",
            "Requests or work turned away because a queue was full",
            self.shed.clone(),
        );
        all.register(
            "tier",
            "Requests for model auto by tier and what decided",
            self.tiers.clone(),
        );
        all.register(
            "saved_nano_usd",
            "Not spent thanks to hits, in billionths of a US dollar",
            self.saved.clone(),
        );
        all.register(
            "response_head_seconds",
            "Request read to response head",
            self.until_head.clone(),
        );
        all.register("overhead_seconds", "Our own share of it", self.overhead.clone());
        all.register(
            "embedding_seconds",
            "Embedding of one question, queue included",
            self.embedding.clone(),
        );
        all.register("in_flight", "Requests being worked on", self.in_flight.clone());
        all.register("cache_entries", "Answers held", self.cache_entries.clone());
        all.register(
            "cache_bytes",
            "Size of keys, answers and vectors held",
            self.cache_bytes.clone(),
        );
        all.register("cache_vectors", "Vectors held", self.cache_vectors.clone());
        all.register("cache_partitions", "Partitions with a vector", self.cache_partitions.clone());
        self.answers.register(&mut all);
        self.routing.register(&mut all);
        self.targets.register(&mut all);
        self.registry = all;
        self
    }

    /// One request has ended (its head is out).
    pub fn request(&self, end: RequestEnd) {
        let RequestEnd { route, cache, status, until_head, overhead } = end;
        self.requests.get_or_create(&RequestLabels { route, cache, status }).inc();
        self.until_head.get_or_create(&CacheLabels { cache }).observe(until_head.as_secs_f64());
        self.overhead.get_or_create(&CacheLabels { cache }).observe(overhead.as_secs_f64());
    }

    /// A request was not matched.
    pub fn bypass(&self, reason: &'static str) {
        self.bypasses.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// A question was looked up by meaning, and the verifier asked or not.
    pub fn looked_up(&self, verified: bool) {
        self.lookups.inc();
        self.verifications.inc_by(u64::from(verified));
    }

    /// The best candidate of a lookup was not served.
    pub fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// It became known how wrong a stored answer would have been, in `[0, 1]`.
    pub fn compared(&self, source: &'static str, wrong: f64) {
        let verdict = match wrong {
            wrong if wrong <= 0.1 => "right",
            wrong if wrong >= 0.9 => "wrong",
            _ => "unsure",
        };
        self.labels.get_or_create(&LabelLabels { source, verdict }).inc();
    }

    /// An answer was stored, or not, for a reason.
    pub fn stored(&self, outcome: Result<(), &'static str>) {
        match outcome {
            Ok(()) => self.stored.inc(),
            Err(reason) => self.not_stored.get_or_create(&ReasonLabels { reason }).inc(),
        };
    }

    /// Work was turned away by a full queue.
    pub fn shed(&self, queue: &'static str) {
        self.shed.get_or_create(&ReasonLabels { reason: queue }).inc();
    }

    /// A tier was chosen for `model: auto`.
    pub fn tier(&self, tier: &Tier, decided_by: &'static str) {
        let tier = tier.as_str().to_owned();
        self.tiers.get_or_create(&TierLabels { tier, decided_by }).inc();
    }

    /// An attempt at a target has ended.
    pub fn attempt(&self, target: &Target, outcome: &'static str) {
        self.meter(&target.to_string()).attempted(&self.answers, outcome);
    }

    /// A target has answered.
    pub fn answered(&self, target: &str, billed: Billed) {
        self.meter(target).answered(&self.answers, billed);
    }

    /// What a hit saved.
    pub fn saved(&self, cache: &'static str, nano_usd: u64) {
        self.saved.get_or_create(&CacheLabels { cache }).inc_by(nano_usd);
    }

    /// One question was embedded.
    pub fn embedded(&self, took: Duration) {
        self.embedding.observe(took.as_secs_f64());
    }

    /// Requests being worked on, up or down by one.
    pub fn in_flight(&self, change: i64) {
        self.in_flight.inc_by(change);
    }

    /// The current numbers in Prometheus' text format (OpenMetrics 1.0).
    pub fn render(&self, levels: Levels) -> Result<String, fmt::Error> {
        let Levels { cache, hits, promised, targets } = levels;
        self.routing.set(promised);
        let labelled = |it: TargetHealth| TargetHealth { target: self.label(&it.target), ..it };
        self.targets.set(targets.into_iter().map(labelled).collect());
        let WrongHits { rate, low, high, threshold } = hits;
        for (gauge, value) in [
            (&self.wrong_rate, rate),
            (&self.wrong_rate_low, low),
            (&self.wrong_rate_high, high),
            (&self.threshold, threshold),
        ] {
            gauge.set(value);
        }
        let CacheSize { entries, bytes, vectors, partitions } = cache;
        for (gauge, value) in [
            (&self.cache_entries, entries),
            (&self.cache_bytes, bytes),
            (&self.cache_vectors, vectors),
            (&self.cache_partitions, partitions),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}
