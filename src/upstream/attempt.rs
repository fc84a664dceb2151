//! One request to one target, with one key.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::Full;
use hyper::body::Incoming;
use rand::Rng as _;

use super::{
    Call, Endpoint, Events, Failure, Reply, ReplyBody, StreamError,
    address::Address,
    clients::{Client, Received, SendError, chunk},
    credentials::{Credentials, CredentialsError, Unsigned},
    health::InFlight,
    keyring::KeyId,
};
use crate::{
    api::error,
    config::{self, Target},
    provider::{self, Answer, Dialect, Outbound, Reader, Stamp},
};

/// A failed attempt.
pub struct Attempt {
    /// What happened.
    pub failure: Failure,
    /// How long the provider wants us to wait.
    pub retry_after: Option<Duration>,
    /// The provider works, but has had enough of us.
    pub rate_limited: bool,
}

impl From<Failure> for Attempt {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None, rate_limited: false }
    }
}

impl Attempt {
    /// As in metrics.
    pub fn outcome(&self) -> &'static str {
        match &self.failure {
            _ if self.rate_limited => "rate_limited",
            Failure::Refused(_) => "status",
            Failure::Unreachable { .. } => "unreachable",
            Failure::Timeout { .. } => "timeout",
            Failure::Invalid { .. } => "invalid",
            Failure::Inexpressible { .. } | Failure::NoSuchResource { .. } => "inexpressible",
            Failure::AllResting { .. } | Failure::UnknownProvider(_) => "not_tried",
        }
    }
}

/// Everything that one attempt needs.
pub struct Request<'a> {
    pub client: &'a Client,
    pub settings: &'a config::Upstream,
    pub call: &'a Call<'a>,
    pub target: &'a Target,
    pub address: &'a Address,
    pub credentials: &'a Credentials,
    pub key: KeyId,
    pub uri: &'a Uri,
    pub outbound: &'a Outbound,
    pub in_flight: &'a Arc<InFlight>,
}

/// A whole answer larger than this is not read.
const MAX_ANSWER_BYTES: usize = 64 << 20;

impl Request<'_> {
    /// Sends the request and reads the answer, or a stream's beginning up to its first token.
    pub async fn send(&self, deadline: Instant, attempts: u32) -> Result<Reply, Attempt> {
        let until = deadline.min(Instant::now() + self.settings.first_byte_timeout);
        let response = match tokio::time::timeout_at(until.into(), self.sent()).await {
            Err(_) => {
                return Err(self
                    .timeout("no response within the time allowed for the first byte")
                    .into());
            }
            Ok(response) => response?,
        };
        let status = response.status();
        let headers = passed_on(response.headers());
        let error_kind = response.headers().get("x-amzn-errortype");
        let error_kind = error_kind.and_then(|kind| kind.to_str().ok()).map(str::to_owned);
        let reply = |body| Reply {
            target: self.target.clone(),
            dialect: self.outbound.dialect,
            attempts,
            status,
            headers: headers.clone(),
            error_kind: error_kind.clone(),
            dropped: self.outbound.dropped.clone(),
            body,
        };
        if status.is_redirection() {
            return Err(self
                .invalid(format!("it redirects ({status}); set base_url to where it really is"))
                .into());
        }
        if !status.is_success() {
            let stated = retry_after(response.headers());
            let body = self.whole(response.into_body(), deadline).await?;
            let retry_after =
                stated.or_else(|| provider::retry_after(self.outbound.dialect, &body));
            let mut refusal = self.legible(reply(ReplyBody::Whole(body)));
            if let (None, Some(wait)) = (stated, retry_after) {
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                refusal.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            if !is_worth_another_try(status) {
                return Ok(refusal);
            }
            return Err(Attempt {
                failure: Failure::Refused(Box::new(refusal)),
                retry_after,
                rate_limited: status == StatusCode::TOO_MANY_REQUESTS,
            });
        }
        if self.outbound.stream && is_event_stream(response.headers()) {
            let dialect = self.outbound.dialect;
            let reader = Reader::new(dialect, self.stamp());
            let limits = (self.settings.idle_timeout, deadline);
            let events = Events::new(
                response.into_body(),
                dialect,
                reader,
                Arc::clone(self.in_flight),
                limits,
            );
            let events =
                events.up_to_first_token().await.map_err(|error| self.stream_failure(&error))?;
            return Ok(reply(ReplyBody::Events(Box::new(events))));
        }
        let body = self.whole(response.into_body(), deadline).await?;
        Ok(reply(self.checked(body)?))
    }

    async fn sent(&self) -> Result<Received, Failure> {
        let mut is_again = false;
        loop {
            let request = self.request().await?;
            match self.client.send(request).await {
                Err(SendError::NotTaken) if !is_again => is_again = true,
                response => return response.map_err(|error| self.broken(&error)),
            }
        }
    }

    async fn request(&self) -> Result<http::Request<Full<Bytes>>, Failure> {
        let mut headers = self.call.headers.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static(self.accepted()));
        let unsigned = Unsigned { uri: self.uri, headers: &mut headers, body: &self.outbound.body };
        self.credentials.apply(self.client, self.key, unsigned).await.map_err(|error| {
            let problem = error.to_string();
            match error {
                CredentialsError::Token { .. } => {
                    Failure::Unreachable { target: self.target.clone(), problem }
                }
                CredentialsError::Signature(_) => self.invalid(problem),
            }
        })?;
        self.address.add_headers(&mut headers);
        let mut request = http::Request::new(Full::new(self.outbound.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn accepted(&self) -> &'static str {
        match (self.outbound.stream, self.outbound.dialect) {
            (true, Dialect::Converse) => AMAZON_EVENTS,
            (true, _) => "text/event-stream",
            (false, _) => "application/json",
        }
    }

    /// For answers in formats that do not say what they are.
    fn stamp(&self) -> Stamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Stamp {
            id: format!("chatcmpl-{:032x}", rand::rng().random::<u128>()),
            created: now.as_secs(),
            model: self.target.model.clone(),
        }
    }

    async fn whole(&self, mut body: Incoming, deadline: Instant) -> Result<Bytes, Failure> {
        let mut whole = BytesMut::new();
        loop {
            let until = deadline.min(Instant::now() + self.settings.idle_timeout);
            match tokio::time::timeout_at(until.into(), chunk(&mut body)).await {
                Err(_) => return Err(self.timeout("the answer stopped in the middle")),
                Ok(Err(error)) => return Err(self.broken(&error)),
                Ok(Ok(None)) => return Ok(whole.freeze()),
                Ok(Ok(Some(chunk))) if whole.len() + chunk.len() > MAX_ANSWER_BYTES => {
                    return Err(
                        self.invalid(format!("the answer is longer than {MAX_ANSWER_BYTES} bytes"))
                    );
                }
                Ok(Ok(Some(chunk))) => whole.extend_from_slice(&chunk),
            }
        }
    }

    /// A refusal that is no JSON (a proxy's page, say) is put into words that clients can read.
    fn legible(&self, refusal: Reply) -> Reply {
        let ReplyBody::Whole(body) = &refusal.body else { return refusal };
        if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
            return refusal;
        }
        let message = format!("{} answered {} without a JSON body", self.target, refusal.status);
        let body =
            error::body(error::UPSTREAM, "upstream_refused", &message, None).to_string().into();
        let mut headers = refusal.headers;
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Reply { headers, dialect: Dialect::Chat, body: ReplyBody::Whole(body), ..refusal }
    }

    /// A success must hold what was asked for.
    fn checked(&self, body: Bytes) -> Result<ReplyBody, Failure> {
        let is_json = || serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
        if self.call.endpoint != Endpoint::Answers {
            let dialect = match self.call.endpoint {
                Endpoint::CountTokens => Dialect::Messages,
                Endpoint::Answers | Endpoint::Embeddings => Dialect::Chat,
            };
            let value = serde_json::from_slice::<serde_json::Value>(&body).unwrap_or_default();
            if value.get("error").is_some_and(|error| !error.is_null())
                && let Some(error) = crate::provider::error(dialect, &body, None)
            {
                let message = crate::provider::openai::error_message(&error);
                return Err(self.invalid(format!("an error in a successful response: {message}")));
            }
            if is_json() {
                return Ok(ReplyBody::Whole(body));
            }
            return Err(self.invalid("the response is not what the API promises".to_owned()));
        }
        match Answer::read(self.outbound.dialect, body, || self.stamp()) {
            Answer::Error(message) => {
                Err(self.invalid(format!("an error in a successful response: {message}")))
            }
            Answer::Completion(answered) => Ok(ReplyBody::Completion(Box::new(answered))),
            Answer::Unknown => {
                Err(self.invalid("the response is not what the API promises".to_owned()))
            }
        }
    }

    fn stream_failure(&self, error: &StreamError) -> Failure {
        match error {
            StreamError::Stalled => self.timeout("the stream stopped before its first token"),
            other => self.invalid(format!("the stream failed before its first token: {other}")),
        }
    }

    fn broken(&self, error: &SendError) -> Failure {
        match error {
            SendError::Timeout => self.timeout(&error.to_string()),
            _ => Failure::Unreachable { target: self.target.clone(), problem: error.to_string() },
        }
    }

    fn timeout(&self, problem: &str) -> Failure {
        Failure::Timeout { target: self.target.clone(), problem: problem.to_owned() }
    }

    fn invalid(&self, problem: String) -> Failure {
        Failure::Invalid { target: self.target.clone(), problem }
    }
}

/// Not the request's fault: another target, or the same one later, may well answer. 529 is Anthropic's "overloaded".
fn is_worth_another_try(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

/// The content type of Bedrock's streams.
const AMAZON_EVENTS: &str = "application/vnd.amazon.eventstream";

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| {
        let kind = kind.trim_start().to_ascii_lowercase();
        kind.starts_with("text/event-stream") || kind.starts_with(AMAZON_EVENTS)
    })
}

/// Milliseconds, seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|value| value.parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let stated = text("retry-after")?;
    match stated.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => {
            let date = httpdate::parse_http_date(stated).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

/// What a caller wants to know of the provider's response: rate limits, its request id, vendor headers.
fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut passed = HeaderMap::new();
    for (name, value) in headers {
        let text = name.as_str();
        if text.starts_with("x-ratelimit-")
            || text.starts_with("openai-")
            || text.starts_with("anthropic-")
            || matches!(text, "content-type" | "retry-after" | "retry-after-ms")
        {
            passed.append(name, value.clone());
        } else if matches!(text, "x-request-id" | "request-id" | "x-amzn-requestid") {
            passed.insert(HeaderName::from_static("x-scrimp-upstream-request-id"), value.clone());
        }
    }
    passed
}
