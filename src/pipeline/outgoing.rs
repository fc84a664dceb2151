//! What leaves the pipeline: an answer, and how it came about.

use std::{pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, StatusCode};

use crate::{account::NanoUsd, cache::Bypass, config::Tier, limit::Place};

/// The response to a caller.
pub struct Outgoing {
    /// Its status.
    pub status: StatusCode,
    /// The provider's headers that are handed on.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Body,
    /// How it came about, for our own headers and counters.
    pub report: Report,
    /// The request's place, to be held until the body is out; a stream holds its own.
    pub place: Option<Place>,
}

/// The events of a stream as they go out.
pub type EventBytes = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

/// The body of a response.
pub enum Body {
    /// JSON in one piece.
    Whole(Bytes),
    /// A whole event stream in one piece.
    Replay(Bytes),
    /// Events as they come.
    Events(EventBytes),
}

/// The one cache outcome that every request ends with.
#[derive(Debug, Clone, PartialEq)]
pub enum CacheOutcome {
    /// The very same request was answered before.
    Exact {
        /// How long ago.
        age: Duration,
        /// How long the answer may still be served.
        ttl_left: Duration,
    },
    /// A question that means the same was answered before.
    Semantic {
        /// How long ago.
        age: Duration,
        /// How long the answer may still be served.
        ttl_left: Duration,
        /// Cosine similarity of the two questions.
        similarity: f32,
        /// How surely the answer serves, in `[0, 1]`.
        confidence: f64,
    },
    /// Nothing stored serves.
    Miss {
        /// The best candidate that was refused, and why.
        refused: Option<String>,
    },
    /// It was not looked for, or not by meaning.
    Bypass(Bypass),
}

impl CacheOutcome {
    /// As in `x-scrimp-cache` and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Exact { .. } => "exact",
            Self::Semantic { .. } => "semantic",
            Self::Miss { .. } => "miss",
            Self::Bypass(_) => "bypass",
        }
    }
}

/// How an answer came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The cache outcome.
    pub cache: CacheOutcome,
    /// Whether the answer is stored; `None` while a stream is still running.
    pub stored: Option<bool>,
    /// `provider/model` that answered, now or when the answer was stored.
    pub target: Option<Arc<str>>,
    /// The tier, for `model: auto`.
    pub tier: Option<Tier>,
    /// Why this tier or target.
    pub reason: Option<String>,
    /// What this answer cost; `None` when it is not known, or not yet.
    pub cost: Option<NanoUsd>,
    /// What a hit saved.
    pub saved: Option<NanoUsd>,
    /// Attempts that were made at providers.
    pub attempts: u32,
    /// Time that was spent waiting for a provider.
    pub waited: Duration,
    /// What the provider's format has no words for and was left out of the request.
    pub dropped: Vec<String>,
}

impl Report {
    /// A report without anything but the cache outcome.
    pub fn new(cache: CacheOutcome) -> Self {
        Self {
            cache,
            stored: None,
            target: None,
            tier: None,
            reason: None,
            cost: None,
            saved: None,
            attempts: 0,
            waited: Duration::ZERO,
            dropped: Vec::new(),
        }
    }
}
