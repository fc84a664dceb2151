//! Reads a request body within its limits of size and time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;

use super::error::ApiError;

/// How much and how long.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Bytes.
    pub size: usize,
    /// For the whole body.
    pub time: Duration,
}

/// A body that is too large is read on for this many times the limit, so that its sender gets to see the answer.
const PATIENCE: usize = 8;

impl BodyLimits {
    /// The whole body.
    pub async fn read(self, body: Body) -> Result<Bytes, ApiError> {
        let read = tokio::time::timeout(self.time, self.collect(body)).await;
        read.unwrap_or_else(|_| {
            let message = format!("the request body did not arrive within {:?}", self.time);
            Err(ApiError::invalid(StatusCode::REQUEST_TIMEOUT, "body_timeout", message))
        })
    }

    async fn collect(self, mut body: Body) -> Result<Bytes, ApiError> {
        let mut whole = BytesMut::new();
        let mut size = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                ApiError::invalid(
                    StatusCode::BAD_REQUEST,
                    "invalid_body",
                    "the request body broke off",
                )
            })?;
            let Ok(data) = frame.into_data() else { continue };
            size += data.len();
            if size <= self.size {
                whole.extend_from_slice(&data);
            } else if size > self.size.saturating_mul(PATIENCE) {
                break;
            }
        }
        if size > self.size {
            let message =
                format!("the request body is larger than {} bytes (server.max_body)", self.size);
            return Err(ApiError::invalid(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                message,
            ));
        }
        Ok(whole.freeze())
    }
}
