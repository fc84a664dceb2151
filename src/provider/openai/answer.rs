//! What a whole response body means.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, json};

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
        // Once for all of its strings.
        let Ok(text) = std::str::from_utf8(body) else { return Self::Unknown };
        let Ok(view) = serde_json::from_str::<View>(text) else { return Self::Unknown };
        match view {
            View { error: Some(error), .. } => {
                Self::Error(error_message(&json!({ "error": error })))
            }
            View { choices: Some(choices), usage, service_tier, x_groq, .. } => {
                let billed = [("usage", usage), ("service_tier", service_tier), ("x_groq", x_groq)];
                let named = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
                let billed: Map<_, _> = billed.into_iter().filter_map(named).collect();
                Self::Completion(Completion {
                    usage: Usage::of(&billed.into()),
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
    content: Option<Said>,
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
        let is_said = matches!(self.content, Some(Said::Something));
        !self.calls_tools() && self.images.is_none() && !is_said
    }
}

/// Whether a content holds anything; what it is nobody asks here, so that it is not copied.
#[derive(Clone, Copy)]
enum Said {
    /// Empty text, or a list of no parts.
    Nothing,
    Something,
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SaidVisitor;

        impl<'de> Visitor<'de> for SaidVisitor {
            type Value = Said;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Said, E> {
                Ok(Said::Something)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Said, E> {
                Ok(Said::Something)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Said, E> {
                Ok(Said::Something)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Said, E> {
                Ok(Said::Something)
            }

            fn visit_str<E>(self, text: &str) -> Result<Said, E> {
                Ok(if text.is_empty() { Said::Nothing } else { Said::Something })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Said, A::Error> {
                let mut said = Said::Nothing;
                while parts.next_element::<IgnoredAny>()?.is_some() {
                    said = Said::Something;
                }
                Ok(said)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Said, A::Error> {
                while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Said::Something)
            }
        }

        deserializer.deserialize_any(SaidVisitor)
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
    fn an_answer_that_says_nothing_is_unfinished() {
        for (content, says) in [
            (json!(null), false),
            (json!(""), false),
            (json!([]), false),
            (json!("x"), true),
            (json!("\n"), true),
            (json!([{"type": "text", "text": ""}]), true),
            (json!({"a": [1]}), true),
            (json!(0), true),
            (json!(-1.5), true),
            (json!(false), true),
        ] {
            let choices = json!([{"finish_reason": "stop", "message": {"content": content}}]);
            let expected = (!says).then_some(Incomplete::Unfinished);
            assert_eq!(incomplete_of(choices.clone()), expected, "{choices}");
        }
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
