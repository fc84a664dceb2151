//! How alike two answers are, by their embeddings.

use crate::{
    embed::{Embedder, beginning},
    index,
};

/// Cosine of the beginnings of two answers.
pub async fn similarity(embedder: &dyn Embedder, one: &str, other: &str) -> Option<f32> {
    let texts = [one, other].map(|text| beginning(text).to_owned()).to_vec();
    let embedded = embedder.embed(texts).await.ok()?;
    let [one, other] = embedded.as_slice() else { return None };
    Some(index::dot(&one.vector, &other.vector))
}
