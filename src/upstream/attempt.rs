//! One request to one target.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, StatusCode, header};

use super::{Address, Call, Events, Expect, Failure, Reply, ReplyBody};
use crate::{
    api::error,
    config::{self, Target},
    provider::openai::Answer,
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
            Failure::AllResting { .. } | Failure::UnknownProvider(_) => "not_tried",
        }
    }
}

/// Everything that one attempt needs.
pub struct Request<'a> {
    pub client: &'a reqwest::Client,
    pub settings: &'a config::Upstream,
    pub call: &'a Call<'a>,
    pub target: &'a Target,
    pub address: &'a Address,
}

/// A whole answer larger than this is not read.
const MAX_ANSWER_BYTES: usize = 64 << 20;

impl Request<'_> {
    /// Sends the request and reads the answer, or a stream's beginning up to its first token.
    pub async fn send(&self, deadline: Instant, attempts: u32) -> Result<Reply, Attempt> {
        let start = Instant::now();
        let until = deadline.min(start + self.settings.first_byte_timeout);
        let response = match tokio::time::timeout_at(until.into(), self.request().send()).await {
            Err(_) => {
                return Err(self
                    .timeout("no response within the time allowed for the first byte")
                    .into());
            }
            Ok(Err(error)) => return Err(self.broken(&error).into()),
            Ok(Ok(response)) => response,
        };
        let first_byte = start.elapsed();
        let status = response.status();
        let headers = passed_on(response.headers());
        let reply = |body| Reply {
            target: self.target.clone(),
            attempts,
            status,
            first_byte,
            headers: headers.clone(),
            body,
        };
        if status.is_redirection() {
            return Err(self
                .invalid(format!("it redirects ({status}); set base_url to where it really is"))
                .into());
        }
        if !status.is_success() {
            let retry_after = retry_after(response.headers());
            let body = self.whole(response, deadline).await?;
            let refusal = self.legible(reply(ReplyBody::Whole(body)));
            if !is_worth_another_try(status) {
                return Ok(refusal);
            }
            return Err(Attempt {
                failure: Failure::Refused(Box::new(refusal)),
                retry_after,
                rate_limited: status == StatusCode::TOO_MANY_REQUESTS,
            });
        }
        if self.call.expect == Expect::Events && is_event_stream(response.headers()) {
            let events = Events::new(response, self.settings.idle_timeout, deadline);
            let events =
                events.up_to_first_token().await.map_err(|error| self.stream_failure(&error))?;
            return Ok(reply(ReplyBody::Events(Box::new(events))));
        }
        let body = self.whole(response, deadline).await?;
        Ok(reply(self.checked(body)?))
    }

    fn request(&self) -> reqwest::RequestBuilder {
        let provider = &self.address.provider;
        let url = self.address.url(self.call.endpoint);
        let mut request = self.client.post(url).header(header::CONTENT_TYPE, "application/json");
        let accept = if self.call.expect == Expect::Events {
            "text/event-stream"
        } else {
            "application/json"
        };
        request = request.header(header::ACCEPT, accept);
        for (name, value) in self.call.headers {
            request = request.header(name, value);
        }
        if let Some(key) = &provider.api_key {
            request = request.bearer_auth(key.expose());
        }
        for (name, value) in &provider.headers {
            request = request.header(name, value.expose());
        }
        request.body((self.call.body)(self.target, provider))
    }

    async fn whole(
        &self,
        mut response: reqwest::Response,
        deadline: Instant,
    ) -> Result<Bytes, Failure> {
        let mut body = BytesMut::new();
        loop {
            let until = deadline.min(Instant::now() + self.settings.idle_timeout);
            match tokio::time::timeout_at(until.into(), response.chunk()).await {
                Err(_) => return Err(self.timeout("the answer stopped in the middle")),
                Ok(Err(error)) => return Err(self.broken(&error)),
                Ok(Ok(None)) => return Ok(body.freeze()),
                Ok(Ok(Some(chunk))) if body.len() + chunk.len() > MAX_ANSWER_BYTES => {
                    return Err(
                        self.invalid(format!("the answer is longer than {MAX_ANSWER_BYTES} bytes"))
                    );
                }
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
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
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        Reply { headers, body: ReplyBody::Whole(body), ..refusal }
    }

    /// A success must hold what was asked for.
    fn checked(&self, body: Bytes) -> Result<ReplyBody, Failure> {
        match (Answer::parse(&body), self.call.expect) {
            (Answer::Error(message), _) => {
                Err(self.invalid(format!("an error in a successful response: {message}")))
            }
            (Answer::Completion(completion), _) => Ok(ReplyBody::Completion(body, completion)),
            (Answer::Unknown, Expect::Json)
                if serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok() =>
            {
                Ok(ReplyBody::Whole(body))
            }
            (Answer::Unknown, _) => {
                Err(self.invalid("the response is not what the API promises".to_owned()))
            }
        }
    }

    fn stream_failure(&self, error: &super::StreamError) -> Failure {
        match error {
            super::StreamError::Stalled => {
                self.timeout("the stream stopped before its first token")
            }
            other => self.invalid(format!("the stream failed before its first token: {other}")),
        }
    }

    fn broken(&self, error: &reqwest::Error) -> Failure {
        if error.is_timeout() {
            return self.timeout("no connection within the time allowed");
        }
        let mut problem =
            if error.is_connect() { "cannot connect" } else { "the connection broke" }.to_owned();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            problem = format!("{problem}: {cause}");
            source = cause.source();
        }
        Failure::Unreachable { target: self.target.clone(), problem }
    }

    fn timeout(&self, problem: &str) -> Failure {
        Failure::Timeout { target: self.target.clone(), problem: problem.to_owned() }
    }

    fn invalid(&self, problem: String) -> Failure {
        Failure::Invalid { target: self.target.clone(), problem }
    }
}

/// Not the request's fault: another target, or the same one later, may well answer.
fn is_worth_another_try(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream"))
}

/// Seconds only: an HTTP date is rare here, and ignoring it costs a retry, not an answer.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|value| value.parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let seconds: f64 = text("retry-after")?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
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
        } else if text == "x-request-id" {
            passed.append(HeaderName::from_static("x-scrimp-upstream-request-id"), value.clone());
        }
    }
    passed
}
