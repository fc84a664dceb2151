//! Embeds many texts, a batch at a time.

use std::{io, sync::Arc};

use super::runtime;
use crate::embed::{EmbedError, Embedded, Embedder, shorter};

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

    /// Names the model.
    pub fn identity(&self) -> &str {
        self.embedder.identity()
    }

    /// Unit vectors, `[dim]`, one a text, in order; `None` for a text beyond the model's window. `progress` is told how many
    /// more texts are done.
    pub fn vectors(
        &self,
        texts: &[String],
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Option<Arc<[f32]>>>, EmbedError> {
        let whole = self.embed(texts, |_| None, progress)?;
        Ok(whole.into_iter().map(|embedded| Some(embedded?.vector)).collect())
    }

    /// What the router knows of each text, in order: of one beyond the model's window it knows the beginning.
    pub fn for_routing(
        &self,
        texts: &[String],
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Option<Embedded>>, EmbedError> {
        self.embed(texts, |text| shorter(text).map(str::to_owned), progress)
    }

    /// Embeds texts; for one beyond the model's window what `shorter` makes of it, if anything.
    fn embed(
        &self,
        texts: &[String],
        shorter: impl Fn(&str) -> Option<String>,
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Option<Embedded>>, EmbedError> {
        let mut all = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            all.extend(self.batch(batch, &shorter)?);
            progress(batch.len());
        }
        Ok(all)
    }

    fn batch(
        &self,
        texts: &[String],
        shorter: &impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<Option<Embedded>>, EmbedError> {
        match (self.runtime.block_on(self.embedder.embed(texts.to_vec())), texts) {
            (Ok(all), _) => Ok(all.into_iter().map(Some).collect()),
            (Err(EmbedError::TooLong { .. }), [text]) => match shorter(text) {
                Some(text) => self.batch(&[text], shorter),
                None => Ok(vec![None]),
            },
            // Halves, so that a text that fits is not read again for every one that does not.
            (Err(EmbedError::TooLong { .. }), _) => {
                let (first, second) = texts.split_at(texts.len() / 2);
                let mut all = self.batch(first, shorter)?;
                all.extend(self.batch(second, shorter)?);
                Ok(all)
            }
            (Err(error), _) => Err(error),
        }
    }
}
