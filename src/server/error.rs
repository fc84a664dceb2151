//! The one table from what went wrong to a status, in the error shape of the caller's protocol.

use std::time::Duration;

use crate::{
    api::error::{self, UPSTREAM},
    embed::EmbedError,
    pipeline::{Error, SpendingError},
    protocol::Protocol,
    route::ResolveError,
    upstream::Failure,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

/// An error as the caller gets it.
#[derive(Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// OpenAI's `type`.
    pub kind: &'static str,
    /// OpenAI's `code`; those of ours are told from the provider's by it.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
    /// The field at fault.
    pub param: Option<String>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl ApiError {
    /// The request is at fault.
    pub fn invalid(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: INVALID,
            code,
            message: message.into(),
            param: None,
            retry_after: None,
        }
    }
}

const INVALID: &str = "invalid_request_error";
const SERVER: &str = "server_error";
const LIMIT: &str = "rate_limit_error";

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let (status, kind, code) = match &error {
            Error::Control(_) => (StatusCode::BAD_REQUEST, INVALID, "invalid_header"),
            Error::Auth(_) => (StatusCode::UNAUTHORIZED, "authentication_error", "invalid_api_key"),
            Error::Overloaded(_) => (StatusCode::SERVICE_UNAVAILABLE, LIMIT, "scrimp_overloaded"),
            Error::Chat(_) | Error::Fields(_) | Error::Malformed(_) | Error::Embeddings(_) => {
                (StatusCode::BAD_REQUEST, INVALID, "invalid_body")
            }
            Error::Model(ResolveError::UnknownTier { .. }) => {
                (StatusCode::BAD_REQUEST, INVALID, "unknown_tier")
            }
            Error::NoCapableTarget(_) => (StatusCode::BAD_REQUEST, INVALID, "no_capable_target"),
            Error::Model(_) => (StatusCode::NOT_FOUND, INVALID, "model_not_found"),
            Error::Feedback(_) => (StatusCode::BAD_REQUEST, INVALID, "invalid_feedback"),
            Error::UnknownRequest => (StatusCode::NOT_FOUND, INVALID, "unknown_request"),
            Error::NotCached => (StatusCode::GATEWAY_TIMEOUT, INVALID, "not_cached"),
            Error::Embed(EmbedError::TooLong { .. }) => {
                (StatusCode::BAD_REQUEST, INVALID, "context_length_exceeded")
            }
            Error::Embed(EmbedError::QueueFull) => {
                (StatusCode::SERVICE_UNAVAILABLE, LIMIT, "scrimp_overloaded")
            }
            Error::Embed(_) => (StatusCode::INTERNAL_SERVER_ERROR, SERVER, "embedding_failed"),
            Error::NoLocalModel => (StatusCode::NOT_FOUND, INVALID, "model_not_found"),
            Error::NoEmbeddingTier | Error::Dimensions { .. } => {
                (StatusCode::BAD_REQUEST, INVALID, "invalid_value")
            }
            Error::Spending(SpendingError::Exceeded { .. }) => {
                (StatusCode::TOO_MANY_REQUESTS, LIMIT, "scrimp_budget_exceeded")
            }
            Error::Spending(SpendingError::Unpriced) => {
                (StatusCode::BAD_REQUEST, INVALID, "unpriced_model")
            }
            Error::FlightTimeout => (StatusCode::GATEWAY_TIMEOUT, UPSTREAM, "upstream_timeout"),
            Error::Upstream(failure) => match failure {
                Failure::Timeout { .. } => {
                    (StatusCode::GATEWAY_TIMEOUT, UPSTREAM, "upstream_timeout")
                }
                Failure::Unreachable { .. } => {
                    (StatusCode::BAD_GATEWAY, UPSTREAM, "upstream_unreachable")
                }
                Failure::Invalid { .. } => {
                    (StatusCode::BAD_GATEWAY, UPSTREAM, "upstream_invalid_response")
                }
                Failure::Refused(_) => (StatusCode::BAD_GATEWAY, UPSTREAM, "upstream_refused"),
                Failure::AllResting { .. } => {
                    (StatusCode::SERVICE_UNAVAILABLE, UPSTREAM, "upstream_unavailable")
                }
                Failure::Inexpressible { .. } | Failure::NoSuchResource { .. } => {
                    (StatusCode::BAD_REQUEST, INVALID, "unsupported_by_provider")
                }
                Failure::UnknownProvider(_) => {
                    (StatusCode::INTERNAL_SERVER_ERROR, SERVER, "unknown_provider")
                }
            },
        };
        let param = match &error {
            Error::Control(error) => Some(error.name.to_owned()),
            Error::Chat(error) => error.param(),
            Error::Fields(error) => error.param().map(str::to_owned),
            Error::Malformed(error) => error.param.clone(),
            Error::Upstream(Failure::Inexpressible { problem, .. }) => Some(problem.field.clone()),
            Error::Embeddings(error) => error.param().map(str::to_owned),
            Error::Model(_) | Error::NoLocalModel | Error::NoEmbeddingTier => {
                Some("model".to_owned())
            }
            Error::Dimensions { .. } => Some("dimensions".to_owned()),
            Error::Embed(EmbedError::TooLong { .. }) => Some("input".to_owned()),
            _ => None,
        };
        let retry_after = match &error {
            Error::Upstream(Failure::AllResting { retry_after }) => Some(*retry_after),
            Error::Spending(SpendingError::Exceeded { refilled_in, .. }) => Some(*refilled_in),
            Error::Overloaded(_) | Error::Embed(EmbedError::QueueFull) => {
                Some(Duration::from_secs(1))
            }
            _ => None,
        };
        Self { status, kind, code, message, param, retry_after }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.respond(Protocol::Chat)
    }
}

impl ApiError {
    /// The response, in the shape of the caller's protocol.
    pub fn respond(self, protocol: Protocol) -> Response {
        let Self { status, kind, code, message, param, retry_after } = self;
        let body = error::body(kind, code, &message, param.as_deref());
        let body = protocol.error(status.as_u16(), &body);
        let mut response = (status, Json(body)).into_response();
        if let Some(wait) = retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}
