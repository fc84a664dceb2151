//! The same request again: served from the store, to whom it may be served, for as long as it may.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Gateway, Reply, Upstream, completion};

fn chat(question: &str) -> Value {
    json!({"model": "p/m", "messages": [{"role": "user", "content": question}]})
}

#[tokio::test]
async fn a_repeat_is_an_exact_hit_with_its_headers() {
    let upstream = Upstream::saying("forty-two").await;
    let prices = "prices: { p/m: { input: 1 USD/M, output: 2 USD/M } }";
    let gateway = Gateway::before(&upstream, &format!("cache: {{ ttl: 100s }}\n{prices}")).await;
    let first = gateway.ask("what is the answer?").await;
    assert_eq!((first.cache(), first.header("cache-status")), ("miss", "scrimp; fwd=miss; stored"));
    assert_eq!(first.header("x-scrimp-cost-usd"), "0.00002");
    assert_eq!(first.header("x-scrimp-model"), "p/m");
    gateway.advance(Duration::from_secs(30));
    let second = gateway.ask("what is the answer?").await;
    assert_eq!((second.cache(), second.header("age")), ("exact", "30"));
    assert!(
        second.header("cache-status").starts_with("scrimp; hit; ttl=69; detail=exact")
            || second.header("cache-status").starts_with("scrimp; hit; ttl=70; detail=exact")
    );
    assert_eq!(
        (second.header("x-scrimp-cost-usd"), second.header("x-scrimp-saved-usd")),
        ("0.00", "0.00002")
    );
    assert_eq!(second.body, first.body);
    assert_eq!(upstream.calls(), 1);
    let metrics = gateway.metrics().await;
    for line in [
        "scrimp_requests_total{route=\"chat\",cache=\"exact\",status=\"200\"} 1",
        "scrimp_requests_total{route=\"chat\",cache=\"miss\",status=\"200\"} 1",
        "scrimp_cost_nano_usd_total{target=\"p/m\"} 20000",
        "scrimp_saved_nano_usd_total{cache=\"exact\"} 20000",
        "scrimp_cache_entries 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn answers_end_with_their_ttl_and_hits_do_not_prolong_it() {
    let upstream = Upstream::echo().await;
    let gateway = Gateway::before(&upstream, "cache: { ttl: 100s, semantic: false }").await;
    gateway.ask("a").await;
    for _ in 0..3 {
        gateway.advance(Duration::from_secs(30));
        assert_eq!(gateway.ask("a").await.cache(), "exact");
    }
    gateway.advance(Duration::from_secs(30));
    gateway.ask("a").await;
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test]
async fn callers_control_the_cache() {
    let upstream = Upstream::echo().await;
    let gateway = Gateway::before(&upstream, "cache: { semantic: false }").await;
    let send = async |headers: &[(&str, &str)]| gateway.chat_as("k", headers, &chat("a")).await;
    let missing = send(&[("cache-control", "only-if-cached")]).await;
    assert_eq!((missing.status, missing.code().as_str()), (504, "not_cached"));
    let unstored = send(&[("cache-control", "no-store")]).await;
    assert_eq!(unstored.header("cache-status"), "scrimp; fwd=bypass; detail=no-store");
    assert_eq!(
        send(&[("x-scrimp-ttl", "60")]).await.header("cache-status"),
        "scrimp; fwd=bypass; stored; detail=semantic-off"
    );
    assert_eq!(send(&[("cache-control", "only-if-cached")]).await.cache(), "exact");
    let refreshed = send(&[("cache-control", "no-cache"), ("x-scrimp-ttl", "60")]).await;
    assert_eq!(refreshed.header("cache-status"), "scrimp; fwd=bypass; stored; detail=no-cache");
    gateway.advance(Duration::from_secs(30));
    assert_eq!(send(&[]).await.header("age"), "30");
    assert_eq!(send(&[("cache-control", "max-age=10")]).await.cache(), "bypass");
    gateway.advance(Duration::from_secs(61));
    assert_eq!(upstream.calls(), 4);
    let bad = send(&[("cache-control", "max-age=soon")]).await;
    assert_eq!((bad.status, bad.code().as_str()), (400, "invalid_header"));
}

#[tokio::test]
async fn a_caller_who_wants_a_stored_answer_only_never_goes_upstream() {
    let upstream = Upstream::echo().await;
    for (settings, wishes, store) in [
        ("enabled: false", "only-if-cached", false),
        ("semantic: false", "only-if-cached, no-cache", false),
        ("semantic: false", "only-if-cached, no-store", false),
        ("semantic: false", "only-if-cached", true),
    ] {
        let gateway = Gateway::before(&upstream, &format!("cache: {{ {settings} }}")).await;
        let mut body = chat("a");
        body["store"] = json!(store);
        let answer = gateway.chat_as("k", &[("cache-control", wishes)], &body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (504, "not_cached"),
            "{settings} {wishes}"
        );
    }
    assert_eq!(upstream.calls(), 0);
}

#[tokio::test]
async fn one_entry_serves_streaming_and_other_callers() {
    let upstream = Upstream::saying("one two").await;
    let gateway = Gateway::before(&upstream, "").await;
    let ask = |question: &str, stream: bool| {
        let mut body = chat(question);
        if stream {
            body["stream"] = json!(true);
            body["stream_options"] = json!({"include_usage": true});
        }
        body
    };
    for (question, first) in [("stored from a stream", true), ("stored from a body", false)] {
        let live = gateway.chat(&ask(question, first)).await;
        assert_eq!(live.status, 200);
        let whole = gateway.chat(&ask(question, false)).await;
        assert_eq!((whole.cache(), whole.text().as_str()), ("exact", "one two"));
        assert_eq!(whole.json()["object"], "chat.completion");
        let replayed = gateway.chat(&ask(question, true)).await;
        assert_eq!(
            (replayed.cache(), replayed.header("content-type")),
            ("exact", "text/event-stream")
        );
        assert!(
            replayed.body.contains("\"content\":\"one two\"")
                && replayed.body.contains("\"prompt_tokens\":10")
        );
        assert!(replayed.body.ends_with("data: [DONE]\n\n"));
    }
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test]
async fn the_same_bytes_a_third_time_are_still_asked_by_whoever_sends_them() {
    let upstream = Upstream::echo().await;
    let gateway = Gateway::before(&upstream, "").await;
    let mut body = chat("a");
    body["max_tokens"] = json!(5);
    let outcomes = async |key: &str, headers: &[(&str, &str)]| {
        let mut outcomes = Vec::new();
        for _ in 0..3 {
            outcomes.push(gateway.chat_as(key, headers, &body).await.cache().to_owned());
        }
        outcomes
    };
    for (key, headers) in [
        ("alice", [].as_slice()),
        ("bob", &[]),
        ("alice", &[("x-scrimp-scope", "apart")]),
        ("alice", &[("openai-beta", "assistants=v2")]),
    ] {
        assert_eq!(outcomes(key, headers).await, ["miss", "exact", "exact"], "{key} {headers:?}");
        assert_eq!(outcomes(key, headers).await, ["exact", "exact", "exact"], "{key} {headers:?}");
    }
    let refreshed = gateway.chat_as("alice", &[("cache-control", "no-cache")], &body).await;
    assert_eq!(refreshed.cache(), "bypass");
    assert_eq!(upstream.calls(), 5);
    // Read as another protocol, the same bytes are answered in that.
    for (path, kind, value) in
        [("messages", "type", "message"), ("chat/completions", "object", "chat.completion")]
    {
        for _ in 0..3 {
            let request = gateway.post(&format!("/v1/{path}")).bearer_auth("alice");
            let answer = Gateway::read(request.body(body.to_string())).await;
            assert_eq!((answer.cache(), &answer.json()[kind]), ("exact", &json!(value)), "{path}");
        }
    }
}

#[tokio::test]
async fn nothing_is_stored_from_an_answer_that_is_not_whole() {
    let with_finish = |reason: &str| {
        let mut body = completion("x");
        body["choices"][0]["finish_reason"] = json!(reason);
        body
    };
    let mut refusal = completion("x");
    refusal["choices"][0]["message"]["refusal"] = json!("I cannot");
    for body in
        [with_finish("length"), with_finish("content_filter"), with_finish("novel"), refusal]
    {
        let upstream = Upstream::start({
            let body = body.clone();
            move |_| Reply::json(200, &body)
        })
        .await;
        let gateway = Gateway::before(&upstream, "").await;
        for _ in 0..2 {
            let answer = gateway.ask("a question").await;
            assert_eq!((answer.status, answer.header("cache-status")), (200, "scrimp; fwd=miss"));
        }
        assert_eq!(upstream.calls(), 2, "{body}");
    }
}

#[tokio::test]
async fn the_store_is_bounded_by_bytes() {
    let upstream = Upstream::start(|_| Reply::text(&"x".repeat(10_000))).await;
    let gateway = Gateway::before(&upstream, "cache: { max_bytes: 1MiB, semantic: false }").await;
    for number in 0..150 {
        gateway.ask(&format!("question {number}")).await;
    }
    let size = gateway.app().gateway().cache_size();
    assert!(size.bytes <= 1 << 20 && size.entries >= 50, "{size:?}");
}
