//! Whatever comes in, what goes out is an error in OpenAI's shape that says what is wrong, and the server goes on.

use serde_json::{Value, json};

use crate::support::{Answer, Connection, Gateway, Reply, Upstream, chat, soon};

/// The error is one that OpenAI's clients can read; its message.
fn assert_shape(answer: &Answer, what: &str) -> String {
    assert_eq!(answer.header("content-type"), "application/json", "{what}: {}", answer.body);
    assert!(answer.header("x-request-id").starts_with("req-"), "{what}");
    let body = answer.json();
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["error"], "{what}");
    let mut fields: Vec<&String> = body["error"].as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["code", "message", "param", "type"], "{what}");
    assert!(body["error"]["type"].is_string() && body["error"]["code"].is_string(), "{what}");
    body["error"]["message"].as_str().unwrap().to_owned()
}

async fn gateway() -> (Upstream, Gateway) {
    let upstream = Upstream::start(|_| Reply::text("ok")).await;
    let url = upstream.base_url();
    let gateway = Gateway::start(&format!(
        "providers: {{ openai: {{ base_url: \"{url}\" }}, vllm: {{ type: openai, base_url: \"{url}\" }} }}\n\
         aliases: {{ fast: openai/gpt-small }}"
    ))
    .await;
    (upstream, gateway)
}

#[tokio::test]
async fn bad_bodies_are_refused_with_what_is_wrong_and_where() {
    let (upstream, gateway) = gateway().await;
    let with = |name: &str, value: Value| {
        let mut body = chat("a question");
        body["model"] = json!("fast");
        body[name] = value;
        body.to_string().into_bytes()
    };
    let turns = |turns: Value| with("messages", turns);
    let cases: Vec<(Vec<u8>, u16, &str, Value, &str)> = vec![
        (b"".to_vec(), 400, "invalid_body", json!(null), "not a JSON object"),
        (b"hello".to_vec(), 400, "invalid_body", json!(null), "not a JSON object"),
        (b"[1]".to_vec(), 400, "invalid_body", json!(null), "expected a JSON object"),
        (b"{\"model\": \"fast\", ".to_vec(), 400, "invalid_body", json!(null), "EOF"),
        (b"{\"model\": \"fast\"} x".to_vec(), 400, "invalid_body", json!(null), "trailing"),
        (b"{\"model\": \"\xff\"}".to_vec(), 400, "invalid_body", json!(null), "not valid UTF-8"),
        (
            br#"{"model": "fast", "model": "fast"}"#.to_vec(),
            400,
            "invalid_body",
            json!(null),
            "'model' appears twice",
        ),
        (
            br#"{"messages": [{"role": "user"}]}"#.to_vec(),
            400,
            "invalid_body",
            json!("model"),
            "'model' is required",
        ),
        (
            br#"{"model": "fast"}"#.to_vec(),
            400,
            "invalid_body",
            json!("messages"),
            "'messages' is required",
        ),
        (with("model", json!(5)), 400, "invalid_body", json!("model"), "expected a string"),
        (with("model", json!("nope")), 404, "model_not_found", json!("model"), "openai, vllm"),
        (
            with("model", json!("fasst")),
            404,
            "model_not_found",
            json!("model"),
            "did you mean 'fast'?",
        ),
        (with("model", json!("")), 404, "model_not_found", json!("model"), "provider/model"),
        (with("model", json!("auto")), 404, "model_not_found", json!("model"), "tiers.cheap"),
        (turns(json!("hi")), 400, "invalid_body", json!("messages"), "expected a sequence"),
        (turns(json!([])), 400, "invalid_body", json!("messages"), "at least one message"),
        (turns(json!(["hi"])), 400, "invalid_body", json!("messages[0]"), "expected"),
        (
            turns(json!([{"content": "x"}])),
            400,
            "invalid_body",
            json!("messages[0]"),
            "missing field `role`",
        ),
        (
            turns(json!([{"role": "user", "content": "x"}, {"role": 5}])),
            400,
            "invalid_body",
            json!("messages[1]"),
            "expected a string",
        ),
        (
            turns(json!([{"role": "user", "content": 5}])),
            400,
            "invalid_body",
            json!("messages[0]"),
            "'content' must be text or a list of parts",
        ),
        (
            turns(json!([{"role": "user", "content": [{"text": "x"}]}])),
            400,
            "invalid_body",
            json!("messages[0]"),
            "'content' must be text or a list of parts",
        ),
        (with("stream", json!("yes")), 400, "invalid_body", json!("stream"), "expected a boolean"),
        (
            with("stream_options", json!(1)),
            400,
            "invalid_body",
            json!("stream_options"),
            "invalid type",
        ),
        (with("n", json!(0)), 400, "invalid_body", json!("n"), "at least 1"),
        (with("n", json!(-1)), 400, "invalid_body", json!("n"), "invalid value"),
        (with("n", json!("two")), 400, "invalid_body", json!("n"), "invalid type"),
        (
            with("temperature", json!("hot")),
            400,
            "invalid_body",
            json!("temperature"),
            "invalid type",
        ),
        (with("tools", json!({})), 400, "invalid_body", json!("tools"), "expected a sequence"),
        (
            with("response_format", json!("json")),
            400,
            "invalid_body",
            json!("response_format"),
            "invalid type",
        ),
        (with("store", json!(1)), 400, "invalid_body", json!("store"), "expected a boolean"),
    ];
    for (body, status, code, param, phrase) in cases {
        let what = String::from_utf8_lossy(&body).into_owned();
        let answer = soon(Gateway::read(gateway.post("/v1/chat/completions").body(body))).await;
        let message = assert_shape(&answer, &what);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{what}: {message}");
        assert_eq!(answer.json()["error"]["param"], param, "{what}: {message}");
        assert!(message.contains(phrase), "{what}: {message}");
    }
    assert_eq!(upstream.calls(), 0);
    assert_eq!(gateway.metric("scrimp_in_flight").await, 0);
}

#[tokio::test]
async fn bad_headers_are_refused_with_their_name() {
    let (upstream, gateway) = gateway().await;
    for (name, value) in [
        ("cache-control", "max-age=soon"),
        ("x-scrimp-ttl", "1h"),
        ("x-scrimp-tier", "best"),
        ("x-scrimp-max-wrong", "lots"),
        ("x-scrimp-scope", ""),
    ] {
        let mut body = chat("a question");
        body["model"] = json!("fast");
        let answer = gateway.chat_as("k", &[(name, value)], &body).await;
        let message = assert_shape(&answer, name);
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_header"), "{name}");
        assert!(answer.json()["error"]["param"] == name && message.contains(name), "{message}");
    }
    assert_eq!(upstream.calls(), 0);
}

#[tokio::test]
async fn nesting_of_any_depth_is_survived() {
    let (_upstream, gateway) = gateway().await;
    for depth in [200, 100_000] {
        let nested = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        for (place, status) in [
            // Where we do not look it is the provider's affair, and nothing is matched or stored.
            (r#""brand_new": NESTED"#, 200),
            (r#""metadata": {"a": NESTED}"#, 200),
            (r#""tools": [NESTED]"#, 200),
            (r#""stop": NESTED"#, 200),
            (r#""stream_options": {"a": NESTED}"#, 200),
            (r#""response_format": {"type": "json_schema", "a": NESTED}"#, 200),
            (r#""temperature": NESTED"#, 400),
            (r#""n": NESTED"#, 400),
        ] {
            for value in [&nested, &objects] {
                let rest = place.replace("NESTED", value);
                let body = format!(
                    r#"{{"model": "fast", "messages": [{{"role": "user", "content": "q"}}], {rest}}}"#
                );
                let answer =
                    soon(Gateway::read(gateway.post("/v1/chat/completions").body(body))).await;
                assert_eq!(answer.status, status, "{depth} levels in {place}: {}", answer.body);
            }
        }
        for (turn, status) in [
            (r#"{"role": "user", "content": NESTED}"#, 400),
            (r#"{"role": "user", "content": "q", "brand_new": NESTED}"#, 200),
        ] {
            let turn = turn.replace("NESTED", &nested);
            let body = format!(r#"{{"model": "fast", "messages": [{turn}]}}"#);
            let answer = soon(Gateway::read(gateway.post("/v1/chat/completions").body(body))).await;
            assert_eq!(answer.status, status, "{depth} levels: {}", answer.body);
        }
        let bare = soon(Gateway::read(gateway.post("/v1/chat/completions").body(nested))).await;
        assert_eq!(bare.status, 400);
    }
    assert_eq!(gateway.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn wrong_paths_and_methods_say_what_there_is() {
    let (_upstream, gateway) = gateway().await;
    let client = reqwest::Client::new();
    for (method, path, status, code) in [
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("PUT", "/v1/embeddings", 405, "method_not_allowed"),
        ("POST", "/v1/models", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("DELETE", "/readyz", 405, "method_not_allowed"),
        ("GET", "/", 404, "unknown_url"),
        ("POST", "/v1/chat/completions/", 404, "unknown_url"),
        ("POST", "/chat/completions", 404, "unknown_url"),
        ("GET", "/metrics", 404, "unknown_url"),
    ] {
        let url = format!("{}{path}", gateway.url());
        let answer = Gateway::read(client.request(method.parse().unwrap(), url)).await;
        let message = assert_shape(&answer, path);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path}");
        assert!(message.contains(path), "{message}");
    }
}

#[tokio::test]
async fn callers_without_a_known_key_are_turned_away() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, "keys: { ci: secret-key-1 }").await;
    let ask = async |authorization: Option<&str>| {
        let request = gateway.post("/v1/chat/completions").body(chat("a question").to_string());
        let request = match authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        };
        Gateway::read(request).await
    };
    for (authorization, phrase) in [
        (None, "no API key was sent"),
        (Some("Bearer "), "no API key was sent"),
        (Some("Basic secret-key-1"), "no API key was sent"),
        (Some("Bearer secret-key-2"), "not known here"),
        (Some("Bearer secret-key-1x"), "not known here"),
    ] {
        let answer = ask(authorization).await;
        let message = assert_shape(&answer, phrase);
        assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_api_key"));
        assert!(message.contains(phrase) && !message.contains("secret"), "{message}");
    }
    assert_eq!(gateway.get("/v1/models").await.status, 401);
    assert_eq!(gateway.get("/healthz").await.status, 200);
    assert_eq!(upstream.calls(), 0);
    assert_eq!(ask(Some("Bearer secret-key-1")).await.status, 200);
}

#[tokio::test]
async fn what_is_no_http_does_no_harm() {
    let (_upstream, gateway) = gateway().await;
    let chunk_of_nonsense =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01"[..],
        b"hello\r\n\r\n",
        b"GET\0 / HTTP/1.1\r\n\r\n",
        chunk_of_nonsense.as_bytes(),
    ] {
        let mut connection = Connection::open(&gateway).await;
        connection.send(bytes).await;
        let answer = connection.into_end().await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    let mut body = chat("still there?");
    body["model"] = json!("fast");
    assert_eq!(gateway.chat(&body).await.text(), "ok");
}
