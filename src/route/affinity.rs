//! A conversation stays where its prompt cache is, unless another target is cheaper even so.
//!
//! A cached token costs about a tenth of a fresh one. Who answers the next turn elsewhere pays the whole conversation again.

use super::{
    market::{Expected, Market},
    suit::Needs,
};
use crate::{account::NanoUsd, config::Target};

/// The target that holds the beginning of a conversation in its prompt cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The target.
    pub target: Target,
    /// Tokens of it, as the provider counted them.
    pub tokens: u64,
}

/// What becomes of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Affinity {
    /// It stays, which is cheaper by so much.
    Stays(NanoUsd),
    /// It moves, which is cheaper by so much even so.
    Moves(NanoUsd),
}

impl Held {
    /// Whether the conversation stays, where `other` would answer otherwise; `None` where that is the same target, or a price
    /// is not known.
    pub fn weigh(&self, other: &Target, needs: &Needs, market: &Market<'_>) -> Option<Affinity> {
        if self.target == *other {
            return None;
        }
        let stays = market.cost_with(&self.target, needs, self.tokens);
        match (stays, market.cost(other, needs)) {
            (Expected::Known(stays), Expected::Known(moves)) if stays <= moves => {
                Some(Affinity::Stays(moves.saturating_sub(stays)))
            }
            (Expected::Known(stays), Expected::Known(moves)) => {
                Some(Affinity::Moves(stays.saturating_sub(moves)))
            }
            _ => None,
        }
    }

    /// What became of it, for the reason of the plan.
    pub fn told(&self, affinity: &Affinity) -> String {
        let held = &self.target;
        match affinity {
            Affinity::Stays(saves) => {
                format!("; stays with {held}, whose prompt cache saves {saves} USD")
            }
            Affinity::Moves(saves) => {
                format!("; leaves the prompt cache of {held}, which saves {saves} USD")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::{account::PriceBook, config::PriceOverride, route::market::tests::market};

    fn target(model: &str) -> Target {
        Target { provider: "p".into(), model: model.into() }
    }

    #[test]
    fn a_conversation_stays_while_that_is_cheaper() {
        let usd = 1_000_000_000;
        let price = |input, output, cached| PriceOverride {
            input: input * usd,
            output: output * usd,
            cached_input: Some(cached),
        };
        let prices = PriceBook::with_overrides(&IndexMap::from([
            ("p/frontier".to_owned(), price(2, 10, usd / 5)),
            ("p/cheap".to_owned(), price(1, 2, usd / 10)),
        ]));
        let none = IndexMap::new();
        let market = market(&none, &prices);
        let weigh = |held: u64, prompt_tokens, other: &str| {
            let held = Held { target: target("frontier"), tokens: held };
            let needs = Needs { prompt_tokens, ..Needs::default() };
            held.weigh(&target(other), &needs, &market)
        };
        // 100k tokens: 20 + 5 mUSD against 100 + 1 mUSD.
        assert_eq!(weigh(100_000, 100_000, "cheap"), Some(Affinity::Stays(NanoUsd(76_000_000))));
        // 1k tokens: 0.2 + 5 mUSD against 1 + 1 mUSD.
        assert_eq!(weigh(1000, 1000, "cheap"), Some(Affinity::Moves(NanoUsd(3_200_000))));
        // Most of the prompt is new.
        assert!(matches!(weigh(1000, 100_000, "cheap"), Some(Affinity::Moves(_))));
        assert_eq!(weigh(1000, 1000, "frontier"), None);
        assert_eq!(weigh(1000, 1000, "unpriced"), None);
    }
}
