//! Items come one by one; a chat has turns. What the assistant thought, said and called in a row is one turn.

use serde_json::{Map, Value};

use super::{content::joined, thinking};

/// The turns so far.
#[derive(Default)]
pub(super) struct Turns {
    whole: Vec<Value>,
    /// The assistant's turn that may still grow.
    open: Option<Assistant>,
}

#[derive(Default)]
struct Assistant {
    /// Fields of its messages that we do not know.
    rest: Map<String, Value>,
    /// A message is in it.
    spoke: bool,
    parts: Vec<Value>,
    calls: Vec<Value>,
    /// Images that it made.
    images: Vec<Value>,
    /// Readable reasoning, a paragraph each.
    reasoning: Vec<String>,
    /// Reasoning items that only the provider can read.
    reasoning_items: Vec<Value>,
    thinking_blocks: Vec<Value>,
}

impl Turns {
    /// A turn of anyone else's.
    pub(super) fn push(&mut self, message: Map<String, Value>) {
        self.end_open();
        self.whole.push(message.into());
    }

    /// The assistant said something.
    pub(super) fn say(&mut self, parts: Vec<Value>, rest: Map<String, Value>) {
        let turn = self.assistant_that_has_not_spoken();
        turn.spoke = true;
        turn.parts.extend(parts);
        turn.rest.extend(rest);
    }

    /// The assistant thought: a `reasoning` item.
    pub(super) fn think(&mut self, item: &Map<String, Value>) {
        let turn = self.assistant_that_has_not_spoken();
        let sealed = item.get("encrypted_content").and_then(Value::as_str);
        match sealed.map(thinking::open) {
            Some(Some(blocks)) => turn.thinking_blocks.extend(blocks),
            Some(None) => turn.reasoning_items.push(item.clone().into()),
            None => {}
        }
        let summary = texts(item.get("summary"));
        turn.reasoning.extend(if summary.is_empty() {
            texts(item.get("content"))
        } else {
            summary
        });
    }

    /// The assistant called a tool.
    pub(super) fn call(&mut self, call: Value) {
        self.open.get_or_insert_default().calls.push(call);
    }

    /// The assistant made an image.
    pub(super) fn show(&mut self, image: Value) {
        self.open.get_or_insert_default().images.push(image);
    }

    /// Something else of the assistant's, as a part.
    pub(super) fn keep(&mut self, part: Value) {
        self.open.get_or_insert_default().parts.push(part);
    }

    /// All turns.
    pub(super) fn finish(mut self) -> Vec<Value> {
        self.end_open();
        self.whole
    }

    /// Two messages in a row are two turns; but calls and what their tools said must not be parted by another turn.
    fn assistant_that_has_not_spoken(&mut self) -> &mut Assistant {
        if self.open.as_ref().is_some_and(|turn| turn.spoke && turn.calls.is_empty()) {
            self.end_open();
        }
        self.open.get_or_insert_default()
    }

    fn end_open(&mut self) {
        self.whole.extend(self.open.take().and_then(Assistant::message));
    }
}

impl Assistant {
    /// The turn; `None` when there is nothing in it that anyone could use.
    fn message(self) -> Option<Value> {
        let mut message = self.rest;
        let is_refusal = |part: &Value| part.get("type").and_then(Value::as_str) == Some("refusal");
        let content = match self.parts.as_slice() {
            [] => Value::Null,
            [part] if is_refusal(part) => {
                message.insert("refusal".into(), part.get("refusal").cloned().unwrap_or_default());
                Value::Null
            }
            _ => joined(self.parts),
        };
        for (name, list) in [
            ("reasoning_items", self.reasoning_items),
            ("thinking_blocks", self.thinking_blocks),
            ("tool_calls", self.calls),
            ("images", self.images),
        ] {
            if !list.is_empty() {
                message.insert(name.into(), list.into());
            }
        }
        if !self.reasoning.is_empty() {
            message.insert("reasoning_content".into(), self.reasoning.join("\n\n").into());
        }
        if content.is_null() && message.is_empty() && !self.spoke {
            return None;
        }
        message.insert("content".into(), content);
        message.insert("role".into(), "assistant".into());
        Some(message.into())
    }
}

/// The texts of a list of parts that are not empty.
fn texts(parts: Option<&Value>) -> Vec<String> {
    let parts = parts.and_then(Value::as_array).into_iter().flatten();
    let texts = parts.filter_map(|part| part.get("text")?.as_str());
    texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}
