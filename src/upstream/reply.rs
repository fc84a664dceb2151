//! What a provider answered, or why none did.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::Events;
use crate::{
    config::Target,
    provider::{self, Answered, Dialect, Inexpressible},
};

/// What a provider answered.
#[derive(Debug)]
pub struct Reply {
    /// Who answered.
    pub target: Target,
    /// In which language.
    pub dialect: Dialect,
    /// Attempts made, this one included.
    pub attempts: u32,
    /// The provider's status.
    pub status: StatusCode,
    /// The provider's headers that the caller gets.
    pub headers: HeaderMap,
    /// What a header says of an error.
    pub error_kind: Option<String>,
    /// What the provider has no words for and was left out of the request.
    pub dropped: Vec<String>,
    /// The body.
    pub body: ReplyBody,
}

/// The body of a reply.
#[derive(Debug)]
pub enum ReplyBody {
    /// An answer in one piece, and what it means.
    Completion(Box<Answered>),
    /// Anything else in one piece: other JSON, or the provider's error.
    Whole(Bytes),
    /// A stream whose first token has come.
    Events(Box<Events>),
}

impl Reply {
    /// The provider's error in OpenAI's shape.
    pub fn error(&self, body: &[u8]) -> Value {
        provider::error(self.dialect, body, self.error_kind.as_deref()).unwrap_or_else(|| {
            let message = format!("{} answered {}", self.target, self.status);
            crate::api::error::body(crate::api::error::UPSTREAM, "upstream_refused", &message, None)
        })
    }
}

/// Why no target answered.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The last provider refused, with a status and a body of its own to hand on.
    #[error("{} answered {}", .0.target, .0.status)]
    Refused(Box<Reply>),
    /// The last provider could not be reached or broke off.
    #[error("{target}: {problem}")]
    Unreachable {
        /// Who was asked last.
        target: Target,
        /// What happened.
        problem: String,
    },
    /// Time ran out.
    #[error("{target}: {problem}")]
    Timeout {
        /// Who was asked last.
        target: Target,
        /// Which limit.
        problem: String,
    },
    /// The last provider answered with a success that is none.
    #[error("{target}: {problem}")]
    Invalid {
        /// Who was asked last.
        target: Target,
        /// What was wrong with it.
        problem: String,
    },
    /// The request cannot be put into the words of the last provider.
    #[error("{target} cannot be asked this: {problem}")]
    Inexpressible {
        /// Who was to be asked.
        target: Target,
        /// What it has no words for.
        problem: Inexpressible,
    },
    /// The provider has no such resource.
    #[error("{target}: {problem}")]
    NoSuchResource {
        /// Who was to be asked.
        target: Target,
        /// What it lacks.
        problem: &'static str,
    },
    /// Every target has failed lately and is left alone for a while.
    #[error(
        "no provider is available: every target has failed repeatedly and is left alone for now"
    )]
    AllResting {
        /// When the first of them is tried again.
        retry_after: Duration,
    },
    /// The plan names a provider that is not configured.
    #[error("provider '{0}' is not configured")]
    UnknownProvider(String),
}

impl Failure {
    /// What happened, less what the provider said of it: that may quote the prompt, and is for the caller alone.
    pub fn in_brief(&self) -> String {
        match self {
            Self::Invalid { .. } => "not what the API promises".to_owned(),
            other => other.to_string(),
        }
    }

    /// Asking again, or somebody else, may come to more.
    pub(super) fn is_of_the_request(&self) -> bool {
        matches!(self, Self::Inexpressible { .. } | Self::NoSuchResource { .. })
    }
}
