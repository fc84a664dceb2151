//! Callers speak what they speak, providers what they speak: the gateway stands between, and the cache behind all of them.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::{Answer, Gateway, Recorded, Reply, Step, Upstream, Vendor};

async fn post(gateway: &Gateway, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let request = gateway.post(path).bearer_auth("test-key").body(body.to_string());
    Gateway::read(
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)),
    )
    .await
}

/// A gateway before one provider `a` of this kind, which answers in both ways.
async fn before(vendor: Vendor, more: &str) -> (Gateway, Upstream) {
    let upstream = Upstream::start(move |request| {
        let streams = request.json_or_null()["stream"] == true || request.path.contains("stream");
        Vendor::or_token(&request.path, || match streams {
            true => vendor.streams("one two three"),
            false => vendor.says("one two three"),
        })
    })
    .await;
    let gateway =
        Gateway::start(&format!("providers: {{ {} }}\n{more}", vendor.yaml("a", &upstream))).await;
    (gateway, upstream)
}

fn asked(upstream: &Upstream) -> Vec<Recorded> {
    upstream.requests().into_iter().filter(|it| !it.path.ends_with("/token")).collect()
}

fn question(path: &str, stream: bool) -> Value {
    let turn = json!([{"role": "user", "content": "Count to three."}]);
    let mut body = match path {
        "/v1/messages" => json!({"model": "a/m", "max_tokens": 50, "messages": turn}),
        "/v1/responses" => {
            json!({"model": "a/m", "max_output_tokens": 50, "input": "Count to three."})
        }
        "/v1/completions" => json!({"model": "a/m", "max_tokens": 50, "prompt": "Count to three."}),
        _ => json!({"model": "a/m", "max_completion_tokens": 50, "messages": turn}),
    };
    if stream {
        body["stream"] = true.into();
    }
    body
}

const PATHS: [&str; 4] =
    ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/completions"];

#[tokio::test]
async fn an_answer_through_one_protocol_serves_all_others() {
    for (vendor, first) in [
        (Vendor::OpenAi, "/v1/chat/completions"),
        (Vendor::OpenAi, "/v1/messages"),
        (Vendor::Anthropic, "/v1/messages"),
        (Vendor::Anthropic, "/v1/responses"),
        (Vendor::Gemini, "/v1/responses"),
        (Vendor::Bedrock, "/v1/completions"),
    ] {
        for first_streams in [false, true] {
            let (gateway, upstream) = before(vendor, "").await;
            let answer = post(&gateway, first, &[], &question(first, first_streams)).await;
            assert_eq!((answer.status, answer.cache()), (200, "miss"), "{}", answer.body);
            gateway.until_metric("scrimp_cache_stored_total", 1).await;
            for path in PATHS {
                for stream in [false, true] {
                    let what = format!("{vendor:?}: first {first}, then {path}, stream {stream}");
                    let answer = post(&gateway, path, &[], &question(path, stream)).await;
                    assert_eq!(
                        (answer.status, answer.cache()),
                        (200, "exact"),
                        "{what}: {}",
                        answer.body
                    );
                    assert!(answer.body.contains("three"), "{what}: {}", answer.body);
                    let kind = if stream { "text/event-stream" } else { "application/json" };
                    assert_eq!(answer.header("content-type"), kind, "{what}");
                }
            }
            assert_eq!(asked(&upstream).len(), 1);
        }
    }
}

#[tokio::test]
async fn messages_reach_anthropic_and_come_back_byte_for_byte() {
    let body = json!({
        "model": "a/claude", "max_tokens": 2000, "brand_new": [1, 2.50],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 1}],
        "messages": [{"role": "user", "content": [
            {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
            {"type": "text", "text": "What is in it?", "citations": {"enabled": true}}]}],
    });
    let said = r#"{ "id":"msg_1", "type":"message","role":"assistant","model":"claude-x", "content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"text","text":"A.", "citations":[{"type":"page_location","x":1}]}], "stop_reason":"end_turn", "stop_sequence":null, "usage":{"input_tokens":9,"output_tokens":3, "service_tier":"standard"} , "new":1.0}"#;
    let upstream = Upstream::start(move |_| {
        Reply::page("application/json", said).with_header("request-id", "req_theirs")
    })
    .await;
    let gateway =
        Gateway::start(&format!("providers: {{ {} }}", Vendor::Anthropic.yaml("a", &upstream)))
            .await;
    let headers = [("anthropic-beta", "web-fetch"), ("anthropic-version", "2023-06-01")];
    let answer = post(&gateway, "/v1/messages", &headers, &body).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, said));
    assert_eq!(answer.header("x-scrimp-upstream-request-id"), "req_theirs");
    let sent = &upstream.requests()[0];
    let mut expected = body.clone();
    expected["model"] = "claude".into();
    assert_eq!((sent.path.as_str(), sent.json()), ("/v1/messages", expected));
    for (name, value) in [
        ("x-api-key", "the-key"),
        ("anthropic-version", "2023-06-01"),
        ("anthropic-beta", "web-fetch"),
    ] {
        assert_eq!(sent.headers[name], value);
    }
    assert!(sent.headers.get("authorization").is_none(), "the caller's key stays here");
    let again = post(&gateway, "/v1/messages", &headers, &body).await;
    assert_eq!(again.cache(), "exact");
    let (now, before): (Value, Value) = (again.json(), serde_json::from_str(said).unwrap());
    assert_eq!(now["content"], before["content"], "thinking, signature and citations are kept");
}

#[tokio::test]
async fn a_stream_of_messages_is_anthropics_event_for_event() {
    let [start, tokens, end] = Vendor::Anthropic.pieces("one two three");
    let ping = b"event: ping\ndata: {\"type\": \"ping\"}\n\n".to_vec();
    let events: Bytes = [start, ping, tokens, end].concat().into();
    let sent = events.clone();
    let upstream = Upstream::start(move |_| Reply::Events(vec![Step::Send(sent.clone())])).await;
    let yaml = format!(
        "providers: {{ {} }}\nprices: {{ a/m: {{ input: 2 USD/M, output: 10 USD/M }} }}",
        Vendor::Anthropic.yaml("a", &upstream)
    );
    let gateway = Gateway::start(&yaml).await;
    let answer = post(&gateway, "/v1/messages", &[], &question("/v1/messages", true)).await;
    assert_eq!(answer.body.as_bytes(), events);
    gateway.until_metric("scrimp_cost_nano_usd_total{target=\"a/m\"}", 70_000).await;
    let replayed = post(&gateway, "/v1/messages", &[], &question("/v1/messages", true)).await;
    assert_eq!(replayed.cache(), "exact");
    assert!(replayed.body.starts_with("event: message_start\n"), "{}", replayed.body);
    assert!(replayed.body.contains("event: message_stop"), "{}", replayed.body);
}

#[tokio::test]
async fn state_goes_to_providers_that_keep_it_and_is_refused_elsewhere() {
    let answer = json!({
        "id": "resp_2", "object": "response", "created_at": 1, "status": "completed", "model": "m", "error": null,
        "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                    "content": [{"type": "output_text", "text": "Three.", "annotations": []}]}],
        "usage": {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 5,
                  "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 15},
    });
    let said = answer.clone();
    let keeps = Upstream::start(move |_| Reply::json(200, &said)).await;
    let not = Upstream::saying("no").await;
    let gateway = Gateway::start(&format!(
        "providers: {{ a: {{ type: openai, base_url: \"{}\", responses: true }}, {}, {} }}",
        keeps.base_url(),
        Vendor::OpenAi.yaml("b", &not),
        Vendor::Anthropic.yaml("c", &not),
    ))
    .await;
    let body = |model: &str| json!({"model": model, "input": "And then?", "previous_response_id": "resp_1"});
    for _ in 0..2 {
        let found = post(&gateway, "/v1/responses", &[], &body("a/m")).await;
        assert_eq!((found.status, found.json()), (200, answer.clone()));
        assert_eq!(found.header("cache-status"), "scrimp; fwd=bypass; detail=stateful");
    }
    let sent = &keeps.requests()[1];
    assert_eq!(
        (sent.path.as_str(), &sent.json()["previous_response_id"]),
        ("/v1/responses", &json!("resp_1"))
    );
    for model in ["b/m", "c/m"] {
        let refused = post(&gateway, "/v1/responses", &[], &body(model)).await;
        let error = &refused.json()["error"];
        assert_eq!((refused.status, &error["code"]), (400, &json!("unsupported_by_provider")));
        assert_eq!(error["param"], "previous_response_id", "{}", refused.body);
    }
    assert_eq!(not.calls(), 0);
}

#[tokio::test]
async fn tokens_are_counted_where_they_can_be_and_estimated_elsewhere() {
    let counts = Upstream::start(|_| Reply::json(200, &json!({"input_tokens": 42}))).await;
    let other = Upstream::saying("no").await;
    let gateway = Gateway::start(&format!(
        "providers: {{ {}, {} }}",
        Vendor::Anthropic.yaml("a", &counts),
        Vendor::OpenAi.yaml("b", &other)
    ))
    .await;
    let count = async |model: &str, messages: Value| {
        let body = json!({"model": model, "messages": messages});
        post(&gateway, "/v1/messages/count_tokens", &[], &body).await
    };
    let turn = |text: &str| json!([{"role": "user", "content": text}]);
    assert_eq!(count("a/m", turn("hello")).await.json(), json!({"input_tokens": 42}));
    assert_eq!(counts.requests()[0].path, "/v1/messages/count_tokens");
    assert_eq!(counts.requests()[0].json()["model"], "m");
    let tokens =
        async |text: &str| count("b/m", turn(text)).await.json()["input_tokens"].as_u64().unwrap();
    let (short, long) = (tokens("hello").await, tokens(&"hello there ".repeat(100)).await);
    assert!((1..10).contains(&short) && (150..300).contains(&long), "{short} {long}");
    assert_eq!(other.calls(), 0);
    let refused = count("b/m", json!("nonsense")).await;
    assert_eq!((refused.status, refused.json()["type"].as_str()), (400, Some("error")));
}

#[tokio::test]
async fn errors_have_the_shape_of_the_callers_protocol() {
    let busy = Upstream::start(|_| {
        Reply::json(429, &json!({"error": {"message": "slow down", "type": "t", "param": null, "code": "theirs"}}))
            .with_header("retry-after", "100")
    })
    .await;
    let refusing = Upstream::start(|_| {
        Reply::json(400, &json!({"type": "error", "error": {"type": "invalid_request_error", "message": "no such thing"}}))
    })
    .await;
    let gateway = Gateway::start(&format!(
        "providers: {{ {}, {} }}",
        Vendor::OpenAi.yaml("a", &busy),
        Vendor::Anthropic.yaml("b", &refusing)
    ))
    .await;
    let limited = post(&gateway, "/v1/messages", &[], &question("/v1/messages", false)).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "100"));
    let body = limited.json();
    assert_eq!(
        (&body["type"], &body["error"]["type"]),
        (&json!("error"), &json!("rate_limit_error"))
    );
    assert_eq!(body["error"]["message"], "slow down");
    let mut chat = question("/v1/chat/completions", false);
    chat["model"] = "b/m".into();
    let refused = post(&gateway, "/v1/chat/completions", &[], &chat).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"]["message"], "no such thing");
    for (path, body, shape) in [
        ("/v1/messages", json!({"model": "a/m", "max_tokens": 5}), "error"),
        (
            "/v1/messages",
            json!({"model": "nobody/m", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}),
            "error",
        ),
        ("/v1/responses", json!({"model": "a/m"}), ""),
        ("/v1/completions", json!({"model": "a/m", "prompt": ["a", "b"]}), ""),
        ("/v1/chat/completions", json!({"model": "a/m"}), ""),
    ] {
        let answer = post(&gateway, path, &[], &body).await;
        let error = answer.json();
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.body);
        assert_eq!(error["type"].as_str().unwrap_or_default(), shape, "{path}");
        assert!(
            error["error"]["message"].is_string() && error["error"]["type"].is_string(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_conversation_goes_on_with_claude_where_another_model_began_it() {
    let (gateway, upstream) = before(Vendor::Anthropic, "").await;
    let (asked_for, id, fitted) =
        (json!({"role": "user", "content": "Read."}), "f.read:0", "f_read_0");
    let called = |id: &str| json!({"type": "tool_use", "id": id, "name": "read", "input": {}});
    let told = |id: &str| json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "r"}]});
    let thought = json!({"type": "thinking", "thinking": "hm", "signature": ""});
    let mut body = json!({
        "model": "a/claude-sonnet-4-5", "max_tokens": 5000, "thinking": {"type": "enabled", "budget_tokens": 2000},
        "messages": [asked_for, {"role": "assistant", "content": [thought, called(id)]}, told(id)],
    });
    let expected =
        json!([asked_for, {"role": "assistant", "content": [called(fitted)]}, told(fitted)]);
    for path in ["/v1/messages", "/v1/messages/count_tokens"] {
        let answer = post(&gateway, path, &[], &body).await;
        let sent = upstream.requests().pop().unwrap().json();
        assert_eq!((answer.status, &sent["messages"]), (200, &expected), "{path}: {}", answer.body);
        assert_eq!(sent.get("thinking"), None, "{path}: the turn began without");
        if path == "/v1/messages" {
            assert_eq!(answer.header("x-scrimp-dropped"), "thinking");
        }
    }
    body["model"] = "a/another".into();
    post(&gateway, "/v1/messages", &[], &body).await;
    let sent = upstream.requests().pop().unwrap().json();
    assert_eq!(sent["messages"], body["messages"], "only Claude is known to refuse them");
}

#[tokio::test]
async fn an_effort_of_the_whole_answer_asks_bedrock_for_no_thoughts() {
    let (gateway, upstream) = before(Vendor::Bedrock, "").await;
    let body = json!({
        "model": "a/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "max_tokens": 8000, "temperature": 0.3,
        "output_config": {"effort": "low"}, "messages": [{"role": "user", "content": "Hi."}],
    });
    let answer = post(&gateway, "/v1/messages", &[], &body).await;
    assert_eq!(answer.header("x-scrimp-dropped"), "output_config.effort", "{}", answer.body);
    let sent = asked(&upstream).pop().unwrap().json();
    assert_eq!(sent["inferenceConfig"], json!({"maxTokens": 8000, "temperature": 0.3}));
    assert_eq!(sent.get("additionalModelRequestFields"), None);
}

#[tokio::test]
async fn what_a_format_cannot_say_is_named_or_refused() {
    let (gateway, upstream) = before(Vendor::Anthropic, "").await;
    let mut body = question("/v1/chat/completions", false);
    body["seed"] = 7.into();
    body["logit_bias"] = json!({"1": 2});
    let answer = post(&gateway, "/v1/chat/completions", &[], &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let dropped = answer.header("x-scrimp-dropped");
    assert!(dropped.contains("seed") && dropped.contains("logit_bias"), "{dropped}");
    assert!(asked(&upstream)[0].json().get("seed").is_none());
    let mut several = question("/v1/chat/completions", false);
    several["n"] = 2.into();
    let refused = post(&gateway, "/v1/chat/completions", &[], &several).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "unsupported_by_provider"));
    assert_eq!(refused.json()["error"]["param"], "n");
    let (strict, upstream) = before(Vendor::Anthropic, "upstream: { inexpressible: refuse }").await;
    let refused = post(&strict, "/v1/chat/completions", &[], &body).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "unsupported_by_provider"));
    assert_eq!(upstream.calls(), 0);
}

#[tokio::test]
async fn a_plan_leaves_out_targets_that_cannot_be_asked_with_the_reason() {
    let (claude, gpt) = (Upstream::saying("no").await, Upstream::saying("from b").await);
    let gateway = Gateway::start(&format!(
        "providers: {{ {}, {} }}\ntiers: {{ cheap: [a/m, b/m], frontier: [b/z] }}",
        Vendor::Anthropic.yaml("a", &claude),
        Vendor::OpenAi.yaml("b", &gpt)
    ))
    .await;
    let mut body = question("/v1/chat/completions", false);
    body["model"] = "auto:cheap".into();
    body["n"] = 2.into();
    let answer = post(&gateway, "/v1/chat/completions", &[], &body).await;
    assert_eq!((answer.status, answer.header("x-scrimp-model")), (200, "b/m"));
    let reason = answer.header("x-scrimp-reason");
    assert!(reason.contains("skipped a/m: 'n' "), "{reason}");
    assert_eq!(claude.calls(), 0);
}

#[tokio::test]
async fn every_vendor_is_asked_at_its_address_with_its_key() {
    for (vendor, path, header, value) in [
        (Vendor::Azure, "/v1/openai/deployments/m/chat/completions", "api-key", "the-key"),
        (Vendor::Anthropic, "/v1/messages", "x-api-key", "the-key"),
        (Vendor::Gemini, "/v1/models/m:generateContent", "x-goog-api-key", "the-key"),
        (
            Vendor::Vertex,
            "/v1/projects/my-project/locations/here/publishers/google/models/m:generateContent",
            "authorization",
            "Bearer the-token",
        ),
        (
            Vendor::Bedrock,
            "/v1/model/m/converse",
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/",
        ),
    ] {
        let (gateway, upstream) = before(vendor, "cache: { enabled: false }").await;
        for _ in 0..3 {
            let path = "/v1/chat/completions";
            assert_eq!(
                post(&gateway, path, &[], &question(path, false)).await.status,
                200,
                "{vendor:?}"
            );
        }
        let sent = asked(&upstream);
        let expected = path.replace("my-project", &project(vendor));
        assert_eq!(sent[0].path, expected, "{vendor:?}");
        let found = sent[0].headers[header].to_str().unwrap();
        assert!(found.starts_with(value), "{vendor:?}: {found}");
        if vendor == Vendor::Azure {
            assert_eq!(sent[0].query, "api-version=2024-10-21");
        }
        let tokens = upstream.calls() - sent.len();
        assert_eq!(tokens, usize::from(vendor == Vendor::Vertex), "one token serves many requests");
    }
}

/// The project of the service account that the tests use.
fn project(vendor: Vendor) -> String {
    let account: Value =
        serde_json::from_str(include_str!("../fixtures/google-service-account.json")).unwrap();
    match vendor {
        Vendor::Vertex => account["project_id"].as_str().unwrap().to_owned(),
        _ => String::new(),
    }
}

#[tokio::test]
async fn a_model_can_be_looked_at_by_its_name() {
    let upstream = Upstream::saying("ok").await;
    let [a, b] = ["a", "b"].map(|name| Vendor::OpenAi.yaml(name, &upstream));
    let gateway =
        Gateway::start(&format!("providers: {{ {a}, {b} }}\naliases: {{ fast: a/m }}")).await;
    for name in ["fast", "a/m", "a/deep/er", "local"] {
        let answer = gateway.get(&format!("/v1/models/{name}")).await;
        assert_eq!(
            (answer.status, answer.json()["id"].as_str()),
            (200, Some(name)),
            "{}",
            answer.body
        );
    }
    let unknown = gateway.get("/v1/models/nobody/m").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "model_not_found"));
}
