//! Sockets: accept, serve, and at the end drain what is in flight.
//!
//! Each connection lives on one of a few threads, with everything that is done for it: a request that changed threads on its
//! way would wait for another thread to wake, twice.

use std::{
    convert::Infallible, io, net::SocketAddr, num::NonZeroUsize, sync::Arc, thread, time::Duration,
};

use axum::Router;
use hyper::service::{Service as _, service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::{mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
};

use super::patience::{Answer, Patience, PatientStream, Turn};
use crate::config::Server;

/// An address that cannot be listened on, or served.
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

    /// Serves `router` on so many threads until told to stop.
    pub fn serve(
        self,
        router: Router,
        settings: &Server,
        threads: NonZeroUsize,
    ) -> Result<Running, ListenError> {
        let connections = Connections {
            // hyper answers a longer head itself, without a body; a head up to twice the limit gets our own answer.
            max_head: settings.max_head.saturating_mul(2).max(LEAST_BUFFER_BYTES),
            patience: Patience { head: settings.head_timeout, idle: settings.idle_timeout },
            drain: settings.drain,
            router,
        };
        let workers = (0..threads.get()).map(|_| Worker::start(connections.clone()));
        let workers = workers
            .collect::<io::Result<Vec<_>>>()
            .map_err(|source| ListenError { address: self.address, source })?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(self.socket, workers, stopped));
        Ok(Running { address: self.address, stop, task })
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

/// Hands each connection to the worker that has the fewest, until told to stop; then waits for the workers.
async fn accept(socket: TcpListener, workers: Vec<Worker>, mut stopped: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            // An error means that nobody is left who could stop us: the end as well.
            _ = stopped.changed() => break,
        };
        let given = accepted.and_then(|(stream, _)| {
            let idlest = workers.iter().min_by_key(|worker| Arc::strong_count(&worker.load));
            idlest.map_or(Ok(()), |worker| worker.take(stream))
        });
        if let Err(error) = given {
            tracing::warn!(%error, "cannot accept a connection");
            // Out of file descriptors, most likely: let some be closed.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    drop(socket);
    let ends: Vec<_> = workers.into_iter().map(|worker| worker.done).collect();
    for end in ends {
        // An error means that its thread has ended, if not in good order.
        let _ = end.await;
    }
}

/// A thread that serves connections.
struct Worker {
    streams: mpsc::UnboundedSender<(std::net::TcpStream, Arc<()>)>,
    /// Held by each of its connections.
    load: Arc<()>,
    done: oneshot::Receiver<()>,
}

impl Worker {
    fn start(connections: Connections) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (streams, incoming) = mpsc::unbounded_channel();
        let (end, done) = oneshot::channel();
        thread::Builder::new().name("serve".to_owned()).spawn(move || {
            runtime.block_on(connections.run(incoming));
            // What tasks hold is let go of before anybody hears that we are done.
            drop(runtime);
            let _ = end.send(());
        })?;
        Ok(Self { streams, load: Arc::default(), done })
    }

    fn take(&self, stream: TcpStream) -> io::Result<()> {
        let stream = stream.into_std()?;
        // A worker goes when we let it.
        let _ = self.streams.send((stream, Arc::clone(&self.load)));
        Ok(())
    }
}

#[derive(Clone)]
struct Connections {
    router: Router,
    max_head: usize,
    patience: Patience,
    drain: Duration,
}

/// hyper's least buffer.
const LEAST_BUFFER_BYTES: usize = 8192;

impl Connections {
    /// Serves what comes in until nothing more can, and then waits for what is in flight.
    async fn run(self, mut incoming: mpsc::UnboundedReceiver<(std::net::TcpStream, Arc<()>)>) {
        let graceful = GracefulShutdown::new();
        let mut tasks = JoinSet::new();
        loop {
            tokio::select! {
                given = incoming.recv() => match given {
                    Some((stream, load)) => match TcpStream::from_std(stream) {
                        Ok(stream) => drop(tasks.spawn(self.serve(stream, load, &graceful))),
                        Err(error) => tracing::warn!(%error, "cannot serve a connection"),
                    },
                    None => break,
                },
                Some(_) = tasks.join_next() => {}
            }
        }
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
        load: Arc<()>,
        graceful: &GracefulShutdown,
    ) -> impl Future<Output = ()> + Send + 'static {
        // Without it the last small piece of a response waits for the client's delayed ACK, up to 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.max_buf_size(self.max_head);
        let turn = Turn::default();
        let stream = PatientStream::new(stream, turn.clone(), self.patience);
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(move |request| {
            let (turn, response) = (turn.take(), router.call(request));
            async { Ok::<_, Infallible>(response.await?.map(|body| Answer::new(body, turn))) }
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        async move {
            // A client that hangs up is no news.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(load);
        }
    }
}
