//! A stream of `GenerateContentResponse` events as chunks.

use serde_json::{Map, Value, json};

use super::{
    error::error,
    finish::finish,
    said::{Said, image_url, parts, signed, tool_call},
    usage::usage,
    whole::refusal,
};
use crate::{
    api::{
        error::{UPSTREAM, body},
        sse::{DONE, Event},
    },
    provider::{Piece, Stamp},
};

/// Reads the events of one answer.
///
/// Nothing in the stream says that it is over, and each event may carry a finish reason (older models) and the usage so
/// far (all of them): so the last of both count, and are told when the connection has closed.
#[derive(Debug)]
pub struct Reader {
    stamp: Stamp,
    /// Id and model that all chunks bear.
    bearing: Option<(String, String)>,
    choices: Vec<Choice>,
    /// What the last event that counted tokens said.
    usage: Option<Value>,
    /// Nothing more is to be told.
    over: bool,
}

#[derive(Debug)]
struct Choice {
    index: u64,
    /// The role was told.
    begun: bool,
    calls: usize,
    images: usize,
    /// Of the last part that was text.
    signature: Option<String>,
    end: Option<End>,
}

#[derive(Debug)]
enum End {
    /// Ended with this `finishReason`.
    Reason(String),
    /// Never begun: the prompt was blocked.
    Blocked,
}

impl Reader {
    /// A reader for an answer that has no name of its own but that of `stamp`.
    pub fn new(stamp: Stamp) -> Self {
        Self { stamp, bearing: None, choices: Vec::new(), usage: None, over: false }
    }

    /// Takes the next event.
    pub fn read(&mut self, event: &Event, out: &mut Vec<Piece>) {
        if self.over {
            return;
        }
        // An error may come as it is, not as an event.
        let bare = || Some(&event.raw).filter(|raw| raw.starts_with(b"[") || raw.starts_with(b"{"));
        let Some(data) = event.data().or_else(|| bare().cloned()) else { return };
        if data.is_empty() || data.as_ref() == DONE {
            return;
        }
        let Ok(answer) = serde_json::from_slice::<Value>(&data) else {
            let message = "the stream holds an event that is not JSON";
            return self.fail(body(UPSTREAM, "upstream_invalid", message, None), out);
        };
        if let Some(error) = error(&answer) {
            return self.fail(error, out);
        }
        if self.bearing.is_none() {
            let text = |name: &str| answer.get(name).and_then(Value::as_str);
            let id = text("responseId").unwrap_or(&self.stamp.id).to_owned();
            self.bearing = Some((id, text("modelVersion").unwrap_or(&self.stamp.model).to_owned()));
        }
        if let Some(usage) = answer.get("usageMetadata").and_then(usage) {
            self.usage = Some(usage);
        }
        let candidates = answer.get("candidates").and_then(Value::as_array);
        for candidate in candidates.into_iter().flatten() {
            self.candidate(candidate, out);
        }
        if self.choices.is_empty()
            && let Some(refusal) = refusal(&answer)
        {
            let place = self.place(0);
            self.tell(place, "refusal", refusal.into(), out);
            if let Some(choice) = self.choices.get_mut(place) {
                choice.end = Some(End::Blocked);
            }
        }
    }

    /// The connection closed in good order: the answer is whole if each of its choices came to an end.
    pub fn end(&mut self, out: &mut Vec<Piece>) {
        let whole = self.choices.iter().all(|choice| choice.end.is_some());
        if self.over || self.choices.is_empty() || !whole {
            return;
        }
        self.over = true;
        for choice in std::mem::take(&mut self.choices) {
            out.push(Piece::Chunk(self.chunk(vec![choice.last()])));
        }
        if let Some(usage) = self.usage.take() {
            let mut chunk = self.chunk(Vec::new());
            chunk["usage"] = usage;
            out.push(Piece::Chunk(chunk));
        }
        out.push(Piece::Done);
    }

    fn fail(&mut self, error: Value, out: &mut Vec<Piece>) {
        self.over = true;
        out.push(Piece::Failed(error));
    }

    fn candidate(&mut self, candidate: &Value, out: &mut Vec<Piece>) {
        let index = candidate.get("index").and_then(Value::as_u64).unwrap_or(0);
        let place = self.place(index);
        for (said, signature) in parts(candidate) {
            match said {
                Said::Text("") | Said::Nothing | Said::Thought("") => {}
                Said::Text(text) => self.tell(place, "content", text.into(), out),
                Said::Thought(text) => self.tell(place, "reasoning_content", text.into(), out),
                Said::Call(call) => self.call(place, call, signature, out),
                Said::Image { kind, data } => self.image(place, (kind, data), signature, out),
            }
            if let (Some(signature), Said::Text(_) | Said::Nothing) = (signature, said)
                && let Some(choice) = self.choices.get_mut(place)
            {
                choice.signature = Some(signature.to_owned());
            }
        }
        let reason = candidate.get("finishReason").and_then(Value::as_str);
        if let (Some(reason), Some(choice)) = (reason, self.choices.get_mut(place))
            && reason != "FINISH_REASON_UNSPECIFIED"
        {
            choice.end = Some(End::Reason(reason.to_owned()));
        }
    }

    fn call(&mut self, place: usize, call: &Value, signature: Option<&str>, out: &mut Vec<Piece>) {
        let Some(choice) = self.choices.get_mut(place) else { return };
        let number = choice.calls;
        choice.calls += 1;
        let mut call = tool_call(call, signature, &self.stamp, (choice.index, number));
        call["index"] = number.into();
        self.tell(place, "tool_calls", vec![call].into(), out);
    }

    fn image(
        &mut self,
        place: usize,
        image: (&str, &str),
        signature: Option<&str>,
        out: &mut Vec<Piece>,
    ) {
        let Some(choice) = self.choices.get_mut(place) else { return };
        let number = choice.images;
        choice.images += 1;
        self.tell(place, "images", vec![image_url(image, signature, number)].into(), out);
    }

    /// Where the choice with this index is kept.
    fn place(&mut self, index: u64) -> usize {
        let known = self.choices.iter().position(|choice| choice.index == index);
        known.unwrap_or_else(|| {
            self.choices.push(Choice::new(index));
            self.choices.len() - 1
        })
    }

    /// A chunk in which one choice says one thing.
    fn tell(&mut self, place: usize, name: &str, value: Value, out: &mut Vec<Piece>) {
        let Some(choice) = self.choices.get_mut(place) else { return };
        let mut delta = choice.delta();
        delta.insert(name.to_owned(), value);
        let mut told = json!({"index": choice.index, "finish_reason": null});
        told["delta"] = Value::Object(delta);
        out.push(Piece::Chunk(self.chunk(vec![told])));
    }

    fn chunk(&self, choices: Vec<Value>) -> Value {
        let (id, model) = match &self.bearing {
            Some((id, model)) => (id, model),
            None => (&self.stamp.id, &self.stamp.model),
        };
        let mut chunk = json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": self.stamp.created,
            "model": model,
        });
        chunk["choices"] = choices.into();
        chunk
    }
}

impl Choice {
    fn new(index: u64) -> Self {
        Self { index, begun: false, calls: 0, images: 0, signature: None, end: None }
    }

    /// An empty delta, with the role in the first.
    fn delta(&mut self) -> Map<String, Value> {
        let mut delta = Map::new();
        if !std::mem::replace(&mut self.begun, true) {
            delta.insert("role".into(), "assistant".into());
        }
        delta
    }

    /// The choice as its last chunk has it.
    fn last(mut self) -> Value {
        let mut delta = self.delta();
        if let Some(signature) = &self.signature {
            delta.insert("extra_content".into(), signed(signature));
        }
        let reason = match &self.end {
            Some(End::Reason(reason)) => finish(reason, self.calls > 0),
            Some(End::Blocked) => Some("content_filter"),
            None => None,
        };
        json!({"index": self.index, "delta": delta, "finish_reason": reason})
    }
}
