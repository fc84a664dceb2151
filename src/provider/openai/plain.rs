//! A chat request as vendors of OpenAI's own dialect know it: without the fields that other protocols brought with them.

use serde_json::{Map, Value, json};

use crate::{
    api::chat::ChatRequest,
    provider::{Inexpressible, Translated, asks_for_nothing},
};

/// Fields of other protocols without which it would be another request.
const ESSENTIAL: [&str; 3] = ["mcp_servers", "container", "context_management"];
/// Fields of other protocols that nudge the answer.
const NUDGES: [&str; 8] = [
    "top_k",
    "reasoning",
    "text",
    "truncation",
    "include",
    "max_tool_calls",
    "speed",
    "inference_geo",
];
/// Those that say nothing here: `thinking` and effort are said otherwise, state was looked at before, and vendors cache
/// and diagnose unasked.
const UNSPOKEN: [&str; 8] = [
    "thinking",
    "output_config",
    "previous_response_id",
    "conversation",
    "background",
    "prompt",
    "cache_control",
    "diagnostics",
];
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

/// `chat`, which came through another protocol, for a vendor that speaks chat and knows the fields `known` of turns and
/// calls beyond those of OpenAI.
pub fn plain_chat(chat: &Map<String, Value>, known: &[&str]) -> Result<Translated, Inexpressible> {
    let mut body = chat.clone();
    let is_set = |body: &Map<String, Value>, name: &str| {
        body.get(name).is_some_and(|value| !value.is_null())
    };
    let wanted = |name: &&str| chat.get(*name).is_some_and(|value| !asks_for_nothing(name, value));
    if let Some(field) = ESSENTIAL.into_iter().find(wanted) {
        return Err(Inexpressible::new(field, "is not known to chat completions"));
    }
    let effort = effort(&body);
    let mut dropped = Vec::new();
    dropped.extend(NUDGES.into_iter().filter(wanted).map(str::to_owned));
    for name in NUDGES.into_iter().chain(UNSPOKEN).chain(ESSENTIAL) {
        body.remove(name);
    }
    if let Some(effort) = effort.filter(|_| !is_set(&body, "reasoning_effort")) {
        body.insert("reasoning_effort".into(), effort.into());
    }
    let tools = body.get_mut("tools").and_then(Value::as_array_mut);
    for (index, tool) in tools.into_iter().flatten().enumerate() {
        kind(tool, &TOOLS, || format!("tools[{index}]"))?;
        if let Some(tool) = tool.as_object_mut() {
            tool.retain(|name, _| name == "type" || TOOLS.contains(&name.as_str()));
        }
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
        strip(turn, known);
        let calls = turn.get_mut("tool_calls").and_then(Value::as_array_mut);
        calls.into_iter().flatten().for_each(|call| strip(call, known));
        let parts = turn.get_mut("content").and_then(Value::as_array_mut);
        for (part_index, part) in parts.into_iter().flatten().enumerate() {
            kind(part, &PARTS, || format!("messages[{index}].content[{part_index}]"))?;
            strip(part, &[]);
        }
    }
    if let Some(turns) = body.get_mut("messages").and_then(Value::as_array_mut) {
        show_after_results(turns);
    }
    Ok(Translated { body: Value::Object(body), dropped })
}

/// Moves what tools have shown, which is nothing but text to chat completions, to what a user says after their results.
fn show_after_results(turns: &mut Vec<Value>) {
    let mut shown = Vec::new();
    for mut turn in std::mem::take(turns) {
        match turn.get("role").and_then(Value::as_str) {
            Some("tool") => shown.extend(take_shown(&mut turn)),
            Some("user") if !shown.is_empty() => {
                match turn.get_mut("content").map(Value::take) {
                    Some(Value::Array(parts)) => shown.extend(parts),
                    Some(Value::String(text)) => shown.push(json!({"type": "text", "text": text})),
                    _ => {}
                }
                turn["content"] = std::mem::take(&mut shown).into();
            }
            _ if !shown.is_empty() => turns.push(user(std::mem::take(&mut shown))),
            _ => {}
        }
        turns.push(turn);
    }
    if !shown.is_empty() {
        turns.push(user(shown));
    }
}

fn user(parts: Vec<Value>) -> Value {
    let mut turn = json!({"role": "user"});
    // Moved, not copied: there may be images in it.
    turn["content"] = parts.into();
    turn
}

/// Takes all but the text out of a tool's result.
fn take_shown(result: &mut Value) -> Vec<Value> {
    let Some(Value::Array(parts)) = result.get_mut("content") else { return Vec::new() };
    let is_text = |part: &Value| part.get("text").is_some();
    let (texts, shown): (Vec<Value>, _) = std::mem::take(parts).into_iter().partition(is_text);
    // An empty list is refused.
    result["content"] = if texts.is_empty() { "".into() } else { texts.into() };
    shown
}

/// `chat`, which may go on with what another provider has answered, without what only that one can read, and the names of
/// that; `None` where there is no such thing in it. Of this its own provider knows the fields `known`.
pub fn unsealed(chat: &ChatRequest, known: &[&str]) -> Option<(ChatRequest, Vec<String>)> {
    let sealed: Vec<&str> = SEALED.into_iter().filter(|name| !known.contains(name)).collect();
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
        for list in ["tool_calls", "images"] {
            let items = message.get_mut(list).and_then(Value::as_array_mut);
            for (place, item) in items.into_iter().flatten().enumerate() {
                let item = item.as_object_mut().filter(|_| sealed.contains(&"extra_content"));
                if item.and_then(|item| item.remove("extra_content")).is_some() {
                    dropped.push(format!("messages[{index}].{list}[{place}].extra_content"));
                }
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

fn strip(item: &mut Value, known: &[&str]) {
    if let Some(item) = item.as_object_mut() {
        item.retain(|name, _| !ADDED.contains(&name.as_str()) || known.contains(&name.as_str()));
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
            "images": [{"type": "image_url", "extra_content": {"google": {}}}],
            "tool_calls": [{"id": "c", "type": "function", "extra_content": {"google": {}},
                "function": {"name": "f", "arguments": "{}"}}]});
        let sealed = chat(json!([{"role": "user", "content": "q"}, said]));
        for (known, expected) in [
            (
                &[][..],
                &[
                    "messages[1].thinking_blocks",
                    "messages[1].tool_calls[0].extra_content",
                    "messages[1].images[0].extra_content",
                ][..],
            ),
            (&["extra_content"], &["messages[1].thinking_blocks"]),
        ] {
            let (plain, dropped) = unsealed(&sealed, known).unwrap();
            assert_eq!(dropped, expected);
            let raw = plain.fields.raw("messages").unwrap();
            assert_eq!(raw.contains("extra_content"), !known.is_empty());
            assert!(!raw.contains("thinking_blocks") && raw.contains(r#""name":"f""#), "{raw}");
            assert_eq!(plain.fields.raw("seed"), Some("1"));
        }
        for other in ["q", "what are thinking_blocks?"] {
            let plain = chat(json!([{"role": "user", "content": other}]));
            assert!(unsealed(&plain, &[]).is_none(), "{other}");
        }
    }

    fn plain(chat: Value) -> Result<Translated, Inexpressible> {
        plain_chat(chat.as_object().unwrap(), &[])
    }

    #[test]
    fn what_other_protocols_added_is_taken_off() {
        let translated = plain(json!({
            "model": "m", "max_tokens": 9, "top_k": 4, "brand_new": 1, "thinking": {"type": "enabled", "budget_tokens": 4000},
            "cache_control": {"type": "ephemeral"}, "diagnostics": {"previous_message_id": null}, "speed": "fast",
            "inference_geo": "us", "truncation": "disabled", "include": [], "mcp_servers": [],
            "tools": [{"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"},
                "defer_loading": true, "eager_input_streaming": true}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
                {"role": "assistant", "content": "b", "thinking_blocks": [], "reasoning_content": "c", "content_blocks": [],
                    "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": {}}]},
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
                    {"role": "assistant", "content": "b",
                        "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                    {"role": "tool", "tool_call_id": "t", "content": "d"}],
            })
        );
        let dropped = ["top_k", "speed", "inference_geo", "messages[1].content_blocks"];
        assert_eq!(translated.dropped, dropped);
    }

    #[test]
    fn what_a_vendor_knows_beyond_openai_stays() {
        let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": "s"}}});
        let chat = json!({"messages": [{"role": "user", "content": "q"},
            {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "r"}]});
        for (known, thought, signature) in [
            (&[][..], false, false),
            (&["reasoning_content"], true, false),
            (&["extra_content"], false, true),
        ] {
            let body = plain_chat(chat.as_object().unwrap(), known).unwrap().body;
            let turn = &body["messages"][1];
            assert_eq!(turn.get("reasoning_content").is_some(), thought, "{known:?}");
            let call = &turn["tool_calls"][0];
            assert_eq!(call.get("extra_content").is_some(), signature, "{known:?}");
        }
    }

    #[test]
    fn what_tools_show_is_shown_by_the_user_after_their_results() {
        let image = |name: &str| json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{name}")}});
        let text = |text: &str| json!({"type": "text", "text": text});
        let result = |id: &str, content: Value| json!({"role": "tool", "tool_call_id": id, "content": content});
        let file = json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,AA"}});
        let turns = plain(json!({"messages": [
            result("1", json!([text("a"), image("AA"), text("b")])),
            result("2", json!([file])),
            result("3", json!("plain")),
            {"role": "assistant", "content": "c"},
            result("4", json!([image("BB")])),
            {"role": "user", "content": "and now?"},
            result("5", json!([image("CC")])),
        ]}))
        .unwrap();
        assert_eq!(
            turns.body["messages"],
            json!([
                result("1", json!([text("a"), text("b")])),
                result("2", json!("")),
                result("3", json!("plain")),
                {"role": "user", "content": [image("AA"), file]},
                {"role": "assistant", "content": "c"},
                result("4", json!("")),
                {"role": "user", "content": [image("BB"), text("and now?")]},
                result("5", json!("")),
                {"role": "user", "content": [image("CC")]},
            ])
        );
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
