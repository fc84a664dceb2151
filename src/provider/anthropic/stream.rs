//! A stream's events as chunks: <https://platform.claude.com/docs/en/build-with-claude/streaming>.
//!
//! Text, thoughts and arguments go on as they come. What can only be said of a whole block (a thought with its
//! signature, blocks that the chat dialect has no words for) follows when it is whole.

use serde_json::{Map, Value, json};

use super::{
    blocks::said,
    chunk::{Chunks, choice},
    error::error,
    partial::Partial,
    stop,
    usage::usage,
};
use crate::{
    api::{self, sse::Event},
    provider::{Piece, Stamp},
};

/// Reads one answer's events.
#[derive(Debug)]
pub struct Reader {
    chunks: Chunks,
    stage: Stage,
    /// The blocks so far, in the order in which they began.
    blocks: Vec<Partial>,
    /// Calls of tools so far.
    calls: usize,
    /// Counts of the first event, then those that replace them: they are totals.
    usage: Map<String, Value>,
    /// The output has been counted to its end.
    counted: bool,
    /// What the last `message_delta` said of the end.
    end: Map<String, Value>,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing has been said yet.
    Waiting,
    /// The assistant's role has been said.
    Begun,
    /// Nothing more will be said.
    Over,
}

impl Reader {
    /// A reader for an answer that is `stamp`'s where it does not say whose it is.
    pub fn new(stamp: Stamp) -> Self {
        Self {
            chunks: Chunks::of(stamp),
            stage: Stage::Waiting,
            blocks: Vec::new(),
            calls: 0,
            usage: Map::new(),
            counted: false,
            end: Map::new(),
        }
    }

    /// Takes the next event, and adds to `out` what it means. Events of kinds that we do not know mean nothing.
    pub fn read(&mut self, event: &Event, out: &mut Vec<Piece>) {
        if self.stage == Stage::Over {
            return;
        }
        let Some(data) = event.data() else { return };
        let Ok(value) = serde_json::from_slice::<Value>(&data) else {
            return self.fail(unreadable("the provider sent an event that is not JSON"), out);
        };
        let kind = value.get("type").and_then(Value::as_str).or(event.name()).unwrap_or_default();
        match kind {
            "message_start" => self.start(&value, out),
            "content_block_start" => self.open(&value, out),
            "content_block_delta" => self.add(&value, out),
            "content_block_stop" => {
                if let Some(place) = self.place(&value) {
                    self.close(place, out);
                }
            }
            "message_delta" => self.note(&value),
            "message_stop" => self.finish(out),
            "error" => {
                let silent = || unreadable("the provider sent an error without a message");
                self.fail(error(&value).unwrap_or_else(silent), out);
            }
            _ => {
                if let Some(error) = error(&value) {
                    self.fail(error, out);
                }
            }
        }
    }

    /// The connection is closed. A whole answer has said so itself by now.
    pub fn end(&mut self, _out: &mut Vec<Piece>) {
        self.stage = Stage::Over;
    }

    fn start(&mut self, value: &Value, out: &mut Vec<Piece>) {
        let Some(message) = value.get("message").and_then(Value::as_object) else { return };
        let text = |name: &str| message.get(name).and_then(Value::as_str).map(str::to_owned);
        self.chunks.name(text("id"), text("model"));
        if let Some(counts) = message.get("usage").and_then(Value::as_object) {
            self.usage.extend(counts.clone());
        }
        self.begin(out);
    }

    fn begin(&mut self, out: &mut Vec<Piece>) {
        if self.stage == Stage::Waiting {
            self.stage = Stage::Begun;
            out.push(self.chunks.delta(json!({"role": "assistant"})));
        }
    }

    fn open(&mut self, value: &Value, out: &mut Vec<Piece>) {
        let block = value.get("content_block").and_then(Value::as_object);
        let (Some(index), Some(block)) = (index(value), block) else { return };
        self.begin(out);
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
        let call = (text("type") == "tool_use").then_some(self.calls);
        match text("type") {
            "text" => self.say("content", text("text"), out),
            "thinking" => self.say("reasoning_content", text("thinking"), out),
            "tool_use" => {
                let call = json!({
                    "index": self.calls, "id": text("id"), "type": "function",
                    "function": {"name": text("name"), "arguments": ""},
                });
                self.calls += 1;
                out.push(self.chunks.delta(json!({"tool_calls": [call]})));
            }
            _ => {}
        }
        self.blocks.push(Partial::new(index, block.clone(), call));
    }

    fn add(&mut self, value: &Value, out: &mut Vec<Piece>) {
        let delta = value.get("delta").and_then(Value::as_object);
        let (Some(place), Some(delta)) = (self.place(value), delta) else { return };
        let Some(block) = self.blocks.get_mut(place) else { return };
        let text = |name: &str| delta.get(name).and_then(Value::as_str).unwrap_or_default();
        let call = block.call;
        block.add(delta);
        match text("type") {
            "text_delta" => self.say("content", text("text"), out),
            "thinking_delta" => self.say("reasoning_content", text("thinking"), out),
            "input_json_delta" => self.argue(call, text("partial_json"), out),
            _ => {}
        }
    }

    fn close(&mut self, place: usize, out: &mut Vec<Piece>) {
        let Some(block) = self.blocks.get_mut(place) else { return };
        let Some(whole) = block.close() else { return };
        let call = block.call;
        if let Some(arguments) = whole.unsaid_arguments {
            self.argue(call, &arguments, out);
        }
        if let Some(thoughts) =
            whole.thought.and_then(|block| said(&[block]).remove("thinking_blocks"))
        {
            out.push(self.chunks.delta(json!({ "thinking_blocks": thoughts })));
        }
    }

    fn note(&mut self, value: &Value) {
        if let Some(delta) = value.get("delta").and_then(Value::as_object) {
            self.end.extend(delta.clone());
        }
        if let Some(counts) = value.get("usage").and_then(Value::as_object) {
            self.counted |= counts.get("output_tokens").is_some_and(Value::is_u64);
            let said = counts.iter().filter(|(_, value)| !value.is_null());
            self.usage.extend(said.map(|(name, value)| (name.clone(), value.clone())));
        }
    }

    fn finish(&mut self, out: &mut Vec<Piece>) {
        self.begin(out);
        for place in 0..self.blocks.len() {
            self.close(place, out);
        }
        let blocks: Vec<Value> =
            std::mem::take(&mut self.blocks).into_iter().map(Partial::into_block).collect();
        if let Some(native) = said(&blocks).remove("content_blocks") {
            out.push(self.chunks.delta(json!({ "content_blocks": native })));
        }
        let mut delta = Map::new();
        if let Some(refusal) = stop::refusal(&self.end) {
            delta.insert("refusal".into(), refusal.into());
        }
        let reason = stop::finish_reason(self.end.get("stop_reason").unwrap_or(&Value::Null));
        let mut choice = choice(Value::Object(delta), reason);
        if let Some(sequence) =
            self.end.get("stop_sequence").filter(|sequence| sequence.is_string())
        {
            choice.insert("stop_sequence".into(), sequence.clone());
        }
        let mut last = self.chunks.chunk(vec![Value::Object(choice)]);
        if let Some(container) = self.end.get("container").filter(|container| !container.is_null())
        {
            last.insert("container".into(), container.clone());
        }
        out.push(Piece::Chunk(Value::Object(last)));
        if let Some(usage) = usage(&self.usage).filter(|_| self.counted) {
            let mut chunk = self.chunks.chunk(Vec::new());
            chunk.insert("usage".into(), usage);
            out.push(Piece::Chunk(Value::Object(chunk)));
        }
        out.push(Piece::Done);
        self.stage = Stage::Over;
    }

    fn fail(&mut self, error: Value, out: &mut Vec<Piece>) {
        out.push(Piece::Failed(error));
        self.stage = Stage::Over;
    }

    fn say(&self, name: &str, text: &str, out: &mut Vec<Piece>) {
        if !text.is_empty() {
            out.push(self.chunks.delta(json!({ name: text })));
        }
    }

    /// Says a piece of a call's arguments; those of the server's own tools are not the caller's to know.
    fn argue(&self, call: Option<usize>, arguments: &str, out: &mut Vec<Piece>) {
        if let Some(call) = call.filter(|_| !arguments.is_empty()) {
            let call = json!({"index": call, "function": {"arguments": arguments}});
            out.push(self.chunks.delta(json!({"tool_calls": [call]})));
        }
    }

    /// Where the event's block stands among those that have begun; the latest is the likeliest.
    fn place(&self, value: &Value) -> Option<usize> {
        let index = index(value)?;
        self.blocks.iter().rposition(|block| block.index == index)
    }
}

/// An error of a stream that does not say what is wrong.
fn unreadable(message: &str) -> Value {
    api::error::body(api::error::UPSTREAM, "upstream_invalid_response", message, None)
}

fn index(value: &Value) -> Option<u64> {
    value.get("index")?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(events: &[Value]) -> Vec<Piece> {
        let mut reader = Reader::new(Stamp { id: "c".into(), created: 1, model: "m".into() });
        let mut out = Vec::new();
        for event in events {
            reader.read(&Event::with_data(&event.to_string()), &mut out);
        }
        reader.end(&mut out);
        out
    }

    fn start() -> Value {
        json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude", "usage": {"input_tokens": 1, "output_tokens": 1}}})
    }

    #[test]
    fn a_stream_that_breaks_off_is_never_done() {
        let events = [
            start(),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
        ];
        for end in 0..=events.len() {
            assert!(!read(&events[..end]).contains(&Piece::Done));
        }
    }

    #[test]
    fn nothing_follows_an_error_or_the_end() {
        let busy = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
        let pieces = read(&[start(), busy.clone(), json!({"type": "message_stop"})]);
        assert!(
            matches!(&pieces[..], [Piece::Chunk(_), Piece::Failed(error)] if error["error"]["type"] == "overloaded_error")
        );
        let pieces = read(&[start(), json!({"type": "message_stop"}), busy]);
        assert_eq!(pieces.iter().filter(|piece| **piece == Piece::Done).count(), 1);
        assert_eq!(pieces.last(), Some(&Piece::Done));
    }

    #[test]
    fn events_of_unknown_kinds_and_for_unknown_blocks_mean_nothing() {
        let pieces = read(&[
            json!({"type": "ping"}),
            json!({"type": "brand_new", "index": 0}),
            json!({"type": "content_block_delta", "index": 7, "delta": {"type": "text_delta", "text": "x"}}),
            json!({"type": "content_block_stop", "index": 7}),
            json!([1]),
        ]);
        assert_eq!(pieces, []);
    }

    #[test]
    fn an_event_that_cannot_be_read_fails_the_answer() {
        for event in ["data: <html>\n\n", "event: error\ndata: {\"detail\": 5}\n\n"] {
            let mut reader = Reader::new(Stamp { id: "c".into(), created: 1, model: "m".into() });
            let mut out = Vec::new();
            reader.read(&Event { raw: event.into() }, &mut out);
            assert!(
                matches!(&out[..], [Piece::Failed(error)] if error["error"]["type"] == "upstream_error"),
                "{event}"
            );
        }
    }

    #[test]
    fn usage_that_was_not_counted_to_the_end_is_not_told() {
        let tells =
            |piece: &Piece| matches!(piece, Piece::Chunk(chunk) if chunk.get("usage").is_some());
        for (counts, told) in [
            (json!(null), false),
            (json!({"input_tokens": 5}), false),
            (json!({"output_tokens": 5}), true),
        ] {
            let end = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": counts});
            let pieces = read(&[start(), end, json!({"type": "message_stop"})]);
            assert_eq!(pieces.iter().any(tells), told, "{counts}");
        }
    }
}
