//! A provider's event stream, read one event at a time, with a limit on silence.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::body::Incoming;

use super::{clients::chunk, health::InFlight};
use crate::{
    api::sse::{Decoder, Event},
    provider::{
        Dialect, Reader,
        bedrock::FrameDecoder,
        openai::{Chunk, error_message},
    },
};

/// Events as they come. Dropping it closes the connection, which tells the provider to stop.
pub struct Events {
    body: Incoming,
    framing: Option<Framing>,
    reader: Reader,
    held: VecDeque<Passed>,
    idle: Duration,
    deadline: Instant,
    in_flight: Arc<InFlight>,
}

/// What came.
#[derive(Debug)]
pub struct Passed {
    /// The event; `None` for what the end of the connection says.
    pub event: Option<Event>,
    /// What it means.
    pub chunks: Vec<Chunk>,
}

/// How events are cut out of bytes.
enum Framing {
    Text(Decoder),
    Amazon(FrameDecoder),
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").field("held", &self.held.len()).finish_non_exhaustive()
    }
}

/// Why a stream ended early.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Silence beyond the idle limit, or the total time is up.
    #[error("the provider stopped sending")]
    Stalled,
    /// The connection broke.
    #[error("the connection to the provider broke")]
    Broken,
    /// The provider sent an error.
    #[error("the provider sent an error: {0}")]
    Provider(String),
    /// Something that is no event stream.
    #[error("{0}")]
    Malformed(String),
}

impl Events {
    pub(super) fn new(
        body: Incoming,
        dialect: Dialect,
        reader: Reader,
        in_flight: Arc<InFlight>,
        (idle, deadline): (Duration, Instant),
    ) -> Self {
        let framing = match dialect {
            Dialect::Converse => Framing::Amazon(FrameDecoder::default()),
            _ => Framing::Text(Decoder::default()),
        };
        let held = VecDeque::new();
        Self { body, framing: Some(framing), reader, held, idle, deadline, in_flight }
    }

    /// What comes next; `None` at the end of the stream.
    pub async fn next(&mut self) -> Result<Option<Passed>, StreamError> {
        match self.held.pop_front() {
            Some(passed) => Ok(Some(passed)),
            None => self.read().await,
        }
    }

    /// Notes that the answer came to its end.
    pub fn finished(&self) {
        self.in_flight.finished();
    }

    /// Notes that the provider gave up on an answer that had begun.
    pub fn failed(&self) {
        self.in_flight.failed();
    }

    /// Reads on until the answer has begun; what was read is given out again.
    pub(super) async fn up_to_first_token(mut self) -> Result<Self, StreamError> {
        loop {
            let Some(passed) = self.read().await? else {
                return Err(StreamError::Malformed("it ended".to_owned()));
            };
            let mut has_begun = false;
            for chunk in &passed.chunks {
                match chunk {
                    Chunk::Failed(error) => {
                        return Err(StreamError::Provider(error_message(error)));
                    }
                    Chunk::Unknown => {
                        let problem = "an event is not a completion chunk".to_owned();
                        return Err(StreamError::Malformed(problem));
                    }
                    Chunk::Done if !has_begun => {
                        let problem = "it ended without an answer".to_owned();
                        return Err(StreamError::Malformed(problem));
                    }
                    Chunk::Delta { token, .. } => has_begun |= token,
                    Chunk::Done => {}
                }
            }
            self.held.push_back(passed);
            if has_begun {
                return Ok(self);
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Passed>, StreamError> {
        loop {
            let Some(framing) = &mut self.framing else { return Ok(None) };
            if let Some(event) = framing.next_event().map_err(StreamError::Malformed)? {
                let chunks = self.reader.read(&event);
                return Ok(Some(Passed { event: Some(event), chunks }));
            }
            let until = self.deadline.min(Instant::now() + self.idle);
            match tokio::time::timeout_at(until.into(), chunk(&mut self.body)).await {
                Err(_) => return Err(StreamError::Stalled),
                Ok(Err(_)) => return Err(StreamError::Broken),
                Ok(Ok(Some(chunk))) => framing.feed(&chunk),
                Ok(Ok(None)) => return Ok(self.end()),
            }
        }
    }

    /// What is left at the end of the connection. Half an event is none: no caller could read it.
    fn end(&mut self) -> Option<Passed> {
        let rest = self.framing.take().and_then(Framing::finish);
        let mut chunks = rest.as_ref().map(|event| self.reader.read(event)).unwrap_or_default();
        let is_half = chunks.iter().any(|chunk| matches!(chunk, Chunk::Unknown));
        if is_half {
            chunks.clear();
        }
        chunks.extend(self.reader.end());
        let event = rest.filter(|_| !is_half);
        (event.is_some() || !chunks.is_empty()).then_some(Passed { event, chunks })
    }
}

impl Framing {
    fn feed(&mut self, bytes: &[u8]) {
        match self {
            Self::Text(decoder) => decoder.feed(bytes),
            Self::Amazon(decoder) => decoder.feed(bytes),
        }
    }

    fn next_event(&mut self) -> Result<Option<Event>, String> {
        match self {
            Self::Text(decoder) => decoder.next_event().map_err(|error| error.to_string()),
            Self::Amazon(decoder) => decoder.next_event().map_err(|error| error.to_string()),
        }
    }

    fn finish(self) -> Option<Event> {
        match self {
            Self::Text(decoder) => decoder.finish(),
            Self::Amazon(decoder) => decoder.finish(),
        }
    }
}
