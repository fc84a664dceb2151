//! Simulated providers for demo and bench: a server that speaks OpenAI's chat protocol and makes its answers up.
//!
//! Answer, latency and length depend on what is asked alone, so that runs can be repeated: questions of one label get one
//! answer, in the same words, and others get others.

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use futures_util::stream;
use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::trace::{Label, Question};
use crate::{
    account::estimate_tokens,
    api::{
        chat::ChatRequest,
        sse::{DONE, Event},
    },
};

/// How a simulated model behaves.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Its name in answers.
    pub name: &'static str,
    /// Time until an answer, for the quickest prompts; the slowest take twice as long.
    pub latency: Duration,
    /// Tokens of the shortest answers; the longest have four times as many.
    pub tokens: u64,
}

/// A simulated provider at work; it ends when dropped.
pub struct Simulated {
    address: SocketAddr,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Model {
    manner: Manner,
    truths: Truths,
    answers: Arc<AtomicU64>,
}

/// What simulated models know: the label of each question, as far as the trace has one.
#[derive(Debug, Clone, Default)]
pub struct Truths(Arc<HashMap<String, String>>);

impl Truths {
    /// Those of a trace.
    pub fn of(questions: &[Question]) -> Self {
        let known = questions.iter().filter_map(|question| match &question.label {
            Label::Cluster(name) => Some((question.text()?.to_owned(), name.clone())),
            Label::Alone | Label::Unknown => None,
        });
        Self(Arc::new(known.collect()))
    }
}

impl Simulated {
    /// Starts a provider on a free port.
    pub async fn start(manner: Manner, truths: Truths) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let model = Model { manner, truths, answers: Arc::default() };
        let router = Router::new().route("/v1/chat/completions", post(answer)).with_state(model);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "a simulated provider has stopped");
            }
        });
        Ok(Self { address, task })
    }

    /// Its `base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(model): State<Model>, body: Bytes) -> Response {
    let request = match ChatRequest::parse(body) {
        Ok(request) => request,
        Err(error) => {
            let body = json!({"error": {"message": error.to_string(), "type": "invalid_request_error", "param": error.param(), "code": null}});
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        }
    };
    let seed = seed(&request, &model.truths);
    let share = (seed % 1000) as f64 / 1000.0;
    if !model.manner.latency.is_zero() {
        tokio::time::sleep(model.manner.latency.mul_f64(1.0 + share)).await;
    }
    let number = model.answers.fetch_add(1, Ordering::Relaxed);
    let id = format!("chatcmpl-{}-{number}", model.manner.name);
    let tokens = model.manner.tokens + (seed / 1000) % (3 * model.manner.tokens).max(1);
    let text = words(seed);
    let usage = json!({
        "prompt_tokens": estimate_tokens(request.conversation_bytes()),
        "completion_tokens": tokens,
        "total_tokens": estimate_tokens(request.conversation_bytes()) as u64 + tokens,
    });
    if !request.stream {
        return Json(json!({
            "id": id, "object": "chat.completion", "created": 0, "model": request.model, "usage": usage,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        }))
        .into_response();
    }
    let body = Body::from_stream(stream::iter(
        events(&id, &request, &text, &usage).into_iter().map(Ok::<_, Infallible>),
    ));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// An answer in made-up words.
fn words(seed: u64) -> String {
    const SYLLABLES: [&str; 16] = [
        "ba", "ko", "mi", "ru", "sa", "te", "vo", "lu", "ni", "pe", "gra", "zi", "fo", "ha", "dur",
        "wem",
    ];
    let syllable = |at: u32| SYLLABLES[(seed >> (4 * at)) as usize % SYLLABLES.len()];
    let word = |at: u32| [syllable(at), syllable(at + 1), syllable(at + 2)].concat();
    let words: Vec<String> = (0..13).map(word).collect();
    format!("{}.", words.join(" "))
}

fn events(id: &str, request: &ChatRequest, text: &str, usage: &Value) -> Vec<Bytes> {
    let chunk = |choices: Value, usage: &Value| {
        let chunk = json!({"id": id, "object": "chat.completion.chunk", "created": 0, "model": request.model, "choices": choices, "usage": usage});
        Event::with_data(&chunk.to_string()).raw
    };
    let delta = |delta: Value, end: Value| {
        chunk(json!([{"index": 0, "delta": delta, "finish_reason": end}]), &Value::Null)
    };
    let mut events = vec![delta(json!({"role": "assistant", "content": ""}), Value::Null)];
    events
        .extend(text.split_inclusive(' ').map(|word| delta(json!({"content": word}), Value::Null)));
    events.push(delta(json!({}), "stop".into()));
    if request.include_usage {
        events.push(chunk(json!([]), usage));
    }
    events.push(Event::with_data(&String::from_utf8_lossy(DONE)).raw);
    events
}

/// A number that depends on what is asked alone.
fn seed(request: &ChatRequest, truths: &Truths) -> u64 {
    let text = request.last_user_text().unwrap_or_default();
    let hash = match truths.0.get(&*text) {
        Some(label) => blake3::hash(format!("label {label}").as_bytes()),
        None => blake3::hash(text.as_bytes()),
    };
    hash.as_bytes().iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
