//! The HTTP clients towards providers, one a thread.
//!
//! A connection is driven by the thread that opened it. Where each thread has connections of its own, no answer waits for
//! another thread to wake and hand it over.

use std::time::Duration;

use rustls_platform_verifier::BuilderVerifierExt as _;
use thread_local::ThreadLocal;

/// Clients with the same settings.
pub struct Clients {
    tls: rustls::ClientConfig,
    connect_timeout: Duration,
    by_thread: ThreadLocal<reqwest::Client>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The system's certificates cannot be used.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The client itself.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// Connections to one host that wait for the next request, a thread.
const IDLE_CONNECTIONS: usize = 256;

impl Clients {
    /// Clients that wait so long for a connection.
    pub fn new(connect_timeout: Duration) -> Result<Self, ClientError> {
        // Fails only when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = rustls::ClientConfig::builder().with_platform_verifier()?;
        let mut tls = tls.with_no_client_auth();
        tls.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
        let clients = Self { tls, connect_timeout, by_thread: ThreadLocal::new() };
        clients.here()?;
        Ok(clients)
    }

    /// That of the current thread.
    pub fn here(&self) -> Result<&reqwest::Client, ClientError> {
        self.by_thread.get_or_try(|| {
            let builder = reqwest::Client::builder()
                .tls_backend_preconfigured(self.tls.clone())
                .connect_timeout(self.connect_timeout)
                .tcp_nodelay(true)
                .pool_max_idle_per_host(IDLE_CONNECTIONS)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("scrimp/", env!("CARGO_PKG_VERSION")));
            Ok(builder.build()?)
        })
    }
}
