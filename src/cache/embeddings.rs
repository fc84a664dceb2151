//! Vectors of texts that were embedded before, each found by itself: a batch asks only for what is new.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderMap;
use moka::sync::Cache;

use super::{
    ScopeId,
    exact::{Mortal, OwnTtl},
    key::{append_fields, append_headers},
};
use crate::api::{canonical, embeddings::EmbeddingsRequest};

/// The vector of one text as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedding {
    /// JSON: a list of numbers, or base64.
    pub raw: Bytes,
    /// Tokens of the text; of a batch its share by length.
    pub tokens: u64,
    /// When it was stored, on the cache's clock.
    pub stored_at: Duration,
    /// How long it may be served.
    pub ttl: Duration,
}

/// Finds the vector of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EmbeddingKey([u8; 32]);

/// Fields that change how the answer is filed, not what it says, and those that the key has otherwise.
const OTHER_FIELDS: &[&str] = &["input", "model", "user"];

/// The keys of a request's texts, in order. Errors where two texts could not be told apart: see [`canonical::append`].
pub fn keys(
    scope: ScopeId,
    target: &str,
    headers: &HeaderMap,
    request: &EmbeddingsRequest,
) -> Result<Vec<EmbeddingKey>, serde_json::Error> {
    let mut shared = Vec::with_capacity(256);
    canonical::append_str(&mut shared, target);
    append_headers(&mut shared, headers);
    append_fields(&mut shared, &request.fields, OTHER_FIELDS)?;
    let key = |text: &Arc<str>| {
        let mut own = Vec::with_capacity(text.len() + 16);
        canonical::append(&mut own, text)?;
        let mut hasher = blake3::Hasher::new_derive_key("scrimp 2026 embedding key");
        hasher.update(&scope.0).update(&(shared.len() as u64).to_le_bytes());
        hasher.update(&shared).update(&own);
        Ok(EmbeddingKey(*hasher.finalize().as_bytes()))
    };
    request.texts.iter().map(key).collect()
}

/// Vectors by key, bounded by bytes.
#[derive(Clone)]
pub struct EmbeddingCache(Cache<EmbeddingKey, Arc<Embedding>>);

/// Maps and pointers around a vector.
const OVERHEAD_BYTES: usize = 192;

impl EmbeddingCache {
    /// A cache of at most so many bytes.
    pub fn new(max_bytes: u64) -> Self {
        let size = |_: &EmbeddingKey, embedding: &Arc<Embedding>| {
            u32::try_from(embedding.raw.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX)
        };
        let cache =
            Cache::builder().max_capacity(max_bytes).weigher(size).expire_after(OwnTtl).build();
        Self(cache)
    }

    /// The vector under `key` for a caller who accepts answers up to `max_age` old.
    pub fn get(
        &self,
        key: &EmbeddingKey,
        now: Duration,
        max_age: Option<Duration>,
    ) -> Option<Arc<Embedding>> {
        let found = self.0.get(key)?;
        let age = now.saturating_sub(found.stored_at);
        (age < found.ttl && max_age.is_none_or(|most| age <= most)).then_some(found)
    }

    /// Stores a vector.
    pub fn insert(&self, key: EmbeddingKey, embedding: Embedding) {
        self.0.insert(key, Arc::new(embedding));
    }
}

impl Mortal for Embedding {
    fn ttl(&self) -> Duration {
        self.ttl
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn keys_of(scope: u8, target: &str, body: &Value) -> Vec<EmbeddingKey> {
        let request = EmbeddingsRequest::parse(body.to_string().into()).unwrap();
        keys(ScopeId([scope; 32]), target, &HeaderMap::new(), &request).unwrap()
    }

    #[test]
    fn each_text_has_its_own_key_wherever_it_stands() {
        let batch =
            keys_of(1, "p/m", &json!({"model": "m", "input": ["a", "b", "a"], "user": "u"}));
        let single = keys_of(1, "p/m", &json!({"input": "b", "model": "other name"}));
        assert_eq!(batch[0], batch[2]);
        assert_eq!(single, [batch[1]]);
        for other in [
            keys_of(2, "p/m", &json!({"model": "m", "input": "b"})),
            keys_of(1, "p/n", &json!({"model": "m", "input": "b"})),
            keys_of(1, "p/m", &json!({"model": "m", "input": "b", "dimensions": 8})),
            keys_of(1, "p/m", &json!({"model": "m", "input": "b", "encoding_format": "base64"})),
            keys_of(1, "p/m", &json!({"model": "m", "input": [[1, 2]]})),
        ] {
            assert_ne!(other, [batch[1]]);
        }
        let tokens = |input: Value| keys_of(1, "p/m", &json!({"model": "m", "input": input}));
        assert_eq!(tokens(json!([1, 2])), tokens(json!([[1, 2]])));
    }

    #[test]
    fn vectors_live_as_long_as_they_may() {
        let cache = EmbeddingCache::new(1 << 20);
        let key = keys_of(1, "p/m", &json!({"model": "m", "input": "a"}))[0];
        let at = Duration::from_secs;
        let embedding = Embedding { raw: "[1]".into(), tokens: 1, stored_at: at(10), ttl: at(100) };
        cache.insert(key, embedding);
        assert!(cache.get(&key, at(109), None).is_some());
        assert!(cache.get(&key, at(110), None).is_none());
        assert!(cache.get(&key, at(30), Some(at(20))).is_some());
        assert!(cache.get(&key, at(31), Some(at(20))).is_none());
    }
}
