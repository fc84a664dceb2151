//! A `reasoning` item made of what another format tells of its reasoning: one paragraph of summary.

use serde_json::{Map, Value, json};

use super::{
    events::{Delta, Events, Place},
    thinking,
};

/// Reasoning that grows.
#[derive(Debug, Default)]
pub(super) struct Reasoning {
    text: String,
    /// Blocks that the provider wants back as they are.
    thinking_blocks: Vec<Value>,
}

impl Reasoning {
    /// The item begins.
    pub(super) fn open(place: &Place, events: &mut Events<'_>) -> Self {
        let reasoning = Self::default();
        events.added(place, || reasoning.item(place));
        reasoning
    }

    /// More of its text.
    pub(super) fn say(&mut self, text: &str, place: &Place, events: &mut Events<'_>) {
        if self.text.is_empty() {
            begin_paragraph(0, place, events);
        }
        say(text, 0, place, events);
        self.text.push_str(text);
    }

    /// Blocks to be given back.
    pub(super) fn keep(&mut self, blocks: &[Value]) {
        self.thinking_blocks.extend_from_slice(blocks);
    }

    /// Nothing more comes; the item's own end is the caller's to tell.
    pub(super) fn close(&self, place: &Place, events: &mut Events<'_>) {
        if !self.text.is_empty() {
            end_paragraph(&self.text, 0, place, events);
        }
    }

    /// The item as it is now.
    pub(super) fn item(&self, place: &Place) -> Value {
        let mut summary = Vec::new();
        if !self.text.is_empty() {
            summary.push(json!({"type": "summary_text", "text": self.text}));
        }
        let mut item = json!({"id": place.id, "type": "reasoning", "summary": summary});
        if !self.thinking_blocks.is_empty() {
            item["encrypted_content"] = thinking::seal(&self.thinking_blocks).into();
        }
        item
    }
}

/// Tells the summary of a whole `reasoning` item that a provider of Responses gave.
pub(super) fn tell_summary(item: &Map<String, Value>, place: &Place, events: &mut Events<'_>) {
    let summary = item.get("summary").and_then(Value::as_array).into_iter().flatten();
    let texts = summary.filter_map(|paragraph| paragraph.get("text")?.as_str());
    for (index, text) in texts.enumerate() {
        begin_paragraph(index, place, events);
        say(text, index, place, events);
        end_paragraph(text, index, place, events);
    }
}

fn begin_paragraph(index: usize, place: &Place, events: &mut Events<'_>) {
    events.within(
        place,
        "response.reasoning_summary_part.added",
        || json!({"summary_index": index, "part": {"type": "summary_text", "text": ""}}),
    );
}

fn say(text: &str, index: usize, place: &Place, events: &mut Events<'_>) {
    events.delta(&Delta {
        kind: "response.reasoning_summary_text.delta",
        item_id: &place.id,
        output_index: place.index,
        content_index: None,
        summary_index: Some(index),
        delta: text,
        logprobs: None,
    });
}

fn end_paragraph(text: &str, index: usize, place: &Place, events: &mut Events<'_>) {
    events.within(
        place,
        "response.reasoning_summary_text.done",
        || json!({"summary_index": index, "text": text}),
    );
    events.within(
        place,
        "response.reasoning_summary_part.done",
        || json!({"summary_index": index, "part": {"type": "summary_text", "text": text}}),
    );
}
