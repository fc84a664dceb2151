//! What one event of a stream means.

use serde_json::Value;

use super::answer::error_message;
use crate::{
    account::Usage,
    api::sse::{DONE, Event},
};

/// One event of a stream, understood.
#[derive(Debug)]
pub enum Chunk {
    /// A comment or an event without data.
    Silence,
    /// A `chat.completion.chunk`.
    Delta {
        /// The chunk.
        value: Value,
        /// It brings content, a tool call, a refusal, reasoning or a finish reason: the answer has begun.
        token: bool,
        /// Tokens billed, when it says.
        usage: Option<Usage>,
        /// It has nothing but usage, as asked for by `include_usage`.
        usage_only: bool,
    },
    /// The provider gave up, with its message.
    Error(String),
    /// `[DONE]`.
    Done,
    /// Not JSON.
    Unknown,
}

impl Chunk {
    /// Reads an event.
    pub fn parse(event: &Event) -> Self {
        let Some(data) = event.data() else { return Self::Silence };
        if data.as_ref() == DONE {
            return Self::Done;
        }
        let Ok(value) = serde_json::from_slice::<Value>(&data) else { return Self::Unknown };
        if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
            return Self::Error(error_message(error));
        }
        if event.name() == Some("error") {
            return Self::Error(error_message(&value));
        }
        let Some(choices) = value.get("choices").and_then(Value::as_array) else {
            return Self::Unknown;
        };
        let usage = value.get("usage").and_then(Usage::from_openai);
        Self::Delta {
            token: choices.iter().any(brings_something),
            usage_only: choices.is_empty() && usage.is_some(),
            usage,
            value,
        }
    }
}

fn brings_something(choice: &Value) -> bool {
    let finished = choice.get("finish_reason").is_some_and(|reason| !reason.is_null());
    let delta = choice.get("delta").and_then(Value::as_object);
    finished
        || delta.is_some_and(|delta| {
            delta.iter().any(|(name, value)| {
                name != "role"
                    && match value {
                        Value::Null => false,
                        Value::String(text) => !text.is_empty(),
                        Value::Array(items) => !items.is_empty(),
                        _ => true,
                    }
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_apart() {
        let kind = |data: &str| match Chunk::parse(&Event::with_data(data)) {
            Chunk::Delta { token: true, .. } => "token",
            Chunk::Delta { usage_only: true, .. } => "usage",
            Chunk::Delta { .. } => "prelude",
            Chunk::Error(_) => "error",
            Chunk::Done => "done",
            Chunk::Silence => "silence",
            Chunk::Unknown => "unknown",
        };
        for (data, expected) in [
            (r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, "prelude"),
            (r#"{"choices":[{"delta":{"content":"x"}}]}"#, "token"),
            (r#"{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}"#, "token"),
            (r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, "token"),
            (r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#, "usage"),
            (
                r#"{"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
                "token",
            ),
            (r#"{"choices":[],"prompt_filter_results":[]}"#, "prelude"),
            (r#"{"error":{"message":"busy"}}"#, "error"),
            ("[DONE]", "done"),
            ("<html>", "unknown"),
            ("{}", "unknown"),
        ] {
            assert_eq!(kind(data), expected, "{data}");
        }
        assert!(matches!(Chunk::parse(&Event { raw: ": ping\n\n".into() }), Chunk::Silence));
        let named = Event { raw: "event: error\ndata: {\"message\":\"overloaded\"}\n\n".into() };
        assert!(matches!(Chunk::parse(&named), Chunk::Error(message) if message == "overloaded"));
    }
}
