//! Which targets of a tier can serve a request, and in which order they are tried.

use std::fmt;

use super::{affinity::Affinity, market::Market, order::order};
use crate::{
    account::estimate_tokens,
    api::chat::ChatRequest,
    config::{ModelFacts, Target},
    provider::Inexpressible,
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
    /// Its cost must be known beforehand: a money limit applies.
    pub priced: bool,
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
            priced: false,
        }
    }
}

/// Why a target cannot serve a request.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Its price is not known, and a money limit applies.
    Unpriced,
    /// Its format has no words for a part of the request.
    Inexpressible(Inexpressible),
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
            Self::Unpriced => f.write_str("unpriced, and a money limit applies"),
            Self::Inexpressible(problem) => problem.fmt(f),
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

/// The targets of one tier for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suited {
    /// Those that can serve, in the order in which they are tried.
    pub targets: Vec<Target>,
    /// The others.
    pub skipped: Vec<Skipped>,
    /// What the conversation's prompt cache had to do with the order, for the reason of the plan.
    pub affinity: Option<String>,
}

/// The targets that can serve, in the order in which they are tried, and the others.
pub fn suit(targets: &[Target], needs: &Needs, market: &Market<'_>) -> Suited {
    let (mut kept, mut skipped) = (Vec::with_capacity(targets.len()), Vec::new());
    for target in targets {
        match unfit(needs, target, market) {
            None => kept.push(target.clone()),
            Some(unfit) => skipped.push(Skipped { target: target.clone(), unfit }),
        }
    }
    order(&mut kept, needs, market);
    let affinity = stay(&mut kept, needs, market);
    Suited { targets: kept, skipped, affinity }
}

/// Puts the target that holds the conversation first, where that is worth it.
fn stay(targets: &mut [Target], needs: &Needs, market: &Market<'_>) -> Option<String> {
    let held = market.held?;
    let place = targets.iter().position(|target| *target == held.target)?;
    if market.is_slow(&held.target) {
        return None;
    }
    let affinity = held.weigh(&targets[0], needs, market)?;
    if matches!(affinity, Affinity::Stays(_)) {
        targets[..=place].rotate_right(1);
    }
    Some(held.told(&affinity))
}

fn unfit(needs: &Needs, target: &Target, market: &Market<'_>) -> Option<Unfit> {
    let ModelFacts { context, tools, images, json_schema, weight: _ } = market.facts(target);
    let needed = needs.prompt_tokens.saturating_add(needs.max_output.unwrap_or(0));
    match context {
        _ if needs.tools && !tools => Some(Unfit::Tools),
        _ if needs.images && !images => Some(Unfit::Images),
        _ if needs.json_schema && !json_schema => Some(Unfit::JsonSchema),
        Some(context) if needed > context => Some(Unfit::Context { context, needed }),
        _ if needs.priced && market.price(target).is_none() => Some(Unfit::Unpriced),
        _ => (market.unspoken)(target).map(Unfit::Inexpressible),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use indexmap::IndexMap;

    use super::*;
    use crate::{
        account::PriceBook,
        config::{Pick, PriceOverride},
        route::{affinity::Held, market::tests::market},
    };

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
            let Suited { targets: found, skipped, .. } =
                suit(&targets, &needs, &market(&facts, &prices));
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
        assert!(suit(targets, &needs, &market(&none, &prices)).targets.is_empty());
        let facts = ModelFacts { context: Some(3_000_000), ..ModelFacts::default() };
        let own = IndexMap::from([(listed.clone(), facts)]);
        assert_eq!(suit(targets, &needs, &market(&own, &prices)).targets.len(), 1);
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
            models(&suit(&targets, &needs, &cheapest).targets)
        };
        assert_eq!(order(1000, None), "cabx");
        assert_eq!(order(0, None), "acbx");
        assert_eq!(order(1_000_000, Some(10)), "bcax");
        // A limit above what is usual is no forecast.
        assert_eq!(order(1000, Some(100_000)), order(1000, None));
        let as_configured = suit(&targets, &Needs::default(), &market(&none, &prices)).targets;
        assert_eq!(models(&as_configured), "xabc");
    }

    #[test]
    fn slow_targets_come_last() {
        let (none, prices) = (IndexMap::new(), prices(&[("c", 1, 1)]));
        let targets = ["a", "b", "c"].map(target);
        let seconds = |target: &Target| match target.model.as_str() {
            "a" => Some(Duration::from_secs(5)),
            "b" => Some(Duration::from_secs(1)),
            _ => None,
        };
        let plain = Market { latency: &seconds, ..market(&none, &prices) };
        let limit = Some(Duration::from_secs(3));
        for (market, expected) in [
            (plain, "abc"),
            (Market { max_latency: limit, ..plain }, "bca"),
            (Market { max_latency: limit, pick: Pick::Cheapest, ..plain }, "cba"),
        ] {
            assert_eq!(models(&suit(&targets, &Needs::default(), &market).targets), expected);
        }
    }

    #[test]
    fn a_conversation_stays_with_its_prompt_cache_while_that_is_cheaper() {
        let none = IndexMap::new();
        let usd = 1_000_000_000;
        let price = |input: u64, cached: u64| PriceOverride {
            input: input * usd,
            output: usd,
            cached_input: Some(cached),
        };
        let prices = PriceBook::with_overrides(&IndexMap::from([
            ("p/a".to_owned(), price(2, usd)),
            ("p/b".to_owned(), price(2, usd / 5)),
            ("p/c".to_owned(), price(10, 5 * usd)),
        ]));
        let needs = Needs { prompt_tokens: 100_000, ..Needs::default() };
        let targets = ["a", "b", "c"].map(target);
        let with = |model: &str, max_latency| {
            let held = Held { target: target(model), tokens: 100_000 };
            let slow = |target: &Target| (target.model == "b").then_some(Duration::from_secs(9));
            let market =
                Market { held: Some(&held), max_latency, latency: &slow, ..market(&none, &prices) };
            let suited = suit(&targets, &needs, &market);
            (models(&suited.targets), suited.affinity.unwrap_or_default())
        };
        let stays = "; stays with p/b, whose prompt cache saves 0.18 USD".to_owned();
        assert_eq!(with("b", None), ("bac".to_owned(), stays));
        let moves = "; leaves the prompt cache of p/c, which saves 0.30 USD".to_owned();
        assert_eq!(with("c", None), ("abc".to_owned(), moves));
        assert_eq!(with("a", None), ("abc".to_owned(), String::new()));
        assert_eq!(with("elsewhere", None), ("abc".to_owned(), String::new()));
        assert_eq!(with("b", Some(Duration::from_secs(1))), ("acb".to_owned(), String::new()));
    }

    #[test]
    fn money_limits_and_formats_leave_targets_out() {
        let (none, prices) = (IndexMap::new(), prices(&[("a", 1, 1), ("b", 1, 1)]));
        let targets = ["a", "b", "c"].map(target);
        let unspoken =
            |target: &Target| (target.model == "b").then(|| Inexpressible::new("n", "must be 1"));
        let market = Market { unspoken: &unspoken, ..market(&none, &prices) };
        let suited = suit(&targets, &Needs { priced: true, ..Needs::default() }, &market);
        let skipped: Vec<String> = suited.skipped.iter().map(Skipped::to_string).collect();
        assert_eq!(models(&suited.targets), "a");
        assert_eq!(skipped, ["p/b: 'n' must be 1", "p/c: unpriced, and a money limit applies"]);
    }
}
