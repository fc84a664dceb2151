//! Sockets: accept, serve, and at the end drain what is in flight.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::config::Server;

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

/// A bound socket.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// A server at work.
pub struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Binds `address`; port 0 takes a free one.
    pub async fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        let bound = async {
            let socket = TcpListener::bind(address).await?;
            let address = socket.local_addr()?;
            Ok(Self { socket, address })
        };
        bound.await.map_err(|source| ListenError { address, source })
    }

    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until told to stop.
    pub fn serve(self, router: Router, settings: &Server) -> Running {
        let (stop, stopped) = watch::channel(false);
        let connections = Connections {
            // hyper answers a longer head itself, without a body; a head up to twice the limit gets our own answer.
            max_head: settings.max_head.saturating_mul(2).max(LEAST_BUFFER_BYTES),
            head_timeout: settings.head_timeout,
            drain: settings.drain,
            router,
        };
        let task = tokio::spawn(connections.run(self.socket, stopped));
        Running { address: self.address, stop, task }
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, and waits for what is in flight, at most for the configured drain time.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // An error means that the task panicked; there is nothing left to wait for.
        let _ = self.task.await;
    }
}

struct Connections {
    router: Router,
    max_head: usize,
    head_timeout: Duration,
    drain: Duration,
}

/// hyper's least buffer.
const LEAST_BUFFER_BYTES: usize = 8192;

impl Connections {
    async fn run(self, socket: TcpListener, mut stopped: watch::Receiver<bool>) {
        let graceful = GracefulShutdown::new();
        let mut tasks = JoinSet::new();
        loop {
            tokio::select! {
                accepted = socket.accept() => match accepted {
                    Ok((stream, _)) => drop(tasks.spawn(self.serve(stream, &graceful))),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        // Out of file descriptors, most likely: let some be closed.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(_) = tasks.join_next() => {}
                // An error means that nobody is left who could stop us: the end as well.
                _ = stopped.changed() => break,
            }
        }
        drop(socket);
        if tokio::time::timeout(self.drain, graceful.shutdown()).await.is_err() {
            tracing::warn!(drain = ?self.drain, "requests were still in flight at the end of the drain time");
            // Their callers see the connection break, and the providers see it too.
            tasks.shutdown().await;
        }
    }

    /// Everything that happens on one connection.
    fn serve(
        &self,
        stream: TcpStream,
        graceful: &GracefulShutdown,
    ) -> impl Future<Output = ()> + Send + 'static {
        // Without it the last small piece of a response waits for the client's delayed ACK, up to 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_timeout)
            .max_buf_size(self.max_head);
        let service = TowerToHyperService::new(self.router.clone());
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        async move {
            // A client that hangs up is no news.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        }
    }
}
