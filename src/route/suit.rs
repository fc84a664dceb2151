//! Which targets of a tier can serve a request, and in which order they are tried.

use std::{fmt, time::Duration};

use indexmap::IndexMap;

use crate::{
    account::{NanoUsd, PriceBook, Usage, cost, estimate_tokens},
    api::chat::ChatRequest,
    config::{ModelFacts, Pick, Target},
};

/// What one request asks of a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Tokens of the whole prompt, estimated.
    pub prompt_tokens: u64,
    /// The most tokens that the answer may have, when the request says so.
    pub max_output: Option<u64>,
    /// It offers tools.
    pub tools: bool,
    /// It holds images.
    pub images: bool,
    /// Its answer must follow a JSON schema.
    pub json_schema: bool,
}

impl Needs {
    /// What `request` asks.
    pub fn of(request: &ChatRequest) -> Self {
        Self {
            prompt_tokens: estimate_tokens(request.prompt_bytes()),
            max_output: request.max_output,
            tools: request.tools > 0,
            images: request.images() > 0,
            json_schema: request.json_schema,
        }
    }
}

/// What is known of targets, and how they are ordered within a tier.
#[derive(Clone, Copy)]
pub struct Market<'a> {
    /// What models can do, where the operator says so.
    pub models: &'a IndexMap<Target, ModelFacts>,
    /// Prices, and context windows where the operator does not say.
    pub prices: &'a PriceBook,
    /// The order.
    pub pick: Pick,
    /// Targets with a higher latency are tried last.
    pub max_latency: Option<Duration>,
    /// Recent time to the first byte of a target, where one is known.
    pub latency: &'a (dyn Fn(&Target) -> Option<Duration> + Sync),
    /// The target that holds the prefix of the conversation in its prompt cache: it is preferred, for it reads that prefix
    /// faster and at a fraction of the price.
    pub preferred: Option<&'a Target>,
}

/// Why a target cannot serve a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Prompt and answer do not fit into its context window.
    Context {
        /// The window, tokens.
        context: u64,
        /// What is needed, tokens, estimated.
        needed: u64,
    },
    /// It takes no tools.
    Tools,
    /// It takes no images.
    Images,
    /// It takes no schema for its answer.
    JsonSchema,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Context { context, needed } => {
                write!(f, "context of {context} tokens is too small for about {needed}")
            }
            Self::Tools => f.write_str("takes no tools"),
            Self::Images => f.write_str("takes no images"),
            Self::JsonSchema => f.write_str("takes no JSON schema"),
        }
    }
}

/// A target that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The target.
    pub target: Target,
    /// Why.
    pub unfit: Unfit,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.target, self.unfit)
    }
}

/// The targets that can serve, in the order in which they are tried, and the others.
pub fn suit(targets: &[Target], needs: &Needs, market: &Market<'_>) -> (Vec<Target>, Vec<Skipped>) {
    let (mut kept, mut skipped) = (Vec::with_capacity(targets.len()), Vec::new());
    for target in targets {
        match unfit(needs, market.facts(target)) {
            None => kept.push(target.clone()),
            Some(unfit) => skipped.push(Skipped { target: target.clone(), unfit }),
        }
    }
    // Stable: what is equal stays in the order of the configuration.
    kept.sort_by_cached_key(|target| {
        let expected = (market.pick == Pick::Cheapest).then(|| market.cost(target, needs));
        (market.is_slow(target), market.preferred != Some(target), expected)
    });
    (kept, skipped)
}

fn unfit(needs: &Needs, facts: ModelFacts) -> Option<Unfit> {
    let ModelFacts { context, tools, images, json_schema } = facts;
    let needed = needs.prompt_tokens.saturating_add(needs.max_output.unwrap_or(0));
    match context {
        _ if needs.tools && !tools => Some(Unfit::Tools),
        _ if needs.images && !images => Some(Unfit::Images),
        _ if needs.json_schema && !json_schema => Some(Unfit::JsonSchema),
        Some(context) if needed > context => Some(Unfit::Context { context, needed }),
        _ => None,
    }
}

/// Tokens of an answer, about, where the request sets no lower limit.
const TYPICAL_OUTPUT: u64 = 500;

/// An expected cost; what has no price comes after everything that has one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    Known(NanoUsd),
    Unknown,
}

impl Market<'_> {
    fn facts(&self, target: &Target) -> ModelFacts {
        let facts = self.models.get(target).copied().unwrap_or_default();
        let listed = || self.prices.context(&target.provider, &target.model);
        ModelFacts { context: facts.context.or_else(listed), ..facts }
    }

    fn is_slow(&self, target: &Target) -> bool {
        self.max_latency.is_some_and(|most| (self.latency)(target).is_some_and(|took| took > most))
    }

    fn cost(&self, target: &Target, needs: &Needs) -> Expected {
        let output = needs.max_output.map_or(TYPICAL_OUTPUT, |most| most.min(TYPICAL_OUTPUT));
        let usage = Usage { input: needs.prompt_tokens, output, ..Usage::default() };
        match self.prices.price(&target.provider, &target.model) {
            Some(price) => Expected::Known(cost(&usage, price)),
            None => Expected::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PriceOverride;

    fn target(model: &str) -> Target {
        Target { provider: "p".into(), model: model.into() }
    }

    fn models(targets: &[Target]) -> String {
        targets.iter().map(|target| target.model.as_str()).collect()
    }

    fn prices(table: &[(&str, u64, u64)]) -> PriceBook {
        let price = |(model, input, output): &(&str, u64, u64)| {
            let price = PriceOverride { input: *input, output: *output, cached_input: None };
            (format!("p/{model}"), price)
        };
        PriceBook::with_overrides(&table.iter().map(price).collect())
    }

    fn market<'a>(models: &'a IndexMap<Target, ModelFacts>, prices: &'a PriceBook) -> Market<'a> {
        Market {
            models,
            prices,
            pick: Pick::Order,
            max_latency: None,
            latency: &|_| None,
            preferred: None,
        }
    }

    #[test]
    fn targets_that_cannot_serve_are_left_out_with_the_reason() {
        let able = ModelFacts::default;
        let facts = IndexMap::from([
            (target("a"), ModelFacts { context: Some(8192), ..able() }),
            (target("b"), ModelFacts { tools: false, ..able() }),
            (target("c"), ModelFacts { images: false, json_schema: false, ..able() }),
        ]);
        let prices = PriceBook::shipped();
        let targets = ["a", "b", "c", "d"].map(target);
        let small = Needs { prompt_tokens: 10, ..Needs::default() };
        for (needs, kept, reasons) in [
            (small, "abcd", ""),
            (
                Needs { prompt_tokens: 8000, max_output: Some(1000), ..small },
                "bcd",
                "p/a: context of 8192 tokens is too small for about 9000",
            ),
            (Needs { prompt_tokens: 8192, ..small }, "abcd", ""),
            (Needs { tools: true, ..small }, "acd", "p/b: takes no tools"),
            (Needs { images: true, ..small }, "abd", "p/c: takes no images"),
            (Needs { json_schema: true, ..small }, "abd", "p/c: takes no JSON schema"),
            (
                Needs { prompt_tokens: 9000, tools: true, images: true, ..small },
                "d",
                "p/a: context of 8192 tokens is too small for about 9000; p/b: takes no tools; \
                 p/c: takes no images",
            ),
            (
                Needs { max_output: Some(u64::MAX), ..small },
                "bcd",
                "p/a: context of 8192 tokens is too small for about 18446744073709551615",
            ),
        ] {
            let (found, skipped) = suit(&targets, &needs, &market(&facts, &prices));
            let skipped: Vec<String> = skipped.iter().map(Skipped::to_string).collect();
            assert_eq!((models(&found).as_str(), skipped.join("; ").as_str()), (kept, reasons));
        }
    }

    #[test]
    fn the_catalogue_says_what_the_operator_does_not() {
        let listed = Target { provider: "openai".into(), model: "gpt-6-sol".into() };
        let (prices, none) = (PriceBook::shipped(), IndexMap::new());
        let needs = Needs { prompt_tokens: 2_000_000, ..Needs::default() };
        let targets = std::slice::from_ref(&listed);
        assert!(suit(targets, &needs, &market(&none, &prices)).0.is_empty());
        let facts = ModelFacts { context: Some(3_000_000), ..ModelFacts::default() };
        let own = IndexMap::from([(listed.clone(), facts)]);
        assert_eq!(suit(targets, &needs, &market(&own, &prices)).0.len(), 1);
    }

    #[test]
    fn the_cheapest_for_this_request_comes_first_and_the_unpriced_last() {
        let none = IndexMap::new();
        let prices =
            prices(&[("a", 10, 1), ("b", 1, 10_000), ("c", 2, 2)].map(|(model, input, output)| {
                (model, input * 1_000_000_000, output * 1_000_000_000)
            }));
        let targets = ["x", "a", "b", "c"].map(target);
        let cheapest = Market { pick: Pick::Cheapest, ..market(&none, &prices) };
        let order = |prompt_tokens, max_output| {
            let needs = Needs { prompt_tokens, max_output, ..Needs::default() };
            models(&suit(&targets, &needs, &cheapest).0)
        };
        assert_eq!(order(1000, None), "cabx");
        assert_eq!(order(0, None), "acbx");
        assert_eq!(order(1_000_000, Some(10)), "bcax");
        // A limit above what is usual is no forecast.
        assert_eq!(order(1000, Some(100_000)), order(1000, None));
        let as_configured = suit(&targets, &Needs::default(), &market(&none, &prices)).0;
        assert_eq!(models(&as_configured), "xabc");
    }

    #[test]
    fn slow_targets_come_last_and_the_one_that_holds_the_prefix_first() {
        let (none, prices) = (IndexMap::new(), prices(&[("c", 1, 1)]));
        let targets = ["a", "b", "c"].map(target);
        let seconds = |target: &Target| match target.model.as_str() {
            "a" => Some(Duration::from_secs(5)),
            "b" => Some(Duration::from_secs(1)),
            _ => None,
        };
        let plain = Market { latency: &seconds, ..market(&none, &prices) };
        let limit = Some(Duration::from_secs(3));
        let [a, c] = ["a", "c"].map(target);
        for (market, expected) in [
            (plain, "abc"),
            (Market { max_latency: limit, ..plain }, "bca"),
            (Market { max_latency: limit, pick: Pick::Cheapest, ..plain }, "cba"),
            (Market { preferred: Some(&c), ..plain }, "cab"),
            (Market { preferred: Some(&a), pick: Pick::Cheapest, ..plain }, "acb"),
            (Market { preferred: Some(&a), max_latency: limit, ..plain }, "bca"),
        ] {
            assert_eq!(models(&suit(&targets, &Needs::default(), &market).0), expected);
        }
    }
}
