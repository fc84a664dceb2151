//! The end: what is running is brought to its end, nothing new is begun, and patience has a limit.

use std::sync::Arc;

use tokio::{net::TcpStream, sync::Notify};

use crate::support::{
    Connection, Gateway, Reply, Step, Upstream, chat, events, soon, stream_of, streaming,
};

/// A stream that says `one` and the rest of it once `signal` has come.
fn slow_stream(signal: &Arc<Notify>) -> Reply {
    let begin = Step::Send(format!("data: {}\n\n", stream_of("one ")[1]).into());
    let rest = Step::Send(events(&stream_of("two three")));
    Reply::Events(vec![begin, Step::Wait(signal.clone()), rest])
}

#[tokio::test]
async fn a_running_stream_is_finished_and_nothing_new_begun() {
    let signal = Arc::new(Notify::new());
    let upstream = Upstream::replying(vec![slow_stream(&signal)]).await;
    let gateway = Gateway::before(&upstream, "").await;
    let (address, admin) = (gateway.app().address(), gateway.app().admin_address().unwrap());
    let mut idle = Connection::open(&gateway).await;
    idle.send("GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(idle.until("ready").await.starts_with("HTTP/1.1 200 "));
    let mut response = soon(gateway.open_chat(&streaming("a question"))).await;
    let mut body = soon(response.chunk()).await.unwrap().unwrap().to_vec();

    let stopping = tokio::spawn(gateway.stop());
    // An idle connection is closed, so that its client looks elsewhere.
    assert_eq!(idle.into_end().await, "");
    soon(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let ready = Gateway::read(reqwest::Client::new().get(format!("http://{admin}/readyz"))).await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "draining"));
    assert!(!stopping.is_finished());

    signal.notify_one();
    while let Some(piece) = soon(response.chunk()).await.unwrap() {
        body.extend_from_slice(&piece);
    }
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains("three") && body.ends_with("data: [DONE]\n\n"), "{body}");
    soon(stopping).await.unwrap();
    assert!(TcpStream::connect(admin).await.is_err());
}

#[tokio::test]
async fn a_request_that_waits_gets_its_answer() {
    let signal = Arc::new(Notify::new());
    let upstream = Upstream::replying(vec![Reply::text("at last").after(&signal)]).await;
    let gateway = Gateway::before(&upstream, "").await;
    let waiting = gateway.spawn_chat(&[], &chat("a question"));
    soon(upstream.called(1)).await;
    let stopping = tokio::spawn(gateway.stop());
    tokio::task::yield_now().await;
    signal.notify_one();
    assert_eq!(soon(waiting).await.unwrap().text(), "at last");
    soon(stopping).await.unwrap();
}

#[tokio::test]
async fn patience_ends_with_the_drain_time() {
    let upstream = Upstream::replying(vec![slow_stream(&Arc::new(Notify::new()))]).await;
    let gateway = Gateway::before(&upstream, "server: { drain: 100ms }").await;
    let mut response = soon(gateway.open_chat(&streaming("a question"))).await;
    soon(response.chunk()).await.unwrap().unwrap();
    soon(gateway.stop()).await;
    // What was still running is ended, up to the provider.
    assert!(soon(response.chunk()).await.is_err());
    soon(upstream.abandoned(1)).await;
}

#[tokio::test]
async fn with_nothing_running_it_stops_at_once() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, "server: { drain: 1h }").await;
    assert_eq!(gateway.ask("a question").await.status, 200);
    let half_a_head = Connection::open(&gateway).await;
    soon(gateway.stop()).await;
    drop(half_a_head);
}
