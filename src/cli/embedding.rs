//! Embeds many texts, a batch at a time.

use std::{io, sync::Arc};

use super::runtime;
use crate::embed::{EmbedError, Embedder};

/// An embedding model and the runtime that it is asked on.
pub struct Embedding {
    embedder: Arc<dyn Embedder>,
    runtime: tokio::runtime::Runtime,
}

/// Texts embedded in one call.
const BATCH: usize = 256;

impl Embedding {
    /// Embeds with this model.
    pub fn by(embedder: Arc<dyn Embedder>) -> io::Result<Self> {
        Ok(Self { embedder, runtime: runtime()? })
    }

    /// Unit vectors, `[dim]`, one a text, in order; `None` for a text beyond the model's window. `progress` is told how many
    /// more texts are done.
    pub fn vectors(
        &self,
        texts: &[String],
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Option<Arc<[f32]>>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            vectors.extend(self.batch(batch)?);
            progress(batch.len());
        }
        Ok(vectors)
    }

    fn batch(&self, texts: &[String]) -> Result<Vec<Option<Arc<[f32]>>>, EmbedError> {
        let mut kept: Vec<usize> = (0..texts.len()).collect();
        loop {
            let batch = kept.iter().map(|&index| texts[index].clone()).collect();
            match self.runtime.block_on(self.embedder.embed(batch)) {
                Ok(embedded) => {
                    let mut vectors = vec![None; texts.len()];
                    for (&index, embedded) in kept.iter().zip(embedded) {
                        vectors[index] = Some(embedded.vector);
                    }
                    return Ok(vectors);
                }
                Err(EmbedError::TooLong { index, .. }) => {
                    kept.remove(index);
                }
                Err(error) => return Err(error),
            }
        }
    }
}
