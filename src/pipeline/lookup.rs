//! Looking for a stored answer: the very same request, or a question that means the same.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{Gateway, context::Context, store::Found};
use crate::{
    cache::{
        Bypass, Keys, PartitionKey,
        decide::Rejection,
        semantic::{Lookup, Query},
    },
    embed::EmbedError,
};

/// Vectors that are scanned well within a millisecond.
const SMALL_PARTITION: usize = 8_000;

impl Gateway {
    /// A fresh entry for the very same request.
    pub(super) fn exact(&self, ctx: &Context, keys: Keys) -> Option<Found> {
        let entry = self.parts.exact.get(&keys.exact)?;
        let fresh = entry.is_fresh(self.parts.clock.now(), ctx.policy.max_age);
        fresh.then_some(Found { entry, similarity: None })
    }

    /// An entry for the same request, stored while we waited, or for one that means the same.
    pub(super) async fn look_up(&self, ctx: &mut Context, keys: Keys) -> Option<Found> {
        if let Some(found) = self.exact(ctx, keys) {
            return Some(found);
        }
        self.embed_question(ctx).await;
        let (Ok(question), Some(vector)) = (&ctx.policy.question, &ctx.vector) else { return None };
        let lookup = self.by_meaning(keys.partition, question, vector, ctx.policy.max_age).await;
        if let Some((similarity, rejection)) = lookup.refused {
            if let Some(kind) = rejection.guard_kind() {
                self.parts.metrics.guard_rejection(kind);
            }
            ctx.refused = Some(match &rejection {
                Rejection::Similarity { .. } => rejection.to_string(),
                Rejection::Guard(_) => format!("{rejection}, at similarity {similarity:.3}"),
            });
        }
        lookup.hit.map(|hit| Found { entry: hit.entry, similarity: Some(hit.similarity) })
    }

    /// Looks a question up by meaning; a large partition is searched on rayon, for a tokio worker must not be held up.
    async fn by_meaning(
        &self,
        partition: PartitionKey,
        question: &str,
        vector: &Arc<[f32]>,
        max_age: Option<Duration>,
    ) -> Lookup {
        let now = self.parts.clock.now();
        let query = Query { partition, question, vector, max_age, now };
        if self.parts.semantic.vectors_in(partition) <= SMALL_PARTITION {
            return self.parts.semantic.lookup(&self.parts.exact, query);
        }
        let (sender, receiver) = oneshot::channel();
        let (semantic, exact) = (Arc::clone(&self.parts.semantic), self.parts.exact.clone());
        let (question, vector) = (question.to_owned(), Arc::clone(vector));
        rayon::spawn(move || {
            let query = Query { partition, question: &question, vector: &vector, max_age, now };
            // An error means that the caller has hung up.
            let _ = sender.send(semantic.lookup(&exact, query));
        });
        // An error means that the search panicked: a miss, not a failed request.
        receiver.await.unwrap_or_default()
    }

    /// Embeds the question that is matched; what goes wrong here costs the match, not the request.
    pub(super) async fn embed_question(&self, ctx: &mut Context) {
        let Ok(question) = ctx.policy.question.clone() else { return };
        match self.embed(question).await {
            Ok(vector) => ctx.vector = Some(vector),
            Err(reason) => ctx.policy.question = Err(reason),
        }
    }

    /// The unit vector of a text, or why there is none.
    pub(super) async fn embed(&self, text: String) -> Result<Arc<[f32]>, Bypass> {
        let embedder = self.parts.embedder.as_ref().ok_or(Bypass::NoEmbedding)?;
        let start = Instant::now();
        let result = embedder.embed(vec![text]).await;
        self.parts.metrics.embedded(start.elapsed());
        match result.map(|mut embedded| embedded.pop()) {
            Ok(Some(embedded)) => Ok(embedded.vector),
            Ok(None) => Err(Bypass::EmbeddingFailed),
            Err(EmbedError::TooLong { .. }) => Err(Bypass::TooLong),
            Err(EmbedError::QueueFull) => {
                self.parts.metrics.shed("embedding");
                Err(Bypass::EmbeddingBusy)
            }
            Err(error) => {
                tracing::warn!(%error, "embedding failed");
                Err(Bypass::EmbeddingFailed)
            }
        }
    }
}
