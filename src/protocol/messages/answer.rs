//! A whole completion as a message.

use serde_json::{Map, Value, json};

use super::{stop::End, usage::usage};
use crate::protocol::said;

/// The message that a `chat.completion` is. A completion with several choices is its first.
pub fn answer(completion: &Value) -> Value {
    let choice = completion.pointer("/choices/0").unwrap_or(&Value::Null);
    let said = choice.get("message").unwrap_or(&Value::Null);
    let mut end = End { refusal: text(said, "refusal").to_owned(), ..End::default() };
    end.note(choice);
    let content = content(said, &mut end);
    let mut message = Map::new();
    let mut put = |name: &str, value: Value| {
        message.insert(name.to_owned(), value);
    };
    put("id", text(completion, "id").into());
    put("type", "message".into());
    put("role", "assistant".into());
    put("model", text(completion, "model").into());
    put("content", content.into());
    end.fields().into_iter().for_each(|(name, value)| put(&name, value));
    put("usage", Value::Object(usage(completion.get("usage"))));
    if let Some(container) = completion.get("container").filter(|container| !container.is_null()) {
        put("container", container.clone());
    }
    Value::Object(message)
}

fn content(message: &Value, end: &mut End) -> Vec<Value> {
    let calls = message.get("tool_calls").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    end.calls = !calls.is_empty();
    if let Some(native) = native(message) {
        return native.to_vec();
    }
    let mut blocks = thoughts(message);
    let said = said::content(message.get("content")).into_owned();
    let refusal = end.spoken_refusal().map(str::to_owned).unwrap_or_default();
    let texts = [said, refusal].into_iter().filter(|text| !text.is_empty());
    blocks.extend(texts.map(|text| json!({"type": "text", "text": text})));
    blocks.extend(calls.iter().map(call));
    blocks
}

/// The blocks as this protocol's own provider sent them, when the dialect could not say them all.
pub(super) fn native(message: &Value) -> Option<&[Value]> {
    let blocks = message.get("content_blocks")?.as_array()?;
    (!blocks.is_empty() && blocks.iter().all(Value::is_object)).then_some(blocks)
}

/// The blocks that a message's thoughts are. Where a provider gives them in plain text, they have no signature.
pub(super) fn thoughts(message: &Value) -> Vec<Value> {
    let blocks = message.get("thinking_blocks").and_then(Value::as_array);
    let signed: Vec<Value> =
        blocks.into_iter().flatten().filter(|block| block.is_object()).cloned().collect();
    let plain = said::thoughts(|name| message.get(name));
    if plain.is_empty() || signed.iter().any(|block| !text(block, "thinking").is_empty()) {
        return signed;
    }
    let thought = json!({"type": "thinking", "thinking": plain, "signature": ""});
    [vec![thought], signed].concat()
}

fn call(call: &Value) -> Value {
    let function = call.get("function").unwrap_or(&Value::Null);
    let arguments = said::text(function.get("arguments"));
    json!({"type": "tool_use", "id": text(call, "id"), "name": text(function, "name"), "input": input(&arguments)})
}

/// The object that a call's arguments are. Arguments that are none, which a model may well write, are handed on as text:
/// the client's own check of them fails and says why.
fn input(arguments: &str) -> Value {
    if arguments.trim().is_empty() {
        return json!({});
    }
    let input = serde_json::from_str(arguments).ok().filter(Value::is_object);
    input.unwrap_or_else(|| json!({ "arguments": arguments }))
}

pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(message: Value) -> Value {
        let reason = message.get("finish_reason").cloned().unwrap_or_else(|| json!("stop"));
        answer(&json!({"choices": [{"message": message, "finish_reason": reason}]}))["content"]
            .take()
    }

    #[test]
    fn a_message_becomes_blocks() {
        let signed = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
        let call = |arguments: Value| json!([{"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}]);
        let used =
            |input: Value| json!([{"type": "tool_use", "id": "c", "name": "f", "input": input}]);
        for (message, expected) in [
            (json!({"content": null}), json!([])),
            (json!({"content": "hi", "refusal": null}), json!([{"type": "text", "text": "hi"}])),
            (
                json!({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}),
                json!([{"type": "text", "text": "ab"}]),
            ),
            (json!({"content": null, "refusal": "no"}), json!([{"type": "text", "text": "no"}])),
            (
                json!({"content": null, "refusal": "policy", "finish_reason": "content_filter"}),
                json!([]),
            ),
            (json!({"reasoning_content": "hm", "thinking_blocks": [signed]}), json!([signed])),
            (
                json!({"reasoning_content": "hm"}),
                json!([{"type": "thinking", "thinking": "hm", "signature": ""}]),
            ),
            (
                json!({"reasoning_content": "", "reasoning": "hm"}),
                json!([{"type": "thinking", "thinking": "hm", "signature": ""}]),
            ),
            (json!({"tool_calls": call(json!("{\"x\": 1}"))}), used(json!({"x": 1}))),
            (json!({"tool_calls": call(json!({"x": 1}))}), used(json!({"x": 1}))),
            (json!({"tool_calls": call(json!(""))}), used(json!({}))),
            (json!({"tool_calls": call(json!("{\"x\""))}), used(json!({"arguments": "{\"x\""}))),
            (
                json!({"content": "hi", "content_blocks": [{"type": "new"}]}),
                json!([{"type": "new"}]),
            ),
        ] {
            assert_eq!(blocks(message.clone()), expected, "{message}");
        }
    }
}
