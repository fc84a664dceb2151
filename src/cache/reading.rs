//! What the cache gathers from a request's words alone. The same for everyone who sends it, and found out once.

use std::sync::{Arc, OnceLock};

use super::{
    care::{Freshness, Personal, care},
    key::Digest,
};
use crate::api::chat::ChatRequest;

/// A request with what follows from it, each part on first use.
#[derive(Debug)]
pub struct Reading {
    /// The request.
    pub request: Arc<ChatRequest>,
    care: OnceLock<(Freshness, Personal)>,
    digest: OnceLock<Result<Digest, serde_json::Error>>,
}

impl Reading {
    /// Of this request.
    pub fn new(request: ChatRequest) -> Self {
        Self { request: Arc::new(request), care: OnceLock::new(), digest: OnceLock::new() }
    }

    /// How the answer to its last turn ages, and whom it is for.
    pub fn care(&self) -> (Freshness, Personal) {
        *self.care.get_or_init(|| care(&self.request.last().content.text().unwrap_or_default()))
    }

    /// Its hashes. Errors where two requests could not be told apart: see [`canonical::append`](crate::api::canonical::append).
    pub fn digest(&self) -> Result<&Digest, &serde_json::Error> {
        self.digest.get_or_init(|| Digest::of(&self.request)).as_ref()
    }
}
