//! One stored completion for every caller: as a body, or as the events of a stream.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::api::sse::{DONE, Event};

/// The stored completion is not an object with choices.
#[derive(Debug, thiserror::Error)]
#[error("a stored completion cannot be replayed as a stream")]
pub struct NotReplayable;

/// The event stream for a `chat.completion` body: role, content and all else the message holds, finish reason, usage
/// when asked for, `[DONE]`.
pub fn as_events(body: &[u8], include_usage: bool) -> Result<Bytes, NotReplayable> {
    let Ok(Value::Object(mut completion)) = serde_json::from_slice(body) else {
        return Err(NotReplayable);
    };
    let Some(Value::Array(choices)) = completion.remove("choices") else {
        return Err(NotReplayable);
    };
    let usage = completion.remove("usage").unwrap_or(Value::Null);
    completion.insert("object".into(), "chat.completion.chunk".into());
    let mut out = Vec::with_capacity(body.len() + 1024);
    let mut emit = |choices: Value, usage: Value| {
        let mut chunk = completion.clone();
        chunk.insert("choices".into(), choices);
        if include_usage {
            chunk.insert("usage".into(), usage);
        }
        out.extend_from_slice(&Event::with_data(&Value::Object(chunk).to_string()).raw);
    };
    for choice in choices {
        let Value::Object(choice) = choice else { return Err(NotReplayable) };
        for piece in pieces(choice) {
            emit(json!([piece]), Value::Null);
        }
    }
    if include_usage && !usage.is_null() {
        emit(json!([]), usage);
    }
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(DONE);
    out.extend_from_slice(b"\n\n");
    Ok(out.into())
}

/// A choice as the pieces that a stream brings: the role, what the message holds, the end.
fn pieces(mut choice: Map<String, Value>) -> Vec<Value> {
    let index = choice.remove("index").unwrap_or_else(|| 0.into());
    let finish_reason = choice.remove("finish_reason").unwrap_or(Value::Null);
    let logprobs = choice.remove("logprobs");
    let Some(Value::Object(mut message)) = choice.remove("message") else {
        choice.insert("index".into(), index);
        choice.insert("finish_reason".into(), finish_reason);
        return vec![Value::Object(choice)];
    };
    let piece = |delta: Value, finish_reason: Value| json!({"index": index, "delta": delta, "finish_reason": finish_reason});
    let role = message.remove("role").unwrap_or_else(|| "assistant".into());
    let content = message.get("content").filter(|content| content.is_null()).cloned();
    let mut first = json!({"role": role, "content": ""});
    if content.is_some() {
        first["content"] = Value::Null;
        message.remove("content");
    }
    if let Some(Value::Array(calls)) = message.get_mut("tool_calls") {
        for (position, call) in
            calls.iter_mut().enumerate().filter_map(|(i, call)| Some((i, call.as_object_mut()?)))
        {
            call.insert("index".into(), position.into());
        }
    }
    message.retain(|_, value| !value.is_null());
    let mut pieces = vec![piece(first, Value::Null)];
    if !message.is_empty() {
        let mut whole = piece(Value::Object(message), Value::Null);
        if let Some(logprobs) = logprobs {
            whole["logprobs"] = logprobs;
        }
        pieces.push(whole);
    }
    let mut end = piece(json!({}), finish_reason);
    if let Value::Object(end) = &mut end {
        end.extend(choice);
    }
    pieces.push(end);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{assemble::Assembler, sse::Decoder};

    fn round_trip(completion: &Value, include_usage: bool) -> Value {
        let events = as_events(completion.to_string().as_bytes(), include_usage).unwrap();
        let mut decoder = Decoder::default();
        decoder.feed(&events);
        let mut assembler = Assembler::default();
        while let Some(event) = decoder.next_event().unwrap() {
            let data = event.data().unwrap();
            if data != DONE {
                assembler.push(serde_json::from_slice(&data).unwrap());
            }
        }
        assert!(events.ends_with(b"data: [DONE]\n\n"));
        assembler.finish().unwrap()
    }

    #[test]
    fn a_replayed_stream_assembles_to_the_stored_completion() {
        for message in [
            json!({"role": "assistant", "content": "Hello\nthere", "annotations": [{"type": "x"}], "reasoning_content": "r"}),
            json!({"role": "assistant", "content": null, "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{\"x\":1}"}}]}),
            json!({"role": "assistant", "content": ""}),
        ] {
            let completion = json!({
                "id": "c", "object": "chat.completion", "created": 5, "model": "m", "system_fingerprint": "fp",
                "choices": [
                    {"index": 0, "message": message, "logprobs": {"content": [{"token": "x"}]}, "finish_reason": "stop"},
                    {"index": 1, "message": message, "finish_reason": "stop", "brand_new": 1}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
            let mut expected = completion.clone();
            if message["content"] == "" {
                // Nothing is said that could carry the probabilities of tokens.
                expected["choices"][0].as_object_mut().unwrap().remove("logprobs");
            }
            let mut replayed = round_trip(&completion, true);
            if message["content"] == "" {
                replayed["choices"][0].as_object_mut().unwrap().remove("logprobs");
            }
            assert_eq!(replayed, expected);
            assert_eq!(round_trip(&completion, false).get("usage"), None);
        }
    }

    #[test]
    fn what_is_no_completion_is_not_replayed() {
        for body in ["", "[]", "{}", r#"{"choices":[1]}"#] {
            assert!(as_events(body.as_bytes(), true).is_err(), "{body}");
        }
    }
}
