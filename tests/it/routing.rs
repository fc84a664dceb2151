//! `model: auto` over several tiers: who stands in for whom, what keys mean, which targets suit a request.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{Answer, Gateway, Reply, Upstream, chat, soon};

const TIERS: &str = "tiers: { cheap: [p/small], middle: [p/medium], frontier: [p/large] }\nupstream: { retries: 0 }";

fn to(model: &str, question: &str) -> Value {
    let mut body = chat(question);
    body["model"] = model.into();
    body
}

/// Who answered, in which tier, and why.
fn told(answer: &Answer) -> (&str, &str, &str) {
    let header = |name| answer.header(name);
    (header("x-scrimp-model"), header("x-scrimp-tier"), header("x-scrimp-reason"))
}

/// A provider whose models have failed where their names are in `failing`.
async fn failing(models: &'static [&'static str]) -> Upstream {
    Upstream::start(move |request| match request.json()["model"].as_str() {
        Some(model) if models.contains(&model) => Reply::json(500, &json!({"error": {}})),
        _ => Reply::text("ok"),
    })
    .await
}

#[tokio::test]
async fn higher_tiers_stand_in_in_order_and_lower_ones_never_do() {
    const NAMED: &str = "tier named by the caller";
    let rule = "router: { rules: [{ name: all, tier: cheap }] }";
    for (broken, model, status, expected) in [
        (
            &["small"][..],
            "auto",
            200,
            ("p/medium", "middle", "rule 'all'; the middle tier stands in"),
        ),
        (
            &["small", "medium"],
            "auto",
            200,
            ("p/large", "frontier", "rule 'all'; the frontier tier stands in"),
        ),
        (&["large"], "auto:frontier", 500, ("p/large", "frontier", NAMED)),
        (&["medium"], "auto:middle", 500, ("p/medium", "middle", NAMED)),
        (&[], "auto:middle", 200, ("p/medium", "middle", NAMED)),
    ] {
        let upstream = failing(broken).await;
        let gateway = Gateway::before(&upstream, &format!("{TIERS}\n{rule}")).await;
        let answer = soon(gateway.chat(&to(model, "a question"))).await;
        assert_eq!(
            (answer.status, told(&answer)),
            (status, expected),
            "{model} without {broken:?}"
        );
        if model == "auto" {
            let counted = "scrimp_tier_total{tier=\"cheap\",decided_by=\"rule\"}";
            assert_eq!(gateway.metric(counted).await, 1);
        }
    }
}

#[tokio::test]
async fn any_tier_can_be_forced_and_an_unknown_one_is_an_error_that_lists_them() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, TIERS).await;
    let forced =
        gateway.chat_as("k", &[("x-scrimp-tier", "middle")], &to("auto", "by a header")).await;
    assert_eq!(told(&forced).1, "middle");
    let unknown = gateway.chat(&to("auto:best", "by name")).await;
    assert_eq!((unknown.status, unknown.code().as_str()), (400, "unknown_tier"));
    let header = [("x-scrimp-tier", "best")];
    let by_header = gateway.chat_as("k", &header, &to("auto", "by a header")).await;
    assert_eq!((by_header.status, by_header.code().as_str()), (400, "invalid_header"));
    for answer in [unknown, by_header] {
        assert!(answer.body.contains("'best' is not a tier here; tiers: cheap, middle, frontier"));
    }
    let names = gateway.get("/v1/models").await.body;
    assert!(names.contains("\"auto:middle\""), "{names}");
}

#[tokio::test]
async fn the_policy_of_a_key_keeps_its_answers_apart_in_a_shared_cache() {
    let upstream = Upstream::saying("ok").await;
    let more = "cache: { threshold: 0.8, scope: shared }
router: { rules: [{ name: ci, key: ci, tier: middle }, { name: short, matches: ^translate, tier: cheap }] }
keys:
  ann: secret-of-ann
  bob: secret-of-bob
  ci: secret-of-ci
  vip: { key: secret-of-vip, tier: frontier }
  vip2: { key: secret-of-vip2, tier: frontier }
  strict: { key: secret-of-strict, quality: 100% }";
    let gateway = Gateway::before(&upstream, &format!("{TIERS}\n{more}")).await;
    let question = to("auto", "translate this for me");
    for (key, cache, expected) in [
        ("secret-of-ann", "miss", ("p/small", "cheap", "rule 'short'")),
        ("secret-of-bob", "exact", ("p/small", "cheap", "")),
        ("secret-of-ci", "miss", ("p/medium", "middle", "rule 'ci'")),
        // Rules come before the policy of a key; its answers are its own all the same.
        ("secret-of-vip", "miss", ("p/small", "cheap", "rule 'short'")),
        ("secret-of-vip2", "exact", ("p/small", "cheap", "")),
    ] {
        let answer = gateway.chat_as(key, &[], &question).await;
        assert_eq!((answer.cache(), told(&answer)), (cache, expected), "{key}");
    }
    let question = |words: &str| to("auto", words);
    let plain =
        gateway.chat_as("secret-of-ann", &[], &question("what is the capital of France")).await;
    assert_eq!(plain.cache(), "miss");
    for (words, cache) in [
        ("what is the capital of France", "miss"),
        ("what is the capital of France please", "semantic"),
    ] {
        let answer = gateway.chat_as("secret-of-vip", &[], &question(words)).await;
        assert_eq!((answer.cache(), told(&answer).0), (cache, "p/large"), "{words}");
    }
    let by_key = gateway.chat_as("secret-of-vip", &[], &question("name a prime number")).await;
    assert_eq!(told(&by_key), ("p/large", "frontier", "key 'vip'"));
    let strict = gateway.chat_as("secret-of-strict", &[], &question("name a prime number")).await;
    assert_eq!((strict.cache(), told(&strict).1), ("miss", "frontier"));
    assert!(told(&strict).2.starts_with("key 'strict': complexity "), "{:?}", told(&strict));
    // Who insists on a tier has no need of a policy.
    let insisting =
        gateway.chat_as("secret-of-vip", &[], &to("auto:cheap", "name a prime number")).await;
    assert_eq!(told(&insisting), ("p/small", "cheap", "tier named by the caller"));
}

const FACTS: &str = "tiers: { cheap: [p/small, p/blind], middle: [p/medium], frontier: [p/large] }
router: { rules: [{ name: all, tier: cheap }] }
cache: { enabled: false }
models:
  p/small: { context: 8192 }
  p/blind: { images: false, tools: false, context: 100000 }
  p/medium: { context: 2000, json_schema: false }
  p/large: { context: 200000, json_schema: false }";

#[tokio::test]
async fn targets_that_cannot_serve_are_skipped_and_said_to_be() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, FACTS).await;
    let long = "a word ".repeat(4700);
    let mut with_tools = to("auto", &long);
    with_tools["tools"] = json!([{"type": "function", "function": {"name": "f"}}]);
    let mut image = to("auto:cheap", "");
    let url = format!("data:image/png;base64,{}", "A".repeat(100_000));
    image["messages"][0]["content"] = json!([
        {"type": "text", "text": "what is this"}, {"type": "image_url", "image_url": {"url": url}}
    ]);
    let mut bounded = to("auto", "short");
    bounded["max_completion_tokens"] = json!(8192);
    let small =
        |about| format!("skipped p/small: context of 8192 tokens is too small for about {about}");
    for (body, target, tier, reasons) in [
        (to("auto", "short"), "p/small", "cheap", vec![]),
        (to("auto", &long), "p/blind", "cheap", vec![small("8229")]),
        (bounded, "p/blind", "cheap", vec![small("8198")]),
        // A picture is not as long as its bytes.
        (image, "p/small", "cheap", vec!["skipped p/blind: takes no images".to_owned()]),
        (
            with_tools,
            "p/large",
            "frontier",
            vec![
                small("82"),
                "skipped p/blind: takes no tools".to_owned(),
                "skipped p/medium: context of 2000 tokens is too small".to_owned(),
                "; the frontier tier stands in".to_owned(),
            ],
        ),
    ] {
        let answer = gateway.chat(&body).await;
        let (found, in_tier, reason) = told(&answer);
        assert_eq!((found, in_tier), (target, tier), "{reason}");
        assert_eq!(reason.contains("skipped"), !reasons.is_empty(), "{reason}");
        assert!(reasons.iter().all(|part| reason.contains(part)), "{reason}");
    }
}

#[tokio::test]
async fn a_request_that_no_target_can_serve_is_refused_with_the_reasons() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, FACTS).await;
    let schema = |model: &str| {
        let mut body = to(model, "short");
        body["response_format"] = json!({"type": "json_schema", "json_schema": {"name": "s"}});
        body
    };
    for (body, parts) in [
        (schema("auto:middle"), vec!["tier 'middle' can", "p/medium: takes no JSON schema"]),
        (schema("auto:frontier"), vec!["tier 'frontier' can", "p/large: takes no JSON schema"]),
        (
            to("auto", &"a word ".repeat(200_000)),
            vec!["tier 'cheap' or above can", "p/small: context", "p/large: context of 200000"],
        ),
    ] {
        let answer = gateway.chat(&body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "no_capable_target"));
        assert!(parts.iter().all(|part| answer.body.contains(part)), "{}", answer.body);
    }
    assert_eq!(upstream.calls(), 0);
    // Who names a model gets its provider's own answer.
    assert_eq!(gateway.chat(&schema("p/medium")).await.status, 200);
}

#[tokio::test]
async fn the_cheapest_target_of_a_tier_is_picked_for_each_request() {
    let upstream = Upstream::saying("ok").await;
    let prices = "tiers: { cheap: [p/x, p/talker, p/reader], frontier: [p/large] }
prices:
  p/talker: { input: 10 USD/M, output: 1 USD/M }
  p/reader: { input: 1 USD/M, output: 10 USD/M }";
    let pick =
        |pick: &str| format!("{prices}\nrouter: {{ pick: {pick} }}\ncache: {{ enabled: false }}");
    let short = to("auto:cheap", "write a novel");
    let long = to("auto:cheap", &"a word ".repeat(2000));
    for (by, short_goes_to, long_goes_to) in
        [("order", "p/x", "p/x"), ("cheapest", "p/talker", "p/reader")]
    {
        let gateway = Gateway::before(&upstream, &pick(by)).await;
        assert_eq!(told(&gateway.chat(&short).await).0, short_goes_to);
        assert_eq!(told(&gateway.chat(&long).await).0, long_goes_to);
    }
}

#[tokio::test]
async fn a_target_that_was_slow_is_tried_last() {
    let signal = std::sync::Arc::new(Notify::new());
    let held = std::sync::Arc::clone(&signal);
    let slow = Upstream::start(move |_| Reply::text("slow").after(&held)).await;
    let quick = Upstream::saying("quick").await;
    let limit = Duration::from_millis(200);
    let gateway = Gateway::start(&format!(
        "providers: {{ a: {{ type: openai, base_url: \"{}\" }}, b: {{ type: openai, base_url: \"{}\" }} }}
tiers: {{ cheap: [a/x, b/y], frontier: [b/z] }}
router: {{ max_latency: {}ms }}
cache: {{ enabled: false }}",
        slow.base_url(),
        quick.base_url(),
        limit.as_millis()
    ))
    .await;
    let start = Instant::now();
    let first = gateway.spawn_chat(&[], &to("auto:cheap", "a question"));
    slow.called(1).await;
    while start.elapsed() < 2 * limit {
        tokio::task::yield_now().await;
    }
    signal.notify_one();
    assert_eq!(told(&soon(first).await.unwrap()).0, "a/x");
    let second = soon(gateway.chat(&to("auto:cheap", "a question"))).await;
    assert_eq!(told(&second).0, "b/y");
}
