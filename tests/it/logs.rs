//! Nothing that callers or providers say gets into the logs, and no key.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::json;

use crate::support::{
    Connection, Gateway, Reply, Step, Upstream, chat, soon, stream_of, streaming,
};

/// All that is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_prompt_answer_or_key_is_logged() {
    let lines = Lines::default();
    let writer = lines.clone();
    // For the whole process: what a scoped subscriber hears depends on which test logs first.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_writer(move || writer.clone())
        .init();
    let error =
        json!({"error": {"message": "cannot do 'prompt-marker' for key-marker: answer-marker"}});
    let begun = Step::Send(format!("data: {}\n\n", stream_of("answer-marker two")[1]).into());
    let failed = Step::Send(format!("data: {error}\n\n").into());
    let replies = [
        Reply::text("answer-marker"),
        Reply::json(500, &error),
        Reply::json(429, &error),
        Reply::json(400, &error),
        Reply::json(200, &error),
        Reply::page("text/html", "answer-marker"),
        Reply::Events(vec![failed.clone()]),
        Reply::Events(vec![begun.clone(), failed]),
        Reply::Events(vec![begun, Step::Break]),
        Reply::Events(vec![Step::Send("data: answer-marker\n\n".into())]),
    ];
    for reply in replies {
        let upstream = Upstream::replying(vec![reply]).await;
        let settings = "upstream: { retries: 1, backoff: 1ms }\nkeys: { ci: key-marker }";
        let gateway = Gateway::before(&upstream, settings).await;
        for (key, body) in [
            ("key-marker", chat("prompt-marker")),
            ("key-marker", streaming("prompt-marker again")),
            ("key-marker", json!({"model": "prompt-marker", "messages": "prompt-marker"})),
            ("wrong-key-marker", chat("prompt-marker")),
        ] {
            soon(gateway.chat_as(key, &[("x-scrimp-tier", "cheap")], &body)).await;
        }
        let mut connection = Connection::open(&gateway).await;
        connection.send("prompt-marker\r\n\r\n").await;
        connection.into_end().await;
    }
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("upstream attempt failed"), "nothing was captured: {logged}");
    for line in logged.lines() {
        assert!(!line.contains("marker"), "{line}");
    }
}
