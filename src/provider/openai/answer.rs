//! What a whole response body means.

use serde::Deserialize;
use serde_json::{Value, json};

use super::error_message;
use crate::account::Usage;

/// What a body in the chat dialect means.
#[derive(Debug)]
pub enum Meaning {
    /// A chat completion.
    Completion(Completion),
    /// An error in a successful response.
    Error(String),
    /// Nothing that we know.
    Unknown,
}

/// What we need to know of a completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Tokens billed, when the provider says.
    pub usage: Option<Usage>,
    /// Why this answer must not be stored, if so.
    pub incomplete: Option<Incomplete>,
    /// It calls tools: never replayed for a question in other words.
    pub calls_tools: bool,
}

/// Why an answer must not be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// Cut at a length limit.
    Truncated,
    /// Stopped by a content filter.
    Filtered,
    /// The model refused.
    Refused,
    /// No choice, nothing said, no finish reason, or one that we do not know.
    Unfinished,
}

impl Incomplete {
    /// As in headers and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Filtered => "filtered",
            Self::Refused => "refused",
            Self::Unfinished => "unfinished",
        }
    }
}

impl Meaning {
    /// That of `body`, of a successful response.
    pub fn of(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct View {
            error: Option<Value>,
            choices: Option<Vec<Choice>>,
            usage: Option<Value>,
            service_tier: Option<Value>,
            x_groq: Option<Value>,
        }
        let Ok(view) = serde_json::from_slice::<View>(body) else { return Self::Unknown };
        match view {
            View { error: Some(error), .. } => {
                Self::Error(error_message(&json!({ "error": error })))
            }
            View { choices: Some(choices), usage, service_tier, x_groq, .. } => {
                let billed =
                    json!({"usage": usage, "service_tier": service_tier, "x_groq": x_groq});
                Self::Completion(Completion {
                    usage: Usage::of(&billed),
                    incomplete: incomplete(&choices),
                    calls_tools: choices.iter().any(Choice::calls_tools),
                })
            }
            _ => Self::Unknown,
        }
    }
}

#[derive(Deserialize)]
struct Choice {
    finish_reason: Option<String>,
    #[serde(default)]
    message: Message,
}

impl Choice {
    fn calls_tools(&self) -> bool {
        self.finish_reason.as_deref() == Some("tool_calls") || self.message.calls_tools()
    }
}

#[derive(Deserialize, Default)]
struct Message {
    content: Option<Value>,
    refusal: Option<Value>,
    tool_calls: Option<Vec<Value>>,
    function_call: Option<Value>,
    /// Answers of other formats that chat cannot say, whole.
    content_blocks: Option<Value>,
    output_items: Option<Value>,
    images: Option<Value>,
}

impl Message {
    fn calls_tools(&self) -> bool {
        self.function_call.is_some()
            || self.content_blocks.is_some()
            || self.output_items.is_some()
            || self.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
    }

    fn says_nothing(&self) -> bool {
        let is_empty = |content: &Value| {
            content.as_str().is_some_and(str::is_empty)
                || content.as_array().is_some_and(Vec::is_empty)
        };
        !self.calls_tools() && self.images.is_none() && self.content.as_ref().is_none_or(is_empty)
    }
}

fn incomplete(choices: &[Choice]) -> Option<Incomplete> {
    if choices.is_empty() {
        return Some(Incomplete::Unfinished);
    }
    choices.iter().find_map(|choice| match choice.finish_reason.as_deref() {
        Some("stop" | "tool_calls" | "function_call") => {
            let refusal = choice.message.refusal.as_ref().and_then(Value::as_str);
            match refusal.is_some_and(|text| !text.is_empty()) {
                true => Some(Incomplete::Refused),
                // Some models stop without a word where they should not; asking again may help.
                false => choice.message.says_nothing().then_some(Incomplete::Unfinished),
            }
        }
        Some("length") => Some(Incomplete::Truncated),
        Some("content_filter") => Some(Incomplete::Filtered),
        _ => Some(Incomplete::Unfinished),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incomplete_of(choices: Value) -> Option<Incomplete> {
        match Meaning::of(json!({ "choices": choices }).to_string().as_bytes()) {
            Meaning::Completion(completion) => completion.incomplete,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_finished_answers_are_complete() {
        let message = json!({"role": "assistant", "content": "x"});
        let with = |reason: Value| json!([{"finish_reason": reason, "message": message}]);
        assert_eq!(incomplete_of(with(json!("stop"))), None);
        assert_eq!(incomplete_of(with(json!("tool_calls"))), None);
        assert_eq!(incomplete_of(with(json!("length"))), Some(Incomplete::Truncated));
        assert_eq!(incomplete_of(with(json!("content_filter"))), Some(Incomplete::Filtered));
        assert_eq!(incomplete_of(with(json!(null))), Some(Incomplete::Unfinished));
        assert_eq!(incomplete_of(with(json!("brand_new"))), Some(Incomplete::Unfinished));
        assert_eq!(incomplete_of(json!([])), Some(Incomplete::Unfinished));
        let refusal = json!([{"finish_reason": "stop", "message": {"refusal": "I can't"}}]);
        assert_eq!(incomplete_of(refusal), Some(Incomplete::Refused));
    }

    #[test]
    fn errors_in_a_success_are_errors() {
        for body in [r#"{"error":{"message":"busy"}}"#, r#"{"error":"busy","choices":[]}"#] {
            assert!(
                matches!(Meaning::of(body.as_bytes()), Meaning::Error(message) if message == "busy")
            );
        }
        for body in ["", "<html>", "{}", "[]", r#"{"choices":5}"#] {
            assert!(matches!(Meaning::of(body.as_bytes()), Meaning::Unknown), "{body}");
        }
    }
}
