//! A whole answer as a `chat.completion`.

use serde_json::{Map, Value, json};

use super::{blocks::said, error::error, stop, usage::usage};
use crate::provider::{Stamp, Unreadable};

/// The completion that `answer` is.
///
/// Errors: an error that came as a success, or something that is no message.
pub fn completion(answer: &Value, stamp: &Stamp) -> Result<Value, Unreadable> {
    if let Some(error) = error(answer) {
        let message = error.pointer("/error/message").and_then(Value::as_str);
        return Err(Unreadable(message.unwrap_or_default().to_owned()));
    }
    let message = answer.as_object();
    let unreadable = || Unreadable("the answer is no message with a list of content".to_owned());
    let (message, content) = message
        .and_then(|message| Some((message, message.get("content")?.as_array()?)))
        .ok_or_else(unreadable)?;
    let mut completion = json!({
        "id": name(message, "id", &stamp.id),
        "object": "chat.completion",
        "created": stamp.created,
        "model": name(message, "model", &stamp.model),
        "choices": [choice(message, content)],
    });
    if let Some(completion) = completion.as_object_mut() {
        if let Some(usage) = message.get("usage").and_then(Value::as_object).and_then(usage) {
            completion.insert("usage".into(), usage);
        }
        if let Some(container) = message.get("container").filter(|value| !value.is_null()) {
            completion.insert("container".into(), container.clone());
        }
    }
    Ok(completion)
}

fn choice(message: &Map<String, Value>, content: &[Value]) -> Map<String, Value> {
    let mut said = said(content);
    said.insert("role".into(), "assistant".into());
    if let Some(refusal) = stop::refusal(message) {
        said.insert("refusal".into(), refusal.into());
    }
    let stop_reason = message.get("stop_reason").unwrap_or(&Value::Null);
    let mut choice = Map::new();
    choice.insert("index".into(), 0.into());
    choice.insert("message".into(), Value::Object(said));
    choice.insert("finish_reason".into(), stop::finish_reason(stop_reason));
    if let Some(sequence) = message.get("stop_sequence").filter(|value| value.is_string()) {
        choice.insert("stop_sequence".into(), sequence.clone());
    }
    choice
}

/// What the answer says of itself, else what is known.
fn name<'a>(message: &'a Map<String, Value>, field: &str, known: &'a str) -> &'a str {
    message.get(field).and_then(Value::as_str).unwrap_or(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_unreadable() {
        let stamp = Stamp { id: "c".into(), created: 1, model: "m".into() };
        for (answer, phrase) in [
            (
                json!({"type": "error", "error": {"type": "api_error", "message": "Internal"}}),
                "Internal",
            ),
            (json!({"type": "message"}), "no message"),
            (json!({"content": "text"}), "no message"),
            (json!([]), "no message"),
        ] {
            let error = completion(&answer, &stamp).unwrap_err().to_string();
            assert!(error.contains(phrase), "{error}");
        }
    }
}
