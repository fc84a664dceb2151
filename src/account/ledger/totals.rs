//! Owns [`Totals`]: what requests add up to, in numbers that SQLite can hold.

use super::record::{CacheOutcome, Outcome, Record};
use crate::account::NanoUsd;

/// The largest number that the ledger holds, and where every sum stops: 9.2 billion USD, in nano-USD.
pub const LARGEST: u64 = i64::MAX.unsigned_abs();

/// What some requests add up to. No number is above [`LARGEST`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests.
    pub requests: u64,
    /// Of them: answered from the cache, by the very same request.
    pub exact_hits: u64,
    /// Of them: answered from the cache, by meaning.
    pub semantic_hits: u64,
    /// Of them: ended with an error. Those that the caller gave up are none.
    pub errors: u64,
    /// Of them: of unknown cost.
    pub unpriced: u64,
    /// Of them: with tokens that are an estimate.
    pub estimated: u64,
    /// Of them: known only as part of a total, for want of room.
    pub rolled_up: u64,
    /// Prompt tokens, those of the provider's cache included.
    pub input_tokens: u64,
    /// Of them: read from the provider's cache.
    pub cached_input_tokens: u64,
    /// Of them: written to the provider's cache.
    pub cache_write_tokens: u64,
    /// Generated tokens, reasoning included.
    pub output_tokens: u64,
    /// Of them: reasoning.
    pub reasoning_tokens: u64,
    /// Spent, as far as it is known.
    pub cost: NanoUsd,
    /// Not spent thanks to the cache.
    pub saved_by_cache: NanoUsd,
    /// Not spent thanks to lower tiers.
    pub saved_by_routing: NanoUsd,
}

/// How many numbers [`Totals::counts`] are.
pub const COUNTS: usize = 7;

/// How many numbers [`Totals::amounts`] are.
pub const AMOUNTS: usize = 8;

impl Totals {
    /// One request.
    pub fn of(record: &Record) -> Self {
        let usage = &record.usage;
        let counts = [
            true,
            record.cache == CacheOutcome::Exact,
            record.cache == CacheOutcome::Semantic,
            matches!(record.outcome, Outcome::Error(_)),
            record.spent.unpriced,
            record.estimated,
            false,
        ];
        let amounts = [
            usage.input,
            usage.cached_input,
            usage.cache_write,
            usage.output,
            usage.reasoning,
            record.spent.known.0,
            record.saved.cache.0,
            record.saved.routing.0,
        ];
        Self::new(counts.map(u64::from), amounts)
    }

    /// One request of which no more than this is known.
    pub fn rolled_up(record: &Record) -> Self {
        Self { rolled_up: 1, ..Self::of(record) }
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        let sum = |a: u64, b: u64| a.saturating_add(b);
        let (counts, amounts) = (self.counts(), self.amounts());
        let (others, more) = (other.counts(), other.amounts());
        *self = Self::new(
            std::array::from_fn(|n| sum(counts[n], others[n])),
            std::array::from_fn(|n| sum(amounts[n], more[n])),
        );
    }

    /// From the numbers that [`counts`](Self::counts) and [`amounts`](Self::amounts) give, cut to [`LARGEST`].
    pub fn new(counts: [u64; COUNTS], amounts: [u64; AMOUNTS]) -> Self {
        let [requests, exact_hits, semantic_hits, errors, unpriced, estimated, rolled_up] =
            counts.map(|count| count.min(LARGEST));
        let [input, cached, written, output, reasoning, cost, by_cache, by_routing] =
            amounts.map(|amount| amount.min(LARGEST));
        Self {
            requests,
            exact_hits,
            semantic_hits,
            errors,
            unpriced,
            estimated,
            rolled_up,
            input_tokens: input,
            cached_input_tokens: cached,
            cache_write_tokens: written,
            output_tokens: output,
            reasoning_tokens: reasoning,
            cost: NanoUsd(cost),
            saved_by_cache: NanoUsd(by_cache),
            saved_by_routing: NanoUsd(by_routing),
        }
    }

    /// Numbers of requests, in the order of the fields.
    pub fn counts(&self) -> [u64; COUNTS] {
        [
            self.requests,
            self.exact_hits,
            self.semantic_hits,
            self.errors,
            self.unpriced,
            self.estimated,
            self.rolled_up,
        ]
    }

    /// Tokens, then nano-USD, in the order of the fields.
    pub fn amounts(&self) -> [u64; AMOUNTS] {
        [
            self.input_tokens,
            self.cached_input_tokens,
            self.cache_write_tokens,
            self.output_tokens,
            self.reasoning_tokens,
            self.cost.0,
            self.saved_by_cache.0,
            self.saved_by_routing.0,
        ]
    }
}

/// As SQLite holds it.
pub fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
