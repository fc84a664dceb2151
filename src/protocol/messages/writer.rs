//! Chunks as the events of a message's stream.

use serde_json::{Map, Value, json};

use super::{
    answer::{native, text, thoughts},
    error, events,
    queue::{Block, Queue},
    stop::End,
    usage,
};
use crate::protocol::said;

/// Writes one answer's events in the order that clients rely on: the message's start, its blocks one after the other,
/// why it ended and what it used, its stop.
#[derive(Debug)]
pub struct Writer {
    /// The model asked for, should the chunks not say which one answers.
    model: Value,
    stage: Stage,
    blocks: Queue,
    end: End,
    usage: Option<Value>,
    container: Option<Value>,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Begun,
    Over,
}

impl Writer {
    /// A writer for the answer to `request`, the client's own.
    pub fn new(request: &Map<String, Value>) -> Self {
        Self {
            model: request.get("model").cloned().unwrap_or_else(|| "".into()),
            stage: Stage::Waiting,
            blocks: Queue::default(),
            end: End::default(),
            usage: None,
            container: None,
        }
    }

    /// Adds to `out` what `chunk` brings.
    pub fn chunk(&mut self, chunk: &Value, out: &mut String) {
        if self.stage == Stage::Over {
            return;
        }
        if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
        if let Some(container) = chunk.get("container").filter(|container| !container.is_null()) {
            self.container = Some(container.clone());
        }
        let choices = chunk.get("choices").and_then(Value::as_array).into_iter().flatten();
        for choice in choices.filter(|choice| choice.get("index").is_none_or(|index| *index == 0)) {
            self.begin(chunk, out);
            self.end.note(choice);
            if let Some(delta) = choice.get("delta") {
                self.delta(delta, out);
            }
        }
    }

    /// The answer is whole.
    pub fn finish(&mut self, out: &mut String) {
        if self.stage == Stage::Over {
            return;
        }
        self.begin(&Value::Null, out);
        if let Some(refusal) = self.end.spoken_refusal().map(str::to_owned) {
            self.blocks.push(Block::Text(refusal), out);
        }
        self.blocks.finish(out);
        let mut delta = self.end.fields();
        if let Some(container) = self.container.take() {
            delta.insert("container".into(), container);
        }
        let usage = usage::final_usage(self.usage.as_ref());
        let data = json!({"type": "message_delta", "delta": delta, "usage": usage});
        events::event("message_delta", &data, out);
        events::event("message_stop", &json!({"type": "message_stop"}), out);
        self.stage = Stage::Over;
    }

    /// The answer broke off: the client is told why.
    pub fn fail(&mut self, error: &Value, out: &mut String) {
        if self.stage != Stage::Over {
            events::event("error", &error::in_stream(error), out);
            self.stage = Stage::Over;
        }
    }

    /// Input is counted at the start by Anthropic; other providers count at the end, where the true number follows.
    fn begin(&mut self, chunk: &Value, out: &mut String) {
        if self.stage != Stage::Waiting {
            return;
        }
        self.stage = Stage::Begun;
        let model = chunk.get("model").filter(|model| model.is_string()).unwrap_or(&self.model);
        let message = json!({
            "id": text(chunk, "id"),
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": usage::usage(self.usage.as_ref()),
        });
        events::event("message_start", &json!({"type": "message_start", "message": message}), out);
    }

    fn delta(&mut self, delta: &Value, out: &mut String) {
        if let Some(calls) = delta.get("tool_calls").and_then(Value::as_array) {
            self.end.calls |= !calls.is_empty();
        }
        self.end.refusal.push_str(text(delta, "refusal"));
        // They follow a stream of pieces, or come at once with a stored answer; a part of them cannot be unsaid.
        if let Some(native) = native(delta) {
            if self.blocks.is_untouched() {
                native.iter().for_each(|block| self.blocks.push(Block::Whole(block.clone()), out));
            }
            return;
        }
        if delta.get("thinking_blocks").is_some() {
            thoughts(delta).iter().for_each(|thought| self.blocks.push_thought(thought, out));
        } else {
            self.say(Block::Thinking, said::thoughts(|name| delta.get(name)), out);
        }
        self.say(Block::Text, &said::content(delta.get("content")), out);
        let calls = delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
        for (place, call) in calls.enumerate() {
            let function = call.get("function").unwrap_or(&Value::Null);
            let number = call.get("index").and_then(Value::as_u64).unwrap_or(place as u64);
            let piece = Block::Call {
                number,
                id: text(call, "id").to_owned(),
                name: text(function, "name").to_owned(),
                arguments: said::text(function.get("arguments")).into_owned(),
            };
            self.blocks.push(piece, out);
        }
    }

    fn say(&mut self, kind: fn(String) -> Block, text: &str, out: &mut String) {
        if !text.is_empty() {
            self.blocks.push(kind(text.to_owned()), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(delta: Value) -> Value {
        json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    }

    fn end(reason: &str) -> Value {
        json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    }

    /// The data of the events for some chunks.
    fn events(chunks: &[Value]) -> Vec<Value> {
        let mut writer = Writer::new(&Map::new());
        let mut out = String::new();
        chunks.iter().for_each(|chunk| writer.chunk(chunk, &mut out));
        writer.finish(&mut out);
        let lines = out.lines().filter_map(|line| line.strip_prefix("data: "));
        lines.map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    #[test]
    fn a_streamed_thought_gets_its_signature_when_it_is_whole() {
        let thought = json!({"type": "thinking", "thinking": "hmm", "signature": "s"});
        let events = events(&[
            delta(json!({"role": "assistant"})),
            delta(json!({"reasoning_content": "hm"})),
            delta(json!({"reasoning_content": "m"})),
            delta(json!({"thinking_blocks": [thought]})),
            delta(json!({"thinking_blocks": [{"type": "redacted_thinking", "data": "d"}]})),
            delta(json!({"content": "a"})),
            end("stop"),
        ]);
        let said: Vec<&Value> = events
            .iter()
            .filter_map(|event| event.get("delta").or(event.get("content_block")))
            .collect();
        let expected = [
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            json!({"type": "thinking_delta", "thinking": "hm"}),
            json!({"type": "thinking_delta", "thinking": "m"}),
            json!({"type": "signature_delta", "signature": "s"}),
            json!({"type": "redacted_thinking", "data": "d"}),
            json!({"type": "text", "text": ""}),
            json!({"type": "text_delta", "text": "a"}),
            json!({"stop_reason": "end_turn", "stop_sequence": null}),
        ];
        assert_eq!(said, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn native_blocks_replace_what_the_dialect_says_unless_that_is_said_already() {
        let native = json!([{"type": "text", "text": "ab", "citations": [{"type": "x"}]}, {"type": "new", "y": 1}]);
        let stored =
            events(&[delta(json!({"content": "ab", "content_blocks": native})), end("stop")]);
        let kinds: Vec<&Value> =
            stored.iter().filter_map(|event| event.pointer("/content_block/type")).collect();
        assert_eq!(kinds, [&json!("text"), &json!("new")]);
        let streamed = events(&[
            delta(json!({"content": "ab"})),
            delta(json!({"content_blocks": native})),
            end("stop"),
        ]);
        let kinds: Vec<&Value> =
            streamed.iter().filter_map(|event| event.pointer("/content_block/type")).collect();
        assert_eq!(kinds, [&json!("text")]);
    }

    #[test]
    fn every_vendor_s_way_of_saying_it_is_understood() {
        let function = json!({"name": "f", "arguments": {"x": 1}});
        let events = events(&[
            delta(json!({"role": "assistant", "reasoning": "hm"})),
            delta(
                json!({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}),
            ),
            delta(json!({"tool_calls": [{"index": 0, "id": "c", "function": function}]})),
            end("tool_calls"),
        ]);
        let said: Vec<&Value> =
            events.iter().filter_map(|event| event.get("delta")).take(3).collect();
        let expected = [
            json!({"type": "thinking_delta", "thinking": "hm"}),
            json!({"type": "text_delta", "text": "ab"}),
            json!({"type": "input_json_delta", "partial_json": "{\"x\":1}"}),
        ];
        assert_eq!(said, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn nothing_follows_the_end_and_an_empty_answer_is_whole() {
        let kinds = |events: &[Value]| -> Vec<String> {
            events.iter().map(|event| text(event, "type").to_owned()).collect()
        };
        assert_eq!(kinds(&events(&[])), ["message_start", "message_delta", "message_stop"]);
        let mut writer = Writer::new(&Map::new());
        let mut out = String::new();
        writer.fail(&json!({"error": {"message": "m"}}), &mut out);
        writer.chunk(&delta(json!({"content": "a"})), &mut out);
        writer.finish(&mut out);
        writer.fail(&json!({}), &mut out);
        assert_eq!(
            out,
            "event: error\ndata: {\"error\":{\"message\":\"m\",\"type\":\"api_error\"},\"type\":\"error\"}\n\n"
        );
    }

    #[test]
    fn a_refusal_of_the_model_s_own_is_its_text() {
        let said = events(&[
            delta(json!({"refusal": "I "})),
            delta(json!({"refusal": "can't"})),
            end("stop"),
        ]);
        let texts: Vec<&Value> =
            said.iter().filter_map(|event| event.pointer("/delta/text")).collect();
        assert_eq!(texts, [&json!("I can't")]);
        let filtered = events(&[delta(json!({"refusal": "policy"})), end("content_filter")]);
        let details =
            filtered.iter().find_map(|event| event.pointer("/delta/stop_details/explanation"));
        assert_eq!(details, Some(&json!("policy")));
    }
}
