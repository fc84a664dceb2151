//! Looks after providers that nobody asks: whether they are there is seen before a request has to find out.
//!
//! The list of models is asked for, which costs nothing. A provider that cannot be reached or fails has its targets left
//! alone; once it answers again they are tried at once, without waiting for the cooldown.

use std::{sync::Arc, time::Duration};

use http_body_util::Full;
use tokio::{sync::oneshot, task::JoinHandle};

use super::Upstream;
use crate::config::Target;

/// Time that a probe may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The task that looks.
pub struct Probes {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Probes {
    /// Looks after the providers of `targets` every so often.
    pub fn start(upstream: Arc<Upstream>, targets: Vec<Target>, every: Duration) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            while tokio::time::timeout(every, &mut stopped).await.is_err() {
                upstream.probe(&targets).await;
            }
        });
        Self { stop, task }
    }

    /// Looks no more.
    pub async fn stop(self) {
        // An error means that the task has ended already.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

impl Upstream {
    /// Asks each provider of `targets` once.
    async fn probe(&self, targets: &[Target]) {
        let mut providers: Vec<&str> = targets.iter().map(|it| it.provider.as_str()).collect();
        providers.sort_unstable();
        providers.dedup();
        let probes = providers.into_iter().map(|provider| async move {
            let Some(is_up) = self.is_up(provider).await else { return };
            self.metrics.targets.probed(provider, is_up);
            for target in targets.iter().filter(|target| target.provider == provider) {
                // A target that is merely idle stays as it is.
                if !is_up || self.health.is_open(target) {
                    self.health.probed(target, is_up);
                }
            }
        });
        futures_util::future::join_all(probes).await;
    }

    /// Whether a provider answers; `None` where it cannot be asked for nothing.
    async fn is_up(&self, provider: &str) -> Option<bool> {
        let vendor = self.vendors.get(provider)?;
        let uri = vendor.address.models()?;
        let key = vendor.credentials.keys.next("", &[])?;
        let mut headers = http::HeaderMap::new();
        let unsigned = super::credentials::Unsigned { uri: &uri, headers: &mut headers, body: &[] };
        let client = self.clients.here();
        vendor.credentials.apply(client, key, unsigned).await.ok()?;
        vendor.address.add_headers(&mut headers);
        let mut request = http::Request::new(Full::default());
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let answer = tokio::time::timeout(TIMEOUT, client.send(request)).await;
        // One that refuses is there.
        Some(matches!(answer, Ok(Ok(response)) if !response.status().is_server_error()))
    }
}
