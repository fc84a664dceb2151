//! The embedder that runs in this process.
//!
//! Memo → tokenizer → queue → model thread. Knows nothing about who asks and why.

use std::sync::Arc;

use moka::sync::Cache;
use rayon::prelude::*;
use tokio::sync::oneshot;

use crate::config;

use super::{
    EmbedError, EmbedFuture, Embedded, Embedder, device,
    error::LoadError,
    model::{About, Model, Vectors},
    queue::{Job, Queue},
    source,
    tokenise::{Tokenizer, TooLong},
    worker::Worker,
};

/// Texts whose vectors are kept for when they come again: 31 MB at 384 dimensions.
const MEMO_TEXTS: u64 = 10_000;

/// Up to this size the texts of a call are tokenised by the caller, which takes well under a millisecond and saves two
/// hand-overs; larger ones go to the rayon pool, where many texts also use all cores.
const INLINE_BYTES: usize = 2048;

/// The embedding model of this process, on a thread of its own. Dropping it stops and joins the thread.
pub struct LocalEmbedder {
    about: About,
    tokenizer: Tokenizer,
    queue: Arc<Queue>,
    memo: Cache<blake3::Hash, Embedded>,
    is_shipped: bool,
    _worker: Worker,
}

/// A text's place in its call, and its token ids.
type Tokenised = (usize, Vec<u32>);

impl LocalEmbedder {
    /// Finds and loads the configured model and starts its thread. Blocks for as long as that takes, and for a download
    /// where the configuration asks for one.
    pub fn start(embedding: &config::Embedding) -> Result<Self, LoadError> {
        let located = source::locate(&embedding.model)?;
        let backend = device::open(embedding.device, embedding.precision)?;
        let Model { about, tokenizer, encoder } = Model::load(&located, &backend)?;
        let queue = Arc::new(Queue::new(embedding.queue));
        let worker = Worker::start(encoder, Arc::clone(&queue), embedding.batch_tokens)?;
        tracing::info!(model = %about.identity, ?backend, "embedding model loaded");
        let memo = Cache::new(MEMO_TEXTS);
        let is_shipped = embedding.model == config::ModelSource::Builtin;
        Ok(Self { about, tokenizer, queue, memo, is_shipped, _worker: worker })
    }

    /// The model's name, without organisation or path.
    pub fn name(&self) -> &str {
        &self.about.name
    }

    /// Whether it is the model in this binary.
    pub fn is_shipped(&self) -> bool {
        self.is_shipped
    }

    async fn embed_all(&self, texts: Vec<String>) -> Result<Vec<Embedded>, EmbedError> {
        let keys: Vec<blake3::Hash> =
            texts.iter().map(|text| blake3::hash(text.as_bytes())).collect();
        let mut found: Vec<Option<Embedded>> = keys.iter().map(|key| self.memo.get(key)).collect();
        let unknown: Vec<(usize, String)> =
            texts.into_iter().enumerate().filter(|(index, _)| found[*index].is_none()).collect();
        let mut tokenised = self.tokenise(unknown).await?.into_iter().peekable();
        // A call larger than the queue goes through it in parts, and leaves room for others.
        let part = self.queue.capacity().div_ceil(4);
        while tokenised.peek().is_some() {
            for (index, embedded) in self.compute(tokenised.by_ref().take(part)).await? {
                self.memo.insert(keys[index], embedded.clone());
                found[index] = Some(embedded);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    async fn tokenise(&self, texts: Vec<(usize, String)>) -> Result<Vec<Tokenised>, EmbedError> {
        let tokenizer = self.tokenizer.clone();
        if texts.iter().map(|(_, text)| text.len()).sum::<usize>() <= INLINE_BYTES {
            return texts.into_iter().map(|text| tokenise(&tokenizer, text)).collect();
        }
        let (reply, tokenised) = oneshot::channel();
        rayon::spawn(move || {
            let all = texts.into_par_iter().map(|text| match reply.is_closed() {
                true => Err(EmbedError::Stopped),
                false => tokenise(&tokenizer, text),
            });
            let all = all.collect();
            let _ = reply.send(all);
        });
        tokenised.await.map_err(|_| EmbedError::Stopped)?
    }

    async fn compute(
        &self,
        texts: impl Iterator<Item = Tokenised>,
    ) -> Result<Vec<(usize, Embedded)>, EmbedError> {
        let mut jobs = Vec::new();
        let mut waiting = Vec::new();
        for (index, ids) in texts {
            let (reply, vectors) = oneshot::channel();
            waiting.push((index, ids.len(), vectors));
            jobs.push(Job { ids, reply });
        }
        self.queue.push(jobs)?;
        let mut done = Vec::with_capacity(waiting.len());
        for (index, tokens, vectors) in waiting {
            let Vectors { meaning, task } = vectors.await.map_err(|_| EmbedError::Stopped)??;
            done.push((index, Embedded { vector: meaning, task, tokens }));
        }
        Ok(done)
    }
}

fn tokenise(
    tokenizer: &Tokenizer,
    (index, text): (usize, String),
) -> Result<Tokenised, EmbedError> {
    match tokenizer.encode(&text) {
        Ok(Ok(ids)) => Ok((index, ids)),
        Ok(Err(TooLong { tokens })) => {
            Err(EmbedError::TooLong { index, tokens, max: tokenizer.max_tokens() })
        }
        Err(problem) => Err(EmbedError::Model(problem)),
    }
}

impl Embedder for LocalEmbedder {
    fn identity(&self) -> &str {
        &self.about.identity
    }

    fn dim(&self) -> usize {
        self.about.dim
    }

    fn max_tokens(&self) -> usize {
        self.about.max_tokens
    }

    fn embed(&self, texts: Vec<String>) -> EmbedFuture<'_> {
        Box::pin(self.embed_all(texts))
    }
}

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
