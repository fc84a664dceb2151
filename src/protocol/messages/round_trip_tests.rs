//! A client's request, said in the chat dialect and back, is the same request.

use std::{fs, path::Path};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::chat;
use crate::provider::anthropic;

/// The request in one spelling of several: blocks for texts, defaults left out.
fn normalised(request: &Value) -> Value {
    let mut request = without_nulls(request);
    let fields = request.as_object_mut().unwrap();
    if let Some(system) =
        fields.remove("system").map(|system| blocks(&system)).filter(|system| !system.is_empty())
    {
        fields.insert("system".into(), system.into());
    }
    let turns = fields.remove("messages").unwrap_or_default();
    fields.insert("messages".into(), self::turns(turns.as_array().unwrap()).into());
    for tool in fields.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten() {
        let tool = tool.as_object_mut().unwrap();
        tool.retain(|name, value| {
            !(name == "type" && value == "custom" || name == "strict" && *value == false)
        });
    }
    if let Some(choice) = fields.get_mut("tool_choice").and_then(Value::as_object_mut) {
        choice.retain(|name, value| name != "disable_parallel_tool_use" || *value == true);
    }
    for (name, default) in [
        ("stream", json!(false)),
        ("tool_choice", json!({"type": "auto"})),
        ("stop_sequences", json!([])),
    ] {
        if fields.get(name) == Some(&default) {
            fields.remove(name);
        }
    }
    // Capacity is not the answer's concern.
    fields.remove("service_tier");
    request
}

fn turns(turns: &[Value]) -> Vec<Value> {
    let mut merged: Vec<(Value, Vec<Value>)> = Vec::new();
    for turn in turns {
        let said = blocks(&turn["content"]);
        match merged.last_mut() {
            Some((role, known)) if *role == turn["role"] => known.extend(said),
            _ => merged.push((turn["role"].clone(), said)),
        }
    }
    for (role, said) in &mut merged {
        if role == "assistant" {
            *said = joined(said);
        }
        said.sort_by_key(|block| block["type"] != "tool_result");
    }
    merged.into_iter().map(|(role, said)| json!({"role": role, "content": said})).collect()
}

/// Plain texts in a row are one text; thoughts without a signature cannot be given back.
fn joined(blocks: &[Value]) -> Vec<Value> {
    let mut joined: Vec<Value> = Vec::new();
    let plain = |block: &Value| {
        block["type"] == "text" && block.as_object().is_some_and(|block| block.len() == 2)
    };
    for block in
        blocks.iter().filter(|block| block["type"] != "thinking" || block["signature"] != "")
    {
        match joined.last_mut().filter(|last| plain(last) && plain(block)) {
            Some(last) => {
                last["text"] =
                    format!("{}{}", last["text"].as_str().unwrap(), block["text"].as_str().unwrap())
                        .into()
            }
            None => joined.push(block.clone()),
        }
    }
    joined
}

fn blocks(content: &Value) -> Vec<Value> {
    let blocks = match content {
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        Value::Array(blocks) => blocks.clone(),
        _ => vec![],
    };
    let filled = blocks.into_iter().filter(|block| block["type"] != "text" || block["text"] != "");
    filled.map(|block| self::block(&block)).collect()
}

fn block(block: &Value) -> Value {
    let mut block = block.clone();
    let fields = block.as_object_mut().unwrap();
    if fields.get("is_error") == Some(&json!(false)) {
        fields.remove("is_error");
    }
    if fields.get("type") == Some(&json!("tool_result")) {
        let content = fields
            .remove("content")
            .map(|content| blocks(&content))
            .filter(|content| !content.is_empty());
        fields.extend(content.map(|content| ("content".to_owned(), Value::from(content))));
    }
    if fields.get("caller").is_some_and(|caller| caller["type"] == "direct") {
        fields.remove("caller");
    }
    block
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let said = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(said.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// What a provider would be sent for a client's request.
fn returned(request: &Map<String, Value>) -> (Value, Vec<String>) {
    let model = request["model"].as_str().unwrap();
    let sent = anthropic::request(&chat(request).unwrap(), model).unwrap();
    (sent.body, sent.dropped)
}

#[test]
fn every_golden_request_comes_back_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/protocols/messages");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let Some(request) = case.get("request").filter(|_| case.get("malformed").is_none()) else {
            continue;
        };
        let (body, dropped) = returned(request.as_object().unwrap());
        assert_eq!(normalised(&body), normalised(request), "{}", path.display());
        assert!(dropped.is_empty(), "{}: {dropped:?}", path.display());
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}

fn marked(block: Value) -> impl Strategy<Value = Value> {
    prop::option::weighted(0.2, Just(json!({"type": "ephemeral"}))).prop_map(move |mark| {
        let mut block = block.clone();
        if let Some(mark) = mark {
            block["cache_control"] = mark;
        }
        block
    })
}

fn user_block() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-c]{0,3}".prop_map(|text| json!({"type": "text", "text": text})),
        Just(json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}})),
        Just(json!({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}})),
        Just(json!({"type": "image", "source": {"type": "file", "file_id": "file_1"}})),
        Just(json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}, "title": "t"})),
        Just(json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}, "citations": {"enabled": true}})),
        ("[a-c]{0,3}", any::<bool>()).prop_map(|(text, failed)| json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": text, "is_error": failed})),
        Just(json!({"type": "tool_result", "tool_use_id": "toolu_2", "content": [{"type": "text", "text": "a"}, {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}]})),
    ]
    .prop_flat_map(marked)
}

fn assistant_block() -> impl Strategy<Value = Value> {
    let fixed = |block: Value| Just(block).boxed();
    let plain = prop_oneof![
        "[a-c]{1,3}".prop_map(|text| json!({"type": "text", "text": text})),
        Just(json!({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"x": [1, null]}})),
    ];
    prop_oneof![
        // As often as all the others together: most turns shall be ones that the dialect can say.
        6 => plain.prop_flat_map(marked).boxed(),
        1 => fixed(json!({"type": "thinking", "thinking": "hm", "signature": "s"})),
        1 => fixed(json!({"type": "redacted_thinking", "data": "d"})),
        1 => fixed(
            json!({"type": "text", "text": "a", "citations": [{"type": "char_location", "cited_text": "b"}]})
        ),
        1 => fixed(
            json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}})
        ),
        1 => fixed(
            json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []})
        ),
    ]
}

proptest! {
    #[test]
    fn any_talk_comes_back_the_same(
        turns in prop::collection::vec((prop::collection::vec(user_block(), 1..4), prop::collection::vec(assistant_block(), 1..5)), 1..4),
    ) {
        let turns: Vec<Value> = turns
            .into_iter()
            .flat_map(|(user, assistant)| [json!({"role": "user", "content": user}), json!({"role": "assistant", "content": assistant})])
            .collect();
        let request = json!({"model": "claude-sonnet-4-5", "max_tokens": 5, "messages": turns});
        let (body, dropped) = returned(request.as_object().unwrap());
        let found = normalised(&body)["messages"].take();
        let expected = normalised(&request)["messages"].take();
        let filled = |turns: &Value| -> Vec<Value> {
            turns.as_array().unwrap().iter().filter(|turn| turn["content"] != json!([])).cloned().collect()
        };
        prop_assert_eq!(filled(&found), filled(&expected));
        prop_assert_eq!(dropped, Vec::<String>::new());
    }
}
