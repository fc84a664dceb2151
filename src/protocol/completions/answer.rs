//! A `text_completion`, and errors.

use serde_json::{Map, Value, json};

use crate::protocol::said::content;

/// A `chat.completion` as a `text_completion`.
pub fn answer(completion: &Value) -> Value {
    let mut answer = beginning(completion);
    let choices = completion.get("choices").and_then(Value::as_array).into_iter().flatten();
    answer.insert("choices".into(), choices.map(|each| choice(each, "message")).collect());
    if let Some(usage) = completion.get("usage").filter(|usage| !usage.is_null()) {
        answer.insert("usage".into(), usage.clone());
    }
    answer.into()
}

/// An error body: the same as that of chat completions.
pub fn error(_status: u16, error: &Value) -> Value {
    as_body(error)
}

/// An error as the body that says nothing else.
pub(super) fn as_body(error: &Value) -> Value {
    match error.get("error") {
        Some(_) => error.clone(),
        None => json!({"error": error}),
    }
}

/// Who an answer or a chunk of it is from.
pub(super) fn beginning(from: &Value) -> Map<String, Value> {
    let id = from.get("id").and_then(Value::as_str).unwrap_or_default();
    let id = match id.strip_prefix("chatcmpl-") {
        Some(name) => format!("cmpl-{name}"),
        None => id.to_owned(),
    };
    let mut beginning = Map::from_iter([
        ("id".to_owned(), id.into()),
        ("object".to_owned(), "text_completion".into()),
        ("created".to_owned(), from.get("created").cloned().unwrap_or(json!(0))),
        ("model".to_owned(), from.get("model").cloned().unwrap_or(json!(""))),
    ]);
    for name in ["system_fingerprint", "service_tier"] {
        if let Some(value) = from.get(name).filter(|value| !value.is_null()) {
            beginning.insert(name.to_owned(), value.clone());
        }
    }
    beginning
}

/// A choice of a completion or a chunk, which says what it says in the field `side`.
pub(super) fn choice(choice: &Value, side: &str) -> Value {
    let reason = choice.get("finish_reason").filter(|reason| !reason.is_null()).map(finish_reason);
    json!({
        "index": choice.get("index").cloned().unwrap_or(json!(0)),
        "text": choice.get(side).map(text).unwrap_or_default(),
        "logprobs": null,
        "finish_reason": reason,
    })
}

/// What is said: the content, else the refusal, for which there is no other place.
fn text(said: &Value) -> String {
    let refusal = || said.get("refusal").and_then(Value::as_str).unwrap_or_default().to_owned();
    match content(said.get("content")) {
        text if text.is_empty() => refusal(),
        text => text.into_owned(),
    }
}

/// Why the answer ended: a completion knows no tools.
fn finish_reason(reason: &Value) -> Value {
    match reason.as_str() {
        Some("tool_calls" | "function_call") => "stop".into(),
        _ => reason.clone(),
    }
}
