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

/// Whether a chat's field `name` asks for nothing, or for what is anyway: it is not missed where it is left out.
pub(super) fn asks_for_nothing(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(wish) => *wish == (name == "parallel_tool_calls"),
        Value::Number(number) => name != "seed" && number.as_f64() == Some(0.0),
        Value::String(text) => name == "truncation" && text == "disabled",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changes_the_answer_is_asked_for() {
        for (name, value, expected) in [
            ("presence_penalty", json!(0), true),
            ("frequency_penalty", json!(0.0), true),
            ("presence_penalty", json!(0.5), false),
            ("logit_bias", json!({}), true),
            ("functions", json!([]), true),
            ("functions", json!([{}]), false),
            ("background", json!(false), true),
            ("parallel_tool_calls", json!(true), true),
            ("parallel_tool_calls", json!(false), false),
            ("truncation", json!("disabled"), true),
            ("truncation", json!("auto"), false),
            ("verbosity", json!("disabled"), false),
            ("seed", json!(0), false),
            ("seed", json!(null), true),
        ] {
            assert_eq!(asks_for_nothing(name, &value), expected, "{name}: {value}");
        }
    }
}
