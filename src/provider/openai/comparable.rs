//! What a completion says, as a text that can be compared with another one's.

use serde_json::{Map, Value, json};

/// What the first choice of the `chat.completion` in `body` says: its tool calls as JSON, without their ids, when it
/// has some, else its text, else its refusal. `None` when it says nothing, or when `body` is no completion.
pub fn comparable_text(body: &[u8]) -> Option<String> {
    comparable_choice(&serde_json::from_slice(body).ok()?, 0)
}

/// The same of a choice by its place, when several answers were asked for.
pub fn comparable_choice(completion: &Value, place: usize) -> Option<String> {
    let message = completion.get("choices")?.get(place)?.get("message")?;
    let calls = calls(message);
    if !calls.is_empty() {
        return Some(json!({ "tool_calls": calls }).to_string());
    }
    let refusal = || message.get("refusal").and_then(text);
    message.get("content").and_then(text).or_else(refusal)
}

/// A content's text; that of a list is that of its parts, a line each.
fn text(content: &Value) -> Option<String> {
    let text = match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<_> = parts
                .iter()
                .filter_map(|part| part.get("text").or(part.get("refusal")).and_then(Value::as_str))
                .collect();
            texts.join("\n")
        }
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

fn calls(message: &Value) -> Vec<Value> {
    let listed = message.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    let functions = listed.map(|call| call.get("function").or(call.get("custom")).unwrap_or(call));
    let legacy = message.get("function_call").filter(|call| call.is_object());
    functions.chain(legacy).map(call).collect()
}

/// A call's name and arguments; those are JSON within a string, when the model wrote any.
fn call(function: &Value) -> Value {
    let mut call = Map::new();
    for name in ["name", "arguments", "input"] {
        let Some(value) = function.get(name) else { continue };
        let written = value.as_str().filter(|_| name != "name");
        let parsed = written.and_then(|written| serde_json::from_str(written).ok());
        call.insert(name.to_owned(), parsed.unwrap_or_else(|| value.clone()));
    }
    Value::Object(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &Value) -> Option<String> {
        comparable_text(json!({"choices": [{"message": message}, {}]}).to_string().as_bytes())
    }

    #[test]
    fn the_first_choice_speaks() {
        let call = |id, arguments| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}});
        let called = r#"{"tool_calls":[{"arguments":{"a":1,"b":2},"name":"f"}]}"#;
        for (message, expected) in [
            (json!({"content": "Paris."}), Some("Paris.")),
            (
                json!({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}),
                Some("a\nb"),
            ),
            (json!({"content": null, "refusal": "No."}), Some("No.")),
            (
                json!({"content": null, "tool_calls": [call("1", r#"{"b": 2, "a": 1}"#)]}),
                Some(called),
            ),
            (
                json!({"content": "Let me see", "tool_calls": [call("2", r#"{"a":1,"b":2}"#)]}),
                Some(called),
            ),
            (
                json!({"function_call": {"name": "f", "arguments": "{\"a\":1,\"b\":2}"}}),
                Some(called),
            ),
            (
                json!({"tool_calls": [call("3", "{broken")]}),
                Some(r#"{"tool_calls":[{"arguments":"{broken","name":"f"}]}"#),
            ),
            (json!({"content": "x", "tool_calls": []}), Some("x")),
            (json!({"content": " "}), None),
            (json!({}), None),
        ] {
            assert_eq!(said(&message).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn each_choice_speaks_for_itself() {
        let said = |text: &str| json!({"message": {"content": text}});
        let completion = json!({"choices": [said("a"), said("b")]});
        let texts = [0, 1, 2].map(|place| comparable_choice(&completion, place));
        assert_eq!(texts, [Some("a".to_owned()), Some("b".to_owned()), None]);
    }

    #[test]
    fn what_is_no_completion_says_nothing() {
        for body in
            ["", "<html>", "{}", "[]", r#"{"choices":[]}"#, r#"{"choices":5}"#, r#"{"error":{}}"#]
        {
            assert_eq!(comparable_text(body.as_bytes()), None, "{body}");
        }
    }
}
