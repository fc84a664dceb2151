//! Every way to fail, at every kind of provider, for callers of every protocol: an answer from another provider or one
//! well-formed error; never a hang, never a doubled charge.

use scrimp::api::sse::Decoder;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    Answer, Gateway, INPUT_TOKENS, OUTPUT_TOKENS, Reply, Step, Upstream, Vendor, soon,
};

/// How a provider fails before its answer has begun.
const FAILURES: [&str; 10] = [
    "connect error",
    "timeout",
    "429",
    "500",
    "529",
    "a success with an error body",
    "another content type",
    "truncated JSON",
    "an error event first",
    "a break before the first token",
];

/// How it fails once it has.
const LATE_FAILURES: [&str; 3] =
    ["a break after the first token", "an error event after it", "an early end"];

/// What a caller speaks.
const PROTOCOLS: [&str; 3] = ["/v1/chat/completions", "/v1/messages", "/v1/responses"];

/// What the failing provider does; `None` where nobody listens.
fn failing(vendor: Vendor, how: &str) -> Option<Reply> {
    let [start, tokens, end] = vendor.pieces("one two three");
    let stream = |steps: Vec<Step>| vendor.stream(steps);
    let send = |bytes: Vec<u8>| Step::Send(bytes.into());
    Some(match how {
        "connect error" => return None,
        "timeout" => Reply::Never,
        "429" => Reply::json(429, &vendor.error("slow down")),
        "500" => Reply::json(500, &vendor.error("broken")),
        "529" => Reply::json(529, &vendor.error("overloaded")),
        "a success with an error body" => Reply::json(200, &vendor.error("busy")),
        "another content type" => Reply::page("text/html", "<html>busy</html>"),
        "truncated JSON" => {
            let body = vendor.answer("one two three").to_string();
            Reply::page("application/json", body[..body.len() / 2].to_owned())
        }
        "an error event first" => stream(vec![send(vendor.error_event("overloaded"))]),
        "a break before the first token" => stream(vec![send(start), Step::Break]),
        "a break after the first token" => stream(vec![send(start), send(tokens), Step::Break]),
        "an error event after it" => {
            stream(vec![send(start), send(tokens), send(vendor.error_event("overloaded"))])
        }
        "an early end" => stream(vec![send(start), send(tokens)]),
        _ => {
            drop(end);
            unreachable!("{how}")
        }
    })
}

fn body(path: &str, model: &str, stream: bool) -> Value {
    let mut body = match path {
        "/v1/responses" => json!({"model": model, "input": "count to three"}),
        _ => json!({"model": model, "messages": [{"role": "user", "content": "count to three"}]}),
    };
    if path == "/v1/messages" {
        body["max_tokens"] = 100.into();
    }
    if stream {
        body["stream"] = true.into();
    }
    body
}

async fn ask(gateway: &Gateway, path: &str, model: &str, stream: bool) -> Answer {
    let body = body(path, model, stream);
    soon(Gateway::read(gateway.post(path).body(body.to_string()))).await
}

/// The text of an answer, whichever the protocol.
fn text(path: &str, answer: &Answer) -> String {
    if answer.header("content-type") != "text/event-stream" {
        let body = answer.json();
        let text = match path {
            "/v1/messages" => &body["content"][0]["text"],
            "/v1/responses" => &body["output"][0]["content"][0]["text"],
            _ => &body["choices"][0]["message"]["content"],
        };
        return text.as_str().unwrap_or_default().to_owned();
    }
    let piece = |event: &Value| {
        let text = match path {
            "/v1/messages" => &event["delta"]["text"],
            "/v1/responses" if event["type"] == "response.output_text.delta" => &event["delta"],
            "/v1/responses" => &Value::Null,
            _ => &event["choices"][0]["delta"]["content"],
        };
        text.as_str().map(str::to_owned)
    };
    events(answer).iter().filter_map(piece).collect()
}

/// The data of all events of a stream, each of which must be JSON or `[DONE]`.
fn events(answer: &Answer) -> Vec<Value> {
    let mut decoder = Decoder::default();
    decoder.feed(answer.body.as_bytes());
    let mut found = Vec::new();
    while let Some(event) = decoder.next_event().unwrap() {
        let Some(data) = event.data() else { continue };
        if data.as_ref() != b"[DONE]" {
            found.push(
                serde_json::from_slice(&data)
                    .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&data))),
            );
        }
    }
    assert!(decoder.finish().is_none(), "half an event: {}", answer.body);
    found
}

/// The errors that the events of a stream tell of. Responses tells each twice: as an error, and as the end of the response.
fn failures(path: &str, events: &[Value]) -> usize {
    let failed = |event: &&Value| match path {
        "/v1/responses" => event["type"] == "response.failed",
        "/v1/messages" => event["type"] == "error",
        _ => event.get("error").is_some_and(|error| !error.is_null()),
    };
    events.iter().filter(failed).count()
}

/// A gateway whose cheap tier is the failing provider and then a good one.
async fn before(vendor: Vendor, base_url: &str, good: &Upstream) -> Gateway {
    let yaml = format!(
        "providers: {{ {}, {} }}
tiers: {{ cheap: [a/m, b/m], frontier: [b/z] }}
prices: {{ a/m: {{ input: 1 USD/M, output: 1 USD/M }}, b/m: {{ input: 2 USD/M, output: 10 USD/M }} }}
upstream: {{ retries: 0, first_byte_timeout: 300ms, idle_timeout: 300ms, connect_timeout: 300ms, breaker_failures: 1000 }}
cache: {{ enabled: false }}",
        vendor.yaml_at("a", base_url),
        Vendor::OpenAi.yaml("b", good),
    );
    Gateway::start(&yaml).await
}

/// Starts the failing provider, and says where it is.
async fn failing_upstream(vendor: Vendor, how: &'static str) -> (Option<Upstream>, String) {
    match failing(vendor, how) {
        Some(reply) => {
            let upstream =
                Upstream::start(move |request| Vendor::or_token(&request.path, || reply.clone()))
                    .await;
            let base_url = upstream.base_url().to_owned();
            (Some(upstream), base_url)
        }
        None => {
            let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
            (None, format!("http://{}/v1", closed.local_addr().unwrap()))
        }
    }
}

async fn check(vendor: Vendor) {
    let good_cost = 2 * INPUT_TOKENS * 1000 + 10 * OUTPUT_TOKENS * 1000;
    for how in FAILURES {
        let (_upstream, base_url) = failing_upstream(vendor, how).await;
        let good = Upstream::saying("from b").await;
        let gateway = before(vendor, &base_url, &good).await;
        let mut calls = 0;
        for path in PROTOCOLS {
            for stream in [false, true] {
                let what = format!("{vendor:?}: {how}, {path}, stream {stream}");
                // An event stream where none was asked for is a wrong content type.
                let answer = ask(&gateway, path, "auto:cheap", stream).await;
                calls += 1;
                assert_eq!(answer.status, 200, "{what}: {}", answer.body);
                assert_eq!(text(path, &answer), "from b", "{what}: {}", answer.body);
                assert_eq!(answer.header("x-scrimp-model"), "b/m", "{what}");
                gateway
                    .until_metric("scrimp_cost_nano_usd_total{target=\"b/m\"}", calls * good_cost)
                    .await;
                let charged = gateway.metric("scrimp_cost_nano_usd_total{target=\"a/m\"}").await;
                assert_eq!(charged, 0, "{what}: the failed attempt is charged");

                let alone = ask(&gateway, path, "a/m", stream).await;
                assert!(alone.status >= 400, "{what}: {}", alone.body);
                let error = &alone.json()["error"];
                assert!(error["message"].is_string(), "{what}: {}", alone.body);
                assert!(
                    error["type"].is_string() || error["code"].is_string(),
                    "{what}: {}",
                    alone.body
                );
                assert_eq!(path == "/v1/messages", alone.json()["type"] == "error", "{what}");
            }
        }
        assert_eq!(good.calls() as u64, calls, "{vendor:?}: {how}");
    }
    for how in LATE_FAILURES {
        let (_upstream, base_url) = failing_upstream(vendor, how).await;
        let good = Upstream::saying("from b").await;
        let gateway = before(vendor, &base_url, &good).await;
        for (number, path) in (1..).zip(PROTOCOLS) {
            let what = format!("{vendor:?}: {how}, {path}");
            let answer = ask(&gateway, path, "auto:cheap", true).await;
            assert_eq!((answer.status, good.calls()), (200, 0), "{what}: no second answer begins");
            let events = events(&answer);
            assert_eq!(text(path, &answer), "one two three", "{what}: {}", answer.body);
            assert_eq!(failures(path, &events), 1, "{what}: {}", answer.body);
            let charged = "scrimp_cost_nano_usd_total{target=\"a/m\"}";
            while gateway.metric(charged).await == 0 {
                tokio::task::yield_now().await;
            }
            let requests = gateway.metric("scrimp_estimated_total{target=\"a/m\"}").await;
            assert_eq!(requests, number, "{what}: charged once, by estimate");
        }
    }
}

#[tokio::test]
async fn openai_fails_in_every_way() {
    check(Vendor::OpenAi).await;
}

#[tokio::test]
async fn azure_fails_in_every_way() {
    check(Vendor::Azure).await;
}

#[tokio::test]
async fn anthropic_fails_in_every_way() {
    check(Vendor::Anthropic).await;
}

#[tokio::test]
async fn gemini_fails_in_every_way() {
    check(Vendor::Gemini).await;
}

#[tokio::test]
async fn vertex_fails_in_every_way() {
    check(Vendor::Vertex).await;
}

#[tokio::test]
async fn bedrock_fails_in_every_way() {
    check(Vendor::Bedrock).await;
}

#[tokio::test]
async fn every_vendor_answers_every_protocol() {
    for vendor in Vendor::ALL {
        let upstream = Upstream::start(move |request| {
            let streams =
                request.json_or_null()["stream"] == true || request.path.contains("stream");
            Vendor::or_token(&request.path, || match streams {
                true => vendor.streams("one two three"),
                false => vendor.says("one two three"),
            })
        })
        .await;
        let yaml = format!(
            "providers: {{ {} }}\nprices: {{ a/m: {{ input: 2 USD/M, output: 10 USD/M }} }}\ncache: {{ enabled: false }}",
            vendor.yaml("a", &upstream)
        );
        let gateway = Gateway::start(&yaml).await;
        let mut calls = 0;
        for path in PROTOCOLS {
            for stream in [false, true] {
                let what = format!("{vendor:?} {path} stream {stream}");
                let answer = ask(&gateway, path, "a/m", stream).await;
                calls += 1;
                assert_eq!(answer.status, 200, "{what}: {}", answer.body);
                assert_eq!(text(path, &answer), "one two three", "{what}: {}", answer.body);
                let cost = 2 * INPUT_TOKENS * 1000 + 10 * OUTPUT_TOKENS * 1000;
                let metric = "scrimp_cost_nano_usd_total{target=\"a/m\"}";
                gateway.until_metric(metric, calls * cost).await;
            }
        }
    }
}
