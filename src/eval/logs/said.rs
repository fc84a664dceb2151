//! What was said: messages and answers in the shapes that logs keep them in.

use serde_json::{Map, Value, json};

use super::rows::decoded;

/// A logged answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Its text; `None` when it has none.
    pub text: Option<String>,
    /// It was neither cut off nor filtered.
    pub whole: bool,
    /// It calls tools.
    pub calls_tools: bool,
}

/// The messages of a request: a list of turns, an object that holds one, a plain text, or JSON in a text. `None` when there
/// are none.
pub(super) fn messages(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(turns) if turns.iter().all(is_turn) && !turns.is_empty() => {
            Some(turns.clone())
        }
        Value::Object(fields) if is_turn(value) => Some(vec![Value::Object(fields.clone())]),
        Value::Object(fields) => match fields.get("messages") {
            Some(turns) => messages(turns),
            None => PROMPT_NAMES.iter().find_map(|name| user(fields.get(*name)?.as_str()?)),
        },
        Value::String(text) => match decoded(text) {
            Value::String(text) => user(&text),
            inner => messages(&inner),
        },
        _ => None,
    }
}

/// What a single prompt is called where it stands in an object of its own.
const PROMPT_NAMES: [&str; 6] = ["text", "question", "prompt", "query", "input", "content"];

fn user(text: &str) -> Option<Vec<Value>> {
    (!text.trim().is_empty()).then(|| vec![json!({"role": "user", "content": text})])
}

fn is_turn(value: &Value) -> bool {
    value.get("role").is_some_and(Value::is_string)
}

/// An answer: a chat completion, a turn, a list of turns (the last counts), or a text.
pub(super) fn answer(value: &Value) -> Option<Answer> {
    match value {
        Value::String(text) => match decoded(text) {
            Value::String(text) => plain(&text),
            // JSON that is no answer in a known shape is what the model was asked for.
            inner => answer(&inner).or_else(|| plain(text)),
        },
        Value::Array(turns) => answer(turns.last()?),
        Value::Object(fields) => match fields.get("choices").and_then(|choices| choices.get(0)) {
            Some(choice) => from_choice(choice),
            None => from_turn(fields, None),
        },
        _ => None,
    }
}

fn plain(text: &str) -> Option<Answer> {
    let text = Some(text.to_owned()).filter(|text| !text.is_empty());
    text.map(|text| Answer { text: Some(text), whole: true, calls_tools: false })
}

fn from_choice(choice: &Value) -> Option<Answer> {
    let end = choice.get("finish_reason").and_then(Value::as_str);
    match (choice.get("message").and_then(Value::as_object), choice.get("text")) {
        (Some(turn), _) => from_turn(turn, end),
        (None, Some(Value::String(text))) => {
            plain(text).map(|answer| Answer { whole: is_whole(end), ..answer })
        }
        _ => None,
    }
}

fn from_turn(turn: &Map<String, Value>, end: Option<&str>) -> Option<Answer> {
    let called = |name: &str| match turn.get(name) {
        Some(Value::Array(calls)) => !calls.is_empty(),
        Some(Value::Object(_)) => true,
        _ => false,
    };
    let calls_tools = called("tool_calls") || called("function_call");
    let text = match turn.get("content") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            Some(texts.collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    };
    let text = text.filter(|text| !text.is_empty());
    (text.is_some() || calls_tools).then(|| Answer { text, whole: is_whole(end), calls_tools })
}

fn is_whole(end: Option<&str>) -> bool {
    !matches!(end, Some("length" | "content_filter" | "error"))
}
