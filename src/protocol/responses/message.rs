//! A `message` item: parts of text and refusal, one after the other.

use serde_json::{Value, json};

use super::{
    events::{Delta, Events, Place},
    response::Status,
};

/// A message that grows.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// All but the last one are whole.
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text { text: String, annotations: Vec<Value>, logprobs: Vec<Value> },
    Refusal(String),
}

impl Message {
    /// The item begins.
    pub(super) fn open(place: &Place, events: &mut Events<'_>) -> Self {
        let message = Self::default();
        events.added(place, || message.item(place, Status::InProgress));
        message
    }

    /// More text, with the probabilities of its tokens where they are known.
    pub(super) fn say(
        &mut self,
        text: &str,
        logprobs: &[Value],
        place: &Place,
        events: &mut Events<'_>,
    ) {
        if !matches!(self.parts.last(), Some(Part::Text { .. })) {
            let (annotations, logprobs) = (Vec::new(), Vec::new());
            self.begin(Part::Text { text: String::new(), annotations, logprobs }, place, events);
        }
        let index = self.parts.len() - 1;
        let Some(Part::Text { text: whole, logprobs: known, .. }) = self.parts.last_mut() else {
            return;
        };
        events.delta(&Delta {
            kind: "response.output_text.delta",
            item_id: &place.id,
            output_index: place.index,
            content_index: Some(index),
            summary_index: None,
            delta: text,
            logprobs: Some(logprobs),
        });
        whole.push_str(text);
        known.extend_from_slice(logprobs);
    }

    /// More of a refusal.
    pub(super) fn refuse(&mut self, text: &str, place: &Place, events: &mut Events<'_>) {
        if !matches!(self.parts.last(), Some(Part::Refusal(_))) {
            self.begin(Part::Refusal(String::new()), place, events);
        }
        let index = self.parts.len() - 1;
        let Some(Part::Refusal(whole)) = self.parts.last_mut() else { return };
        events.delta(&Delta {
            kind: "response.refusal.delta",
            item_id: &place.id,
            output_index: place.index,
            content_index: Some(index),
            summary_index: None,
            delta: text,
            logprobs: None,
        });
        whole.push_str(text);
    }

    /// A source of the last text; without a text there is nothing that it could be a source of.
    pub(super) fn annotate(&mut self, annotation: Value, place: &Place, events: &mut Events<'_>) {
        let index = self.parts.len().saturating_sub(1);
        let Some(Part::Text { annotations, .. }) = self.parts.last_mut() else { return };
        events.within(place, "response.output_text.annotation.added", || {
            json!({"content_index": index, "annotation_index": annotations.len(), "annotation": annotation})
        });
        annotations.push(annotation);
    }

    /// Nothing more comes; the item's own end is the caller's to tell.
    pub(super) fn close(&self, place: &Place, events: &mut Events<'_>) {
        self.end_last(place, events);
    }

    /// The item as it is now.
    pub(super) fn item(&self, place: &Place, status: Status) -> Value {
        let content: Vec<_> = self.parts.iter().map(Part::value).collect();
        json!({"id": place.id, "type": "message", "role": "assistant", "status": status.as_str(), "content": content})
    }

    fn begin(&mut self, part: Part, place: &Place, events: &mut Events<'_>) {
        self.end_last(place, events);
        let index = self.parts.len();
        events.within(
            place,
            "response.content_part.added",
            || json!({"content_index": index, "part": part.value()}),
        );
        self.parts.push(part);
    }

    fn end_last(&self, place: &Place, events: &mut Events<'_>) {
        let Some(part) = self.parts.last() else { return };
        let index = self.parts.len() - 1;
        match part {
            Part::Text { text, logprobs, .. } => {
                events.within(
                    place,
                    "response.output_text.done",
                    || json!({"content_index": index, "text": text, "logprobs": logprobs}),
                );
            }
            Part::Refusal(refusal) => events.within(
                place,
                "response.refusal.done",
                || json!({"content_index": index, "refusal": refusal}),
            ),
        }
        events.within(
            place,
            "response.content_part.done",
            || json!({"content_index": index, "part": part.value()}),
        );
    }
}

impl Part {
    fn value(&self) -> Value {
        match self {
            Self::Text { text, annotations, logprobs } => {
                json!({"type": "output_text", "text": text, "annotations": annotations, "logprobs": logprobs})
            }
            Self::Refusal(refusal) => json!({"type": "refusal", "refusal": refusal}),
        }
    }
}
