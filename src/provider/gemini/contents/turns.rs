//! Turns as they are put together.

use serde_json::{Value, json};

/// Who speaks. Tools speak in the role of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    User,
    Model,
    Tools,
}

/// The turns so far.
#[derive(Debug, Default)]
pub(super) struct Turns {
    turns: Vec<Turn>,
    /// What tools have shown, to be put after all of their results.
    shown: Vec<Value>,
}

#[derive(Debug)]
struct Turn {
    speaker: Speaker,
    /// Each part with its place among those of the turn.
    parts: Vec<(usize, Value)>,
}

impl Turns {
    /// `speaker` says `parts`.
    pub(super) fn add(&mut self, speaker: Speaker, parts: Vec<Value>) {
        self.show();
        self.push(speaker, parts.into_iter().map(|part| (0, part)));
    }

    /// A tool's result for the call that was the `order`th: models without ids tell results apart by their order.
    pub(super) fn add_result(&mut self, order: usize, part: Value) {
        self.push(Speaker::Tools, [(order, part)]);
    }

    /// What belongs to a tool's result, but cannot be within it.
    pub(super) fn add_after_results(&mut self, parts: Vec<Value>) {
        self.shown.extend(parts);
    }

    /// All of it as `contents`.
    pub(super) fn finish(mut self) -> Vec<Value> {
        self.show();
        self.turns.into_iter().map(Turn::into_content).collect()
    }

    fn show(&mut self) {
        let shown = std::mem::take(&mut self.shown);
        self.push(Speaker::User, shown.into_iter().map(|part| (0, part)));
    }

    fn push(&mut self, speaker: Speaker, parts: impl IntoIterator<Item = (usize, Value)>) {
        let mut parts = parts.into_iter().peekable();
        if parts.peek().is_none() {
            return;
        }
        match self.turns.last_mut().filter(|turn| turn.speaker == speaker) {
            Some(turn) => turn.parts.extend(parts),
            None => self.turns.push(Turn { speaker, parts: parts.collect() }),
        }
    }
}

impl Turn {
    fn into_content(mut self) -> Value {
        self.parts.sort_by_key(|(order, _)| *order);
        let parts: Vec<Value> = self.parts.into_iter().map(|(_, part)| part).collect();
        let role = if self.speaker == Speaker::Model { "model" } else { "user" };
        let mut content = json!({ "role": role });
        // Moved, not copied: it may hold images.
        content["parts"] = parts.into();
        content
    }
}
