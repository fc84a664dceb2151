//! A provider's event stream, read one event at a time, with a limit on silence.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{
    api::sse::{Decoder, Event},
    provider::openai::Chunk,
};

/// Events as they come. Dropping it closes the connection, which tells the provider to stop.
pub struct Events {
    response: reqwest::Response,
    decoder: Option<Decoder>,
    held: VecDeque<Event>,
    idle: Duration,
    deadline: Instant,
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
    pub(super) fn new(response: reqwest::Response, idle: Duration, deadline: Instant) -> Self {
        Self { response, decoder: Some(Decoder::default()), held: VecDeque::new(), idle, deadline }
    }

    /// The next event; `None` at the end of the stream.
    pub async fn next(&mut self) -> Result<Option<Event>, StreamError> {
        match self.held.pop_front() {
            Some(event) => Ok(Some(event)),
            None => self.read().await,
        }
    }

    /// Reads on until the answer has begun; what was read is given out again.
    pub(super) async fn up_to_first_token(mut self) -> Result<Self, StreamError> {
        loop {
            let Some(event) = self.read().await? else {
                return Err(StreamError::Malformed("it ended".to_owned()));
            };
            match Chunk::parse(&event) {
                Chunk::Error(message) => return Err(StreamError::Provider(message)),
                Chunk::Unknown => {
                    return Err(StreamError::Malformed(
                        "an event is not a completion chunk".to_owned(),
                    ));
                }
                Chunk::Done => {
                    return Err(StreamError::Malformed("it ended without an answer".to_owned()));
                }
                Chunk::Delta { token: true, .. } => {
                    self.held.push_back(event);
                    return Ok(self);
                }
                Chunk::Delta { .. } | Chunk::Silence => self.held.push_back(event),
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Event>, StreamError> {
        loop {
            let Some(decoder) = &mut self.decoder else { return Ok(None) };
            if let Some(event) =
                decoder.next_event().map_err(|error| StreamError::Malformed(error.to_string()))?
            {
                return Ok(Some(event));
            }
            let until = self.deadline.min(Instant::now() + self.idle);
            match tokio::time::timeout_at(until.into(), self.response.chunk()).await {
                Err(_) => return Err(StreamError::Stalled),
                Ok(Err(_)) => return Err(StreamError::Broken),
                Ok(Ok(Some(chunk))) => decoder.feed(&chunk),
                Ok(Ok(None)) => {
                    let rest = self.decoder.take().and_then(Decoder::finish);
                    // Half an event is none: no caller could read it.
                    return Ok(rest.filter(|event| !matches!(Chunk::parse(event), Chunk::Unknown)));
                }
            }
        }
    }
}
