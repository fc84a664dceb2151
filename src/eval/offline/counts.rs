//! What a replay came to: counts that add up, and the shares that follow from them.

use serde::Serialize;

use super::{simulate::Served, stream::Stream};
use crate::{account::estimate_tokens, eval::interval::Share};

/// Counts over some requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests.
    pub requests: u64,
    /// Answered by the very same request.
    pub exact: u64,
    /// Answered by meaning.
    pub semantic: u64,
    /// Of these, those of which it is known whether they were right.
    pub judged: u64,
    /// Of these, those that were not.
    pub wrong: u64,
    /// Requests whose cost is known.
    pub priced: u64,
    /// What they cost without a cache, nano-USD.
    pub cost_nano_usd: u64,
    /// What was not spent thanks to hits, nano-USD.
    pub saved_nano_usd: u64,
    /// Tokens that were embedded, estimated from their bytes.
    pub embedded_tokens: u64,
}

/// The shares that counts come to, each with its 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measures {
    /// Requests.
    pub requests: u64,
    /// Of all requests: answered from the cache.
    pub hit_rate: Share,
    /// Of all requests: answered by the very same request.
    pub exact_hit_rate: Share,
    /// Of all requests: answered by meaning.
    pub semantic_hit_rate: Share,
    /// Of the answers by meaning that can be judged: wrong.
    pub wrong_hit_rate: Share,
    /// Of all requests: answered wrongly from the cache.
    pub unsafe_served_rate: Share,
    /// Answers by meaning that cannot be judged.
    pub unjudged_hits: u64,
    /// Money; `None` where no request's cost is known.
    pub money: Option<Money>,
}

/// Money in US dollars, over the requests whose cost is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Money {
    /// What they cost without a cache.
    pub spent_usd: f64,
    /// What the cache would have saved.
    pub saved_usd: f64,
    /// What embedding would have cost.
    pub embedding_usd: f64,
    /// `saved_usd - embedding_usd`.
    pub net_saved_usd: f64,
    /// Requests whose cost is not known.
    pub unpriced: u64,
}

/// Nano-USD in a US dollar.
const NANO_USD: f64 = 1e9;

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        let Self {
            requests,
            exact,
            semantic,
            judged,
            wrong,
            priced,
            cost_nano_usd,
            saved_nano_usd,
            embedded_tokens,
        } = other;
        self.requests += requests;
        self.exact += exact;
        self.semantic += semantic;
        self.judged += judged;
        self.wrong += wrong;
        self.priced += priced;
        self.cost_nano_usd += cost_nano_usd;
        self.saved_nano_usd += saved_nano_usd;
        self.embedded_tokens += embedded_tokens;
    }
}

impl Counts {
    /// Counts request `index` of the stream.
    pub(super) fn add(&mut self, stream: &Stream<'_>, index: usize, served: Served) {
        let record = &stream.records[index];
        self.requests += 1;
        match served {
            Served::Miss => {}
            Served::Exact => self.exact += 1,
            Served::Semantic { by, .. } => {
                self.semantic += 1;
                let right = stream.truth.is_right(index as u32, by);
                self.judged += u64::from(right.is_some());
                self.wrong += u64::from(right == Some(false));
            }
        }
        if let Some(cost) = record.cost_nano_usd {
            self.priced += 1;
            self.cost_nano_usd += cost;
            self.saved_nano_usd += if served == Served::Miss { 0 } else { cost };
        }
        if served != Served::Exact && record.exact_only.is_none() {
            self.embedded_tokens += estimate_tokens(record.question.len());
        }
    }

    /// The shares; `embedding_price` is in nano-USD per million tokens.
    pub fn measures(&self, embedding_price: u64) -> Measures {
        let of_requests = |count: u64| Share::new(count, self.requests);
        Measures {
            requests: self.requests,
            hit_rate: of_requests(self.exact + self.semantic),
            exact_hit_rate: of_requests(self.exact),
            semantic_hit_rate: of_requests(self.semantic),
            wrong_hit_rate: Share::new(self.wrong, self.judged),
            unsafe_served_rate: of_requests(self.wrong),
            unjudged_hits: self.semantic - self.judged,
            money: (self.priced > 0).then(|| self.money(embedding_price)),
        }
    }

    fn money(&self, embedding_price: u64) -> Money {
        let saved_usd = self.saved_nano_usd as f64 / NANO_USD;
        let embedding = self.embedded_tokens as f64 * embedding_price as f64 / 1e6;
        let embedding_usd = embedding / NANO_USD;
        Money {
            spent_usd: self.cost_nano_usd as f64 / NANO_USD,
            saved_usd,
            embedding_usd,
            net_saved_usd: saved_usd - embedding_usd,
            unpriced: self.requests - self.priced,
        }
    }

    /// Wrong ones of the answers by meaning that can be judged; `None` when none can.
    pub fn wrong_share(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.wrong as f64 / self.judged as f64)
    }
}
