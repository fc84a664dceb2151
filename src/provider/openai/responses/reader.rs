//! The events of a response to chunks of a chat.
//!
//! Text and calls come as they are written. Reasoning, sources and probabilities come when their item is whole: what is
//! true of them is known only then, and nobody watches: the caller sees the provider's own events.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    completion::origin,
    error::in_chat,
    item::{
        Kind, annotations, call, finish_reason, list, logprobs, paragraphs, says_more_than_a_chat,
        text,
    },
    usage::usage,
};
use crate::{
    api::sse::{DONE, Event},
    provider::{Piece, Stamp},
};

/// Reads the events of one response.
#[derive(Debug)]
pub struct Reader {
    stamp: Stamp,
    /// Id, time and model of every chunk, once they are known.
    origin: Option<Map<String, Value>>,
    /// `output_index` of each call, at the place that is its index in the chat.
    calls: Vec<u64>,
    /// `output_index` of items whose text or input has been given.
    told: BTreeSet<u64>,
    /// Items that are whole.
    items: Vec<Value>,
    /// Some reasoning has been given: the next one is another paragraph.
    reasoned: bool,
    over: bool,
}

impl Reader {
    /// For one response; `stamp` says what it does not.
    pub fn new(stamp: Stamp) -> Self {
        Self {
            stamp,
            origin: None,
            calls: Vec::new(),
            told: BTreeSet::new(),
            items: Vec::new(),
            reasoned: false,
            over: false,
        }
    }

    /// Takes the next event.
    pub fn read(&mut self, event: &Event, out: &mut Vec<Piece>) {
        let Some(data) = event.data().filter(|data| data.as_ref() != DONE) else { return };
        if self.over {
            return;
        }
        match serde_json::from_slice::<Value>(&data) {
            Ok(data) => {
                let kind = data.get("type").and_then(Value::as_str).or(event.name());
                self.event(kind.unwrap_or_default(), &data, out);
            }
            Err(_) => self.fail(&json!("the provider sent an event that is not JSON"), out),
        }
    }

    /// The connection was closed in good order. A response says itself when it is over, so there is nothing to add.
    pub fn end(&mut self, _out: &mut Vec<Piece>) {}

    fn event(&mut self, kind: &str, data: &Value, out: &mut Vec<Piece>) {
        // Items come one after the other, so that one which does not say where it is is the next one.
        let next = self.items.len() as u64;
        let index = data.get("output_index").and_then(Value::as_u64).unwrap_or(next);
        let response = data.get("response").unwrap_or(&Value::Null);
        match kind {
            "response.created" | "response.in_progress" => self.begin(response, out),
            "response.output_item.added" => {
                let item = data.get("item").unwrap_or(&Value::Null);
                self.begin_call(index, item, out);
            }
            "response.output_text.delta" => {
                self.say(index, "content", text(data, "delta"), out);
            }
            "response.refusal.delta" => {
                self.say(index, "refusal", text(data, "delta"), out);
            }
            "response.function_call_arguments.delta" => {
                self.input(index, Kind::Function, text(data, "delta"), out);
            }
            "response.custom_tool_call_input.delta" => {
                self.input(index, Kind::Custom, text(data, "delta"), out);
            }
            "response.output_item.done" => {
                self.end_item(index, data.get("item").unwrap_or(&Value::Null), out);
            }
            "response.completed" => self.finish("completed", response, out),
            "response.incomplete" => self.finish("incomplete", response, out),
            "response.failed" => self.fail(response.get("error").unwrap_or(response), out),
            _ if kind == "error" || data.get("error").is_some_and(|error| !error.is_null()) => {
                self.fail(data.get("error").filter(|e| !e.is_null()).unwrap_or(data), out);
            }
            _ => {}
        }
    }

    fn begin(&mut self, response: &Value, out: &mut Vec<Piece>) {
        if self.origin.is_none() {
            self.origin = Some(origin(response, &self.stamp));
            self.chunk(json!({"delta": {"role": "assistant"}}), out);
        }
    }

    /// Text of the item at `index`, which a chat has in `field`.
    fn say(&mut self, index: u64, field: &str, text: &str, out: &mut Vec<Piece>) {
        if !text.is_empty() {
            self.told.insert(index);
            self.chunk(json!({"delta": {field: text}}), out);
        }
    }

    /// The call at `index` in the chat; it begins when it is not known.
    fn begin_call(&mut self, index: u64, item: &Value, out: &mut Vec<Piece>) {
        let Some(words) = Kind::of(item).call_words() else { return };
        if self.calls.contains(&index) {
            return;
        }
        let mut call = call(item, words, "");
        call.insert("index".into(), self.calls.len().into());
        self.calls.push(index);
        self.chunk(json!({"delta": {"tool_calls": [call]}}), out);
    }

    /// What the call at `index` is called with.
    fn input(&mut self, index: u64, kind: Kind, more: &str, out: &mut Vec<Piece>) {
        let place = self.calls.iter().position(|known| *known == index);
        let (Some(place), Some((kind, name))) = (place, kind.call_words()) else { return };
        self.told.insert(index);
        let call = json!({"index": place, kind: {name: more}});
        self.chunk(json!({"delta": {"tool_calls": [call]}}), out);
    }

    /// An item is whole: what its events did not say is in it.
    fn end_item(&mut self, index: u64, item: &Value, out: &mut Vec<Piece>) {
        let kind = Kind::of(item);
        match kind {
            Kind::Reasoning => {
                let mut delta = json!({"reasoning_items": [item]});
                let readable = paragraphs(item).join("\n\n");
                if !readable.is_empty() {
                    let before = if self.reasoned { "\n\n" } else { "" };
                    delta["reasoning_content"] = format!("{before}{readable}").into();
                    self.reasoned = true;
                }
                self.chunk(json!({ "delta": delta }), out);
            }
            Kind::Message => self.end_message(index, item, out),
            Kind::Function | Kind::Custom => {
                self.begin_call(index, item, out);
                let input = kind.call_words().map(|(_, name)| text(item, name)).unwrap_or_default();
                if !self.told.contains(&index) && !input.is_empty() {
                    self.input(index, kind, input, out);
                }
            }
            Kind::Foreign => {}
        }
        self.items.push(item.clone());
    }

    fn end_message(&mut self, index: u64, item: &Value, out: &mut Vec<Piece>) {
        if !self.told.contains(&index) {
            for part in list(item, "content") {
                for (from, to) in [("text", "content"), ("refusal", "refusal")] {
                    self.say(index, to, text(part, from), out);
                }
            }
        }
        let (annotations, logprobs) = (annotations(item), logprobs(item));
        if annotations.is_empty() && logprobs.is_empty() {
            return;
        }
        let mut choice = json!({"delta": {}});
        if !annotations.is_empty() {
            choice["delta"]["annotations"] = annotations.into();
        }
        if !logprobs.is_empty() {
            choice["logprobs"] = json!({"content": logprobs, "refusal": null});
        }
        self.chunk(choice, out);
    }

    /// The response is over. Its own list of items counts, where it has one.
    fn finish(&mut self, status: &str, response: &Value, out: &mut Vec<Piece>) {
        self.begin(response, out);
        let output = list(response, "output");
        if self.items.is_empty() {
            for (index, item) in output.iter().enumerate() {
                self.end_item(index as u64, item, out);
            }
        }
        let items = std::mem::take(&mut self.items);
        let output = if output.is_empty() { &items } else { output };
        let reason = finish_reason(status, response, output);
        let mut choice = json!({"delta": {}, "finish_reason": reason});
        if says_more_than_a_chat(output) {
            choice["delta"]["output_items"] = output.into();
        }
        self.chunk(choice, out);
        let mut last = self.frame();
        if let Some(tier) = response.get("service_tier").filter(|tier| tier.is_string()) {
            last.insert("service_tier".into(), tier.clone());
        }
        if let Some(usage) = usage(response) {
            last.insert("usage".into(), usage);
        }
        last.insert("choices".into(), json!([]));
        out.push(Piece::Chunk(last.into()));
        out.push(Piece::Done);
        self.over = true;
    }

    fn fail(&mut self, error: &Value, out: &mut Vec<Piece>) {
        self.over = true;
        out.push(Piece::Failed(in_chat(error)));
    }

    fn chunk(&mut self, mut choice: Value, out: &mut Vec<Piece>) {
        self.begin(&Value::Null, out);
        choice["index"] = 0.into();
        if choice.get("finish_reason").is_none() {
            choice["finish_reason"] = Value::Null;
        }
        let mut chunk = self.frame();
        chunk.insert("choices".into(), json!([choice]));
        out.push(Piece::Chunk(chunk.into()));
    }

    fn frame(&self) -> Map<String, Value> {
        let mut frame = self.origin.clone().unwrap_or_default();
        frame.insert("object".into(), "chat.completion.chunk".into());
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(events: &[Value]) -> Vec<Piece> {
        let stamp = Stamp { id: "chatcmpl-test".into(), created: 1, model: "m".into() };
        let mut reader = Reader::new(stamp);
        let mut out = Vec::new();
        for event in events {
            reader.read(&Event::with_data(&event.to_string()), &mut out);
        }
        reader.end(&mut out);
        out
    }

    #[test]
    fn a_stream_that_breaks_off_is_not_done() {
        let begun = json!({"type": "response.created", "response": {"id": "resp_1"}});
        let text = json!({"type": "response.output_text.delta", "output_index": 0, "delta": "a"});
        let pieces = read(&[begun, text]);
        assert_eq!(pieces.len(), 2);
        assert!(pieces.iter().all(|piece| matches!(piece, Piece::Chunk(_))));
    }

    #[test]
    fn an_end_for_an_unknown_reason_has_no_finish_reason() {
        let end = json!({"type": "response.incomplete", "response": {"incomplete_details": {"reason": "brand_new"}}});
        let pieces = read(&[end.clone(), end]);
        assert!(matches!(&pieces[..], [_, Piece::Chunk(end), Piece::Chunk(_), Piece::Done]
            if end["choices"][0]["finish_reason"].is_null()));
    }

    #[test]
    fn events_that_we_do_not_know_are_passed_over() {
        assert_eq!(
            read(&[json!({"type": "response.brand_new"}), json!({}), json!([]), json!(5)]),
            []
        );
    }
}
