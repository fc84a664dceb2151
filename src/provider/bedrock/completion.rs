//! A whole answer to a `chat.completion`.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax>

use serde_json::{Map, Value, json};

use super::{error, usage};
use crate::provider::{Stamp, Unreadable};

/// The completion of an answer, under the stamp's name: Bedrock gives answers none.
pub fn completion(answer: &Value, stamp: &Stamp) -> Result<Value, Unreadable> {
    let Some(blocks) = answer.pointer("/output/message/content").and_then(Value::as_array) else {
        let said = error::message(answer).or_else(|| error::named(answer));
        return Err(Unreadable(said.unwrap_or("the answer holds no message").to_owned()));
    };
    let mut said = Said::default();
    blocks.iter().for_each(|block| said.block(block));
    let stop_reason = answer.get("stopReason").and_then(Value::as_str);
    let mut choice = json!({
        "index": 0,
        "message": said.message(),
        "finish_reason": stop_reason.and_then(finish_reason),
    });
    if let Some(stop) = stop_sequence(answer) {
        choice["stop_sequence"] = stop.into();
    }
    let mut completion = json!({
        "id": stamp.id,
        "object": "chat.completion",
        "created": stamp.created,
        "model": stamp.model,
        "choices": [choice],
    });
    if let Some(usage) = answer.get("usage").and_then(usage::usage) {
        completion["usage"] = usage;
    }
    Ok(completion)
}

/// OpenAI's word for a `stopReason`; `None` for one that tells of no good end.
pub(super) fn finish_reason(stop_reason: &str) -> Option<&'static str> {
    Some(match stop_reason {
        "end_turn" | "stop_sequence" => "stop",
        "tool_use" => "tool_calls",
        "max_tokens" | "model_context_window_exceeded" | "pause_turn" => "length",
        "guardrail_intervened" | "content_filtered" | "refusal" => "content_filter",
        _ => return None,
    })
}

/// The stop sequence that ended the answer, where the model told it.
pub(super) fn stop_sequence(answer: &Value) -> Option<&str> {
    if answer.get("stopReason")? != "stop_sequence" {
        return None;
    }
    let fields = answer.get("additionalModelResponseFields")?;
    fields.get("stop_sequence").or_else(|| fields.pointer("/delta/stop_sequence"))?.as_str()
}

/// A thought that Claude wants back with the next request: one with a seal.
pub(super) fn thinking_block(text: &str, signature: &str) -> Value {
    json!({"type": "thinking", "thinking": text, "signature": signature})
}

/// The same, of one that is not for reading.
pub(super) fn redacted_block(data: &str) -> Value {
    json!({"type": "redacted_thinking", "data": data})
}

/// What the blocks of an answer say.
#[derive(Debug, Default)]
struct Said {
    text: Option<String>,
    reasoning: Option<String>,
    thoughts: Vec<Value>,
    calls: Vec<Value>,
}

impl Said {
    /// Takes a block; one of a kind that nobody asked for says nothing.
    fn block(&mut self, block: &Value) {
        if let Some(text) = block.get("text").and_then(Value::as_str) {
            self.text.get_or_insert_default().push_str(text);
        } else if let Some(call) = block.get("toolUse") {
            self.calls.extend(tool_call(call));
        } else if let Some(reasoning) = block.get("reasoningContent") {
            self.reasoning(reasoning);
        } else if let Some(cited) =
            block.pointer("/citationsContent/content").and_then(Value::as_array)
        {
            cited.iter().for_each(|part| self.block(part));
        }
    }

    fn reasoning(&mut self, block: &Value) {
        let text = |pointer: &str| block.pointer(pointer).and_then(Value::as_str);
        if let Some(data) = text("/redactedContent") {
            self.thoughts.push(redacted_block(data));
        }
        let thought = text("/reasoningText/text").unwrap_or_default();
        if !thought.is_empty() {
            self.reasoning.get_or_insert_default().push_str(thought);
        }
        if let Some(signature) = text("/reasoningText/signature").filter(|seal| !seal.is_empty()) {
            self.thoughts.push(thinking_block(thought, signature));
        }
    }

    fn message(self) -> Value {
        let mut message = Map::new();
        message.insert("role".to_owned(), "assistant".into());
        message.insert("content".to_owned(), self.text.into());
        if let Some(reasoning) = self.reasoning {
            message.insert("reasoning_content".to_owned(), reasoning.into());
        }
        for (name, list) in [("thinking_blocks", self.thoughts), ("tool_calls", self.calls)] {
            if !list.is_empty() {
                message.insert(name.to_owned(), list.into());
            }
        }
        Value::Object(message)
    }
}

/// A call that is the caller's to make: those that Bedrock made itself have a type.
fn tool_call(call: &Value) -> Option<Value> {
    if call.get("type").is_some_and(|kind| !kind.is_null()) {
        return None;
    }
    let input = call.get("input").filter(|input| !input.is_null());
    let arguments = input.map_or_else(|| "{}".to_owned(), Value::to_string);
    Some(json!({
        "id": call.get("toolUseId")?.as_str()?,
        "type": "function",
        "function": {"name": call.get("name")?.as_str()?, "arguments": arguments},
    }))
}
