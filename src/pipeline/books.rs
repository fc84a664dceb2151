//! What the gateway asks for itself is paid for as well: comparisons of tiers, and models that judge answers.

use std::sync::Arc;

use super::{OpenRecord, RequestId, capture::account, estimate::billed};
use crate::{
    account::{
        NanoUsd, PriceBook,
        ledger::{self, Ledger},
    },
    api::chat::ChatRequest,
    auth::Principal,
    cache::Clock,
    config::Target,
    protocol::Protocol,
    provider::Answered,
    telemetry::Metrics,
};

/// Where such answers are written down.
#[derive(Clone)]
pub struct Books {
    /// What they cost.
    pub prices: PriceBook,
    /// Counts them.
    pub metrics: Arc<Metrics>,
    /// Keeps them, if there is one.
    pub ledger: Option<Arc<Ledger>>,
    /// When they came.
    pub clock: Clock,
}

/// Whose requests they are, in the ledger.
const KEY: &str = "scrimp";

impl Books {
    /// Enters an answer of `target` to `request`, which was asked for with this `purpose`; what it cost, as far as that is
    /// known.
    pub fn enter(
        &self,
        purpose: &'static str,
        request: &ChatRequest,
        target: &Target,
        answered: &Answered,
    ) -> Option<NanoUsd> {
        let usage = billed(&answered.completion, &answered.body, &request.fields);
        let name = target.to_string();
        let price = self.prices.price(&target.provider, &target.model);
        let cost = account(&self.metrics, (&name, price), &usage);
        if let Some(ledger) = &self.ledger {
            let principal =
                Principal { name: Some(KEY.into()), id: [0; 32], policy: None, is_limited: false };
            let asked = (RequestId::fresh(), &principal, Protocol::Chat.as_str());
            let record = OpenRecord::new(ledger, &self.clock, asked);
            record.own(purpose, &name);
            record.accounted(&usage, cost.into());
            record.head(200, ledger::Latency::default(), false);
        }
        cost
    }
}
