//! A chat request as vendors of OpenAI's own dialect know it: without the fields that other protocols brought with them.

use serde_json::{Map, Value};

use crate::{
    api::chat::ChatRequest,
    provider::{Inexpressible, Translated},
};

/// Fields of other protocols without which it would be another request.
const ESSENTIAL: [&str; 3] = ["mcp_servers", "container", "context_management"];
/// Fields of other protocols that nudge the answer.
const NUDGES: [&str; 6] = ["top_k", "reasoning", "text", "truncation", "include", "max_tool_calls"];
/// Those that say nothing here: `thinking` and effort are said otherwise, and state was looked at before.
const UNSPOKEN: [&str; 6] =
    ["thinking", "output_config", "previous_response_id", "conversation", "background", "prompt"];
/// What other protocols add to turns, parts and tools, and what only their own models can read.
const ADDED: [&str; 8] = [
    "cache_control",
    "thinking_blocks",
    "reasoning_content",
    "reasoning_items",
    "output_items",
    "extra_content",
    "content_blocks",
    "is_error",
];
/// What answers hold that only the provider who gave them can read, or whoever speaks its format.
const SEALED: [&str; 5] =
    ["thinking_blocks", "content_blocks", "output_items", "reasoning_items", "extra_content"];
/// Kinds of parts that a turn can hold.
const PARTS: [&str; 5] = ["text", "image_url", "input_audio", "file", "refusal"];
/// Kinds of tools.
const TOOLS: [&str; 2] = ["function", "custom"];

/// `chat`, which came through another protocol, for a vendor that speaks chat.
pub fn plain_chat(chat: &Map<String, Value>) -> Result<Translated, Inexpressible> {
    let mut body = chat.clone();
    let is_set = |body: &Map<String, Value>, name: &str| {
        body.get(name).is_some_and(|value| !value.is_null())
    };
    if let Some(field) = ESSENTIAL.into_iter().find(|name| is_set(&body, name)) {
        return Err(Inexpressible::new(field, "is not known to chat completions"));
    }
    let effort = effort(&body);
    let mut dropped = Vec::new();
    for name in NUDGES {
        if is_set(&body, name) {
            dropped.push(name.to_owned());
        }
        body.remove(name);
    }
    for name in UNSPOKEN {
        body.remove(name);
    }
    if let Some(effort) = effort.filter(|_| !is_set(&body, "reasoning_effort")) {
        body.insert("reasoning_effort".into(), effort.into());
    }
    let tools = body.get_mut("tools").and_then(Value::as_array_mut);
    for (index, tool) in tools.into_iter().flatten().enumerate() {
        kind(tool, &TOOLS, || format!("tools[{index}]"))?;
        strip(tool);
    }
    let turns = body.get_mut("messages").and_then(Value::as_array_mut);
    for (index, turn) in turns.into_iter().flatten().enumerate() {
        if turn.get("content_blocks").is_some() {
            dropped.push(format!("messages[{index}].content_blocks"));
        }
        if turn.get("images").is_some_and(|images| !images.is_null()) {
            return Err(Inexpressible::new(
                format!("messages[{index}].images"),
                "were made by a model, which chat completions show in a user's turn only",
            ));
        }
        strip(turn);
        let parts = turn.get_mut("content").and_then(Value::as_array_mut);
        for (part_index, part) in parts.into_iter().flatten().enumerate() {
            kind(part, &PARTS, || format!("messages[{index}].content[{part_index}]"))?;
            strip(part);
        }
    }
    Ok(Translated { body: Value::Object(body), dropped })
}

/// `chat`, which may go on with what another provider has answered, without what only that one can read, and the names of
/// that; `None` where there is no such thing in it.
pub fn unsealed(chat: &ChatRequest, reads_google: bool) -> Option<(ChatRequest, Vec<String>)> {
    let sealed: Vec<&str> =
        SEALED.into_iter().filter(|name| !reads_google || *name != "extra_content").collect();
    let raw = chat.fields.raw("messages")?;
    if !sealed.iter().any(|name| raw.contains(name)) {
        return None;
    }
    let mut messages: Vec<Value> = serde_json::from_str(raw).ok()?;
    let mut dropped = Vec::new();
    for (index, message) in messages.iter_mut().enumerate() {
        let Some(message) = message.as_object_mut() else { continue };
        for name in &sealed {
            if message.remove(*name).is_some() {
                dropped.push(format!("messages[{index}].{name}"));
            }
        }
        let calls = message.get_mut("tool_calls").and_then(Value::as_array_mut);
        for (place, call) in calls.into_iter().flatten().enumerate() {
            let call = call.as_object_mut().filter(|_| sealed.contains(&"extra_content"));
            if call.and_then(|call| call.remove("extra_content")).is_some() {
                dropped.push(format!("messages[{index}].tool_calls[{place}].extra_content"));
            }
        }
    }
    if dropped.is_empty() {
        return None;
    }
    let body = chat.fields.rewrite(&[("messages", Value::from(messages).to_string())]);
    Some((ChatRequest::parse(body).ok()?, dropped))
}

/// How hard the model is to think, where that was said in Anthropic's words.
fn effort(body: &Map<String, Value>) -> Option<String> {
    let stated = body.get("output_config").and_then(|config| config.get("effort")?.as_str());
    if let Some(stated) = stated {
        return Some(stated.to_owned());
    }
    let budget = body.get("thinking")?.get("budget_tokens")?.as_u64()?;
    let effort = match budget {
        budget if budget <= LITTLE_THOUGHT => "low",
        budget if budget <= SOME_THOUGHT => "medium",
        _ => "high",
    };
    Some(effort.to_owned())
}

/// Budgets of thinking, in tokens, up to which little or some effort is asked for.
const LITTLE_THOUGHT: u64 = 2048;
const SOME_THOUGHT: u64 = 8192;

fn kind(item: &Value, known: &[&str], path: impl Fn() -> String) -> Result<(), Inexpressible> {
    let kind = item.get("type").and_then(Value::as_str).unwrap_or("function");
    if known.contains(&kind) || item.get("text").is_some() {
        return Ok(());
    }
    Err(Inexpressible::new(
        path(),
        format!("is of kind '{kind}', which chat completions do not know"),
    ))
}

fn strip(item: &mut Value) {
    if let Some(item) = item.as_object_mut() {
        item.retain(|name, _| !ADDED.contains(&name.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_only_another_provider_reads_is_left_out_by_name() {
        let chat = |messages: Value| {
            let body = json!({"model": "m", "seed": 1, "messages": messages});
            ChatRequest::parse(body.to_string().into()).unwrap()
        };
        let said = json!({"role": "assistant", "content": "a", "thinking_blocks": [{"signature": "s"}],
            "tool_calls": [{"id": "c", "type": "function", "extra_content": {"google": {}},
                "function": {"name": "f", "arguments": "{}"}}]});
        let sealed = chat(json!([{"role": "user", "content": "q"}, said]));
        for (reads_google, expected) in [
            (
                false,
                &["messages[1].thinking_blocks", "messages[1].tool_calls[0].extra_content"][..],
            ),
            (true, &["messages[1].thinking_blocks"]),
        ] {
            let (plain, dropped) = unsealed(&sealed, reads_google).unwrap();
            assert_eq!(dropped, expected);
            let raw = plain.fields.raw("messages").unwrap();
            assert_eq!(raw.contains("extra_content"), reads_google);
            assert!(!raw.contains("thinking_blocks") && raw.contains(r#""name":"f""#), "{raw}");
            assert_eq!(plain.fields.raw("seed"), Some("1"));
        }
        for other in ["q", "what are thinking_blocks?"] {
            let plain = chat(json!([{"role": "user", "content": other}]));
            assert!(unsealed(&plain, false).is_none(), "{other}");
        }
    }

    fn plain(chat: Value) -> Result<Translated, Inexpressible> {
        plain_chat(chat.as_object().unwrap())
    }

    #[test]
    fn what_other_protocols_added_is_taken_off() {
        let translated = plain(json!({
            "model": "m", "max_tokens": 9, "top_k": 4, "brand_new": 1, "thinking": {"type": "enabled", "budget_tokens": 4000},
            "tools": [{"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
                {"role": "assistant", "content": "b", "thinking_blocks": [], "reasoning_content": "c", "content_blocks": []},
                {"role": "tool", "tool_call_id": "t", "content": "d", "is_error": true}],
        }))
        .unwrap();
        assert_eq!(
            translated.body,
            json!({
                "model": "m", "max_tokens": 9, "brand_new": 1, "reasoning_effort": "medium",
                "tools": [{"type": "function", "function": {"name": "f"}}],
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "a"}]},
                    {"role": "assistant", "content": "b"},
                    {"role": "tool", "tool_call_id": "t", "content": "d"}],
            })
        );
        assert_eq!(translated.dropped, ["top_k", "messages[1].content_blocks"]);
    }

    #[test]
    fn what_chat_cannot_say_is_named() {
        let turn = |part: Value| json!([{"role": "user", "content": [part]}]);
        for (chat, field) in [
            (json!({"mcp_servers": [1]}), "mcp_servers"),
            (json!({"tools": [{"type": "web_search_20250305", "name": "w"}]}), "tools[0]"),
            (
                json!({"messages": turn(json!({"type": "document", "source": {}}))}),
                "messages[0].content[0]",
            ),
        ] {
            assert_eq!(plain(chat).unwrap_err().field, field);
        }
        for (thinking, effort) in [
            (json!({"type": "enabled", "budget_tokens": 1024}), json!("low")),
            (json!({"type": "enabled", "budget_tokens": 30_000}), json!("high")),
            (json!({"type": "disabled"}), Value::Null),
        ] {
            assert_eq!(
                plain(json!({ "thinking": thinking })).unwrap().body["reasoning_effort"],
                effort
            );
        }
    }
}
