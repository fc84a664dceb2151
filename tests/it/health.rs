//! How providers do is watched, and requests go where they are answered: strategies, keys, probes, prompt caches.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{Gateway, Reply, Upstream, Vendor, chat, soon};

fn error(message: &str) -> Value {
    json!({"error": {"message": message, "type": "t", "param": null, "code": "theirs"}})
}

fn auto(question: &str) -> Value {
    let mut body = chat(question);
    body["model"] = "auto:cheap".into();
    body
}

/// A provider that answers by the key that it is asked with.
async fn by_key(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Upstream {
    Upstream::start(move |request| {
        let key = request.headers["authorization"].to_str().unwrap().to_owned();
        answer(key.trim_start_matches("Bearer "))
    })
    .await
}

async fn with_keys(upstream: &Upstream, keys: &str) -> Gateway {
    Gateway::start(&format!(
        "providers: {{ p: {{ type: openai, base_url: \"{}\", api_keys: {keys} }} }}
cache: {{ enabled: false }}\nupstream: {{ retries: 0 }}",
        upstream.base_url()
    ))
    .await
}

fn keys_used(upstream: &Upstream) -> String {
    let requests = upstream.requests();
    requests
        .iter()
        .map(|it| it.headers["authorization"].to_str().unwrap().chars().last().unwrap())
        .collect()
}

#[tokio::test]
async fn keys_are_taken_in_turn_and_a_limited_one_rests_alone() {
    let upstream = by_key(|key| match key {
        "key-b" => Reply::json(429, &error("slow down")).with_header("retry-after", "60"),
        _ => Reply::text("ok"),
    })
    .await;
    let gateway = with_keys(&upstream, "[key-a, key-b, key-c]").await;
    for number in 0..6 {
        assert_eq!(gateway.ask(&format!("question {number}")).await.status, 200);
    }
    let used = keys_used(&upstream);
    assert_eq!(used.matches('b').count(), 1, "{used}");
    assert!(used.contains('a') && used.contains('c'), "{used}");
}

#[tokio::test]
async fn a_refused_key_rests_and_others_answer() {
    let upstream = by_key(|key| match key {
        "key-a" => Reply::json(401, &error("revoked")),
        _ => Reply::text("ok"),
    })
    .await;
    let gateway = with_keys(&upstream, "[key-a, key-b]").await;
    for number in 0..4 {
        assert_eq!(gateway.ask(&format!("question {number}")).await.status, 200);
    }
    assert_eq!(keys_used(&upstream).matches('a').count(), 1);
    let refused = by_key(|_| Reply::json(401, &error("revoked"))).await;
    let gateway = with_keys(&refused, "[key-a, key-b]").await;
    let answer = gateway.ask("a question").await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "theirs"));
    assert_eq!(refused.calls(), 2);
}

#[tokio::test]
async fn when_no_key_can_be_used_the_next_target_answers() {
    let limited = || Reply::json(429, &error("slow down")).with_header("retry-after", "60");
    let refused = || Reply::json(401, &error("revoked"));
    for (case, second) in [("both are limited", limited()), ("one is refused", refused())] {
        let (a, b) = (
            by_key(move |key| if key == "k1" { limited() } else { second.clone() }).await,
            Upstream::saying("from b").await,
        );
        let gateway = Gateway::start(&format!(
            "providers: {{ a: {{ type: openai, base_url: \"{}\", api_keys: [k1, k2] }}, {} }}
tiers: {{ cheap: [a/m, b/m], frontier: [b/z] }}\ncache: {{ enabled: false }}",
            a.base_url(),
            Vendor::OpenAi.yaml("b", &b)
        ))
        .await;
        for number in 0..3 {
            let answer = gateway.chat(&auto(&format!("question {number}"))).await;
            assert_eq!((answer.status, answer.header("x-scrimp-model")), (200, "b/m"), "{case}");
        }
        assert_eq!((a.calls(), b.calls()), (2, 3), "{case}");
    }
}

#[tokio::test]
async fn a_target_for_which_there_was_no_time_is_not_to_blame() {
    let (a, b) = (Upstream::replying(vec![Reply::Never]).await, Upstream::saying("from b").await);
    let gateway = Gateway::start(&format!(
        "providers: {{ {}, {} }}
tiers: {{ cheap: [a/m, b/m], frontier: [b/z] }}
upstream: {{ total_timeout: 1s, first_byte_timeout: 60s, breaker_failures: 1 }}
cache: {{ enabled: false }}",
        Vendor::OpenAi.yaml("a", &a),
        Vendor::OpenAi.yaml("b", &b)
    ))
    .await;
    assert_eq!(gateway.chat(&auto("a question")).await.status, 504);
    assert_eq!(b.calls(), 0);
    let answer = gateway.chat(&auto("another one")).await;
    assert_eq!((answer.status, answer.header("x-scrimp-model")), (200, "b/m"));
}

async fn with_pick(pick: &str, a: &Upstream, b: &Upstream, more: &str) -> Gateway {
    Gateway::start(&format!(
        "providers: {{ {}, {} }}
tiers: {{ cheap: [a/m, b/m], frontier: [b/z] }}
router: {{ pick: {pick} }}\ncache: {{ enabled: false }}\n{more}",
        Vendor::OpenAi.yaml("a", a),
        Vendor::OpenAi.yaml("b", b)
    ))
    .await
}

#[tokio::test]
async fn weights_share_out_the_requests() {
    let (a, b) = (Upstream::saying("a").await, Upstream::saying("b").await);
    let gateway =
        with_pick("weighted", &a, &b, "models: { a/m: { weight: 0 }, b/m: { weight: 5 } }").await;
    for number in 0..5 {
        gateway.chat(&auto(&format!("question {number}"))).await;
    }
    assert_eq!((a.calls(), b.calls()), (0, 5));
    let even = with_pick("weighted", &a, &b, "").await;
    for number in 0..60 {
        even.chat(&auto(&format!("question {number}"))).await;
    }
    assert!(a.calls() > 10 && b.calls() > 15, "{} {}", a.calls(), b.calls());
}

#[tokio::test]
async fn requests_go_where_fewer_wait() {
    let signal = Arc::new(Notify::new());
    let slow = Reply::text("from a").after(&signal);
    let (a, b) = (Upstream::start(move |_| slow.clone()).await, Upstream::saying("from b").await);
    let gateway = with_pick("fastest", &a, &b, "").await;
    // Nothing is known: as configured. The first request waits at a.
    let waiting = gateway.spawn_chat(&[], &auto("the first"));
    a.called(1).await;
    for number in 0..5 {
        let answer = gateway.chat(&auto(&format!("question {number}"))).await;
        assert_eq!(answer.text(), "from b");
    }
    signal.notify_one();
    assert_eq!(waiting.await.unwrap().text(), "from a");
    let standing = gateway.admin_json("/admin/targets").await;
    let names: Vec<&str> = standing["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["target"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a/m", "b/m"]);
    let b = &standing["targets"][1];
    assert_eq!((&b["state"], &b["requests_last_minute"]), (&json!("closed"), &json!(5)));
    assert_eq!((&b["error_rate"], &b["in_flight"]), (&json!(0.0), &json!(0)));
    assert!(b["first_token_seconds"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn a_probe_finds_a_dead_provider_before_a_request_does() {
    let is_up = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&is_up);
    let a = Upstream::start(move |_| match state.load(Ordering::SeqCst) {
        true => Reply::text("from a"),
        false => Reply::json(500, &error("down")),
    })
    .await;
    let b = Upstream::saying("from b").await;
    let gateway =
        with_pick("order", &a, &b, "upstream: { probe: 10ms, breaker_cooldown: 1h, retries: 0 }")
            .await;
    soon(gateway.until_metric("scrimp_target_open{target=\"a/m\"}", 1)).await;
    assert_eq!(gateway.chat(&auto("while it is down")).await.text(), "from b");
    assert!(a.requests().iter().all(|request| request.path == "/v1/models"));
    is_up.store(true, Ordering::SeqCst);
    soon(gateway.until_metric("scrimp_target_open{target=\"a/m\"}", 0)).await;
    assert_eq!(gateway.chat(&auto("once it is back")).await.text(), "from a");
    assert_eq!(gateway.metric("scrimp_provider_up{provider=\"a\"}").await, 1);
}

#[tokio::test]
async fn most_requests_failing_is_enough_to_be_left_alone() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    // Two of three fail, never enough of them in a row.
    let a = Upstream::start(move |_| match count.fetch_add(1, Ordering::SeqCst) % 3 {
        0 => Reply::text("from a"),
        _ => Reply::json(500, &error("no")),
    })
    .await;
    let b = Upstream::saying("from b").await;
    let gateway = with_pick(
        "order",
        &a,
        &b,
        "upstream: { retries: 0, breaker_failures: 3, breaker_cooldown: 1h }",
    )
    .await;
    for number in 0..40 {
        assert_eq!(gateway.chat(&auto(&format!("question {number}"))).await.status, 200);
    }
    assert!((20..=22).contains(&a.calls()), "{}", a.calls());
}

/// A conversation of so many turns, long enough for a prompt cache.
fn conversation(turns: usize) -> Value {
    let text = "A long turn of many words. ".repeat(400);
    let turn = |number: usize| {
        let role = if usize::is_multiple_of(number, 2) { "user" } else { "assistant" };
        json!({"role": role, "content": format!("{number}: {text}")})
    };
    json!({"model": "auto:cheap", "messages": (0..turns).map(turn).collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_conversation_stays_with_the_target_that_holds_it() {
    let says = |text: &'static str| {
        Upstream::start(move |request| {
            let mut body = crate::support::completion(text);
            let tokens = request.body.len() / 4;
            body["usage"] = json!({"prompt_tokens": tokens, "completion_tokens": 5, "total_tokens": tokens + 5,
                                   "prompt_tokens_details": {"cached_tokens": 0}});
            Reply::json(200, &body)
        })
    };
    let (a, b) = (says("from a").await, says("from b").await);
    let price = "{ input: 10 USD/M, output: 10 USD/M, cached_input: 1 USD/M }";
    let more = format!(
        "prices: {{ a/m: {price}, b/m: {price} }}\nmodels: {{ a/m: {{ weight: 1 }}, b/m: {{ weight: 1 }} }}"
    );
    let gateway = with_pick("weighted", &a, &b, &more).await;
    let first = gateway.chat(&conversation(1)).await;
    let home = first.header("x-scrimp-model").to_owned();
    for turns in [3, 5, 7, 9, 11, 13] {
        let answer = gateway.chat(&conversation(turns)).await;
        assert_eq!(answer.header("x-scrimp-model"), home, "turn {turns}");
        let reason = answer.header("x-scrimp-reason").to_owned();
        let said = format!("stays with {home}, whose prompt cache saves ");
        assert!(!reason.contains("leaves"), "{reason}");
        assert!(!reason.contains("stays") || reason.contains(&said), "{reason}");
    }
    // Another caller's conversation is its own.
    let other = gateway.chat_as("another-key", &[], &conversation(3)).await;
    assert!(!other.header("x-scrimp-reason").contains("prompt cache"));
}
