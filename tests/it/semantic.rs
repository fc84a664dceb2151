//! A question in other words: served where it means the same, sent on where it does not.

use serde_json::{Value, json};

use crate::support::{Gateway, Reply, Upstream};

#[tokio::test]
async fn a_reworded_question_is_a_semantic_hit_with_its_headers() {
    let upstream = Upstream::echo().await;
    let gateway = Gateway::before(&upstream, "").await;
    let first = gateway.ask("how do I reset the password of my account").await;
    assert_eq!(first.cache(), "miss");
    let second = gateway.ask("how can I reset the password of my account").await;
    assert_eq!(second.cache(), "semantic", "{:?}", second.headers);
    assert!(second.header("x-scrimp-similarity").parse::<f32>().unwrap() >= 0.8);
    assert!(second.header("cache-status").ends_with("detail=semantic"));
    assert_eq!(second.text(), first.text());
    assert_eq!(upstream.calls(), 1);
    let other = gateway.ask("where is the nearest train station in the city").await;
    assert_eq!(other.cache(), "miss");
}

#[tokio::test]
async fn a_trap_goes_upstream_and_says_why() {
    let upstream = Upstream::echo().await;
    let gateway = Gateway::before(&upstream, "").await;
    for (base, trap) in [
        (
            "how many people live in a house with 30 rooms",
            "how many people live in a house with 37 rooms",
        ),
        ("is it good to drink water before food", "is it not good to drink water before food"),
    ] {
        gateway.ask(base).await;
        let answer = gateway.ask(trap).await;
        assert_eq!(answer.cache(), "miss", "{trap}");
        assert!(!answer.header("x-scrimp-refused").is_empty());
        assert_eq!(answer.text(), format!("You said \"{trap}\""));
    }
    assert!(
        gateway.metrics().await.contains("scrimp_candidates_refused_total{reason=\"number\"} 1")
    );
}

#[tokio::test]
async fn tool_calls_are_not_replayed_for_other_words() {
    let call = json!({"id": "c", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant",
        "content": null, "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}}]});
    let upstream = Upstream::start(move |_| Reply::json(200, &call)).await;
    let gateway = Gateway::before(&upstream, "").await;
    let ask = |question: &str| json!({"model": "p/m", "messages": [{"role": "user", "content": question}], "tools": [{"type": "function", "function": {"name": "f"}}]});
    gateway.chat(&ask("how do I reset the password of my account")).await;
    assert_eq!(
        gateway.chat(&ask("how can I reset the password of my account")).await.cache(),
        "miss"
    );
    assert_eq!(
        gateway.chat(&ask("how do I reset the password of my account")).await.cache(),
        "exact"
    );
}

#[tokio::test]
async fn meaning_is_not_matched_where_it_is_unsafe_and_the_reason_is_named() {
    let upstream = Upstream::echo().await;
    let gateway =
        Gateway::before(&upstream, "cache: { threshold: 0.5, max_temperature: 0.7 }").await;
    let plain = |question: &str| json!({"model": "p/m", "messages": [{"role": "user", "content": question}]});
    let with = |question: &str, name: &str, value: Value| {
        let mut body = plain(question);
        body[name] = value;
        body
    };
    let image = |question: &str| {
        json!({"model": "p/m", "messages": [{"role": "user", "content": [
            {"type": "text", "text": question}, {"type": "image_url", "image_url": {"url": "data:,"}}]}]})
    };
    let tool = |question: &str| {
        json!({"model": "p/m", "messages": [{"role": "user", "content": "go"},
            {"role": "assistant", "tool_calls": [{"id": "t"}]}, {"role": "tool", "tool_call_id": "t", "content": question}]})
    };
    let (a, b) = ("how do I reset the password", "how can I reset the password");
    for (reason, first, second) in [
        ("image", image(a), image(b)),
        ("tool-result", tool(a), tool(b)),
        ("several-answers", with(a, "n", json!(2)), with(b, "n", json!(2))),
        (
            "high-temperature",
            with(a, "temperature", json!(0.9)),
            with(b, "temperature", json!(0.9)),
        ),
        ("store-requested", with(a, "store", json!(true)), with(b, "store", json!(true))),
        (
            "question-too-long",
            plain(&format!("{a} {}", "and so on ".repeat(500))),
            plain(&format!("{b} {}", "and so on ".repeat(500))),
        ),
    ] {
        for body in [first, second] {
            let answer = gateway.chat(&body).await;
            assert_eq!(answer.cache(), "bypass", "{reason}");
            assert!(
                answer.header("cache-status").ends_with(&format!("detail={reason}")),
                "{}",
                answer.header("cache-status")
            );
        }
    }
    let exact_only = gateway.chat_as("k", &[("x-scrimp-max-wrong", "0%")], &plain(a)).await;
    assert!(exact_only.header("cache-status").ends_with("detail=max-wrong-zero"));
    assert!(gateway.metrics().await.contains("scrimp_cache_bypass_total{reason=\"image\"} 2"));
}
