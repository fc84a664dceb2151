//! The protocols that callers speak, to and from the chat dialect that the gateway works with. Pure: no IO, no clock.

pub mod completions;
pub mod messages;
pub mod responses;
mod said;

use serde_json::{Map, Value};

/// A request that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// The field at fault, when it is one: `messages[2].content[0]`.
    pub param: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Malformed {
    /// The field at `param` is wrong: `message` says what would be right.
    pub fn at(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { param: Some(param.into()), message: message.into() }
    }
}

/// What a caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// OpenAI's chat completions.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
    /// OpenAI's legacy completions.
    Completions,
}

impl Protocol {
    /// As in metrics and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::Completions => "completions",
        }
    }

    /// `request` as a chat request.
    pub fn chat(self, request: &Map<String, Value>) -> Result<Map<String, Value>, Malformed> {
        match self {
            Self::Chat => Ok(request.clone()),
            Self::Responses => responses::chat(request),
            Self::Messages => messages::chat(request),
            Self::Completions => completions::chat(request),
        }
    }

    /// The answer to `request`, a `chat.completion`, in the caller's words.
    pub fn answer(self, completion: &Value, request: &Map<String, Value>) -> Value {
        match self {
            Self::Chat => completion.clone(),
            Self::Responses => responses::answer(completion, request),
            Self::Messages => messages::answer(completion),
            Self::Completions => completions::answer(completion),
        }
    }

    /// An error in OpenAI's shape, in the caller's.
    pub fn error(self, status: u16, error: &Value) -> Value {
        match self {
            Self::Chat => error.clone(),
            Self::Responses => responses::error(status, error),
            Self::Messages => messages::error(status, error),
            Self::Completions => completions::error(status, error),
        }
    }

    /// What a stream to the caller is written with.
    pub fn writer(self, request: &Map<String, Value>) -> Writer {
        match self {
            Self::Chat => Writer::Chat,
            Self::Responses => Writer::Responses(Box::new(responses::Writer::new(request))),
            Self::Messages => Writer::Messages(Box::new(messages::Writer::new(request))),
            Self::Completions => Writer::Completions(Box::new(completions::Writer::new(request))),
        }
    }
}

/// Writes a stream in a caller's protocol.
#[derive(Debug)]
pub enum Writer {
    /// Chunks as they are.
    Chat,
    /// OpenAI's Responses.
    Responses(Box<responses::Writer>),
    /// Anthropic's Messages.
    Messages(Box<messages::Writer>),
    /// OpenAI's legacy completions.
    Completions(Box<completions::Writer>),
}

impl Writer {
    /// Appends what a `chat.completion.chunk` says to the events in `out`.
    pub fn chunk(&mut self, chunk: &Value, out: &mut String) {
        match self {
            Self::Chat => event(&chunk.to_string(), out),
            Self::Responses(writer) => writer.chunk(chunk, out),
            Self::Messages(writer) => writer.chunk(chunk, out),
            Self::Completions(writer) => writer.chunk(chunk, out),
        }
    }

    /// Appends the end of a whole answer.
    pub fn finish(&mut self, out: &mut String) {
        match self {
            Self::Chat => event("[DONE]", out),
            Self::Responses(writer) => writer.finish(out),
            Self::Messages(writer) => writer.finish(out),
            Self::Completions(writer) => writer.finish(out),
        }
    }

    /// Appends the end of an answer that broke off, with an error in OpenAI's shape.
    pub fn fail(&mut self, error: &Value, out: &mut String) {
        match self {
            Self::Chat => event(&error.to_string(), out),
            Self::Responses(writer) => writer.fail(error, out),
            Self::Messages(writer) => writer.fail(error, out),
            Self::Completions(writer) => writer.fail(error, out),
        }
    }
}

fn event(data: &str, out: &mut String) {
    out.push_str("data: ");
    out.push_str(data);
    out.push_str("\n\n");
}
