//! A provider that does as it is told, and remembers what it was asked.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    serve::ListenerExt as _,
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
};

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Path.
    pub path: String,
    /// Query, without its `?`; empty when there is none.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Recorded {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body as JSON; null when it is none.
    pub fn json_or_null(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// An answer that says `text`, streamed when this request asks for it.
    pub fn reply(&self, text: &str) -> Reply {
        match self.json_or_null()["stream"].as_bool() {
            Some(true) => Reply::streamed(text),
            _ => Reply::text(text),
        }
    }
}

/// What to answer.
#[derive(Clone)]
pub enum Reply {
    /// A body in one piece.
    Whole { status: u16, headers: Vec<(&'static str, String)>, body: Bytes },
    /// A `200` event stream, step by step.
    Events(Vec<Step>),
    /// A `200` of another content type, step by step.
    Steps(&'static str, Vec<Step>),
    /// Waits for the signal, then goes on with the other reply.
    After(Arc<Notify>, Box<Reply>),
    /// No answer at all, until the caller goes away.
    Never,
}

/// One step of a stream.
#[derive(Clone)]
pub enum Step {
    /// These bytes, in one write.
    Send(Bytes),
    /// Wait for a signal.
    Wait(Arc<Notify>),
    /// Break the connection.
    Break,
    /// Silence, until the caller goes away.
    Hang,
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::Whole {
            status,
            headers: vec![("content-type", "application/json".into())],
            body: body.to_string().into(),
        }
    }

    /// A JSON answer with one more header.
    pub fn with_header(self, name: &'static str, value: &str) -> Self {
        match self {
            Self::Whole { status, mut headers, body } => {
                headers.push((name, value.to_owned()));
                Self::Whole { status, headers, body }
            }
            other => other,
        }
    }

    /// A `200` of any kind.
    pub fn page(content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self::Whole { status: 200, headers, body: body.into() }
    }

    /// An event stream that says `text` and ends in good order.
    pub fn streamed(text: &str) -> Self {
        Self::Events(vec![Step::Send(events(&stream_of(text)))])
    }

    /// The same, once `signal` has come.
    pub fn after(self, signal: &Arc<Notify>) -> Self {
        Self::After(signal.clone(), Box::new(self))
    }

    /// A completed chat answer that says `text`.
    pub fn text(text: &str) -> Self {
        Self::json(200, &completion(text))
    }
}

/// A `chat.completion` that says `text`.
pub fn completion(text: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    })
}

/// Chunks as the bytes of an event stream with `[DONE]` at its end.
pub fn events(chunks: &[Value]) -> Bytes {
    let mut out: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    out.push_str("data: [DONE]\n\n");
    out.into()
}

/// A stream that says `text`, word by word, with usage at its end.
pub fn stream_of(text: &str) -> Vec<Value> {
    let chunk = |delta: Value, end: Value| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
               "choices": [{"index": 0, "delta": delta, "finish_reason": end}]})
    };
    let mut chunks = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    chunks
        .extend(text.split_inclusive(' ').map(|word| chunk(json!({"content": word}), Value::Null)));
    chunks.push(chunk(json!({}), json!("stop")));
    chunks.push(json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [],
                       "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}}));
    chunks
}

type Script = Arc<dyn Fn(&Recorded) -> Reply + Send + Sync>;

/// The provider; it ends when dropped.
pub struct Upstream {
    base_url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    script: Script,
    requests: Mutex<Vec<Recorded>>,
    seen: watch::Sender<usize>,
    /// Responses whose reader went away before their end.
    abandoned: watch::Sender<usize>,
    running: AtomicUsize,
    connections: AtomicUsize,
}

impl Upstream {
    /// A provider that answers every request as `script` says.
    pub async fn start(script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            script: Arc::new(script),
            requests: Mutex::default(),
            seen: watch::channel(0).0,
            abandoned: watch::channel(0).0,
            running: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let connected = shared.clone();
        let listener = listener.tap_io(move |stream| {
            stream.set_nodelay(true).unwrap();
            connected.connections.fetch_add(1, Ordering::SeqCst);
        });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base_url, shared, task }
    }

    /// A provider that always says `text`, streamed or not.
    pub async fn saying(text: &'static str) -> Self {
        Self::start(move |request| request.reply(text)).await
    }

    /// A provider that gives these answers, one a request, and the last of them ever after.
    pub async fn replying(replies: Vec<Reply>) -> Self {
        let next = AtomicUsize::new(0);
        Self::start(move |_| {
            let number = next.fetch_add(1, Ordering::SeqCst);
            replies[number.min(replies.len() - 1)].clone()
        })
        .await
    }

    /// A provider that says what it was asked last, streamed or not.
    pub async fn echo() -> Self {
        Self::start(|request| {
            let body = request.json();
            let last = body["messages"]
                .as_array()
                .and_then(|turns| turns.last())
                .cloned()
                .unwrap_or_default();
            request.reply(&format!("You said {}", last["content"]))
        })
        .await
    }

    /// Its `base_url`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How often it was asked.
    pub fn calls(&self) -> usize {
        self.requests().len()
    }

    /// Waits until it was asked `count` times.
    pub async fn called(&self, count: usize) {
        self.shared.seen.subscribe().wait_for(|seen| *seen >= count).await.unwrap();
    }

    /// Waits until `count` responses were abandoned by their reader.
    pub async fn abandoned(&self, count: usize) {
        self.shared.abandoned.subscribe().wait_for(|seen| *seen >= count).await.unwrap();
    }

    /// Connections that were opened to it.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Requests being answered now.
    pub fn running(&self) -> usize {
        self.shared.running.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Notices when a response is dropped before its end.
struct Attention {
    shared: Arc<Shared>,
    finished: bool,
}

impl Drop for Attention {
    fn drop(&mut self) {
        self.shared.running.fetch_sub(1, Ordering::SeqCst);
        if !self.finished {
            self.shared.abandoned.send_modify(|count| *count += 1);
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let (path, query) =
        (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
    let recorded = Recorded { path, query, headers: head.headers, body };
    let mut reply = (shared.script)(&recorded);
    shared.requests.lock().unwrap().push(recorded);
    shared.running.fetch_add(1, Ordering::SeqCst);
    let mut attention = Attention { shared: shared.clone(), finished: false };
    shared.seen.send_modify(|count| *count += 1);
    loop {
        match reply {
            Reply::Whole { status, headers, body } => {
                attention.finished = true;
                drop(attention);
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                for (name, value) in headers {
                    response.headers_mut().append(name, value.parse().unwrap());
                }
                return response;
            }
            Reply::Events(steps) => {
                reply = Reply::Steps("text/event-stream; charset=utf-8", steps);
            }
            Reply::Steps(content_type, steps) => {
                let mut response = Response::new(Body::from_stream(steps_stream(steps, attention)));
                response.headers_mut().insert("content-type", content_type.parse().unwrap());
                return response;
            }
            Reply::After(signal, next) => {
                signal.notified().await;
                reply = *next;
            }
            Reply::Never => std::future::pending().await,
        }
    }
}

fn steps_stream(
    steps: Vec<Step>,
    attention: Attention,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold((steps.into_iter(), attention), |(mut steps, mut attention)| async move {
        loop {
            match steps.next() {
                None => {
                    attention.finished = true;
                    drop(attention);
                    return None;
                }
                Some(Step::Send(bytes)) => {
                    // Each piece in a write of its own.
                    tokio::task::yield_now().await;
                    return Some((Ok(bytes), (steps, attention)));
                }
                Some(Step::Wait(signal)) => signal.notified().await,
                Some(Step::Break) => {
                    // What was sent before is out first.
                    tokio::task::yield_now().await;
                    attention.finished = true;
                    return Some((Err(io::Error::other("broken on purpose")), (steps, attention)));
                }
                Some(Step::Hang) => std::future::pending::<()>().await,
            }
        }
    })
}
