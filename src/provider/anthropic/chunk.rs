//! Chunks of one answer: who they are from, and the one choice that they hold.

use serde_json::{Map, Value};

use crate::provider::{Piece, Stamp};

/// Makes the chunks of an answer.
#[derive(Debug)]
pub(super) struct Chunks(Stamp);

impl Chunks {
    /// Chunks from `stamp`, until the answer says who it is from.
    pub(super) fn of(stamp: Stamp) -> Self {
        Self(stamp)
    }

    /// The answer says who it is from.
    pub(super) fn name(&mut self, id: Option<String>, model: Option<String>) {
        self.0.id = id.unwrap_or(std::mem::take(&mut self.0.id));
        self.0.model = model.unwrap_or(std::mem::take(&mut self.0.model));
    }

    /// A chunk that brings `delta`.
    pub(super) fn delta(&self, delta: Value) -> Piece {
        let choice = choice(delta, Value::Null);
        Piece::Chunk(Value::Object(self.chunk(vec![Value::Object(choice)])))
    }

    /// A chunk with these choices.
    pub(super) fn chunk(&self, choices: Vec<Value>) -> Map<String, Value> {
        let mut chunk = Map::new();
        chunk.insert("id".into(), self.0.id.as_str().into());
        chunk.insert("object".into(), "chat.completion.chunk".into());
        chunk.insert("created".into(), self.0.created.into());
        chunk.insert("model".into(), self.0.model.as_str().into());
        chunk.insert("choices".into(), choices.into());
        chunk
    }
}

/// The choice of a chunk.
pub(super) fn choice(delta: Value, finish_reason: Value) -> Map<String, Value> {
    let mut choice = Map::new();
    choice.insert("index".into(), 0.into());
    choice.insert("delta".into(), delta);
    choice.insert("finish_reason".into(), finish_reason);
    choice
}
