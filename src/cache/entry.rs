//! One stored answer, and where it came from.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{ExactKey, PartitionKey};
use crate::{
    account::{NanoUsd, Usage},
    config::Tier,
};

/// Who answered, and for how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// `provider/model`.
    pub target: Arc<str>,
    /// The tier that was chosen, for `model: auto`.
    pub tier: Option<Tier>,
    /// What it used.
    pub usage: Option<Usage>,
    /// What the answer cost, and all that was spent to get it; `None` when that is not known.
    pub cost: Option<NanoUsd>,
}

/// A complete, successful answer, as the `chat.completion` object that serves streaming callers too.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Tells this entry from a later one under the same key; the id of its vector.
    pub id: u64,
    /// The request that it answers.
    pub key: ExactKey,
    /// Where its question is indexed, when it is.
    pub partition: Option<PartitionKey>,
    /// The question, for the guard; empty when it is not matched by meaning.
    pub question: Arc<str>,
    /// The `chat.completion` object.
    pub body: Bytes,
    /// It calls tools, so it must not be replayed for other words.
    pub calls_tools: bool,
    /// Where it came from.
    pub provenance: Provenance,
    /// When it was stored, on the cache's clock.
    pub stored_at: Duration,
    /// How long it may be served; hits do not prolong it.
    pub ttl: Duration,
}

impl Entry {
    /// Time since it was stored.
    pub fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.stored_at)
    }

    /// Whether it may be served to a caller who accepts answers up to `max_age` old.
    pub fn is_fresh(&self, now: Duration, max_age: Option<Duration>) -> bool {
        let age = self.age(now);
        age < self.ttl && max_age.is_none_or(|max_age| age <= max_age)
    }

    /// What it takes in memory, about: key, answer, question, vector of `dim` numbers and bookkeeping.
    pub fn size(&self, dim: usize) -> u64 {
        let vector = if self.partition.is_some() {
            crate::index::bytes_of_vector(dim) + KEY_OVERHEAD_BYTES
        } else {
            0
        };
        (self.body.len() + self.question.len() + vector + ENTRY_OVERHEAD_BYTES) as u64
    }
}

/// Maps, counters and pointers around an entry.
const ENTRY_OVERHEAD_BYTES: usize = 512;
/// The way from a vector back to its entry.
const KEY_OVERHEAD_BYTES: usize = 64;
