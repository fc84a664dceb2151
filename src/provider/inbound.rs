//! What a provider answers, in the chat dialect.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::{
    Dialect, Piece, Stamp, Unreadable, anthropic, bedrock, gemini,
    openai::{self, Calls, Chunk, Completion, Meaning},
};
use crate::api::sse::Event;

/// A 2xx body, understood.
#[derive(Debug)]
pub enum Answer {
    /// An answer to a chat request.
    Completion(Answered),
    /// An error in a successful response.
    Error(String),
    /// Nothing that the API promises.
    Unknown,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// As a `chat.completion`.
    pub body: Bytes,
    /// What that means.
    pub completion: Completion,
    /// As the provider wrote it, where that is another dialect.
    pub native: Option<Bytes>,
}

impl Answer {
    /// Reads a body in `dialect`; one of another format gets a `stamp`.
    pub fn read(dialect: Dialect, body: Bytes, stamp: impl FnOnce() -> Stamp) -> Self {
        if dialect == Dialect::Chat {
            return Self::of(body, None);
        }
        let Ok(value) = serde_json::from_slice::<Value>(&body) else { return Self::Unknown };
        let stamp = &stamp();
        let read: Result<Value, Unreadable> = match dialect {
            Dialect::Chat => return Self::of(body, None),
            Dialect::Responses => openai::responses::completion(&value, stamp),
            Dialect::Messages => anthropic::completion(&value, stamp),
            Dialect::Generate => gemini::completion(&value, stamp),
            Dialect::Converse => bedrock::completion(&value, stamp),
        };
        match read {
            Ok(completion) => Self::of(completion.to_string().into(), Some(body)),
            Err(Unreadable(problem)) => Self::Error(problem),
        }
    }

    fn of(body: Bytes, native: Option<Bytes>) -> Self {
        match Meaning::of(&body) {
            Meaning::Completion(completion) => {
                Self::Completion(Answered { body, completion, native })
            }
            Meaning::Error(message) => Self::Error(message),
            Meaning::Unknown => Self::Unknown,
        }
    }
}

/// An error body of a provider in OpenAI's shape; `None` when it is not JSON, or nothing that can be read as an error. `kind`
/// is what a header says of it.
pub fn error(dialect: Dialect, body: &[u8], kind: Option<&str>) -> Option<Value> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let found = match dialect {
        Dialect::Chat => openai::error(&value),
        Dialect::Responses => openai::responses::error(&value),
        Dialect::Messages => anthropic::error(&value),
        Dialect::Generate => gemini::error(&value),
        Dialect::Converse => bedrock::error(&value, kind),
    };
    found.or_else(|| openai::error(&value))
}

/// How long a provider wants callers to wait, where it says so in an error's body.
pub fn retry_after(dialect: Dialect, body: &[u8]) -> Option<Duration> {
    match dialect {
        Dialect::Generate => gemini::retry_after(&serde_json::from_slice(body).ok()?),
        Dialect::Chat | Dialect::Responses | Dialect::Messages | Dialect::Converse => None,
    }
}

/// Reads the events of a stream.
#[derive(Debug)]
pub enum Reader {
    /// Chunks as they are, their calls numbered.
    Chat(Calls),
    /// OpenAI's Responses.
    Responses(Box<openai::responses::Reader>),
    /// Anthropic's Messages.
    Messages(Box<anthropic::Reader>),
    /// Google's.
    Generate(Box<gemini::Reader>),
    /// Bedrock's.
    Converse(Box<bedrock::Reader>),
}

impl Reader {
    /// For a stream in `dialect`.
    pub fn new(dialect: Dialect, stamp: Stamp) -> Self {
        match dialect {
            Dialect::Chat => Self::Chat(Calls::default()),
            Dialect::Responses => Self::Responses(Box::new(openai::responses::Reader::new(stamp))),
            Dialect::Messages => Self::Messages(Box::new(anthropic::Reader::new(stamp))),
            Dialect::Generate => Self::Generate(Box::new(gemini::Reader::new(stamp))),
            Dialect::Converse => Self::Converse(Box::new(bedrock::Reader::new(stamp))),
        }
    }

    /// What an event says.
    pub fn read(&mut self, event: &Event) -> Vec<Chunk> {
        self.chunks(|reader, out| match reader {
            Self::Chat(_) => {}
            Self::Responses(reader) => reader.read(event, out),
            Self::Messages(reader) => reader.read(event, out),
            Self::Generate(reader) => reader.read(event, out),
            Self::Converse(reader) => reader.read(event, out),
        })
        .unwrap_or_else(|| self.chunk(event).into_iter().collect())
    }

    /// What an event of the chat dialect says.
    fn chunk(&mut self, event: &Event) -> Option<Chunk> {
        let mut chunk = Chunk::parse(event)?;
        if let (Self::Chat(calls), Chunk::Delta { value, .. }) = (self, &mut chunk) {
            calls.number(value);
        }
        Some(chunk)
    }

    /// What the end of the connection says, where it came in good order.
    pub fn end(&mut self) -> Vec<Chunk> {
        self.chunks(|reader, out| match reader {
            Self::Chat(_) => {}
            Self::Responses(reader) => reader.end(out),
            Self::Messages(reader) => reader.end(out),
            Self::Generate(reader) => reader.end(out),
            Self::Converse(reader) => reader.end(out),
        })
        .unwrap_or_default()
    }

    /// `None` where the stream is in the chat dialect already.
    fn chunks(&mut self, read: impl FnOnce(&mut Self, &mut Vec<Piece>)) -> Option<Vec<Chunk>> {
        if matches!(self, Self::Chat(_)) {
            return None;
        }
        let mut pieces = Vec::new();
        read(self, &mut pieces);
        Some(pieces.into_iter().map(Chunk::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_chat_s_calls_with_one_index_are_numbered() {
        let stamp = Stamp { id: "c".into(), created: 0, model: "m".into() };
        let mut reader = Reader::new(Dialect::Chat, stamp);
        let mut indexes = Vec::new();
        for id in ["a", "b"] {
            let call = json!({"index": 0, "id": id, "function": {"name": "f", "arguments": "{}"}});
            let chunk = json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
            for chunk in reader.read(&Event::with_data(&chunk.to_string())) {
                let Chunk::Delta { value, .. } = chunk else { panic!("{chunk:?}") };
                indexes.extend(value.pointer("/choices/0/delta/tool_calls/0/index").cloned());
            }
        }
        assert_eq!(indexes, [json!(0), json!(1)]);
    }
}
