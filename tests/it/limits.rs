//! What is too large, too slow or too much is turned away with a clear error, and the rest goes on.

use std::{sync::Arc, time::Duration};

use scrimp::{
    app::Model,
    embed::{EmbedError, EmbedFuture, Embedder},
};
use tokio::sync::Notify;

use crate::support::{
    Connection, Gateway, Reply, Step, Upstream, chat, events, soon, stream_of, streaming,
};

/// A body of about `bytes` bytes.
fn large(bytes: usize) -> String {
    chat(&"x".repeat(bytes)).to_string()
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_readably() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, "server: { max_body: 1MiB }").await;
    let answer = Gateway::read(gateway.post("/v1/chat/completions").body(large(1_000_000))).await;
    assert_eq!(answer.status, 200);
    for path in ["/v1/chat/completions", "/v1/embeddings"] {
        for bytes in [(1 << 20) + 1, 2 << 20] {
            let answer = soon(Gateway::read(gateway.post(path).body(large(bytes)))).await;
            assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
            assert!(answer.body.contains("1048576 bytes (server.max_body)"), "{}", answer.body);
        }
    }
    assert_eq!(upstream.calls(), 1);
}

#[tokio::test]
async fn twenty_megabytes_are_refused_readably_however_they_come() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, "").await;
    let body = large(20_000_000);
    let announced = gateway.post("/v1/chat/completions").body(body.clone());
    let chunks = body
        .into_bytes()
        .chunks(1 << 16)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect::<Vec<_>>();
    let chunked = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    for request in [announced, gateway.post("/v1/chat/completions").body(chunked)] {
        let answer = soon(Gateway::read(request)).await;
        assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
    }
    assert_eq!((gateway.ask("still there?").await.status, upstream.calls()), (200, 1));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_readably() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, "server: { max_head: 8KiB }").await;
    let padded = |bytes: usize| {
        let request = gateway.post("/v1/chat/completions").header("x-padding", "x".repeat(bytes));
        Gateway::read(request.body(chat("a question").to_string()))
    };
    assert_eq!(padded(7000).await.status, 200);
    let refused = padded(9000).await;
    assert_eq!((refused.status, refused.code().as_str()), (431, "head_too_large"));
    let long_query = gateway.get(&format!("/v1/models?{}", "x".repeat(9000))).await;
    assert_eq!((long_query.status, long_query.code().as_str()), (431, "head_too_large"));
    // Far beyond the limit the head is not even read to its end.
    let mut connection = Connection::open(&gateway).await;
    connection.send(format!("GET /v1/models HTTP/1.1\r\nx-padding: {}", "x".repeat(100_000))).await;
    assert!(connection.into_end().await.starts_with("HTTP/1.1 431 "));
    assert_eq!(upstream.calls(), 1);
}

#[tokio::test]
async fn a_connection_waits_for_its_next_request_longer_than_for_a_head() {
    let upstream = Upstream::saying("ok").await;
    let settings = "server: { head_timeout: 50ms, idle_timeout: 300ms }";
    let gateway = Gateway::before(&upstream, settings).await;
    let mut connection = Connection::open(&gateway).await;
    connection.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    connection.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let answers = connection.into_end().await;
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 2, "{answers}");
}

#[tokio::test]
async fn a_head_that_stops_is_not_waited_for_on_a_used_connection_either() {
    let upstream = Upstream::saying("ok").await;
    let settings = "server: { head_timeout: 50ms, idle_timeout: 1h }";
    let gateway = Gateway::before(&upstream, settings).await;
    let mut connection = Connection::open(&gateway).await;
    connection.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /heal").await;
    let answers = connection.into_end().await;
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 1, "{answers}");
}

#[tokio::test]
async fn a_stream_may_be_silent_for_longer_than_a_connection_may_be_idle() {
    let signal = Arc::new(Notify::new());
    let first = Step::Send(format!("data: {}\n\n", stream_of("first")[1]).into());
    let upstream = Upstream::replying(vec![Reply::Events(vec![
        first,
        Step::Wait(signal.clone()),
        Step::Send(events(&stream_of("second"))),
    ])])
    .await;
    let settings = "server: { head_timeout: 50ms, idle_timeout: 50ms }";
    let gateway = Gateway::before(&upstream, settings).await;
    let mut response = soon(gateway.open_chat(&streaming("a question"))).await;
    let mut seen = String::new();
    while let Some(piece) = soon(response.chunk()).await.unwrap() {
        seen.push_str(std::str::from_utf8(&piece).unwrap());
        tokio::time::sleep(Duration::from_millis(150)).await;
        signal.notify_one();
    }
    assert!(seen.contains("second") && seen.contains("[DONE]"), "{seen}");
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, "server: { head_timeout: 50ms }").await;
    for begun in ["", "POST /v1/chat", "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"] {
        let mut connection = Connection::open(&gateway).await;
        connection.send(begun).await;
        let answer = connection.into_end().await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, "server: { body_timeout: 50ms }").await;
    let mut connection = Connection::open(&gateway).await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";
    connection.send(head).await;
    let answer = connection.into_end().await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"body_timeout\""), "{answer}");
    assert_eq!(gateway.metric("scrimp_in_flight").await, 0);
}

#[tokio::test]
async fn more_than_fits_is_shed_while_the_rest_goes_on() {
    let signal = Arc::new(Notify::new());
    let upstream = {
        let signal = signal.clone();
        Upstream::start(move |_| Reply::text("ok").after(&signal)).await
    };
    let gateway = Gateway::before(&upstream, "server: { max_in_flight: 2 }").await;
    let waiting = ["one", "two"].map(|question| gateway.spawn_chat(&[], &chat(question)));
    soon(upstream.called(2)).await;
    for path in ["/v1/chat/completions", "/v1/embeddings"] {
        let shed = Gateway::read(gateway.post(path).body(chat("three").to_string())).await;
        assert_eq!((shed.status, shed.code().as_str()), (503, "scrimp_overloaded"));
        assert_eq!(shed.header("retry-after"), "1");
    }
    assert_eq!(gateway.get("/healthz").await.status, 200);
    assert_eq!(gateway.metric("scrimp_shed_total{reason=\"requests\"}").await, 2);
    signal.notify_waiters();
    for request in waiting {
        assert_eq!(soon(request).await.unwrap().text(), "ok");
    }
    let next = gateway.spawn_chat(&[], &chat("three"));
    soon(upstream.called(3)).await;
    signal.notify_waiters();
    assert_eq!(soon(next).await.unwrap().status, 200);
}

type Fault = fn() -> EmbedError;

/// An embedding model that always fails in one way.
struct Failing(Fault);

impl Embedder for Failing {
    fn identity(&self) -> &str {
        "failing"
    }

    fn dim(&self) -> usize {
        4
    }

    fn max_tokens(&self) -> usize {
        4
    }

    fn embed(&self, _: Vec<String>) -> EmbedFuture<'_> {
        Box::pin(std::future::ready(Err((self.0)())))
    }
}

#[tokio::test]
async fn an_embedding_that_fails_costs_the_match_and_nothing_else() {
    let cases: [(Fault, &str); 4] = [
        (|| EmbedError::QueueFull, "embedding-busy"),
        (|| EmbedError::Stopped, "embedding-failed"),
        (|| EmbedError::Model("no".into()), "embedding-failed"),
        (|| EmbedError::TooLong { index: 0, tokens: 5, max: 4 }, "question-too-long"),
    ];
    for (error, reason) in cases {
        let upstream = Upstream::saying("ok").await;
        let yaml = format!(
            "providers: {{ p: {{ type: openai, base_url: \"{}\" }} }}\n\
             tiers: {{ cheap: [p/small], frontier: [p/large] }}",
            upstream.base_url()
        );
        let model = Model { embedder: Arc::new(Failing(error)), is_shipped: false };
        let gateway = Gateway::start_with(&yaml, model).await;
        for model in ["p/m", "auto"] {
            let mut body = chat("a question");
            body["model"] = model.into();
            let answer = gateway.chat(&body).await;
            let expected = format!("scrimp; fwd=bypass; stored; detail={reason}");
            assert_eq!((answer.status, answer.header("cache-status")), (200, expected.as_str()));
            assert_eq!(gateway.chat(&body).await.cache(), "exact");
        }
        let shed = gateway.metric("scrimp_shed_total{reason=\"embedding\"}").await;
        assert_eq!(shed > 0, reason == "embedding-busy");
    }
}
