//! What callers may spend: money is set aside before a request goes upstream, and what was not needed goes back.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use super::{Error, Gateway, context::Context};
use crate::{
    account::{NanoUsd, PriceBook, Usage, cost},
    auth::Principal,
    config::{CallerKey, Target},
    limit::{Held, Purse},
    route::Needs,
};

/// The purses of callers with a budget, with their names, by the hash of their key.
pub struct Spending {
    purses: HashMap<[u8; 32], (String, Purse)>,
    /// Models without a known price may be asked all the same.
    allows_unpriced: bool,
}

/// Why a caller gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpendingError {
    /// What the request may cost is not left today.
    #[error(
        "the key's budget of {cap} USD a day does not allow for this request: {spent} USD are spent today, and it may cost up \
         to {needed} USD; a lower limit of output tokens would need less"
    )]
    Exceeded {
        /// What a day may cost.
        cap: NanoUsd,
        /// What was spent today.
        spent: NanoUsd,
        /// What would have been set aside.
        needed: NanoUsd,
        /// Until there is new money.
        refilled_in: Duration,
    },
    /// Nobody knows what it costs.
    #[error(
        "the price of this model is not known, and the key has a budget; set it under 'prices', or allow it with \
         'spending.unpriced: allow'"
    )]
    Unpriced,
}

/// Tokens of an answer for which money is set aside where the caller sets no limit.
pub const LONGEST_ANSWER: u64 = 4096;

impl Spending {
    /// The budgets of `keys`.
    pub fn new(keys: &[CallerKey], allows_unpriced: bool) -> Self {
        let purse = |key: &CallerKey| {
            Some((key.hash, (key.name.clone(), Purse::new(NanoUsd(key.budget?)))))
        };
        Self { purses: keys.iter().filter_map(purse).collect(), allows_unpriced }
    }

    /// Whether what `principal` asks must have a known price.
    pub fn wants_price(&self, principal: &Principal) -> bool {
        principal.is_limited && !self.allows_unpriced
    }

    /// Goes on from what a key had spent on `day`, in days of the Unix epoch.
    pub fn restore(&self, key: &[u8; 32], day: u64, spent: u64) {
        if let Some((_, purse)) = self.purses.get(key) {
            purse.restore((day, spent));
        }
    }

    /// What each key with a budget has spent today, and what a day may cost, by the key's name.
    pub fn spent(&self, now: f64) -> BTreeMap<&str, (NanoUsd, NanoUsd)> {
        self.purses.values().map(|(name, purse)| (name.as_str(), purse.spent(now))).collect()
    }

    /// Sets aside what a request to the dearest of `targets` may cost; `None` where the caller has no budget.
    fn hold(
        &self,
        principal: &Principal,
        most: Option<NanoUsd>,
        now: f64,
    ) -> Result<Option<Held>, SpendingError> {
        let Some((_, purse)) = self.purses.get(&principal.id) else { return Ok(None) };
        let needed = most.ok_or(SpendingError::Unpriced)?;
        purse.hold(needed, now).map(Some).ok_or_else(|| {
            let (spent, cap) = purse.spent(now);
            let refilled_in = Duration::from_secs_f64(Purse::refilled_in(now));
            SpendingError::Exceeded { cap, spent, needed, refilled_in }
        })
    }
}

/// The same of those whose price is known, where the others may be asked all the same.
fn dearest_known(prices: &PriceBook, targets: &[Target], input: u64, output: u64) -> NanoUsd {
    let price = |target| dearest(prices, std::slice::from_ref(target), input, output);
    targets.iter().filter_map(price).max().unwrap_or_default()
}

/// What the dearest of some targets takes for so many tokens; `None` when the price of one is not known.
pub fn dearest(prices: &PriceBook, targets: &[Target], input: u64, output: u64) -> Option<NanoUsd> {
    let usage = Usage { input, output, ..Usage::default() };
    targets.iter().try_fold(NanoUsd::ZERO, |most, target| {
        let price = prices.price(&target.provider, &target.model)?;
        Some(most.max(cost(&usage, price)))
    })
}

impl Gateway {
    /// Sets money aside for a request that one of `targets` answers, so many `times` at most.
    pub(super) fn set_aside(
        &self,
        ctx: &Context,
        targets: &[Target],
        times: u64,
    ) -> Result<Option<Held>, Error> {
        if !ctx.principal.is_limited {
            return Ok(None);
        }
        let needs = Needs::of(&ctx.request);
        let output = ctx.request.highest_limit().unwrap_or(LONGEST_ANSWER);
        let output = output.saturating_mul(ctx.request.n);
        let most = self.at_most(targets, needs.prompt_tokens, output);
        let most = most.map(|most| NanoUsd(most.0.saturating_mul(times)));
        Ok(self.spending.hold(&ctx.principal, most, self.parts.clock.unix())?)
    }

    /// The same for embeddings of about so many tokens.
    pub(super) fn set_aside_for_input(
        &self,
        principal: &Principal,
        target: &Target,
        tokens: u64,
    ) -> Result<Option<Held>, Error> {
        if !principal.is_limited {
            return Ok(None);
        }
        let most = self.at_most(std::slice::from_ref(target), tokens, 0);
        Ok(self.spending.hold(principal, most, self.parts.clock.unix())?)
    }

    /// What one of `targets` may cost; `None` where a price is not known that must be.
    fn at_most(&self, targets: &[Target], input: u64, output: u64) -> Option<NanoUsd> {
        let prices = &self.parts.prices;
        match self.spending.allows_unpriced {
            true => Some(dearest_known(prices, targets, input, output)),
            false => dearest(prices, targets, input, output),
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::config::PriceOverride;

    fn principal(id: u8) -> Principal {
        Principal { name: None, id: [id; 32], policy: None, is_limited: true }
    }

    fn spending(allows_unpriced: bool) -> Spending {
        let key = CallerKey { name: "a".into(), hash: [1; 32], policy: None, budget: Some(100) };
        Spending::new(&[key], allows_unpriced)
    }

    #[test]
    fn no_more_is_spent_than_the_budget_allows() {
        let spending = spending(false);
        let held = spending.hold(&principal(1), Some(NanoUsd(60)), 10.0).unwrap().unwrap();
        let error = spending.hold(&principal(1), Some(NanoUsd(50)), 10.0).unwrap_err();
        assert!(matches!(error, SpendingError::Exceeded { needed: NanoUsd(50), .. }), "{error}");
        held.spend(NanoUsd(10));
        drop(held);
        assert!(spending.hold(&principal(1), Some(NanoUsd(90)), 11.0).unwrap().is_some());
        assert!(spending.hold(&principal(2), Some(NanoUsd(900)), 10.0).unwrap().is_none());
        spending.restore(&[1; 32], 0, 95);
        assert!(spending.hold(&principal(1), Some(NanoUsd(6)), 12.0).is_err());
        let spent = BTreeMap::from([("a", (NanoUsd(95), NanoUsd(100)))]);
        assert_eq!(spending.spent(12.0), spent);
    }

    #[test]
    fn the_dearest_price_that_is_known_counts() {
        let price = |usd| PriceOverride { input: usd, output: usd, cached_input: None };
        let prices = PriceBook::with_overrides(&IndexMap::from([
            ("p/cheap".to_owned(), price(1_000_000)),
            ("p/dear".to_owned(), price(5_000_000)),
        ]));
        let target = |model: &str| Target { provider: "p".into(), model: model.into() };
        let targets = ["cheap", "unheard-of", "dear"].map(target);
        assert_eq!(dearest(&prices, &targets, 10, 10), None);
        assert_eq!(dearest_known(&prices, &targets, 10, 10), NanoUsd(100));
        assert_eq!(dearest_known(&prices, &targets[1..2], 10, 10), NanoUsd::ZERO);
    }

    #[test]
    fn what_has_no_price_is_refused_unless_allowed() {
        let now = 10.0;
        assert_eq!(
            spending(false).hold(&principal(1), None, now).unwrap_err(),
            SpendingError::Unpriced
        );
        assert!(!spending(true).wants_price(&principal(1)));
        assert!(spending(false).wants_price(&principal(1)));
    }
}
