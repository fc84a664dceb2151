//! What is known of targets: what they can do, what they cost, how they do.

use std::time::Duration;

use indexmap::IndexMap;

use super::{affinity::Held, suit::Needs};
use crate::{
    account::{NanoUsd, Price, PriceBook, Usage, cost},
    config::{ModelFacts, Pick, Target},
    provider::Inexpressible,
};

/// What is known of targets, and how they are ordered within a tier.
#[derive(Clone, Copy)]
pub struct Market<'a> {
    /// What models can do, where the operator says so.
    pub models: &'a IndexMap<Target, ModelFacts>,
    /// Prices, and context windows where the operator does not say.
    pub prices: &'a PriceBook,
    /// The order.
    pub pick: Pick,
    /// What chance decides, in `[0, 1)`.
    pub draw: f64,
    /// Targets with a higher latency are tried last.
    pub max_latency: Option<Duration>,
    /// Recent time to the first token of a target, where one is known.
    pub latency: &'a (dyn Fn(&Target) -> Option<Duration> + Sync),
    /// What a request to a target costs in time, seconds; zero where nothing is known.
    pub load: &'a (dyn Fn(&Target) -> f64 + Sync),
    /// What of the request a target's format has no words for.
    pub unspoken: &'a (dyn Fn(&Target) -> Option<Inexpressible> + Sync),
    /// The target that holds the conversation so far in its prompt cache.
    pub held: Option<&'a Held>,
}

/// Tokens of an answer, about, where the request sets no lower limit.
const TYPICAL_OUTPUT: u64 = 500;

/// An expected cost; what has no price comes after everything that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// So much.
    Known(NanoUsd),
    /// Nobody knows.
    Unknown,
}

impl Market<'_> {
    /// What a target can do.
    pub fn facts(&self, target: &Target) -> ModelFacts {
        let facts = self.models.get(target).copied().unwrap_or_default();
        let listed = || self.prices.context(&target.provider, &target.model);
        ModelFacts { context: facts.context.or_else(listed), ..facts }
    }

    /// It lately took longer than the operator wants to wait.
    pub fn is_slow(&self, target: &Target) -> bool {
        self.max_latency.is_some_and(|most| (self.latency)(target).is_some_and(|took| took > most))
    }

    /// What an answer of usual length would cost, the whole prompt being new to the target.
    pub fn cost(&self, target: &Target, needs: &Needs) -> Expected {
        self.cost_with(target, needs, 0)
    }

    /// The same where the target has so many tokens of the prompt in its cache.
    pub fn cost_with(&self, target: &Target, needs: &Needs, cached: u64) -> Expected {
        let output = needs.max_output.map_or(TYPICAL_OUTPUT, |most| most.min(TYPICAL_OUTPUT));
        let input = needs.prompt_tokens;
        let usage = Usage { input, cached_input: cached.min(input), output, ..Usage::default() };
        match self.price(target) {
            Some(price) => Expected::Known(cost(&usage, price)),
            None => Expected::Unknown,
        }
    }

    /// The price of a target.
    pub fn price(&self, target: &Target) -> Option<&Price> {
        self.prices.price(&target.provider, &target.model)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A market without any knowledge but this.
    pub fn market<'a>(
        models: &'a IndexMap<Target, ModelFacts>,
        prices: &'a PriceBook,
    ) -> Market<'a> {
        Market {
            models,
            prices,
            pick: Pick::Order,
            draw: 0.0,
            max_latency: None,
            latency: &|_| None,
            load: &|_| 0.0,
            unspoken: &|_| None,
            held: None,
        }
    }
}
