//! Nothing changes for the client: fields, bytes, statuses, models.

use serde_json::{Value, json};

use crate::support::{Gateway, Reply, Step, Upstream, events, stream_of};

#[tokio::test]
async fn every_field_reaches_the_provider_untouched() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(&upstream, "").await;
    let body = json!({
        "model": "p/org/m", "messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "name": "ann", "content": [
                {"type": "text", "text": "what is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\": 1}"}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "tool", "tool_call_id": "b", "content": "2"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}, "strict": true}}],
        "tool_choice": "auto", "parallel_tool_calls": true, "response_format": {"type": "json_object"},
        "logprobs": true, "top_logprobs": 3, "n": 1, "reasoning_effort": "low", "seed": 7, "temperature": 0.5,
        "verbosity": "low", "brand_new_field": {"nested": [1, 2.50, null]}, "user": "u", "metadata": {"k": "v"},
    });
    let answer = gateway.chat(&body).await;
    assert_eq!(answer.status, 200);
    let mut expected = body;
    expected["model"] = json!("org/m");
    let sent = &upstream.requests()[0];
    assert_eq!(sent.json(), expected);
    assert_eq!(sent.path, "/v1/chat/completions");
    assert_eq!(sent.headers["authorization"], "Bearer upstream-key");

    let spelled = r#"{"model":"p/m","messages":[{"role":"user","content":"caf\u00e9"}],"temperature":0.50,"big":123456789012345678901234567890}"#;
    let answer = Gateway::read(gateway.post("/v1/chat/completions").body(spelled)).await;
    assert_eq!(
        (answer.status, answer.header("cache-status")),
        (200, "scrimp; fwd=bypass; detail=unkeyable")
    );
    assert_eq!(upstream.requests()[1].body, spelled.replace("p/m", "m"));
}

#[tokio::test]
async fn the_answer_is_byte_for_byte_the_providers() {
    let body = "{ \"id\":\"x\", \"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"1\"}}], \"new\": 1.0 }";
    let upstream = Upstream::start(move |_| Reply::Whole {
        status: 200,
        headers: vec![
            ("content-type", "application/json".into()),
            ("x-ratelimit-remaining-requests", "9".into()),
            ("openai-processing-ms", "5".into()),
            ("x-request-id", "theirs".into()),
            ("set-cookie", "a=b".into()),
        ],
        body: body.into(),
    })
    .await;
    let gateway = Gateway::before(&upstream, "").await;
    for expected in ["miss", "exact"] {
        let answer = gateway.ask("hello there").await;
        assert_eq!((answer.cache(), answer.body.as_str()), (expected, body));
    }
    let answer = gateway
        .chat_as(
            "other",
            &[],
            &json!({"model": "p/m", "messages": [{"role": "user", "content": "x"}]}),
        )
        .await;
    assert_eq!(answer.header("x-ratelimit-remaining-requests"), "9");
    assert_eq!(answer.header("openai-processing-ms"), "5");
    assert_eq!(answer.header("x-scrimp-upstream-request-id"), "theirs");
    assert!(answer.header("x-request-id").starts_with("req-"));
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn a_stream_is_the_providers_event_for_event() {
    let chunks = stream_of("one two three");
    let upstream = {
        let chunks = chunks.clone();
        Upstream::start(move |_| Reply::Events(vec![Step::Send(events(&chunks))])).await
    };
    let gateway = Gateway::before(&upstream, "").await;
    let body = |usage: bool| json!({"model": "p/m", "stream": true, "stream_options": {"include_usage": usage}, "messages": [{"role": "user", "content": "hi"}]});
    let with_usage = gateway.chat_as("a", &[], &body(true)).await;
    assert_eq!(with_usage.body.as_bytes(), events(&chunks));
    assert_eq!(with_usage.header("content-type"), "text/event-stream");
    let without = gateway.chat_as("b", &[], &body(false)).await;
    assert_eq!(without.body.as_bytes(), events(&chunks[..chunks.len() - 1]));
    for sent in upstream.requests() {
        assert_eq!(sent.json()["stream_options"]["include_usage"], true);
    }
}

#[tokio::test]
async fn a_refusal_is_the_providers_own() {
    for status in [400, 401, 403, 404, 409, 422] {
        let error =
            json!({"error": {"message": "no", "type": "t", "param": null, "code": "theirs"}});
        let upstream = Upstream::start(move |_| Reply::json(status, &error)).await;
        let gateway = Gateway::before(&upstream, "upstream: { backoff: 1ms }").await;
        let answer = gateway.ask("hello").await;
        assert_eq!((answer.status, answer.code().as_str()), (status, "theirs"));
        assert_eq!(upstream.calls(), 1, "{status} is not worth another try");
        gateway.ask("hello").await;
        assert_eq!(upstream.calls(), 2, "{status} must not be stored");
    }
}

#[tokio::test]
async fn models_are_listed_and_embeddings_come_from_the_local_model() {
    let upstream = Upstream::saying("ok").await;
    let gateway = Gateway::before(
        &upstream,
        "aliases: { fast: p/small }\ntiers: { cheap: [p/small], frontier: [p/large] }",
    )
    .await;
    let models = gateway.get("/v1/models").await.json();
    let names: Vec<&str> = models["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["auto", "auto:cheap", "auto:frontier", "fast", "p/small", "p/large", "local"]
    );

    let embed = async |body: Value| {
        Gateway::read(gateway.post("/v1/embeddings").body(body.to_string())).await
    };
    let answer = embed(json!({"model": "local", "input": ["what is the time", "hello"]})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = answer.json();
    let numbers: Vec<f32> = serde_json::from_value(data["data"][0]["embedding"].clone()).unwrap();
    let length: f32 = numbers.iter().map(|number| number * number).sum();
    assert!((length - 1.0).abs() < 1e-3);
    assert!(data["usage"]["prompt_tokens"].as_u64().unwrap() > 5);
    let coded =
        embed(json!({"model": "local", "input": "what is the time", "encoding_format": "base64"}))
            .await
            .json();
    let bytes = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        coded["data"][0]["embedding"].as_str().unwrap(),
    )
    .unwrap();
    let decoded: Vec<f32> =
        bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    let cosine: f32 = decoded.iter().zip(&numbers).map(|(a, b)| a * b).sum();
    assert!(cosine > 0.9999);
    assert_eq!(upstream.calls(), 0);
    embed(json!({"model": "p/e", "input": "x"})).await;
    assert_eq!(upstream.requests()[0].path, "/v1/embeddings");
    for (body, phrase) in [
        (json!({"model": "local"}), "'input'"),
        (json!({"model": "local", "input": [[1, 2]]}), "token lists"),
        (json!({"model": "local", "input": "x", "dimensions": 7}), "'dimensions' is 7"),
        (json!({"model": "local", "input": "x", "encoding_format": "int8"}), "'float' or 'base64'"),
        (json!({"model": "local", "input": "many words ".repeat(600)}), "reads at most"),
        (json!({"model": "auto", "input": "x"}), "a tier cannot embed"),
    ] {
        let answer = embed(body.clone()).await;
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && message.contains(phrase), "{} {message}", answer.status);
    }
}
