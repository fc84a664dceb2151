//! Streams: handed on as they come, captured while they pass, replayed to the same answer; what breaks off is said so
//! and not kept.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{
    Answer, Gateway, Reply, Step, Upstream, chat, completion, events, soon, stream_of, streaming,
};

/// A stream of everything that an answer may hold, and the completion that it amounts to.
fn rich() -> (Vec<Value>, Value) {
    let frame = |choices: Value, usage: Value| {
        json!({"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m", "system_fingerprint": "fp",
               "choices": choices, "usage": usage})
    };
    let delta = |delta: Value| {
        frame(
            json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": null}]),
            Value::Null,
        )
    };
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15});
    let call = |call: Value| delta(json!({ "tool_calls": [call] }));
    let chunks = vec![
        delta(json!({"role": "assistant", "content": ""})),
        delta(json!({"reasoning_content": "hm"})),
        delta(json!({"content": "Grüße, "})),
        delta(json!({"content": "世界\n\"quoted\""})),
        call(
            json!({"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}),
        ),
        call(
            json!({"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "{\"y\":"}}),
        ),
        call(json!({"index": 0, "function": {"arguments": "{\"x\":"}})),
        call(json!({"index": 1, "function": {"arguments": "[]}"}})),
        call(json!({"index": 0, "function": {"arguments": "1}"}})),
        frame(
            json!([{"index": 0, "delta": {}, "logprobs": null, "finish_reason": "tool_calls"}]),
            Value::Null,
        ),
        frame(json!([]), usage.clone()),
    ];
    let whole = json!({"id": "c1", "object": "chat.completion", "created": 7, "model": "m", "system_fingerprint": "fp",
        "usage": usage, "choices": [{"index": 0, "finish_reason": "tool_calls", "logprobs": null, "message": {
            "role": "assistant", "content": "Grüße, 世界\n\"quoted\"", "reasoning_content": "hm", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{\"y\":[]}"}}]}}]});
    (chunks, whole)
}

/// The same events with other line ends, a comment and an event name among them.
fn framed(chunks: &[Value], newline: &str) -> Bytes {
    let plain = String::from_utf8(events(chunks).to_vec()).unwrap();
    format!(": ping\n\nevent: message\n{plain}").replace('\n', newline).into()
}

#[tokio::test]
async fn every_cut_of_a_stream_is_handed_on_and_stored_alike() {
    cut_everywhere("\n").await;
}

#[tokio::test]
async fn every_cut_of_a_stream_with_other_line_ends_is_handed_on_and_stored_alike() {
    cut_everywhere("\r\n").await;
}

async fn cut_everywhere(newline: &str) {
    let (chunks, whole) = rich();
    let bytes = framed(&chunks, newline);
    let length = bytes.len();
    let upstream = {
        let bytes = bytes.clone();
        Upstream::start(move |request| {
            let at: usize =
                request.json()["messages"][0]["content"].as_str().unwrap().parse().unwrap();
            let pieces = [bytes.slice(..at), bytes.slice(at..)];
            let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
            Reply::Events(pieces.map(Step::Send).collect())
        })
        .await
    };
    let gateway = Gateway::before(&upstream, "cache: { semantic: false }").await;
    for cut in 0..=length {
        let live = gateway.chat(&streaming(&cut.to_string())).await;
        assert_eq!(live.body.as_bytes(), bytes, "cut at {cut}");
        let stored = gateway.chat(&chat(&cut.to_string())).await;
        assert_eq!((stored.cache(), stored.json()), ("exact", whole.clone()), "cut at {cut}");
    }
    assert_eq!(upstream.calls(), length + 1);
}

#[tokio::test]
async fn a_replayed_stream_has_what_the_live_one_had() {
    let (chunks, _) = rich();
    let upstream = Upstream::start({
        let bytes = events(&chunks);
        move |_| Reply::Events(vec![Step::Send(bytes.clone())])
    })
    .await;
    let gateway = Gateway::before(&upstream, "").await;
    gateway.chat(&streaming("a question")).await;
    let mut without_usage = streaming("a question");
    without_usage.as_object_mut().unwrap().remove("stream_options");
    for (body, usage) in [(streaming("a question"), true), (without_usage, false)] {
        let replayed = gateway.chat(&body).await;
        assert_eq!(replayed.cache(), "exact");
        assert!(replayed.body.ends_with("data: [DONE]\n\n"));
        let events = replayed.events();
        assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
        assert!(
            events
                .iter()
                .all(|event| event["object"] == "chat.completion.chunk" && event["id"] == "c1")
        );
        let ends: Vec<&Value> = events
            .iter()
            .map(|event| &event["choices"][0]["finish_reason"])
            .filter(|end| !end.is_null())
            .collect();
        assert_eq!(ends, ["tool_calls"]);
        assert_eq!(replayed.text(), "Grüße, 世界\n\"quoted\"");
        let calls: Vec<&Value> = events.iter().flat_map(|event| calls(event)).collect();
        assert_eq!(calls.len(), 2);
        assert_eq!(
            (&calls[1]["index"], &calls[1]["function"]["arguments"]),
            (&json!(1), &json!("{\"y\":[]}"))
        );
        let last = events.last().unwrap();
        assert_eq!(last["usage"]["total_tokens"] == 15, usage, "{last}");
        assert_eq!(last["choices"] == json!([]), usage);
    }
    assert_eq!(upstream.calls(), 1);
}

fn calls(event: &Value) -> Vec<&Value> {
    let calls = event["choices"][0]["delta"]["tool_calls"].as_array();
    calls.map(|calls| calls.iter().collect()).unwrap_or_default()
}

/// The stream's bytes up to and with the first text.
fn beginning() -> Step {
    let chunks = stream_of("one two");
    Step::Send(format!("data: {}\n\ndata: {}\n\n", chunks[0], chunks[1]).into())
}

#[tokio::test]
async fn a_chunk_is_out_before_the_next_one_is_in() {
    let signals: Vec<_> = (0..3).map(|_| Arc::new(Notify::new())).collect();
    let chunk = |text: &str| Step::Send(format!("data: {}\n\n", stream_of(text)[1]).into());
    let upstream = Upstream::replying(vec![Reply::Events(vec![
        chunk("first"),
        Step::Wait(signals[0].clone()),
        chunk("second"),
        Step::Wait(signals[1].clone()),
        Step::Send(events(&stream_of("third"))),
        Step::Wait(signals[2].clone()),
    ])])
    .await;
    let gateway = Gateway::before(&upstream, "").await;
    let mut response = soon(gateway.open_chat(&streaming("a question"))).await;
    assert_eq!(response.headers()["x-scrimp-cache"], "miss");
    for (expected, signal) in ["first", "second", "[DONE]"].iter().zip(&signals) {
        let mut seen = String::new();
        while !seen.contains(expected) {
            let piece = soon(response.chunk()).await.unwrap().expect("the stream goes on");
            seen.push_str(std::str::from_utf8(&piece).unwrap());
        }
        signal.notify_one();
    }
    assert_eq!(soon(response.chunk()).await.unwrap(), None);
}

/// What a live stream became for its caller, and whether the next caller finds it stored.
async fn passing(reply: Reply) -> (Answer, bool) {
    let upstream = Upstream::replying(vec![reply]).await;
    let gateway = Gateway::before(&upstream, "").await;
    let live = soon(gateway.chat(&streaming("a question"))).await;
    soon(gateway.chat(&chat("a question"))).await;
    (live, upstream.calls() == 1)
}

#[tokio::test]
async fn what_does_not_end_in_good_order_is_not_stored() {
    let with_finish = |reason: &str| {
        let mut chunks = stream_of("one two");
        let last = chunks.len() - 2;
        chunks[last]["choices"][0]["finish_reason"] = json!(reason);
        events(&chunks)
    };
    let whole = events(&stream_of("one two"));
    let without_done = whole.slice(..whole.len() - "data: [DONE]\n\n".len());
    let without_finish = events(&stream_of("one two")[..2]);
    let error = Bytes::from("data: {\"error\": {\"message\": \"busy\", \"code\": \"theirs\"}}\n\n");
    let send = |bytes: &Bytes| Step::Send(bytes.clone());
    let cases = [
        ("whole", vec![send(&whole)], true),
        ("without [DONE]", vec![send(&without_done)], false),
        ("length", vec![Step::Send(with_finish("length"))], false),
        ("content_filter", vec![Step::Send(with_finish("content_filter"))], false),
        ("no finish reason", vec![send(&without_finish)], false),
        ("an error event", vec![beginning(), send(&error), send(&whole)], false),
    ];
    for (what, steps, expected) in cases {
        let sent: Vec<u8> = steps
            .iter()
            .flat_map(|step| if let Step::Send(bytes) = step { bytes.to_vec() } else { Vec::new() })
            .collect();
        let (live, stored) = passing(Reply::Events(steps)).await;
        assert_eq!(stored, expected, "{what}");
        if what == "an error event" {
            // Handed on as it came; what a provider sends after giving up is no part of the answer.
            assert!(live.body.ends_with(std::str::from_utf8(&error).unwrap()), "{}", live.body);
        } else {
            assert_eq!(live.body.as_bytes(), sent, "{what}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_one_error_event() {
    let half_an_event = Step::Send("data: {\"choices\": [{\"ind".into());
    let cases = [
        ("the connection breaks", vec![beginning(), Step::Break]),
        ("it breaks within an event", vec![beginning(), half_an_event.clone(), Step::Break]),
        ("it ends before the answer does", vec![beginning()]),
        ("it ends within an event", vec![beginning(), half_an_event]),
    ];
    for (what, steps) in cases {
        let (live, stored) = passing(Reply::Events(steps)).await;
        assert_eq!(live.status, 200, "{what}");
        // Every event can be read by a client's parser.
        let events = live.events();
        let errors: Vec<&Value> =
            events.iter().filter(|event| event.get("error").is_some()).collect();
        assert_eq!(errors.len(), 1, "{what}: {}", live.body);
        assert_eq!(events.last(), Some(errors[0]), "{what}");
        let error = &errors[0]["error"];
        assert_eq!(
            (&error["code"], &error["type"]),
            (&json!("upstream_stream_broken"), &json!("upstream_error"))
        );
        assert!(error["message"].is_string() && error["param"].is_null());
        assert!(
            live.body.ends_with("\n\n") && !live.body.contains("[DONE]"),
            "{what}: {}",
            live.body
        );
        assert_eq!(live.text(), "one ", "{what}");
        assert!(!stored, "{what}");
    }
}

#[tokio::test]
async fn a_stream_that_falls_silent_ends_with_an_error_event() {
    let upstream = Upstream::replying(vec![Reply::Events(vec![beginning(), Step::Hang])]).await;
    let gateway = Gateway::before(&upstream, "upstream: { idle_timeout: 50ms }").await;
    let live = soon(gateway.chat(&streaming("a question"))).await;
    assert_eq!(live.events().last().unwrap()["error"]["code"], "upstream_stream_broken");
    soon(upstream.abandoned(1)).await;
    assert_eq!(gateway.metric(IN_FLIGHT).await, 0);
}

#[tokio::test]
async fn a_whole_answer_to_a_stream_request_is_streamed_all_the_same() {
    let upstream = Upstream::replying(vec![Reply::text("one two")]).await;
    let gateway = Gateway::before(&upstream, "").await;
    for expected in ["miss", "exact"] {
        let answer = gateway.chat(&streaming("a question")).await;
        assert_eq!(
            (answer.cache(), answer.header("content-type")),
            (expected, "text/event-stream")
        );
        assert_eq!(answer.text(), "one two");
        assert_eq!(answer.events().last().unwrap()["usage"]["total_tokens"], 15);
        assert!(answer.body.ends_with("data: [DONE]\n\n"));
    }
    let whole = gateway.chat(&chat("a question")).await;
    assert_eq!((whole.cache(), whole.json()), ("exact", completion("one two")));
}

#[tokio::test]
async fn connections_to_the_provider_are_used_again_after_a_stream() {
    let upstream = Upstream::saying("one two").await;
    let gateway = Gateway::before(&upstream, "").await;
    for number in 0..20 {
        gateway.chat(&streaming(&format!("question {number}"))).await;
    }
    assert_eq!(upstream.calls(), 20);
    assert!(upstream.connections() <= 2, "{} connections", upstream.connections());
}

const IN_FLIGHT: &str = "scrimp_in_flight";
