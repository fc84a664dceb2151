//! A whole answer as a `chat.completion`.

use serde_json::{Map, Value, json};

use super::{
    error::error,
    finish::finish,
    said::{Said, image_url, parts, signed, tool_call},
    usage::usage,
};
use crate::provider::{Stamp, Unreadable};

/// Reads a `GenerateContentResponse`. An error in its place, or an answer without anything in it, is unreadable.
///
/// Source: <https://ai.google.dev/api/generate-content#generatecontentresponse>.
pub fn completion(answer: &Value, stamp: &Stamp) -> Result<Value, Unreadable> {
    if let Some(error) = error(answer) {
        let message = error.pointer("/error/message").and_then(Value::as_str);
        return Err(Unreadable(message.unwrap_or_default().to_owned()));
    }
    let candidates = answer.get("candidates").and_then(Value::as_array);
    let choices: Vec<Value> = match candidates.filter(|candidates| !candidates.is_empty()) {
        Some(candidates) => candidates
            .iter()
            .zip(0_u64..)
            .map(|(candidate, place)| choice(candidate, place, stamp))
            .collect(),
        None => vec![blocked(answer).ok_or_else(|| {
            Unreadable("the answer has neither candidates nor a reason for having none".to_owned())
        })?],
    };
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let mut completion = json!({
        "id": text("responseId").unwrap_or(&stamp.id),
        "object": "chat.completion",
        "created": stamp.created,
        "model": text("modelVersion").unwrap_or(&stamp.model),
    });
    completion["choices"] = choices.into();
    if let Some(usage) = answer.get("usageMetadata").and_then(usage) {
        completion["usage"] = usage;
    }
    Ok(completion)
}

fn choice(candidate: &Value, place: u64, stamp: &Stamp) -> Value {
    let index = candidate.get("index").and_then(Value::as_u64).unwrap_or(place);
    let mut content: Option<String> = None;
    let mut reasoning = String::new();
    let mut calls = Vec::new();
    let mut images = Vec::new();
    let mut last_signature = None;
    for (said, signature) in parts(candidate) {
        match said {
            Said::Text("") | Said::Nothing => {}
            Said::Text(text) => content.get_or_insert_default().push_str(text),
            Said::Thought(text) => {
                reasoning.push_str(text);
                continue;
            }
            Said::Call(call) => {
                calls.push(tool_call(call, signature, stamp, (index, calls.len())));
                continue;
            }
            Said::Image { kind, data } => {
                images.push(image_url((kind, data), signature, images.len()));
                continue;
            }
        }
        last_signature = signature.or(last_signature);
    }
    let reason = candidate.get("finishReason").and_then(Value::as_str);
    let reason = reason.and_then(|reason| finish(reason, !calls.is_empty()));
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    message.insert("content".into(), content.into());
    if !reasoning.is_empty() {
        message.insert("reasoning_content".into(), reasoning.into());
    }
    for (name, items) in [("tool_calls", calls), ("images", images)] {
        if !items.is_empty() {
            message.insert(name.into(), items.into());
        }
    }
    if let Some(signature) = last_signature {
        message.insert("extra_content".into(), signed(signature));
    }
    let mut choice = json!({"index": index, "finish_reason": reason});
    choice["message"] = Value::Object(message);
    choice
}

/// The choice of an answer to a prompt that was not let through.
fn blocked(answer: &Value) -> Option<Value> {
    let refusal = refusal(answer)?;
    let message = json!({"role": "assistant", "content": null, "refusal": refusal});
    Some(json!({"index": 0, "message": message, "finish_reason": "content_filter"}))
}

/// Why a prompt was not let through, when it was not.
pub(super) fn refusal(answer: &Value) -> Option<String> {
    let feedback = answer.get("promptFeedback")?;
    let reason = feedback.get("blockReason")?.as_str()?;
    let words = feedback.get("blockReasonMessage").and_then(Value::as_str);
    let words = words.map(|words| format!(": {words}")).unwrap_or_default();
    Some(format!("The prompt was blocked by Gemini ({reason}){words}"))
}
