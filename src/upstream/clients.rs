//! The HTTP clients towards providers, one a thread.
//!
//! A connection is driven by the thread that opened it. Where each thread has connections of its own, no answer waits for
//! another thread to wake and hand it over.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::{legacy, proxy::matcher::Matcher},
    rt::{TokioExecutor, TokioTimer},
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use thread_local::ThreadLocal;

use super::connect::Connector;

/// Clients with the same settings.
pub struct Clients {
    tls: rustls::ClientConfig,
    proxies: Arc<Matcher>,
    connect_timeout: Duration,
    by_thread: ThreadLocal<Client>,
}

/// One client, with connections of its own. It follows no redirects.
pub struct Client {
    http: legacy::Client<Connector, Full<Bytes>>,
    proxies: Arc<Matcher>,
}

/// A response whose body is still to be read, with [`chunk`].
pub type Received = Response<Incoming>;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The system's certificates cannot be used.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Why there is no response, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection within its time.
    #[error("no connection within the time allowed")]
    Timeout,
    /// No connection, and why.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke, and why.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The other side closes this connection and has not looked at the request, which can be sent again.
    #[error("the connection was closed before the request was looked at")]
    NotTaken,
}

/// Connections to one host that wait for the next request, a thread.
const IDLE_CONNECTIONS: usize = 256;
const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("scrimp/", env!("CARGO_PKG_VERSION")));

impl Clients {
    /// Clients that wait so long for a connection.
    pub fn new(connect_timeout: Duration) -> Result<Self, ClientError> {
        // Fails only when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = rustls::ClientConfig::builder().with_platform_verifier()?;
        Ok(Self::with(tls.with_no_client_auth(), Matcher::from_env(), connect_timeout))
    }

    fn with(tls: rustls::ClientConfig, proxies: Matcher, connect_timeout: Duration) -> Self {
        Self { tls, proxies: Arc::new(proxies), connect_timeout, by_thread: ThreadLocal::new() }
    }

    /// That of the current thread.
    pub fn here(&self) -> &Client {
        self.by_thread.get_or(|| {
            let proxies = Arc::clone(&self.proxies);
            let connector = Connector::new(&self.tls, Arc::clone(&proxies), self.connect_timeout);
            let http = legacy::Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(IDLE_CONNECTIONS)
                .pool_timer(TokioTimer::new())
                .timer(TokioTimer::new())
                .build(connector);
            Client { http, proxies }
        })
    }
}

impl Client {
    /// Sends a request; the response is there with its head.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Received, SendError> {
        let to = request.uri().clone();
        let is_plain = to.scheme_str() == Some("http");
        let proxy = is_plain.then(|| self.proxies.intercept(&to)).flatten();
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, USER_AGENT);
        // A tunnel is asked for with them instead.
        if let Some(credentials) = proxy.as_ref().and_then(|proxy| proxy.basic_auth()) {
            headers.insert(header::PROXY_AUTHORIZATION, credentials.clone());
        }
        self.http.request(request).await.map_err(|error| self.failure(&to, &error))
    }

    fn failure(&self, to: &Uri, error: &legacy::Error) -> SendError {
        if causes(error).any(|cause| cause.is::<tokio::time::error::Elapsed>()) {
            return SendError::Timeout;
        }
        if causes(error).filter_map(|cause| cause.downcast_ref()).any(is_before_the_request) {
            return SendError::NotTaken;
        }
        let said = in_words(causes(error));
        if !error.is_connect() {
            return SendError::Broken(said);
        }
        // Without its name and password.
        let proxy = self.proxies.intercept(to);
        match proxy.as_ref().and_then(|proxy| proxy.uri().host()) {
            Some(proxy) => SendError::Connect(format!("by the proxy {proxy}: {said}")),
            None => SendError::Connect(said),
        }
    }
}

/// The next piece of a body; `None` at its end.
pub async fn chunk(body: &mut Incoming) -> Result<Option<Bytes>, SendError> {
    loop {
        let Some(frame) = body.frame().await else { return Ok(None) };
        let frame = frame.map_err(|error| {
            SendError::Broken(in_words(std::iter::once(&error as _).chain(causes(&error))))
        })?;
        // Trailers say nothing that we ask.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

fn in_words<'a>(errors: impl Iterator<Item = &'a (dyn Error + 'static)>) -> String {
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// By HTTP/2 a server says so when it gives up a connection in order, or has too much to do.
fn is_before_the_request(error: &h2::Error) -> bool {
    let said = |reason| error.is_remote() && error.reason() == Some(reason);
    error.is_go_away() && said(h2::Reason::NO_ERROR)
        || error.is_reset() && said(h2::Reason::REFUSED_STREAM)
}

#[cfg(test)]
#[path = "clients_tests.rs"]
mod tests;
