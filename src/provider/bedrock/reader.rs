//! The events of a stream to chunks.
//!
//! A message starts, its blocks start, grow and stop, the message stops, and what it took follows as metadata.
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    completion::{finish_reason, redacted_block, stop_sequence, thinking_block},
    error::error,
    frame::EXCEPTION_PREFIX,
    usage,
};
use crate::{
    api::sse::Event,
    provider::{Piece, Stamp},
};

/// Reads one stream, by the events that a [`FrameDecoder`](super::FrameDecoder) makes.
#[derive(Debug)]
pub struct Reader {
    stamp: Stamp,
    /// The caller knows who speaks.
    started: bool,
    /// Blocks that have not stopped yet, by their index.
    open: BTreeMap<u64, Block>,
    /// Tool calls so far.
    calls: u64,
    /// The message has stopped.
    stopped: bool,
    /// `Done` or `Failed` has been said: what comes after it is not for the caller.
    closed: bool,
}

#[derive(Debug)]
enum Block {
    Call { position: u64, silent: bool },
    Thought { text: String, signature: String, redacted: String },
}

impl Reader {
    /// For a stream that has yet to begin.
    pub fn new(stamp: Stamp) -> Self {
        Self {
            stamp,
            started: false,
            open: BTreeMap::new(),
            calls: 0,
            stopped: false,
            closed: false,
        }
    }

    /// Takes the next event.
    pub fn read(&mut self, event: &Event, out: &mut Vec<Piece>) {
        let Some(name) = event.name().filter(|_| !self.closed) else { return };
        let exception = name.strip_prefix(EXCEPTION_PREFIX);
        if exception.is_none() && !EVENTS.contains(&name) {
            return;
        }
        let data = event.data().unwrap_or_default();
        let payload: Value = match serde_json::from_slice(&data) {
            Ok(payload) => payload,
            Err(_) if exception.is_some() => Value::Null,
            Err(_) => {
                let problem = json!({"message": format!("the event '{name}' is not JSON")});
                return self.fail(&problem, None, out);
            }
        };
        if exception.is_some() {
            return self.fail(&payload, exception, out);
        }
        let index = payload.get("contentBlockIndex").and_then(Value::as_u64).unwrap_or(0);
        match name {
            "messageStart" => self.start(out),
            "contentBlockStart" => self.block_start(index, &payload, out),
            "contentBlockDelta" => self.block_delta(index, &payload, out),
            "contentBlockStop" => self.block_stop(index, out),
            "messageStop" => self.stop(&payload, out),
            _ => self.metadata(&payload, out),
        }
    }

    /// The connection closed in good order. A message that has stopped is whole, even without its metadata.
    pub fn end(&mut self, out: &mut Vec<Piece>) {
        if self.stopped && !self.closed {
            self.closed = true;
            out.push(Piece::Done);
        }
    }

    fn start(&mut self, out: &mut Vec<Piece>) {
        if !self.started {
            self.say(json!({}), out);
        }
    }

    fn block_start(&mut self, index: u64, payload: &Value, out: &mut Vec<Piece>) {
        let Some(call) = payload.pointer("/start/toolUse") else { return };
        let text = |name: &str| call.get(name).and_then(Value::as_str);
        // Calls that Bedrock makes itself have a type.
        let own = text("type").is_some() || self.stopped;
        let (Some(id), Some(name), false) = (text("toolUseId"), text("name"), own) else { return };
        let position = self.calls;
        self.calls += 1;
        let call = json!({"index": position, "id": id, "type": "function", "function": {"name": name, "arguments": ""}});
        self.say(json!({"tool_calls": [call]}), out);
        self.open.insert(index, Block::Call { position, silent: true });
    }

    fn block_delta(&mut self, index: u64, payload: &Value, out: &mut Vec<Piece>) {
        let Some(delta) = payload.get("delta").filter(|_| !self.stopped) else { return };
        let text = |pointer: &str| {
            delta.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
        };
        if let Some(text) = text("/text") {
            self.say(json!({ "content": text }), out);
        }
        if let Some(input) = text("/toolUse/input")
            && let Some(Block::Call { position, silent }) = self.open.get_mut(&index)
        {
            *silent = false;
            let call = json!({"index": *position, "function": {"arguments": input}});
            self.say(json!({"tool_calls": [call]}), out);
        }
        if delta.get("reasoningContent").is_none() {
            return;
        }
        let thought = self.open.entry(index).or_insert_with(Block::thought);
        if let Block::Thought { text: whole, signature, redacted } = thought {
            whole.push_str(text("/reasoningContent/text").unwrap_or_default());
            signature.push_str(text("/reasoningContent/signature").unwrap_or_default());
            redacted.push_str(text("/reasoningContent/redactedContent").unwrap_or_default());
            if let Some(text) = text("/reasoningContent/text") {
                self.say(json!({ "reasoning_content": text }), out);
            }
        }
    }

    /// What can be told only now that the block is whole: a seal counts for all of its thought.
    fn block_stop(&mut self, index: u64, out: &mut Vec<Piece>) {
        match self.open.remove(&index) {
            Some(Block::Call { position, silent: true }) => {
                let call = json!({"index": position, "function": {"arguments": "{}"}});
                self.say(json!({"tool_calls": [call]}), out);
            }
            Some(Block::Thought { text, signature, redacted }) => {
                let mut blocks = Vec::new();
                if !redacted.is_empty() {
                    blocks.push(redacted_block(&redacted));
                }
                if !signature.is_empty() {
                    blocks.push(thinking_block(&text, &signature));
                }
                if !blocks.is_empty() {
                    self.say(json!({ "thinking_blocks": blocks }), out);
                }
            }
            Some(Block::Call { .. }) | None => {}
        }
    }

    fn stop(&mut self, payload: &Value, out: &mut Vec<Piece>) {
        if self.stopped {
            return;
        }
        self.start(out);
        while let Some((&index, _)) = self.open.first_key_value() {
            self.block_stop(index, out);
        }
        self.stopped = true;
        let stop_reason = payload.get("stopReason").and_then(Value::as_str);
        let mut choice = json!({
            "index": 0,
            "delta": {},
            "finish_reason": stop_reason.and_then(finish_reason),
        });
        if let Some(stop) = stop_sequence(payload) {
            choice["stop_sequence"] = stop.into();
        }
        out.push(Piece::Chunk(self.chunk(vec![choice])));
    }

    fn metadata(&mut self, payload: &Value, out: &mut Vec<Piece>) {
        if !self.stopped {
            return;
        }
        let counted = payload.get("usage");
        if let Some(usage) = counted.and_then(|counted| usage::streamed(counted, &self.stamp.model))
        {
            let mut chunk = self.chunk(Vec::new());
            chunk["usage"] = usage;
            out.push(Piece::Chunk(chunk));
        }
        self.end(out);
    }

    fn fail(&mut self, payload: &Value, kind: Option<&str>, out: &mut Vec<Piece>) {
        self.closed = true;
        let unnamed = json!({"message": "Bedrock broke off without saying why"});
        let failure = error(payload, kind).or_else(|| error(&unnamed, None));
        out.push(Piece::Failed(failure.unwrap_or_default()));
    }

    fn say(&mut self, mut delta: Value, out: &mut Vec<Piece>) {
        if !self.started {
            self.started = true;
            delta["role"] = "assistant".into();
        }
        let mut choice = json!({"index": 0, "finish_reason": null});
        choice["delta"] = delta;
        out.push(Piece::Chunk(self.chunk(vec![choice])));
    }

    fn chunk(&self, choices: Vec<Value>) -> Value {
        let mut chunk = json!({
            "id": self.stamp.id,
            "object": "chat.completion.chunk",
            "created": self.stamp.created,
            "model": self.stamp.model,
        });
        chunk["choices"] = choices.into();
        chunk
    }
}

impl Block {
    fn thought() -> Self {
        Self::Thought { text: String::new(), signature: String::new(), redacted: String::new() }
    }
}

/// The events that are read; of others, the future may hold some.
const EVENTS: [&str; 6] = [
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
];
