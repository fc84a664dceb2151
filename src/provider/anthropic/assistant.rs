//! An assistant's turn as blocks: thoughts, then text, then calls of tools.

use serde_json::{Map, Value, json};

use super::{
    content::{Content, content},
    fields::{given, text},
    tools::tool_id,
};
use crate::provider::Inexpressible;

/// The content of the assistant's `message`, which stands at `at`.
pub(super) fn assistant(message: &Map<String, Value>, at: &str) -> Result<Content, Inexpressible> {
    for name in ["audio", "function_call", "images"] {
        if given(message, name).is_some() {
            let problem = "is an answer of a kind that the Messages API does not know";
            return Err(Inexpressible::new(format!("{at}.{name}"), problem));
        }
    }
    let given_back = |name: &str| -> Vec<Value> {
        let blocks = given(message, name).and_then(Value::as_array).into_iter().flatten();
        blocks.filter(|block| can_be_given_back(block)).cloned().collect()
    };
    let native = given_back("content_blocks");
    if !native.is_empty() {
        return Ok(Content::Blocks(native));
    }
    let said = content(message, at)?;
    let thoughts = given_back("thinking_blocks");
    let calls = calls(message, at)?;
    let refusal = text(message, "refusal").filter(|refusal| !refusal.is_empty());
    if thoughts.is_empty() && calls.is_empty() && refusal.is_none() {
        return Ok(said.marked(message));
    }
    let mut blocks = thoughts;
    blocks.extend(said.into_blocks());
    blocks.extend(refusal.map(|refusal| json!({"type": "text", "text": refusal})));
    blocks.extend(calls);
    Ok(Content::Blocks(blocks).marked(message))
}

/// A thought without its signature is refused: it may be another model's.
fn can_be_given_back(block: &Value) -> bool {
    let holds =
        |name: &str| block.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match block.get("type").and_then(Value::as_str) {
        Some("thinking") => holds("signature"),
        Some("redacted_thinking") => holds("data"),
        kind => kind.is_some(),
    }
}

fn calls(message: &Map<String, Value>, at: &str) -> Result<Vec<Value>, Inexpressible> {
    let Some(calls) = given(message, "tool_calls").and_then(Value::as_array) else {
        return Ok(Vec::new());
    };
    let call = |(index, call): (usize, &Value)| {
        let at = format!("{at}.tool_calls[{index}]");
        let function = call.get("function").and_then(Value::as_object);
        let (Some(id), Some(function)) = (call.get("id").and_then(Value::as_str), function) else {
            return Err(Inexpressible::new(at, "is no call of a function with an 'id'"));
        };
        let input = input(given(function, "arguments"));
        let input = input.ok_or_else(|| {
            Inexpressible::new(format!("{at}.function.arguments"), "are not an object in JSON")
        })?;
        let name = text(function, "name").unwrap_or_default();
        Ok(json!({"type": "tool_use", "id": tool_id(id), "name": name, "input": input}))
    };
    calls.iter().enumerate().map(call).collect()
}

/// The object that a call's arguments are: its text, or itself, as a few vendors have it.
fn input(arguments: Option<&Value>) -> Option<Value> {
    match arguments {
        None => Some(json!({})),
        Some(Value::String(text)) if text.trim().is_empty() => Some(json!({})),
        Some(Value::String(text)) => serde_json::from_str(text).ok().filter(Value::is_object),
        Some(value) => Some(value.clone()).filter(Value::is_object),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(message: Value) -> Result<Value, String> {
        let turn = assistant(message.as_object().unwrap(), "messages[1]");
        turn.map(Content::into_value).map_err(|error| error.to_string())
    }

    fn call(arguments: &str) -> Value {
        json!([{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}])
    }

    #[test]
    fn thoughts_come_first_and_calls_last() {
        let signed = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
        let unsigned = json!({"type": "thinking", "thinking": "hm", "signature": ""});
        let native =
            json!([{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}]);
        let used = json!({"type": "tool_use", "id": "call_1", "name": "f", "input": {}});
        let text = |text: &str| json!({"type": "text", "text": text});
        for (message, expected) in [
            (json!({"content": "hi"}), json!("hi")),
            (
                json!({"content": "hi", "thinking_blocks": [signed, unsigned], "tool_calls": call("")}),
                json!([signed, text("hi"), used]),
            ),
            (json!({"content": "hi", "reasoning_content": "hm"}), json!("hi")),
            (json!({"content": "", "tool_calls": call("{}")}), json!([used])),
            (
                json!({"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {"x": 1}}}]}),
                json!([{"type": "tool_use", "id": "c", "name": "f", "input": {"x": 1}}]),
            ),
            (json!({"content": null, "refusal": "no"}), json!([text("no")])),
            (json!({"content": "hi", "content_blocks": native}), native),
            (json!({"content": "hi", "content_blocks": []}), json!("hi")),
            (
                json!({"content": null, "tool_calls": call("{}"), "cache_control": {"type": "ephemeral"}}),
                json!([{"type": "tool_use", "id": "call_1", "name": "f", "input": {}, "cache_control": {"type": "ephemeral"}}]),
            ),
        ] {
            assert_eq!(turn(message.clone()), Ok(expected), "{message}");
        }
    }

    #[test]
    fn calls_that_are_none_are_refused_at_their_place() {
        for (message, phrase) in [
            (json!({"tool_calls": call("[1]")}), "messages[1].tool_calls[0].function.arguments"),
            (json!({"tool_calls": call("{")}), "not an object in JSON"),
            (
                json!({"tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}}]}),
                "messages[1].tool_calls[0]",
            ),
            (
                json!({"function_call": {"name": "f", "arguments": "{}"}}),
                "messages[1].function_call",
            ),
            (json!({"audio": {"id": "a"}}), "messages[1].audio"),
        ] {
            let error = turn(message).unwrap_err();
            assert!(error.contains(phrase), "{error}");
        }
    }
}
