//! What one event of a stream means.

use serde_json::{Value, json};

use super::error;
use crate::{
    account::Reported,
    api::sse::{DONE, Event},
    provider::Piece,
};

/// One step of a stream.
#[derive(Debug)]
pub enum Chunk {
    /// A `chat.completion.chunk`.
    Delta {
        /// The chunk.
        value: Value,
        /// It brings content, a tool call, a refusal, reasoning or a finish reason: the answer has begun.
        token: bool,
        /// What it says of the tokens billed, if anything.
        reported: Option<Box<Reported>>,
        /// It has nothing but usage, as asked for by `include_usage`.
        usage_only: bool,
    },
    /// The provider gave up: an error in OpenAI's shape, `{"error": {…}}`.
    Failed(Value),
    /// The answer is whole.
    Done,
    /// Nothing that belongs into a stream.
    Unknown,
}

impl Chunk {
    /// Reads an event of the chat dialect; `None` for a comment or an event without data.
    pub fn parse(event: &Event) -> Option<Self> {
        let data = event.data()?;
        if data.as_ref() == DONE {
            return Some(Self::Done);
        }
        let text = std::str::from_utf8(&data).ok();
        let Some(value) = text.and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
            return Some(Self::Unknown);
        };
        if let Some(error) = error(&value) {
            return Some(Self::Failed(error));
        }
        if event.name() == Some("error") {
            return Some(Self::Failed(json!({ "error": value })));
        }
        Some(match value.get("choices").and_then(Value::as_array) {
            Some(_) => Self::delta(value),
            None => Self::Unknown,
        })
    }

    /// A `chat.completion.chunk`.
    fn delta(value: Value) -> Self {
        let choices = value.get("choices").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let reported = REPORTING.iter().any(|name| value.get(name).is_some_and(|it| !it.is_null()));
        let reported = reported.then(|| Reported::of(&value));
        let has_usage = reported.as_ref().is_some_and(|reported| reported.usage().is_some());
        Self::Delta {
            token: choices.iter().any(brings_something),
            usage_only: choices.is_empty() && has_usage,
            reported: reported.map(Box::new),
            value,
        }
    }
}

impl From<Piece> for Chunk {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Chunk(value) => Self::delta(value),
            Piece::Failed(error) => Self::Failed(error),
            Piece::Done => Self::Done,
        }
    }
}

/// Fields of a chunk that tell what is billed.
const REPORTING: [&str; 3] = ["usage", "x_groq", "service_tier"];

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
    use crate::provider::openai::error_message;

    #[test]
    fn events_are_told_apart() {
        let kind = |data: &str| match Chunk::parse(&Event::with_data(data)) {
            Some(Chunk::Delta { token: true, .. }) => "token",
            Some(Chunk::Delta { usage_only: true, .. }) => "usage",
            Some(Chunk::Delta { .. }) => "prelude",
            Some(Chunk::Failed(_)) => "error",
            Some(Chunk::Done) => "done",
            None => "silence",
            Some(Chunk::Unknown) => "unknown",
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
        assert!(Chunk::parse(&Event { raw: ": ping\n\n".into() }).is_none());
        let named = Event { raw: "event: error\ndata: {\"message\":\"overloaded\"}\n\n".into() };
        assert!(matches!(
            Chunk::parse(&named),
            Some(Chunk::Failed(error)) if error_message(&error) == "overloaded"
        ));
    }
}
