//! A finished answer becomes an entry, when it may.

use std::sync::Arc;

use bytes::Bytes;

use super::{Parts, context::Context};
use crate::{
    cache::{Clock, Entry, ExactCache, ExactKey, PartitionKey, Provenance, SemanticIndex, care},
    provider::openai::{Completion, comparable_text},
    telemetry::Metrics,
};

/// A stored answer that serves a request.
#[derive(Debug, Clone)]
pub struct Found {
    /// The answer.
    pub entry: Arc<Entry>,
    /// How well the questions match, when it was found by meaning.
    pub by_meaning: Option<Match>,
}

/// How well two questions match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Cosine similarity.
    pub similarity: f32,
    /// The judge's score, in `[0, 1]`.
    pub confidence: f64,
}

/// All that storing takes, detached from the request: a stream is stored when the request is long gone.
pub struct Storing {
    exact: ExactCache,
    semantic: Arc<SemanticIndex>,
    clock: Clock,
    metrics: Arc<Metrics>,
    max_entry_bytes: usize,
    slot: Result<Slot, &'static str>,
}

/// Where the entry goes.
struct Slot {
    key: ExactKey,
    indexed: Option<Indexed>,
    ttl: std::time::Duration,
}

struct Indexed {
    partition: PartitionKey,
    question: Arc<str>,
    vector: Arc<[f32]>,
}

impl Storing {
    /// Ready to store the answer to `ctx`.
    pub fn new(parts: &Parts, ctx: &Context) -> Self {
        let slot = match (&ctx.policy.write, ctx.keys) {
            (Err(reason), _) => Err(reason.as_str()),
            (Ok(()), None) => Err("unkeyable"),
            (Ok(()), Some(keys)) => {
                let partition = ctx.embedded.as_ref().and_then(|_| parts.partition(ctx));
                let indexed = match (&ctx.policy.question, &ctx.embedded, partition) {
                    (Ok(question), Some(embedded), Some(partition)) => Some(Indexed {
                        partition,
                        question: question.as_str().into(),
                        vector: Arc::clone(&embedded.vector),
                    }),
                    _ => None,
                };
                Ok(Slot { key: keys.exact, indexed, ttl: ctx.policy.ttl })
            }
        };
        Self {
            exact: parts.exact.clone(),
            semantic: Arc::clone(&parts.semantic),
            clock: parts.clock.clone(),
            metrics: Arc::clone(&parts.metrics),
            max_entry_bytes: parts.cache.max_entry_bytes,
            slot,
        }
    }

    /// The answer may be stored at all: a stream need not be collected otherwise.
    pub fn is_wanted(&self) -> bool {
        self.slot.is_ok()
    }

    /// The largest answer that is stored, bytes.
    pub fn max_entry_bytes(&self) -> usize {
        self.max_entry_bytes
    }

    /// Stores a whole answer, unless something speaks against it.
    pub fn store(
        &self,
        body: Bytes,
        completion: &Completion,
        provenance: Provenance,
    ) -> Option<Arc<Entry>> {
        let result = self.try_store(body, completion, provenance);
        self.metrics.stored(result.as_ref().map(|_| ()).map_err(|reason| *reason));
        result.ok()
    }

    /// Notes that there was nothing to store, and why.
    pub fn not_stored(&self, reason: &'static str) {
        self.metrics.stored(Err(self.slot.as_ref().err().copied().unwrap_or(reason)));
    }

    fn try_store(
        &self,
        body: Bytes,
        completion: &Completion,
        provenance: Provenance,
    ) -> Result<Arc<Entry>, &'static str> {
        let slot = self.slot.as_ref().map_err(|reason| *reason)?;
        if let Some(incomplete) = completion.incomplete {
            return Err(incomplete.as_str());
        }
        if body.len() > self.max_entry_bytes {
            return Err("too-large");
        }
        if comparable_text(&body).is_some_and(|text| care::declines(&text)) {
            return Err("refusal");
        }
        let entry = Arc::new(Entry {
            id: self.semantic.next_id(),
            key: slot.key,
            partition: slot.indexed.as_ref().map(|indexed| indexed.partition),
            question: slot
                .indexed
                .as_ref()
                .map_or_else(|| "".into(), |indexed| indexed.question.clone()),
            body,
            calls_tools: completion.calls_tools,
            provenance,
            stored_at: self.clock.now(),
            ttl: slot.ttl,
        });
        // First the vector: an entry that is evicted at once takes it along.
        if let Some(indexed) = &slot.indexed {
            self.semantic.insert(&entry, &indexed.vector);
        }
        self.exact.insert(Arc::clone(&entry));
        Ok(entry)
    }
}
