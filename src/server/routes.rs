//! The gateway's routes and their thin handlers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Body as HttpBody,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{body::BodyLimits, error::ApiError, headers};
use crate::{
    account::ledger::Latency,
    config::Server,
    pipeline::{Body, CacheOutcome, Gateway, OpenRecord, Outgoing, RequestId},
    protocol::Protocol,
    telemetry::RequestEnd,
};

#[derive(Clone)]
struct App {
    gateway: Arc<Gateway>,
    body: BodyLimits,
    max_head: usize,
}

/// The routes of callers.
pub fn router(gateway: Arc<Gateway>, settings: &Server) -> Router {
    let body = BodyLimits { size: settings.max_body, time: settings.body_timeout };
    let app = App { gateway, body, max_head: settings.max_head };
    let ask = |resource: Resource| {
        post(move |State(app): State<App>, request: Request| async move {
            answer(&app, resource, request).await
        })
    };
    Router::new()
        .route("/v1/chat/completions", ask(Resource::Answer(Protocol::Chat)))
        .route("/v1/responses", ask(Resource::Answer(Protocol::Responses)))
        .route("/v1/messages", ask(Resource::Answer(Protocol::Messages)))
        .route("/v1/messages/count_tokens", ask(Resource::CountTokens))
        .route("/v1/completions", ask(Resource::Answer(Protocol::Completions)))
        .route("/v1/embeddings", ask(Resource::Embeddings))
        .route("/v1/models", get(models))
        .route("/v1/models/{*name}", get(model))
        .route("/v1/feedback", post(feedback))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(axum::middleware::from_fn_with_state(app.clone(), check_head))
        .with_state(app)
}

/// What can be asked for, as messages list it.
const ROUTES: &str = "POST /v1/chat/completions, POST /v1/responses, POST /v1/messages, \
     POST /v1/messages/count_tokens, POST /v1/completions, POST /v1/embeddings, GET /v1/models, \
     GET /v1/models/NAME, POST /v1/feedback, GET /healthz, GET /readyz";

/// The resources that a request body is posted to.
#[derive(Debug, Clone, Copy)]
enum Resource {
    Answer(Protocol),
    CountTokens,
    Embeddings,
}

impl Resource {
    /// As in metrics and the ledger.
    fn name(self) -> &'static str {
        match self {
            Self::Answer(protocol) => protocol.as_str(),
            Self::CountTokens => "count_tokens",
            Self::Embeddings => "embeddings",
        }
    }

    /// Whether the ledger has it: it is an answer that may cost something.
    fn is_in_ledger(self) -> bool {
        !matches!(self, Self::CountTokens)
    }

    /// Whose shape errors have.
    fn protocol(self) -> Protocol {
        match self {
            Self::Answer(protocol) => protocol,
            Self::CountTokens => Protocol::Messages,
            Self::Embeddings => Protocol::Chat,
        }
    }
}

async fn answer(app: &App, resource: Resource, request: Request) -> Response {
    let mut end = End {
        clock: Stopwatch::start(resource.name()),
        protocol: resource.protocol(),
        record: OpenRecord::none(),
        id: None,
    };
    // In a box: the router moves a handler's future several times, and this one is large.
    let result = Box::pin(outcome(app, resource, request, &mut end)).await;
    let mut response = finish(app, &end, result);
    if let Some(id) = end.id.and_then(|id| HeaderValue::try_from(id.to_string()).ok()) {
        if resource.protocol() == Protocol::Messages {
            // As Anthropic calls it, and its clients read it.
            response.headers_mut().insert("request-id", id.clone());
        }
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

async fn outcome(
    app: &App,
    resource: Resource,
    request: Request,
    end: &mut End,
) -> Result<Outgoing, ApiError> {
    let (head, body) = request.into_parts();
    let mut admitted = app.gateway.admit(&head.headers)?;
    end.id = Some(admitted.id);
    let body = app.body.read(body).await?;
    end.clock = end.clock.body_read();
    if resource.is_in_ledger() {
        end.record = app.gateway.open_record(&admitted, resource.name());
        admitted.record = end.record.clone();
    }
    Ok(match resource {
        Resource::Answer(protocol) => {
            app.gateway.answer(protocol, admitted, head.headers, body).await?
        }
        Resource::CountTokens => app.gateway.count_tokens(admitted, &head.headers, body).await?,
        Resource::Embeddings => app.gateway.embeddings(admitted, head.headers, body).await?,
    })
}

/// Notes what a caller says of an answer from the cache.
async fn feedback(State(app): State<App>, request: Request) -> Result<Json<Value>, ApiError> {
    let (head, body) = request.into_parts();
    let admitted = app.gateway.admit(&head.headers)?;
    let body = app.body.read(body).await?;
    app.gateway.feedback(&admitted.principal, &body)?;
    Ok(Json(json!({"recorded": true})))
}

async fn models(State(app): State<App>, headers: HeaderMap) -> Response {
    if let Err(error) = app.gateway.admit(&headers) {
        return ApiError::from(error).respond(spoken(&headers));
    }
    let data: Vec<Value> = app.gateway.model_names().iter().map(|name| described(name)).collect();
    let ends = [data.first(), data.last()].map(|model| model.map(|model| model["id"].clone()));
    let [first, last] = ends;
    // The shapes of OpenAI and of Anthropic in one.
    Json(json!({
        "object": "list", "data": data, "first_id": first, "last_id": last, "has_more": false,
    }))
    .into_response()
}

async fn model(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let known = app.gateway.admit(&headers).and_then(|_| app.gateway.knows_model(&name));
    match known {
        Ok(()) => Json(described(&name)).into_response(),
        Err(error) => ApiError::from(error).respond(spoken(&headers)),
    }
}

/// Whose shape errors have on routes that both protocols know: Anthropic's clients always name a version.
fn spoken(headers: &HeaderMap) -> Protocol {
    if headers.contains_key("anthropic-version") { Protocol::Messages } else { Protocol::Chat }
}

/// A model as both OpenAI's and Anthropic's clients read it.
fn described(name: &str) -> Value {
    json!({
        "id": name, "object": "model", "created": 0, "owned_by": "scrimp",
        "type": "model", "display_name": name, "created_at": "1970-01-01T00:00:00Z",
    })
}

async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.gateway.is_ready() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    }
}

async fn not_found(request: Request) -> ApiError {
    let (method, path) = (request.method(), request.uri().path());
    let message = format!("there is no '{method} {path}' here; known: {ROUTES}");
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
    // One that the cache may be asked about is there already.
    if !response.headers().contains_key(&REQUEST_ID)
        && let Ok(id) = HeaderValue::try_from(RequestId::fresh().to_string())
    {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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

/// What is to be done when a request has been answered.
struct End {
    clock: Stopwatch,
    protocol: Protocol,
    record: OpenRecord,
    /// Once it is admitted.
    id: Option<RequestId>,
}

fn finish(
    app: &App,
    End { clock, protocol, record, .. }: &End,
    result: Result<Outgoing, ApiError>,
) -> Response {
    let outgoing = match result {
        Ok(outgoing) => outgoing,
        Err(error) => {
            let until_head = clock.start.elapsed();
            record.head(error.status.as_u16(), Latency::default(), false);
            record.failed(error.code);
            let end = RequestEnd {
                route: clock.route,
                cache: "none",
                status: error.status.as_u16(),
                until_head,
                overhead: Duration::ZERO,
            };
            app.gateway.metrics().request(end);
            return error.respond(*protocol);
        }
    };
    let until_head = clock.start.elapsed();
    let overhead = until_head.saturating_sub(outgoing.report.waited);
    let (first_token, total) = (Some(until_head), until_head);
    let is_stream = matches!(outgoing.body, Body::Events(_));
    let latency = Latency { overhead, first_token, total };
    record.reported(&outgoing.report);
    record.head(outgoing.status.as_u16(), latency, is_stream);
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
        .or_else(|| out.get(header::CONTENT_TYPE).filter(|kind| is_json(kind)).cloned())
        .unwrap_or_else(|| HeaderValue::from_static(JSON));
    out.insert(header::CONTENT_TYPE, kind);
    if response.headers()[header::CONTENT_TYPE] == EVENT_STREAM {
        // Ours to any cache between us and the caller: the stream is live.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    headers::add(response.headers_mut(), &report, overhead);
    response
}

/// A provider's content type, where the body is in one piece: an event stream that was asked for may have been put together.
fn is_json(kind: &HeaderValue) -> bool {
    kind.to_str().is_ok_and(|kind| kind.contains("json"))
}

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";
