//! Writes what happens to a response as server-sent events, numbered.

use serde::Serialize;
use serde_json::{Value, json};

/// Where events go.
pub(super) struct Events<'a> {
    /// `None` for an answer in one piece: nobody sees how it came to be.
    pub(super) out: Option<&'a mut String>,
    /// The next event's number.
    pub(super) sequence: &'a mut u64,
}

/// Something more of an item: what most events of a stream are.
#[derive(Serialize)]
pub(super) struct Delta<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) item_id: &'a str,
    pub(super) output_index: usize,
    /// For parts of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_index: Option<usize>,
    /// For paragraphs of a summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary_index: Option<usize>,
    pub(super) delta: &'a str,
    /// For text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<&'a [Value]>,
}

/// An item's place in the response.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The item's id.
    pub(super) id: String,
    /// Its index in `output`.
    pub(super) index: usize,
}

impl Events<'_> {
    /// Something more of an item.
    pub(super) fn delta(&mut self, delta: &Delta<'_>) {
        #[derive(Serialize)]
        struct Numbered<'a> {
            #[serde(flatten)]
            delta: &'a Delta<'a>,
            sequence_number: u64,
        }
        let Some(out) = self.out.as_deref_mut() else { return };
        let event = Numbered { delta, sequence_number: *self.sequence };
        let Ok(data) = serde_json::to_string(&event) else { return };
        write(out, delta.kind, &data);
        *self.sequence += 1;
    }

    /// An item begins.
    pub(super) fn added(&mut self, place: &Place, item: impl FnOnce() -> Value) {
        let index = place.index;
        self.emit("response.output_item.added", || json!({"output_index": index, "item": item()}));
    }

    /// An item is whole.
    pub(super) fn done(&mut self, place: &Place, item: impl FnOnce() -> Value) {
        let index = place.index;
        self.emit("response.output_item.done", || json!({"output_index": index, "item": item()}));
    }

    /// Something within an item: `fields` come on top of its place.
    pub(super) fn within(
        &mut self,
        place: &Place,
        kind: &'static str,
        fields: impl FnOnce() -> Value,
    ) {
        self.emit(kind, || {
            let mut event = fields();
            event["item_id"] = place.id.as_str().into();
            event["output_index"] = place.index.into();
            event
        });
    }

    /// Any other event.
    pub(super) fn emit(&mut self, kind: &str, fields: impl FnOnce() -> Value) {
        let Some(out) = self.out.as_deref_mut() else { return };
        let mut event = fields();
        event["type"] = kind.into();
        event["sequence_number"] = (*self.sequence).into();
        write(out, kind, &event.to_string());
        *self.sequence += 1;
    }
}

fn write(out: &mut String, kind: &str, data: &str) {
    for piece in ["event: ", kind, "\ndata: ", data, "\n\n"] {
        out.push_str(piece);
    }
}
