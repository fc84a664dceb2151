//! System prompt and turns as a chat's messages.

use serde_json::{Map, Value, json};

use super::content::{block, content, part, parts};
use crate::{protocol::Malformed, provider::anthropic};

/// The message that a system prompt is; `None` for an empty one.
pub(super) fn system(prompt: &Value) -> Result<Option<Value>, Malformed> {
    let content = match prompt {
        Value::String(text) => text.as_str().into(),
        Value::Array(blocks) => content(parts(blocks, "system")?),
        _ => {
            return Err(Malformed::at(
                "system",
                "'system' must be a text or a list of text blocks",
            ));
        }
    };
    Ok((content != "").then(|| json!({"role": "system", "content": content})))
}

/// The messages that the turns are.
///
/// Results of tools, which are blocks of a user's turn here, become messages of their own, ahead of the rest of the turn.
pub(super) fn messages(turns: Option<&Value>) -> Result<Vec<Value>, Malformed> {
    let turns = turns.and_then(Value::as_array).filter(|turns| !turns.is_empty());
    let turns = turns.ok_or_else(|| {
        Malformed::at("messages", "'messages' must be a list with at least one turn")
    })?;
    let mut messages = Vec::with_capacity(turns.len());
    for (index, turn) in turns.iter().enumerate() {
        let at = format!("messages[{index}]");
        let turn = turn.as_object().ok_or_else(|| {
            Malformed::at(&at, format!("'{at}' must be an object with 'role' and 'content'"))
        })?;
        let said = match turn.get("role").and_then(Value::as_str) {
            Some("user") => user(turn, &at)?,
            Some("assistant") => vec![assistant(turn, &at)?],
            Some("system") => vec![plain("system", turn, &at)?],
            _ => {
                let at = format!("{at}.role");
                let message = format!("'{at}' must be 'user', 'assistant' or 'system'");
                return Err(Malformed::at(at, message));
            }
        };
        messages.extend(with_rest(said, turn));
    }
    Ok(messages)
}

/// Fields of the turn that the protocol of today does not have go with its last message.
fn with_rest(mut messages: Vec<Value>, turn: &Map<String, Value>) -> Vec<Value> {
    if let Some(message) = messages.last_mut().and_then(Value::as_object_mut) {
        let rest = turn.iter().filter(|(name, value)| {
            !matches!(name.as_str(), "role" | "content") && !value.is_null()
        });
        for (name, value) in rest {
            message.entry(name).or_insert_with(|| value.clone());
        }
    }
    messages
}

/// The turn's content: a text, or a list of blocks.
enum Said<'a> {
    Text(&'a str),
    Blocks(&'a [Value]),
}

fn said<'a>(turn: &'a Map<String, Value>, at: &str) -> Result<Said<'a>, Malformed> {
    match turn.get("content") {
        Some(Value::String(text)) => Ok(Said::Text(text)),
        Some(Value::Array(blocks)) => Ok(Said::Blocks(blocks)),
        _ => {
            let at = format!("{at}.content");
            let message = format!("'{at}' must be a text or a list of content blocks");
            Err(Malformed::at(at, message))
        }
    }
}

fn plain(role: &str, turn: &Map<String, Value>, at: &str) -> Result<Value, Malformed> {
    let content = match said(turn, at)? {
        Said::Text(text) => text.into(),
        Said::Blocks(blocks) => content(parts(blocks, &format!("{at}.content"))?),
    };
    Ok(json!({"role": role, "content": content}))
}

fn assistant(turn: &Map<String, Value>, at: &str) -> Result<Value, Malformed> {
    let blocks = match said(turn, at)? {
        Said::Text(text) => return Ok(json!({"role": "assistant", "content": text})),
        Said::Blocks(blocks) => blocks,
    };
    for (index, value) in blocks.iter().enumerate() {
        let at = format!("{at}.content[{index}]");
        let (fields, kind) = block(value, &at)?;
        for name in required(kind) {
            if !fields.get(*name).is_some_and(Value::is_string) {
                let at = format!("{at}.{name}");
                let message = format!("'{at}' must be a text");
                return Err(Malformed::at(at, message));
            }
        }
    }
    let mut message = anthropic::said(blocks);
    message.insert("role".into(), "assistant".into());
    Ok(Value::Object(message))
}

/// Texts that a block cannot do without.
fn required(kind: &str) -> &'static [&'static str] {
    match kind {
        "text" => &["text"],
        "thinking" => &["thinking"],
        "redacted_thinking" => &["data"],
        "tool_use" => &["id", "name"],
        _ => &[],
    }
}

fn user(turn: &Map<String, Value>, at: &str) -> Result<Vec<Value>, Malformed> {
    let blocks = match said(turn, at)? {
        Said::Text(text) => return Ok(vec![json!({"role": "user", "content": text})]),
        Said::Blocks(blocks) => blocks,
    };
    let at = format!("{at}.content");
    if blocks.is_empty() {
        let message = format!("'{at}' must hold at least one content block");
        return Err(Malformed::at(at, message));
    }
    let mut messages = Vec::new();
    let mut rest = Vec::new();
    for (index, value) in blocks.iter().enumerate() {
        let at = format!("{at}[{index}]");
        match block(value, &at)? {
            (result, "tool_result") => messages.push(tool(result, &at)?),
            _ => rest.push(part(value, &at)?),
        }
    }
    if !rest.is_empty() {
        messages.push(json!({"role": "user", "content": content(rest)}));
    }
    Ok(messages)
}

fn tool(result: &Map<String, Value>, at: &str) -> Result<Value, Malformed> {
    let id = result.get("tool_use_id").filter(|id| id.is_string()).ok_or_else(|| {
        let at = format!("{at}.tool_use_id");
        Malformed::at(&at, format!("'{at}' must name the call that it answers"))
    })?;
    let content = match result.get("content") {
        None | Some(Value::Null) => "".into(),
        Some(Value::String(text)) => text.as_str().into(),
        Some(Value::Array(blocks)) => content(parts(blocks, &format!("{at}.content"))?),
        Some(_) => {
            let at = format!("{at}.content");
            let message = format!("'{at}' must be a text or a list of content blocks");
            return Err(Malformed::at(at, message));
        }
    };
    let mut message = result.clone();
    for name in ["type", "tool_use_id"] {
        message.remove(name);
    }
    message.retain(|name, value| !value.is_null() && (name != "is_error" || *value == json!(true)));
    message.insert("role".into(), "tool".into());
    message.insert("tool_call_id".into(), id.clone());
    message.insert("content".into(), content);
    Ok(Value::Object(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(turns: Value) -> Result<Value, Malformed> {
        messages(Some(&turns)).map(Value::from)
    }

    #[test]
    fn results_of_tools_are_messages_ahead_of_the_rest() {
        let mark = json!({"type": "ephemeral"});
        let turns = json!([{"role": "user", "content": [
            {"type": "text", "text": "and now?"},
            {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "x"}], "cache_control": mark},
            {"type": "tool_result", "tool_use_id": "b", "is_error": true},
            {"type": "tool_result", "tool_use_id": "c", "content": "y", "is_error": false},
        ]}]);
        let expected = json!([
            {"role": "tool", "tool_call_id": "a", "content": "x", "cache_control": mark},
            {"role": "tool", "tool_call_id": "b", "content": "", "is_error": true},
            {"role": "tool", "tool_call_id": "c", "content": "y"},
            {"role": "user", "content": "and now?"},
        ]);
        assert_eq!(talk(turns), Ok(expected));
    }

    #[test]
    fn system_prompts_are_system_messages() {
        for (prompt, expected) in [
            (json!("be brief"), Some(json!("be brief"))),
            (json!([{"type": "text", "text": "be brief"}]), Some(json!("be brief"))),
            (json!(""), None),
            (json!([]), None),
        ] {
            let message = expected.map(|content| json!({"role": "system", "content": content}));
            assert_eq!(system(&prompt), Ok(message));
        }
        let turns = json!([{"role": "user", "content": "a"}, {"role": "system", "content": "b", "clear_at": 5}]);
        assert_eq!(talk(turns.clone()), Ok(turns));
    }

    #[test]
    fn what_is_no_turn_is_named() {
        let turn = |role: &str, content: Value| json!([{"role": role, "content": content}]);
        for (turns, param) in [
            (json!([]), "messages"),
            (json!("hi"), "messages"),
            (json!(["hi"]), "messages[0]"),
            (turn("tool", json!("a")), "messages[0].role"),
            (turn("user", json!(null)), "messages[0].content"),
            (turn("user", json!([])), "messages[0].content"),
            (turn("user", json!(["a"])), "messages[0].content[0]"),
            (
                turn("user", json!([{"type": "image"}, {"type": "text"}])),
                "messages[0].content[1].text",
            ),
            (turn("user", json!([{"type": "tool_result"}])), "messages[0].content[0].tool_use_id"),
            (
                turn("user", json!([{"type": "tool_result", "tool_use_id": "a", "content": 5}])),
                "messages[0].content[0].content",
            ),
            (
                turn("user", json!([{"type": "tool_result", "tool_use_id": "a", "content": [5]}])),
                "messages[0].content[0].content[0]",
            ),
            (
                turn("assistant", json!([{"type": "tool_use", "id": "a"}])),
                "messages[0].content[0].name",
            ),
            (
                turn("assistant", json!([{"type": "thinking", "signature": "s"}])),
                "messages[0].content[0].thinking",
            ),
        ] {
            let error = talk(turns.clone()).unwrap_err();
            assert_eq!(error.param.as_deref(), Some(param), "{turns}");
            assert!(error.message.contains(param), "{}", error.message);
        }
        assert_eq!(messages(None).unwrap_err().param.as_deref(), Some("messages"));
        assert_eq!(system(&json!(5)).unwrap_err().param.as_deref(), Some("system"));
    }
}
