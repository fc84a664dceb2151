//! The words of every translator: what goes in and comes out, and what can go wrong.
//!
//! The gateway thinks in OpenAI's chat completions, with a few fields more where another format says more (see
//! `docs/protocols.md`). A format is a module with the same four parts: `request` (chat to format), `completion` (an
//! answer to a `chat.completion`), `error` (an error body to OpenAI's), and a `Reader` (events to chunks).

use serde_json::Value;

use crate::account::ServiceTier;

/// A request in the words of a format.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// The body to send.
    pub body: Value,
    /// Fields that the format has no words for and that were left out, by name (`seed`, `logit_bias`): they nudge the
    /// answer, and without them it is still one to the same request.
    pub dropped: Vec<String>,
}

/// What a format has no words for, and without which it would be another request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{field}' {problem}")]
pub struct Inexpressible {
    /// Path in the request: `n`, `messages[2].content[1]`, `tools[0]`.
    pub field: String,
    /// What the format does not know, in words that follow the field's name.
    pub problem: String,
}

impl Inexpressible {
    /// `field` cannot be said, because of `problem`.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// Whether a chat's field `name` wishes for a service, faster or cheaper, that only the vendor who knows it by that name
/// gives.
pub(super) fn is_wish_for_service(name: &str, value: &Value) -> bool {
    name == "service_tier"
        && value.as_str().is_some_and(|tier| ServiceTier::of(tier) != ServiceTier::Standard)
}

/// A success that is not what the format promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// Who an answer is from, where the format itself does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Name of the answer.
    pub id: String,
    /// When it was given, seconds of the Unix epoch.
    pub created: u64,
    /// The model that was asked for.
    pub model: String,
}

/// One step of a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// A `chat.completion.chunk`.
    Chunk(Value),
    /// The provider gives up: an error in OpenAI's shape, `{"error": {…}}`.
    Failed(Value),
    /// The answer is whole.
    Done,
}
