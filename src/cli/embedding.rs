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
        let mut kept: Vec<(usize, String)> = texts.iter().cloned().enumerate().collect();
        loop {
            let batch = kept.iter().map(|(_, text)| text.clone()).collect();
            match self.runtime.block_on(self.embedder.embed(batch)) {
                Ok(embedded) => {
                    let mut all = vec![None; texts.len()];
                    for ((place, _), embedded) in kept.into_iter().zip(embedded) {
                        all[place] = Some(embedded);
                    }
                    return Ok(all);
                }
                Err(EmbedError::TooLong { index, .. }) => match shorter(&kept[index].1) {
                    Some(text) => kept[index].1 = text,
                    None => drop(kept.remove(index)),
                },
                Err(error) => return Err(error),
            }
        }
    }
}
