//! Requests that came again, as they were read: the next of the same bytes is not read once more.

use std::sync::Arc;

use bytes::Bytes;
use foldhash::quality::RandomState;
use moka::sync::Cache;

use super::{Error, caller::Caller};
use crate::{auth::Principal, cache::Reading, protocol::Protocol};

/// A request body, understood.
#[derive(Clone)]
pub struct Read {
    /// What the caller speaks, and what it said in its own words.
    pub caller: Arc<Caller>,
    /// The request in the chat dialect.
    pub reading: Arc<Reading>,
}

impl Read {
    /// Understands a body.
    pub fn of(protocol: Protocol, body: Bytes) -> Result<Self, Error> {
        let (caller, request) = Caller::read(protocol, body)?;
        Ok(Self { caller: Arc::new(caller), reading: Arc::new(Reading::new(request)) })
    }
}

/// What was sent, and by whom: how long an answer takes tells nobody what others ask.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Sent {
    caller: [u8; 32],
    protocol: Protocol,
    body: Bytes,
}

/// Readings by bytes, those of most use within a bound.
pub struct Readings(Cache<Sent, Read, RandomState>);

/// Of the room for answers, the part that readings may take besides, and the most that they take.
const SHARE: u64 = 16;
const MOST_BYTES: u64 = 16 << 20;
/// What a reading takes: its body in several forms, and what is around it.
const FORMS: usize = 6;
const OVERHEAD_BYTES: usize = 2048;

impl Readings {
    /// Room for some, beside answers of `max_bytes`.
    pub fn new(max_bytes: u64) -> Self {
        let size = |sent: &Sent, _: &Read| {
            u32::try_from(FORMS * sent.body.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX)
        };
        let capacity = (max_bytes / SHARE).min(MOST_BYTES);
        let cache = Cache::builder().max_capacity(capacity).weigher(size);
        Self(cache.build_with_hasher(RandomState::default()))
    }

    /// What was read of these bytes.
    pub fn get(&self, principal: &Principal, protocol: Protocol, body: &Bytes) -> Option<Read> {
        self.0.get(&Sent { caller: principal.id, protocol, body: body.clone() })
    }

    /// Keeps what was read of a request that came again.
    pub fn keep(&self, principal: &Principal, protocol: Protocol, body: &Bytes, read: Read) {
        self.0.insert(Sent { caller: principal.id, protocol, body: body.clone() }, read);
    }
}
