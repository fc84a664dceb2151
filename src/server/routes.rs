//! The gateway's routes and their thin handlers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Body as HttpBody,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{body::BodyLimits, error::ApiError, headers};
use crate::{
    config::Server,
    pipeline::{Body, CacheOutcome, Gateway, Outgoing, RequestId},
    telemetry::RequestEnd,
};

#[derive(Clone)]
struct App {
    gateway: Arc<Gateway>,
    body: BodyLimits,
    max_head: usize,
}

/// `POST /v1/chat/completions`, `POST /v1/embeddings`, `GET /v1/models`, `POST /v1/feedback`, `GET /healthz`, `GET /readyz`.
pub fn router(gateway: Arc<Gateway>, settings: &Server) -> Router {
    let body = BodyLimits { size: settings.max_body, time: settings.body_timeout };
    let app = App { gateway, body, max_head: settings.max_head };
    Router::new()
        .route("/v1/chat/completions", post(chat))
        .route("/v1/embeddings", post(embeddings))
        .route("/v1/models", get(models))
        .route("/v1/feedback", post(feedback))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(axum::middleware::from_fn_with_state(app.clone(), check_head))
        .with_state(app)
}

/// The two resources that a request body is posted to.
#[derive(Debug, Clone, Copy)]
enum Resource {
    Chat,
    Embeddings,
}

async fn chat(State(app): State<App>, request: Request) -> Response {
    answer(&app, Resource::Chat, request).await
}

async fn embeddings(State(app): State<App>, request: Request) -> Response {
    answer(&app, Resource::Embeddings, request).await
}

async fn answer(app: &App, resource: Resource, request: Request) -> Response {
    let clock = Stopwatch::start(match resource {
        Resource::Chat => "chat",
        Resource::Embeddings => "embeddings",
    });
    let (head, body) = request.into_parts();
    let result = async {
        let admitted = app.gateway.admit(&head.headers)?;
        let body = app.body.read(body).await?;
        let clock = clock.body_read();
        let outgoing = match resource {
            Resource::Chat => app.gateway.chat(admitted, head.headers, body).await?,
            Resource::Embeddings => app.gateway.embeddings(admitted, head.headers, body).await?,
        };
        Ok((outgoing, clock))
    };
    finish(app, clock, result.await)
}

/// Notes what a caller says of an answer from the cache.
async fn feedback(State(app): State<App>, request: Request) -> Result<Json<Value>, ApiError> {
    let (head, body) = request.into_parts();
    let (principal, _place) = app.gateway.admit(&head.headers)?;
    let body = app.body.read(body).await?;
    app.gateway.feedback(&principal, &body)?;
    Ok(Json(json!({"recorded": true})))
}

async fn models(State(app): State<App>, headers: HeaderMap) -> Result<Json<Value>, ApiError> {
    app.gateway.admit(&headers)?;
    let model =
        |name: String| json!({"id": name, "object": "model", "created": 0, "owned_by": "scrimp"});
    let data: Vec<Value> = app.gateway.model_names().into_iter().map(model).collect();
    Ok(Json(json!({"object": "list", "data": data})))
}

async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.gateway.is_ready() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    }
}

async fn not_found(request: Request) -> ApiError {
    let message = format!(
        "there is no '{} {}' here; known: POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models, \
         POST /v1/feedback, GET /healthz, GET /readyz",
        request.method(),
        request.uri().path()
    );
    ApiError::invalid(StatusCode::NOT_FOUND, "unknown_url", message)
}

async fn method_not_allowed(request: Request) -> ApiError {
    let message = format!("'{}' does not answer to {}", request.uri().path(), request.method());
    ApiError::invalid(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}

/// Turns away a head that is too long, and gives every response its request id.
async fn check_head(
    State(app): State<App>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let headers =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let size = headers.sum::<usize>() + target;
    let mut response = if size > app.max_head {
        let message =
            format!("the request head is larger than {} bytes (server.max_head)", app.max_head);
        ApiError::invalid(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large", message)
            .into_response()
    } else {
        next.run(request).await
    };
    if let Ok(id) = HeaderValue::try_from(RequestId::fresh().to_string()) {
        // One that the cache may be asked about is there already.
        response.headers_mut().entry("x-request-id").or_insert(id);
    }
    response
}

/// Times one request.
#[derive(Clone, Copy)]
struct Stopwatch {
    route: &'static str,
    start: Instant,
}

impl Stopwatch {
    fn start(route: &'static str) -> Self {
        Self { route, start: Instant::now() }
    }

    /// From here on the time is ours, no longer the sender's.
    fn body_read(self) -> Self {
        Self { start: Instant::now(), ..self }
    }
}

fn finish(
    app: &App,
    clock: Stopwatch,
    result: Result<(Outgoing, Stopwatch), ApiError>,
) -> Response {
    let (outgoing, clock) = match result {
        Ok(answered) => answered,
        Err(error) => {
            let until_head = clock.start.elapsed();
            let end = RequestEnd {
                route: clock.route,
                cache: "none",
                status: error.status.as_u16(),
                until_head,
                overhead: Duration::ZERO,
            };
            app.gateway.metrics().request(end);
            return error.into_response();
        }
    };
    let until_head = clock.start.elapsed();
    let overhead = until_head.saturating_sub(outgoing.report.waited);
    let cache = outgoing.report.cache.as_str();
    let status = outgoing.status.as_u16();
    app.gateway.metrics().request(RequestEnd {
        route: clock.route,
        cache,
        status,
        until_head,
        overhead,
    });
    if let CacheOutcome::Bypass(reason) = &outgoing.report.cache {
        app.gateway.metrics().bypass(reason.as_str());
    }
    respond(outgoing, overhead)
}

fn respond(outgoing: Outgoing, overhead: Duration) -> Response {
    let Outgoing { status, headers: passed, body, report, place } = outgoing;
    let (kind, body) = match body {
        Body::Whole(bytes) => (None, HttpBody::from(bytes)),
        Body::Replay(bytes) => (Some(EVENT_STREAM), HttpBody::from(bytes)),
        Body::Events(events) => (
            Some(EVENT_STREAM),
            HttpBody::from_stream(events.map(Ok::<_, std::convert::Infallible>)),
        ),
    };
    // A body in one piece is as good as out; a stream holds its own place.
    drop(place);
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let out = response.headers_mut();
    *out = passed;
    let kind = kind.map(HeaderValue::from_static);
    let kind = kind
        .or_else(|| out.get(header::CONTENT_TYPE).cloned())
        .unwrap_or_else(|| HeaderValue::from_static(JSON));
    out.insert(header::CONTENT_TYPE, kind);
    if response.headers()[header::CONTENT_TYPE] == EVENT_STREAM {
        // Ours to any cache between us and the caller: the stream is live.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    headers::add(response.headers_mut(), &report, overhead);
    response
}

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";
