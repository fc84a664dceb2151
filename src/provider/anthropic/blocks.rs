//! An assistant's turn in content blocks, as the fields of a chat message.

use serde_json::{Map, Value, json};

/// The fields of an assistant's message (all but `role`) that say what `blocks` do.
///
/// Texts are joined, unless one of them carries a mark of its own (`cache_control`). Where the fields cannot say
/// everything — server tools, citations, thinking between texts — `content_blocks` holds the blocks as they are, for
/// whoever speaks this API; the fields then hold what others can understand.
pub fn said(blocks: &[Value]) -> Map<String, Value> {
    let mut said = Said::default();
    for (place, block) in blocks.iter().enumerate() {
        said.take(block, place + 1 == blocks.len());
    }
    let mut fields = said.fields();
    if !said.sayable {
        fields.insert("content_blocks".into(), blocks.into());
    }
    fields
}

/// What has been said so far.
#[derive(Debug)]
struct Said<'a> {
    /// All of it fits into the fields of a message.
    sayable: bool,
    /// The latest kind of block: the fields know one order only.
    stage: Stage,
    thinking: String,
    thinking_blocks: Vec<Value>,
    texts: Vec<&'a Map<String, Value>>,
    calls: Vec<Value>,
    cache_control: Option<&'a Value>,
}

/// In the order in which the fields of a message are turned into blocks.
#[derive(Debug, PartialEq, PartialOrd)]
enum Stage {
    Thinking,
    Text,
    Call,
}

impl Default for Said<'_> {
    fn default() -> Self {
        Self {
            sayable: true,
            stage: Stage::Thinking,
            thinking: String::new(),
            thinking_blocks: Vec::new(),
            texts: Vec::new(),
            calls: Vec::new(),
            cache_control: None,
        }
    }
}

impl<'a> Said<'a> {
    fn take(&mut self, value: &'a Value, last: bool) {
        let Some(block) = value.as_object() else {
            self.sayable = false;
            return;
        };
        match block.get("type").and_then(Value::as_str) {
            Some("thinking") => {
                self.follow(Stage::Thinking);
                self.only(block, &["thinking", "signature"]);
                self.thinking.push_str(text(block, "thinking"));
                // Without its signature a thought cannot be given back.
                if !text(block, "signature").is_empty() {
                    self.thinking_blocks.push(value.clone());
                }
            }
            Some("redacted_thinking") => {
                self.follow(Stage::Thinking);
                self.only(block, &["data"]);
                self.thinking_blocks.push(value.clone());
            }
            Some("text") => {
                self.follow(Stage::Text);
                self.only(block, &["text", "cache_control"]);
                if !text(block, "text").is_empty() {
                    self.texts.push(block);
                }
            }
            Some("tool_use") => self.call(block, last),
            _ => self.sayable = false,
        }
    }

    fn call(&mut self, block: &'a Map<String, Value>, last: bool) {
        self.follow(Stage::Call);
        // Called by the model itself, which is what a call is when nothing is said of it.
        let direct = |caller: &Value| caller.get("type").and_then(Value::as_str) == Some("direct");
        if block.get("caller").is_some_and(direct) {
            self.only(block, &["id", "name", "input", "cache_control", "caller"]);
        } else {
            self.only(block, &["id", "name", "input", "cache_control"]);
        }
        if let Some(mark) = block.get("cache_control").filter(|mark| !mark.is_null()) {
            self.sayable &= last;
            self.cache_control = Some(mark);
        }
        let input = block.get("input").filter(|input| input.is_object());
        self.calls.push(json!({
            "id": text(block, "id"),
            "type": "function",
            "function": {
                "name": text(block, "name"),
                "arguments": input.map_or_else(|| "{}".to_owned(), Value::to_string),
            },
        }));
    }

    /// The block comes at `stage`; going back is more than the fields of a message can say.
    fn follow(&mut self, stage: Stage) {
        self.sayable &= self.stage <= stage;
        self.stage = stage;
    }

    /// The block says nothing but these fields.
    fn only(&mut self, block: &Map<String, Value>, names: &[&str]) {
        let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        let known = |name: &String| name == "type" || names.contains(&name.as_str());
        self.sayable &= block.iter().all(|(name, value)| known(name) || empty(value));
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("content".into(), content(&self.texts));
        if !self.thinking.is_empty() {
            fields.insert("reasoning_content".into(), self.thinking.as_str().into());
        }
        if !self.thinking_blocks.is_empty() {
            fields.insert("thinking_blocks".into(), self.thinking_blocks.as_slice().into());
        }
        if !self.calls.is_empty() {
            fields.insert("tool_calls".into(), self.calls.as_slice().into());
        }
        if let Some(mark) = self.cache_control {
            fields.insert("cache_control".into(), mark.clone());
        }
        fields
    }
}

fn content(texts: &[&Map<String, Value>]) -> Value {
    let mark = |block: &&Map<String, Value>| {
        block.get("cache_control").filter(|mark| !mark.is_null()).cloned()
    };
    if texts.is_empty() {
        return Value::Null;
    }
    if texts.iter().all(|block| mark(block).is_none()) {
        return texts.iter().map(|block| text(block, "text")).collect::<String>().into();
    }
    let part = |block: &&Map<String, Value>| {
        let mut part = json!({"type": "text", "text": text(block, "text")});
        if let (Some(part), Some(mark)) = (part.as_object_mut(), mark(block)) {
            part.insert("cache_control".into(), mark);
        }
        part
    };
    texts.iter().map(part).collect()
}

fn text<'a>(block: &'a Map<String, Value>, name: &str) -> &'a str {
    block.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_of(blocks: Value) -> Value {
        Value::Object(said(blocks.as_array().unwrap()))
    }

    #[test]
    fn plain_blocks_become_the_fields_of_a_message() {
        let thought = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
        let hidden = json!({"type": "redacted_thinking", "data": "d"});
        let call = json!({"id": "t", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}});
        let mark = json!({"type": "ephemeral"});
        for (blocks, expected) in [
            (json!([]), json!({"content": null})),
            (json!([{"type": "text", "text": ""}]), json!({"content": null})),
            (
                json!([{"type": "text", "text": "a", "citations": null}, {"type": "text", "text": "b"}]),
                json!({"content": "ab"}),
            ),
            (
                json!([thought, hidden, {"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}, "caller": {"type": "direct"}}]),
                json!({"content": null, "reasoning_content": "hm", "thinking_blocks": [thought, hidden], "tool_calls": [call]}),
            ),
            (
                json!([{"type": "thinking", "thinking": "unsigned", "signature": ""}, {"type": "text", "text": "a"}]),
                json!({"content": "a", "reasoning_content": "unsigned"}),
            ),
            (
                json!([{"type": "text", "text": "a", "cache_control": mark}, {"type": "text", "text": "b"}]),
                json!({"content": [{"type": "text", "text": "a", "cache_control": mark}, {"type": "text", "text": "b"}]}),
            ),
            (
                json!([{"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}, "cache_control": mark}]),
                json!({"content": null, "tool_calls": [call], "cache_control": mark}),
            ),
        ] {
            assert_eq!(said_of(blocks.clone()), expected, "{blocks}");
        }
    }

    #[test]
    fn what_the_fields_cannot_say_is_kept_as_it_is() {
        let text = json!({"type": "text", "text": "a"});
        for blocks in [
            json!([{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, text]),
            json!([{"type": "text", "text": "a", "citations": [{"type": "char_location"}]}]),
            json!([text, {"type": "thinking", "thinking": "hm", "signature": "s"}]),
            json!([{"type": "tool_use", "id": "t", "name": "f", "input": {}}, text]),
            json!([{"type": "tool_use", "id": "t", "name": "f", "input": {}, "caller": {"type": "code_execution_20250825", "tool_id": "s"}}]),
            json!([{"type": "tool_use", "id": "t", "name": "f", "input": {}, "cache_control": {"type": "ephemeral"}}, {"type": "tool_use", "id": "u", "name": "f", "input": {}}]),
            json!([{"type": "brand_new", "x": 1}]),
            json!([5]),
        ] {
            assert_eq!(said_of(blocks.clone())["content_blocks"], blocks);
        }
    }
}
