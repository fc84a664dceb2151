//! When a provider fails the next one answers, a wish to wait is honoured, a broken target is left alone, and the
//! headers say who answered and why.

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::support::{
    Answer, Gateway, Reply, Step, Upstream, chat, events, soon, stream_of, streaming,
};

/// A gateway with providers `a` and `b`: the cheap tier is `a/x`, then `b/y`; the frontier is `b/z`.
async fn before(a: &str, b: &Upstream, more: &str) -> Gateway {
    let b = b.base_url();
    let providers = format!(
        "providers: {{ a: {{ type: openai, base_url: \"{a}\" }}, b: {{ type: openai, base_url: \"{b}\" }} }}"
    );
    let upstream = if more.contains("upstream:") { "" } else { "upstream: { retries: 0 }" };
    let tiers = "tiers: { cheap: [a/x, b/y], frontier: [b/z] }";
    Gateway::start(&format!("{providers}\n{tiers}\n{upstream}\n{more}")).await
}

fn for_model(model: &str, mut body: Value) -> Value {
    body["model"] = model.into();
    body
}

fn error(message: &str) -> Value {
    json!({"error": {"message": message, "type": "t", "param": null, "code": "theirs"}})
}

/// Ways to fail that look alike with and without a stream, with the outcome that metrics give them.
fn failures() -> Vec<(&'static str, Reply, &'static str)> {
    let status = |status| Reply::json(status, &error("no"));
    let cut =
        |content_type, bytes: &str| Reply::page(content_type, bytes[..bytes.len() / 2].to_owned());
    let completion = crate::support::completion("one").to_string();
    vec![
        ("408", status(408), "status"),
        ("429", status(429), "rate_limited"),
        ("500", status(500), "status"),
        ("503", status(503), "status"),
        ("a redirect", status(302), "invalid"),
        ("an error in a success", status(200), "invalid"),
        ("a page", Reply::page("text/html", "<html>busy</html>"), "invalid"),
        ("half a completion", cut("application/json", &completion), "invalid"),
        ("nothing", Reply::page("application/json", ""), "invalid"),
        ("other JSON", Reply::json(200, &json!({"object": "list", "data": []})), "invalid"),
        ("a break in the body", Reply::Events(vec![Step::Send("{".into()), Step::Break]), ""),
    ]
}

/// Ways to fail with a stream before its first token.
fn stream_failures() -> Vec<(&'static str, Reply, &'static str)> {
    let chunks = stream_of("one two");
    let role = || Step::Send(format!(": ping\n\ndata: {}\n\n", chunks[0]).into());
    let failed = || Step::Send(format!("data: {}\n\n", error("busy")).into());
    let named = || Step::Send("event: error\ndata: {\"message\": \"busy\"}\n\n".into());
    let done = || Step::Send("data: [DONE]\n\n".into());
    let stream = |steps| Reply::Events(steps);
    vec![
        ("an error first", stream(vec![failed()]), "invalid"),
        ("an error after the role", stream(vec![role(), failed()]), "invalid"),
        ("a named error", stream(vec![named()]), "invalid"),
        ("a break at once", stream(vec![Step::Break]), "invalid"),
        ("a break after the role", stream(vec![role(), Step::Break]), "invalid"),
        ("an empty stream", stream(vec![]), "invalid"),
        ("an end after the role", stream(vec![role()]), "invalid"),
        ("[DONE] alone", stream(vec![role(), done()]), "invalid"),
        ("no chunk", stream(vec![Step::Send("data: <html>\n\n".into())]), "invalid"),
        ("another content type", Reply::page("text/plain", events(&chunks)), "invalid"),
    ]
}

/// The answer is whole and `b`'s.
fn assert_from_b(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    assert_eq!(
        (answer.text().as_str(), answer.header("x-scrimp-model")),
        ("from b", "b/y"),
        "{what}"
    );
    assert!(!answer.body.contains("error"), "{what}: {}", answer.body);
}

#[tokio::test]
async fn the_next_target_answers_for_one_that_fails() {
    for stream in [false, true] {
        let more = if stream { stream_failures() } else { Vec::new() };
        for (what, reply, outcome) in failures().into_iter().chain(more) {
            let (a, b) = (Upstream::replying(vec![reply]).await, Upstream::saying("from b").await);
            let gateway = before(a.base_url(), &b, "").await;
            let body = if stream { streaming("a question") } else { chat("a question") };
            let answer = soon(gateway.chat(&for_model("auto:cheap", body))).await;
            assert_from_b(&answer, &format!("{what}, stream: {stream}"));
            assert_eq!((a.calls(), b.calls()), (1, 1), "{what}");
            assert_eq!(a.requests()[0].json()["model"], "x");
            assert_eq!(b.requests()[0].json()["model"], "y");
            let page = gateway.metrics().await;
            let counted =
                format!("scrimp_upstream_attempts_total{{target=\"a/x\",outcome=\"{outcome}");
            assert!(page.contains(&counted), "{what}: {counted} is not in {page}");
        }
    }
}

#[tokio::test]
async fn the_next_target_answers_for_one_that_cannot_be_reached() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    // Nobody accepts, and one connection fills the queue: the next gets no answer at all.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let deaf = socket.listen(0).unwrap();
    let _first = TcpStream::connect(deaf.local_addr().unwrap()).await.unwrap();
    let b = Upstream::saying("from b").await;
    for (address, outcome) in [(closed, "unreachable"), (deaf.local_addr().unwrap(), "timeout")] {
        for body in [chat("a question"), streaming("a question")] {
            let settings = "upstream: { retries: 0, connect_timeout: 500ms }";
            let gateway = before(&format!("http://{address}/v1"), &b, settings).await;
            let answer = soon(gateway.chat(&for_model("auto:cheap", body.clone()))).await;
            assert_from_b(&answer, outcome);
            let name =
                format!("scrimp_upstream_attempts_total{{target=\"a/x\",outcome=\"{outcome}\"}}");
            assert_eq!(gateway.metric(&name).await, 1, "{outcome}");
            let alone = soon(gateway.chat(&for_model("a/x", body))).await;
            let expected = if outcome == "timeout" {
                (504, "upstream_timeout")
            } else {
                (502, "upstream_unreachable")
            };
            assert_eq!((alone.status, alone.code().as_str()), expected);
        }
    }
}

#[tokio::test]
async fn the_next_target_answers_for_one_that_stays_silent() {
    let role = Step::Send(format!("data: {}\n\n", stream_of("one")[0]).into());
    for (what, reply, settings, body) in [
        ("no head", Reply::Never, "first_byte_timeout: 500ms", chat("a question")),
        ("no head", Reply::Never, "first_byte_timeout: 500ms", streaming("a question")),
        (
            "no token",
            Reply::Events(vec![role, Step::Hang]),
            "idle_timeout: 500ms",
            streaming("a question"),
        ),
        (
            "no end",
            Reply::Events(vec![Step::Send("{".into()), Step::Hang]),
            "idle_timeout: 500ms",
            chat("a question"),
        ),
    ] {
        let (a, b) = (Upstream::replying(vec![reply]).await, Upstream::saying("from b").await);
        let gateway =
            before(a.base_url(), &b, &format!("upstream: {{ retries: 0, {settings} }}")).await;
        let answer = soon(gateway.chat(&for_model("auto:cheap", body.clone()))).await;
        assert_from_b(&answer, what);
        soon(a.abandoned(1)).await;
        let alone = soon(gateway.chat(&for_model("a/x", body))).await;
        assert_eq!((alone.status, alone.code().as_str()), (504, "upstream_timeout"), "{what}");
    }
}

#[tokio::test]
async fn after_the_first_token_nobody_starts_again() {
    let begun = Step::Send(format!("data: {}\n\n", stream_of("one two")[1]).into());
    let a = Upstream::replying(vec![Reply::Events(vec![begun, Step::Break])]).await;
    let b = Upstream::saying("from b").await;
    let gateway = before(a.base_url(), &b, "upstream: { retries: 2, backoff: 1ms }").await;
    let answer = soon(gateway.chat(&for_model("auto:cheap", streaming("a question")))).await;
    assert_eq!((answer.text().as_str(), answer.header("x-scrimp-model")), ("one ", "a/x"));
    assert_eq!(answer.events().last().unwrap()["error"]["code"], "upstream_stream_broken");
    assert_eq!((a.calls(), b.calls()), (1, 0));
}

#[tokio::test]
async fn the_callers_fault_is_not_tried_elsewhere() {
    for status in [400, 401, 403, 404, 413, 422] {
        let a = Upstream::replying(vec![Reply::json(status, &error("yours"))]).await;
        let b = Upstream::saying("from b").await;
        let gateway = before(a.base_url(), &b, "upstream: { retries: 2, backoff: 1ms }").await;
        for body in [chat("a question"), streaming("a question")] {
            let answer = gateway.chat(&for_model("auto:cheap", body)).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, "theirs"));
            assert_eq!(
                (answer.header("x-scrimp-model"), answer.header("content-type")),
                ("a/x", "application/json")
            );
        }
        assert_eq!((a.calls(), b.calls()), (2, 0), "{status}");
    }
}

#[tokio::test]
async fn a_failure_is_tried_again_until_it_is_none() {
    for body in [chat("a question"), streaming("a question")] {
        let failure = Reply::json(500, &error("no"));
        let upstream = if body["stream"] == true {
            Reply::streamed("at last")
        } else {
            Reply::text("at last")
        };
        let upstream = Upstream::replying(vec![failure.clone(), failure, upstream]).await;
        let gateway = Gateway::before(&upstream, "upstream: { retries: 2, backoff: 1ms }").await;
        assert_eq!(gateway.chat(&body).await.text(), "at last");
        assert_eq!(upstream.calls(), 3);
    }
}

#[tokio::test]
async fn the_last_providers_own_words_are_handed_on() {
    let a = Upstream::replying(vec![Reply::json(500, &error("from a"))]).await;
    let b = Upstream::replying(vec![Reply::json(503, &error("from b"))]).await;
    let gateway = before(a.base_url(), &b, "upstream: { retries: 1, backoff: 1ms }").await;
    for body in [chat("a question"), streaming("another question")] {
        let answer = gateway.chat(&for_model("auto:cheap", body)).await;
        assert_eq!((answer.status, answer.json()), (503, error("from b")));
        assert_eq!(answer.header("x-scrimp-model"), "b/y");
    }
    assert_eq!((a.calls(), b.calls()), (4, 4));
}

#[tokio::test]
async fn a_short_wish_to_wait_is_honoured() {
    let busy = Reply::json(429, &error("busy")).with_header("retry-after-ms", "150");
    let upstream = Upstream::replying(vec![busy, Reply::text("now")]).await;
    let gateway = Gateway::before(&upstream, "upstream: { retries: 1, backoff: 1ms }").await;
    let start = std::time::Instant::now();
    assert_eq!(gateway.ask("a question").await.text(), "now");
    assert!(start.elapsed().as_millis() >= 150, "tried again after {:?}", start.elapsed());
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test]
async fn a_long_wish_to_wait_is_handed_on() {
    let busy = Reply::json(429, &error("busy"))
        .with_header("retry-after", "100")
        .with_header("x-ratelimit-remaining-tokens", "0");
    let upstream = Upstream::replying(vec![busy]).await;
    let gateway = Gateway::before(&upstream, "upstream: { retries: 2, backoff: 1ms }").await;
    let answer = soon(gateway.ask("a question")).await;
    assert_eq!((answer.status, answer.json()), (429, error("busy")));
    assert_eq!(answer.header("retry-after"), "100");
    assert_eq!(answer.header("x-ratelimit-remaining-tokens"), "0");
    assert_eq!(upstream.calls(), 1);

    let impatient = Reply::json(429, &error("busy")).with_header("retry-after-ms", "1");
    let upstream = Upstream::replying(vec![impatient]).await;
    let gateway = Gateway::before(&upstream, "upstream: { retries: 2, backoff: 1ms }").await;
    let answer = soon(gateway.ask("a question")).await;
    assert_eq!((answer.status, answer.header("retry-after-ms")), (429, "1"));
    assert_eq!(upstream.calls(), 3);
}

#[tokio::test]
async fn a_target_that_asked_for_a_pause_gets_one_while_another_answers() {
    let busy = Reply::json(429, &error("busy")).with_header("retry-after", "100");
    let a = Upstream::replying(vec![busy]).await;
    let b = Upstream::saying("from b").await;
    let gateway = before(a.base_url(), &b, "").await;
    for question in ["one", "two", "three"] {
        assert_from_b(&gateway.chat(&for_model("auto:cheap", chat(question))).await, question);
    }
    assert_eq!((a.calls(), b.calls()), (1, 3));
}

#[tokio::test]
async fn a_target_that_keeps_failing_is_left_alone() {
    let settings = "upstream: { retries: 0, breaker_failures: 3, breaker_cooldown: 60s }";
    let a = Upstream::replying(vec![Reply::json(500, &error("no"))]).await;
    let b = Upstream::saying("from b").await;
    let gateway = before(a.base_url(), &b, settings).await;
    for number in 0..6 {
        let question = chat(&format!("question {number}"));
        assert_from_b(&gateway.chat(&for_model("auto:cheap", question)).await, "breaker");
    }
    assert_eq!((a.calls(), b.calls()), (3, 6));
    let resting = gateway.chat(&for_model("a/x", chat("for a alone"))).await;
    assert_eq!((resting.status, resting.code().as_str()), (503, "upstream_unavailable"));
    let wait: u64 = resting.header("retry-after").parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert_eq!(a.calls(), 3);
    let other_model = gateway.chat(&for_model("a/other", chat("for a alone"))).await;
    assert_eq!((other_model.status, a.calls()), (500, 4), "each model rests on its own");
}

#[tokio::test]
async fn a_rested_target_is_tried_again() {
    let settings = "upstream: { retries: 0, breaker_failures: 1, breaker_cooldown: 30ms }";
    let failure = Reply::json(500, &error("no"));
    let upstream = Upstream::replying(vec![failure, Reply::text("well again")]).await;
    let gateway = Gateway::before(&upstream, settings).await;
    assert_eq!(gateway.ask("a question").await.status, 500);
    let answer = soon(async {
        loop {
            let answer = gateway.ask("a question").await;
            if answer.status != 503 {
                break answer;
            }
        }
    })
    .await;
    assert_eq!(answer.text(), "well again");
    assert_eq!(gateway.ask("another question").await.status, 200);
}

const RULES: &str = r#"router:
  rules:
    - { name: translate, matches: "(?i)^translate", tier: cheap }
    - { name: tools, tools: true, tier: frontier }
    - { name: research, header: { x-team: research }, tier: frontier }
    - { name: long, min_tokens: 500, tier: frontier }
    - { name: rest, max_tokens: 499, tier: cheap }"#;

#[tokio::test]
async fn rules_choose_the_tier_and_say_which() {
    let upstream = Upstream::saying("ok").await;
    let tiers = "tiers: { cheap: [p/small], frontier: [p/large] }";
    let gateway =
        Gateway::before(&upstream, &format!("{tiers}\ncache: {{ semantic: false }}\n{RULES}"))
            .await;
    let auto = |question: &str| for_model("auto", chat(question));
    let mut with_tools = auto("what is the time");
    with_tools["tools"] = json!([{"type": "function", "function": {"name": "f"}}]);
    let named = |model| for_model(model, chat("insisted upon"));
    let long = auto(&"many words ".repeat(500));
    let none: &[(&str, &str)] = &[];
    for (headers, body, tier, reason) in [
        (none, auto("Translate this"), "cheap", "rule 'translate'"),
        (none, with_tools, "frontier", "rule 'tools'"),
        (&[("x-team", "research")], auto("what is the time"), "frontier", "rule 'research'"),
        (none, long, "frontier", "rule 'long'"),
        (none, auto("what is the time"), "cheap", "rule 'rest'"),
        (none, named("auto:frontier"), "frontier", "tier named by the caller"),
        (
            &[("x-scrimp-tier", "frontier")],
            auto("insisted upon by a header"),
            "frontier",
            "tier named by the caller",
        ),
        (none, named("auto:cheap"), "cheap", "tier named by the caller"),
    ] {
        let answer = gateway.chat_as("k", headers, &body).await;
        assert_eq!(
            (answer.header("x-scrimp-tier"), answer.header("x-scrimp-reason")),
            (tier, reason)
        );
        let model = if tier == "cheap" { "p/small" } else { "p/large" };
        assert_eq!(answer.header("x-scrimp-model"), model, "{reason}");
    }
    let plain = gateway.ask("no tier").await;
    assert_eq!((plain.header("x-scrimp-tier"), plain.header("x-scrimp-model")), ("", "p/m"));
}

#[tokio::test]
async fn without_rules_the_classifier_chooses_and_says_why() {
    let upstream = Upstream::saying("ok").await;
    let tiers = "tiers: { cheap: [p/small], frontier: [p/large] }";
    let gateway = Gateway::before(&upstream, tiers).await;
    let answer = gateway.chat(&for_model("auto", chat("what is the capital of France"))).await;
    assert!(answer.header("x-scrimp-reason").starts_with("complexity "), "{:?}", answer.headers);
    assert!(["cheap", "frontier"].contains(&answer.header("x-scrimp-tier")));
}

#[tokio::test]
async fn the_frontier_stands_in_for_the_cheap_tier_unless_the_caller_insists() {
    let a = Upstream::replying(vec![Reply::json(500, &error("no"))]).await;
    let b = Upstream::start(|request| match request.json()["model"].as_str() {
        Some("z") => Reply::text("from the frontier"),
        _ => Reply::json(500, &error("no")),
    })
    .await;
    let gateway = before(a.base_url(), &b, RULES).await;
    let answer = gateway.chat(&for_model("auto", chat("translate this"))).await;
    assert_eq!(
        (answer.text().as_str(), answer.header("x-scrimp-model")),
        ("from the frontier", "b/z")
    );
    assert_eq!(answer.header("x-scrimp-tier"), "frontier");
    assert!(answer.header("x-scrimp-reason").ends_with("; the frontier tier stands in"));
    let insisting = gateway.chat(&for_model("auto:cheap", chat("translate this"))).await;
    assert_eq!((insisting.status, insisting.header("x-scrimp-model")), (500, "b/y"));
}
