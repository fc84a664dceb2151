//! A caller that hangs up stops the work for it, up to the provider; nothing is stored, nothing is left behind.

use serde_json::Value;

use crate::support::{
    Connection, Gateway, Reply, Step, Upstream, chat, soon, stream_of, streaming,
};

const IN_FLIGHT: &str = "scrimp_in_flight";

/// The stream's first `count` chunks, then silence.
fn begun(count: usize) -> Reply {
    let chunks = stream_of("one two");
    let bytes: String = chunks[..count].iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    Reply::Events(vec![Step::Send(bytes.into()), Step::Hang])
}

/// Nothing is left of a request that was given up: not here, not at the provider, not in the store.
async fn assert_forgotten(gateway: &Gateway, upstream: &Upstream, body: &Value) {
    soon(upstream.abandoned(1)).await;
    assert_eq!(upstream.running(), 0);
    soon(gateway.until_metric(IN_FLIGHT, 0)).await;
    assert_eq!(gateway.app().gateway().flights(), 0);
    assert_eq!(gateway.metric("scrimp_cache_entries").await, 0);
    let again = soon(gateway.chat(body)).await;
    assert_eq!((again.cache(), again.text().as_str()), ("miss", "one two"));
}

#[tokio::test]
async fn hanging_up_before_the_answer_reaches_the_provider() {
    for (body, reply) in [
        (chat("a question"), Reply::Never),
        (streaming("a question"), Reply::Never),
        (streaming("a question"), begun(1)),
    ] {
        let whole = if body["stream"] == true {
            Reply::streamed("one two")
        } else {
            Reply::text("one two")
        };
        let upstream = Upstream::replying(vec![reply, whole]).await;
        let gateway = Gateway::before(&upstream, "upstream: { breaker_failures: 1 }").await;
        let caller = gateway.spawn_chat(&[], &body);
        soon(upstream.called(1)).await;
        assert_eq!(gateway.metric(IN_FLIGHT).await, 1);
        caller.abort();
        assert_forgotten(&gateway, &upstream, &body).await;
    }
}

#[tokio::test]
async fn hanging_up_in_the_middle_of_a_stream_reaches_the_provider() {
    let upstream = Upstream::replying(vec![begun(2), Reply::streamed("one two")]).await;
    let gateway = Gateway::before(&upstream, "upstream: { breaker_failures: 1 }").await;
    let mut response = soon(gateway.open_chat(&streaming("a question"))).await;
    assert!(soon(response.chunk()).await.unwrap().is_some());
    assert_eq!(gateway.metric(IN_FLIGHT).await, 1);
    drop(response);
    assert_forgotten(&gateway, &upstream, &streaming("a question")).await;
    assert_eq!(gateway.metric("scrimp_cache_not_stored_total{reason=\"cancelled\"}").await, 1);
}

#[tokio::test]
async fn hanging_up_while_the_next_target_is_asked_reaches_it() {
    let a = Upstream::replying(vec![Reply::json(500, &Value::Null)]).await;
    let b = Upstream::replying(vec![Reply::Never, Reply::text("one two")]).await;
    let gateway = Gateway::start(&format!(
        "providers: {{ a: {{ type: openai, base_url: \"{}\" }}, b: {{ type: openai, base_url: \"{}\" }} }}\n\
         tiers: {{ cheap: [a/x, b/y], frontier: [b/z] }}",
        a.base_url(),
        b.base_url()
    ))
    .await;
    let mut body = chat("a question");
    body["model"] = "auto:cheap".into();
    let caller = gateway.spawn_chat(&[], &body);
    soon(b.called(1)).await;
    caller.abort();
    assert_forgotten(&gateway, &b, &body).await;
}

#[tokio::test]
async fn hanging_up_while_waiting_for_another_leaves_the_other_alone() {
    let signal = std::sync::Arc::new(tokio::sync::Notify::new());
    let upstream = Upstream::replying(vec![Reply::text("one").after(&signal)]).await;
    let gateway = Gateway::before(&upstream, "").await;
    let leader = gateway.spawn_chat(&[], &chat("a question"));
    soon(upstream.called(1)).await;
    let follower = gateway.spawn_chat(&[], &chat("a question"));
    soon(gateway.until_metric(IN_FLIGHT, 2)).await;
    follower.abort();
    soon(gateway.until_metric(IN_FLIGHT, 1)).await;
    signal.notify_one();
    assert_eq!(soon(leader).await.unwrap().text(), "one");
    assert_eq!(upstream.calls(), 1);
}

#[tokio::test]
async fn hanging_up_before_the_body_is_out_leaves_nothing_behind() {
    let upstream = Upstream::saying("one two").await;
    let gateway = Gateway::before(&upstream, "").await;
    let mut connection = Connection::open(&gateway).await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";
    connection.send(head).await;
    soon(gateway.until_metric(IN_FLIGHT, 1)).await;
    drop(connection);
    soon(gateway.until_metric(IN_FLIGHT, 0)).await;
    assert_eq!(upstream.calls(), 0);
}
