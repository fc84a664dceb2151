//! How long a connection may keep us waiting: for the rest of a head that has begun, and for its next request.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

/// How long.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a head, from its first byte on; and for the first byte of a connection.
    pub head: Duration,
    /// For the first byte of a further request.
    pub idle: Duration,
}

/// Whose turn it is on a connection: ours from a request's head until its answer is out.
#[derive(Clone, Default)]
pub struct Turn(Arc<AtomicBool>);

impl Turn {
    /// It is ours until the value is dropped.
    pub fn take(&self) -> OurTurn {
        self.0.store(true, Ordering::Relaxed);
        OurTurn(self.clone())
    }

    fn is_ours(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// While it lives it is our turn.
pub struct OurTurn(Turn);

impl Drop for OurTurn {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Relaxed);
    }
}

/// An answer's body: our turn lasts until it is out.
pub struct Answer {
    body: Body,
    _turn: OurTurn,
}

impl Answer {
    /// The body of a request's answer.
    pub fn new(body: Body, turn: OurTurn) -> Self {
        Self { body, _turn: turn }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection that is given up with `TimedOut` when we wait for too long.
pub struct PatientStream {
    stream: TcpStream,
    turn: Turn,
    patience: Patience,
    waiting: Waiting,
    deadline: Instant,
    alarm: Pin<Box<Sleep>>,
}

/// What for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Nothing,
    Request,
    Head,
}

impl PatientStream {
    /// A connection that has just been accepted.
    pub fn new(stream: TcpStream, turn: Turn, patience: Patience) -> Self {
        let deadline = Instant::now() + patience.head;
        let alarm = Box::pin(sleep_until(deadline));
        Self { stream, turn, patience, waiting: Waiting::Head, deadline, alarm }
    }

    /// Ready when the deadline has passed. An alarm that is early is set anew only then, so that it need not be for each
    /// request.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.alarm.deadline() > self.deadline {
            self.alarm.as_mut().reset(self.deadline);
        }
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            if Instant::now() >= self.deadline {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(self.deadline);
        }
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if self.turn.is_ours() {
            self.waiting = Waiting::Nothing;
            return result;
        }
        if result.is_ready() {
            if self.waiting != Waiting::Head && buffer.filled().len() > before {
                self.waiting = Waiting::Head;
                self.deadline = Instant::now() + self.patience.head;
            }
            return result;
        }
        if self.waiting == Waiting::Nothing {
            self.waiting = Waiting::Request;
            self.deadline = Instant::now() + self.patience.idle;
        }
        self.poll_deadline(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
