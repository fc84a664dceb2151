//! The part of the table of metrics that says how providers and their models do.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TargetLabels {
    target: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderLabels {
    provider: String,
}

/// How one target does. What is not known is NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetHealth {
    /// `provider/model`.
    pub target: String,
    /// It is left alone.
    pub is_open: bool,
    /// Recent time to the first token, seconds.
    pub first_token: f64,
    /// Recent time to the end of an answer, seconds.
    pub total: f64,
    /// Share of the last minute's requests that failed.
    pub error_rate: f64,
    /// Requests under way.
    pub in_flight: usize,
}

/// Gauges of targets and providers.
#[derive(Default)]
pub struct Targets {
    up: Family<ProviderLabels, Gauge>,
    open: Family<TargetLabels, Gauge>,
    first_token: Family<TargetLabels, Gauge<f64, AtomicU64>>,
    total: Family<TargetLabels, Gauge<f64, AtomicU64>>,
    error_rate: Family<TargetLabels, Gauge<f64, AtomicU64>>,
    in_flight: Family<TargetLabels, Gauge>,
}

impl Targets {
    /// Every name, once.
    pub(super) fn register(&self, all: &mut Registry) {
        all.register("provider_up", "Whether the last probe was answered", self.up.clone());
        all.register("target_open", "Whether a target is left alone", self.open.clone());
        all.register(
            "target_first_token_seconds",
            "Recent time to the first token of a stream, or to a whole answer",
            self.first_token.clone(),
        );
        all.register(
            "target_total_seconds",
            "Recent time to the end of an answer",
            self.total.clone(),
        );
        all.register(
            "target_error_rate",
            "Share of the last minute's requests that failed",
            self.error_rate.clone(),
        );
        all.register("target_in_flight", "Requests under way", self.in_flight.clone());
    }

    /// A provider was asked whether it is there.
    pub fn probed(&self, provider: &str, is_up: bool) {
        let labels = ProviderLabels { provider: provider.to_owned() };
        self.up.get_or_create(&labels).set(i64::from(is_up));
    }

    /// How things stand now.
    pub(super) fn set(&self, targets: Vec<TargetHealth>) {
        for TargetHealth { target, is_open, first_token, total, error_rate, in_flight } in targets {
            let labels = TargetLabels { target };
            self.open.get_or_create(&labels).set(i64::from(is_open));
            self.in_flight.get_or_create(&labels).set(i64::try_from(in_flight).unwrap_or(i64::MAX));
            for (family, value) in [
                (&self.first_token, first_token),
                (&self.total, total),
                (&self.error_rate, error_rate),
            ] {
                family.get_or_create(&labels).set(value);
            }
        }
    }
}
