//! The texts of a request, to estimate its tokens where no provider can count them.

use serde_json::{Map, Value};

/// Every text that a model would read: prompts, turns, thoughts, calls and their results, and the tools on offer.
/// Images and files are none.
pub fn texts(request: &Map<String, Value>) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(system) = request.get("system") {
        content(system, &mut texts);
    }
    for turn in list(request, "messages") {
        if let Some(said) = turn.get("content") {
            content(said, &mut texts);
        }
    }
    texts.extend(list(request, "tools").iter().map(tool));
    texts.retain(|text| !text.is_empty());
    texts
}

fn list<'a>(object: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn content(content: &Value, texts: &mut Vec<String>) {
    match content {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(blocks) => {
            blocks.iter().filter_map(Value::as_object).for_each(|each| block(each, texts))
        }
        _ => {}
    }
}

fn block(block: &Map<String, Value>, texts: &mut Vec<String>) {
    let is_text =
        block.get("source").and_then(|source| source.get("type")?.as_str()) == Some("text");
    for (name, value) in block {
        match (name.as_str(), value) {
            ("text" | "thinking" | "title" | "context" | "name", Value::String(text)) => {
                texts.push(text.clone())
            }
            ("input", Value::Object(_)) => texts.push(value.to_string()),
            ("content", _) => content(value, texts),
            // A document in plain text, or in blocks; the others hold a file or where it is.
            ("source", Value::Object(source)) => {
                let held = if is_text { source.get("data") } else { source.get("content") };
                held.into_iter().for_each(|held| content(held, texts));
            }
            ("source", Value::String(text)) => texts.push(text.clone()),
            _ => {}
        }
    }
}

/// A tool as the model reads it: name, description, schema.
fn tool(tool: &Value) -> String {
    let mut tool = tool.clone();
    if let Some(fields) = tool.as_object_mut() {
        fields.remove("cache_control");
    }
    tool.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_is_listed_and_nothing_else() {
        let request = json!({
            "model": "m",
            "system": [{"type": "text", "text": "system", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {"role": "user", "content": "plain"},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "thought", "signature": "sig"},
                    {"type": "tool_use", "id": "toolu_1", "name": "call", "input": {"x": 1}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "result"},
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]},
                    {"type": "document", "title": "title", "source": {"type": "text", "media_type": "text/plain", "data": "document"}},
                    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
                    {"type": "text", "text": "last"}]}],
            "tools": [{"name": "call", "cache_control": {"type": "ephemeral"}}],
        });
        let mut found = texts(request.as_object().unwrap());
        found.sort();
        let mut expected = vec![
            "system",
            "plain",
            "thought",
            "call",
            "{\"x\":1}",
            "result",
            "title",
            "document",
            "last",
            "{\"name\":\"call\"}",
        ];
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        for request in
            [json!({}), json!({"system": 5, "messages": [1, {"content": null}], "tools": {}})]
        {
            assert!(texts(request.as_object().unwrap()).is_empty());
        }
    }
}
