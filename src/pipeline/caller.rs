//! The caller's side of a request: what it speaks, and what it said in its own words.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::Error;
use crate::{
    api::{
        chat::ChatRequest,
        fields::Fields,
        sse::{DONE, Decoder},
    },
    cache::replay::{self, NotReplayable},
    protocol::{Protocol, Writer, messages, responses},
    provider::{Dialect, Native, anthropic},
};

/// A request as its caller wrote it.
#[derive(Debug)]
pub struct Caller {
    protocol: Protocol,
    /// The request where it is not in the chat dialect.
    said: Option<Said>,
}

#[derive(Debug)]
struct Said {
    /// As it came.
    fields: Fields,
    /// The same for Claude, where that cannot read all of it.
    fitted: Option<Fields>,
    /// The same as it came, decoded.
    request: Map<String, Value>,
    /// The field by which it leans on state that a provider keeps.
    state: Option<&'static str>,
}

impl Caller {
    /// Understands a request body, and puts it into the chat dialect.
    pub fn read(protocol: Protocol, body: Bytes) -> Result<(Self, ChatRequest), Error> {
        if protocol == Protocol::Chat {
            return Ok((Self { protocol, said: None }, ChatRequest::parse(body)?));
        }
        let fields = Fields::parse(body)?;
        let request = fields.decoded()?;
        let (state, fields) = match protocol {
            Protocol::Responses => (responses::state(&request), without_ours(fields, &request)?),
            Protocol::Messages => (messages::state(&request), fields),
            Protocol::Chat | Protocol::Completions => (None, fields),
        };
        let fitted = match protocol {
            Protocol::Messages => anthropic::fitted(&fields, &request)?,
            Protocol::Chat | Protocol::Responses | Protocol::Completions => None,
        };
        let mut chat = protocol.chat(&request)?;
        let is_empty = |messages: &Value| messages.as_array().is_some_and(Vec::is_empty);
        if state.is_some() && chat.get("messages").is_some_and(is_empty) {
            // All of the conversation is with the provider.
            chat.insert("messages".into(), json!([{"role": "user", "content": ""}]));
        }
        let mut chat = ChatRequest::parse(Value::Object(chat).to_string().into())?;
        chat.translated = true;
        // These end with usage unasked.
        chat.include_usage |= protocol != Protocol::Completions;
        Ok((Self { protocol, said: Some(Said { fields, fitted, request, state }) }, chat))
    }

    /// What it speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The field by which the request leans on state that a provider keeps.
    pub fn state(&self) -> Option<&'static str> {
        self.said.as_ref()?.state
    }

    /// Whether a provider that keeps its answers is to keep this one, so that a later request may refer to it: the default
    /// of Responses.
    pub fn is_kept(&self) -> bool {
        let said = self.said.as_ref().filter(|_| self.protocol == Protocol::Responses);
        said.is_some_and(|said| said.request.get("store") != Some(&Value::Bool(false)))
    }

    /// The request in its own words, for providers that know them.
    pub fn native(&self) -> Option<Native<'_>> {
        let said = self.said.as_ref()?;
        let dialect = self.dialect()?;
        let (fields, fitted) = (&said.fields, said.fitted.as_ref());
        Some(Native { dialect, fields, fitted, state: said.state })
    }

    /// Whether what a provider says in `dialect` is what the caller wants to hear.
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.dialect() == Some(dialect)
    }

    /// A `chat.completion` in the caller's words.
    pub fn whole(&self, completion: Bytes) -> Bytes {
        let Some(said) = &self.said else { return completion };
        match serde_json::from_slice(&completion) {
            Ok(value) => self.protocol.answer(&value, &said.request).to_string().into(),
            // Only what was read before is handed on; the caller had better see it than nothing.
            Err(_) => completion,
        }
    }

    /// A `chat.completion` as a whole event stream in the caller's words.
    pub fn replay(&self, completion: &[u8], include_usage: bool) -> Result<Bytes, NotReplayable> {
        let events = replay::as_events(completion, include_usage)?;
        if self.said.is_none() {
            return Ok(events);
        }
        let (mut decoder, mut writer) = (Decoder::default(), self.writer());
        let mut out = String::with_capacity(2 * events.len());
        decoder.feed(&events);
        while let Ok(Some(event)) = decoder.next_event() {
            match event.data() {
                Some(data) if data.as_ref() == DONE => writer.finish(&mut out),
                Some(data) => {
                    let chunk: Value = serde_json::from_slice(&data).map_err(|_| NotReplayable)?;
                    writer.chunk(&chunk, &mut out);
                }
                None => {}
            }
        }
        Ok(out.into())
    }

    /// An error in OpenAI's shape, in the caller's.
    pub fn error(&self, status: u16, error: &Value) -> Bytes {
        self.protocol.error(status, error).to_string().into()
    }

    /// What a stream to the caller is written with.
    pub fn writer(&self) -> Writer {
        let nothing = Map::new();
        self.protocol.writer(self.said.as_ref().map_or(&nothing, |said| &said.request))
    }

    fn dialect(&self) -> Option<Dialect> {
        match self.protocol {
            Protocol::Chat => Some(Dialect::Chat),
            Protocol::Responses => Some(Dialect::Responses),
            Protocol::Messages => Some(Dialect::Messages),
            Protocol::Completions => None,
        }
    }
}

/// The request without what an answer of the gateway's own making brought into it: no provider knows that.
fn without_ours(fields: Fields, request: &Map<String, Value>) -> Result<Fields, Error> {
    match responses::native_input(request) {
        None => Ok(fields),
        Some(input) => {
            Ok(Fields::parse(fields.rewrite(&[("input", Value::Array(input).to_string())]))?)
        }
    }
}
