//! System prompts: ahead of the conversation, or in its midst where a model takes them there.

use serde_json::{Map, Value};

use super::content::{Content, content};
use crate::provider::Inexpressible;

/// The texts of system turns, as they are gathered.
#[derive(Debug, Default)]
pub(super) struct System(Option<Content>);

impl System {
    /// Adds a system turn's content; a single plain text stays one.
    pub(super) fn add(&mut self, said: Content) {
        if said.is_empty() {
            return;
        }
        self.0 = Some(match self.0.take() {
            None => said,
            Some(known) => {
                let mut blocks = known.into_blocks();
                blocks.extend(said.into_blocks());
                Content::Blocks(blocks)
            }
        });
    }

    /// The `system` field, when anything was said.
    pub(super) fn into_value(self) -> Option<Value> {
        self.0.map(Content::into_value)
    }
}

/// The content of a system turn, which holds nothing but texts.
pub(super) fn system(message: &Map<String, Value>, at: &str) -> Result<Content, Inexpressible> {
    let said = content(message, at)?;
    if let Content::Blocks(blocks) = &said {
        let text = |block: &Value| block.get("type").and_then(Value::as_str) == Some("text");
        if !blocks.iter().all(text) {
            let problem = "holds more than text, which a system prompt of the Messages API cannot";
            return Err(Inexpressible::new(format!("{at}.content"), problem));
        }
    }
    Ok(said.marked(message))
}

/// A role of system turns.
pub(super) fn is_system(role: &str) -> bool {
    matches!(role, "system" | "developer")
}
