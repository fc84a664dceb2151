//! How alike two answers are, by their embeddings.

use crate::{embed::Embedder, index};

/// Of a long text this much is embedded, bytes: its beginning says what it is about.
const EMBEDDED_BYTES: usize = 800;

/// Cosine of the beginnings of two answers.
pub async fn similarity(embedder: &dyn Embedder, one: &str, other: &str) -> Option<f32> {
    let texts = [one, other].map(|text| beginning(text).to_owned()).to_vec();
    let embedded = embedder.embed(texts).await.ok()?;
    let [one, other] = embedded.as_slice() else { return None };
    Some(index::dot(&one.vector, &other.vector))
}

/// As much of a text as any model of ours can embed.
pub fn beginning(text: &str) -> &str {
    let end = (0..=EMBEDDED_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}
