//! A content block that comes in pieces.

use serde_json::{Map, Value};

/// A block and what has come of it.
#[derive(Debug)]
pub(super) struct Partial {
    /// The provider's number for it.
    pub index: u64,
    /// Its place among the calls of the caller's tools, when it is one.
    pub call: Option<usize>,
    block: Map<String, Value>,
    /// The input in JSON, as far as it has come.
    input: String,
    closed: bool,
}

/// What can be said of a block now that it is whole.
#[derive(Debug, Default)]
pub(super) struct Whole {
    /// Arguments of a call that came with the block's start and not in pieces.
    pub unsaid_arguments: Option<String>,
    /// The block, when it is a thought.
    pub thought: Option<Value>,
}

impl Partial {
    /// A block that begins.
    pub(super) fn new(index: u64, block: Map<String, Value>, call: Option<usize>) -> Self {
        Self { index, call, block, input: String::new(), closed: false }
    }

    /// Adds what a delta brings. One of a kind that we do not know replaces the fields that it names, which is what the
    /// kinds of today that are not text do.
    pub(super) fn add(&mut self, delta: &Map<String, Value>) {
        let text = |name: &str| delta.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "text_delta" => self.append("text", text("text")),
            "thinking_delta" => self.append("thinking", text("thinking")),
            "input_json_delta" => self.input.push_str(text("partial_json")),
            "citations_delta" => {
                let citation = delta.get("citation").cloned().unwrap_or_default();
                match self.block.get_mut("citations") {
                    Some(Value::Array(known)) => known.push(citation),
                    _ => {
                        self.block.insert("citations".into(), vec![citation].into());
                    }
                }
            }
            _ => {
                let fields = delta.iter().filter(|(name, _)| *name != "type");
                self.block.extend(fields.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
    }

    /// The block is whole; `None` when it already was.
    pub(super) fn close(&mut self) -> Option<Whole> {
        if std::mem::replace(&mut self.closed, true) {
            return None;
        }
        let mut whole = Whole::default();
        if self.input.is_empty() && self.call.is_some() {
            let input = self.block.get("input").filter(|input| input.is_object());
            whole.unsaid_arguments = Some(input.map_or_else(|| "{}".to_owned(), Value::to_string));
        } else if let Ok(input) = serde_json::from_str(&self.input) {
            self.block.insert("input".into(), input);
        }
        if matches!(
            self.block.get("type").and_then(Value::as_str),
            Some("thinking" | "redacted_thinking")
        ) {
            whole.thought = Some(Value::Object(self.block.clone()));
        }
        Some(whole)
    }

    /// The block as far as it came.
    pub(super) fn into_block(self) -> Value {
        Value::Object(self.block)
    }

    fn append(&mut self, name: &str, more: &str) {
        match self.block.get_mut(name) {
            Some(Value::String(text)) => text.push_str(more),
            _ => {
                self.block.insert(name.to_owned(), more.into());
            }
        }
    }
}
