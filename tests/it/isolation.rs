//! Who shares an answer with whom: requests that differ in anything that can change the answer never do, requests that
//! differ in spelling or transport alone always do.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::support::{Answer, Gateway, Reply, Upstream, chat};

/// One request, as its caller sends it.
#[derive(Clone)]
struct Ask {
    name: String,
    key: Option<&'static str>,
    headers: Vec<(&'static str, &'static str)>,
    body: Value,
}

impl Ask {
    async fn send(&self, gateway: &Gateway) -> Answer {
        let mut request = gateway.post("/v1/chat/completions").body(self.body.to_string());
        if let Some(key) = self.key {
            request = request.bearer_auth(key);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        Gateway::read(request).await
    }
}

/// A provider whose every answer is another, before a gateway that takes nearly any two questions of one partition for
/// the same.
async fn gullible(more: &str) -> (Upstream, Gateway) {
    let count = AtomicUsize::new(0);
    let upstream = Upstream::start(move |_| {
        Reply::text(&format!("answer {}", count.fetch_add(1, Ordering::SeqCst)))
    })
    .await;
    let url = upstream.base_url();
    let yaml = format!(
        "providers: {{ p: {{ type: openai, base_url: \"{url}\" }}, q: {{ type: openai, base_url: \"{url}\" }} }}\n\
         tiers: {{ cheap: [p/small], frontier: [q/large] }}\n\
         aliases: {{ same: p/m, other: p/m3 }}\n{more}"
    );
    let gateway = Gateway::start(&yaml).await;
    (upstream, gateway)
}

const GULLIBLE: &str = "cache: { threshold: 0.1, max_temperature: 2 }";

const QUESTION: &str = "how do I reset the password of my account";

/// Each field with its value in the base request and another one.
fn fields() -> Vec<(&'static str, Value, Value)> {
    let tool = |name: &str, description: &str, kind: &str| {
        json!({"type": "function", "function": {"name": name, "description": description,
               "parameters": {"type": "object", "properties": {"x": {"type": kind}}}}})
    };
    let schema = |name: &str| json!({"type": "json_schema", "json_schema": {"name": "s", "schema": {"required": [name]}}});
    vec![
        ("temperature", json!(0.5), json!(0.25)),
        ("top_p", json!(0.9), json!(0.8)),
        ("top_k", json!(40), json!(41)),
        ("min_p", json!(0.1), json!(0.2)),
        ("frequency_penalty", json!(0.1), json!(0.2)),
        ("presence_penalty", json!(0.1), json!(-0.1)),
        ("repetition_penalty", json!(1.1), json!(1.2)),
        ("logit_bias", json!({"50256": -100}), json!({"50257": -100})),
        ("seed", json!(1), json!(2)),
        ("logprobs", json!(true), json!(false)),
        ("top_logprobs", json!(2), json!(3)),
        ("n", json!(1), json!(2)),
        ("stop", json!("END"), json!(["END"])),
        ("max_tokens", json!(100), json!(101)),
        ("max_completion_tokens", json!(200), json!(201)),
        ("reasoning_effort", json!("low"), json!("high")),
        ("verbosity", json!("low"), json!("high")),
        ("modalities", json!(["text"]), json!(["text", "audio"])),
        (
            "prediction",
            json!({"type": "content", "content": "a"}),
            json!({"type": "content", "content": "b"}),
        ),
        ("parallel_tool_calls", json!(true), json!(false)),
        ("tool_choice", json!("auto"), json!({"type": "function", "function": {"name": "f"}})),
        ("response_format", schema("a"), schema("b")),
        ("web_search_options", json!({}), json!({"search_context_size": "low"})),
        ("functions", json!([{"name": "f"}]), json!([{"name": "g"}])),
        ("brand_new", json!({"a": [1, 2]}), json!({"a": [2, 1]})),
        (
            "tools",
            json!([tool("f", "one", "string"), tool("g", "two", "string")]),
            json!([tool("g", "two", "string"), tool("f", "one", "string")]),
        ),
    ]
}

/// Further values, by place in the base request. A place that is not there yet is added.
fn changes() -> Vec<(&'static str, Value)> {
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    vec![
        ("/model", json!("p/m2")),
        ("/model", json!("q/m")),
        ("/model", json!("other")),
        ("/model", json!("auto")),
        ("/model", json!("auto:cheap")),
        ("/model", json!("auto:frontier")),
        ("/messages/0/content", json!("be long")),
        ("/messages/0/role", json!("developer")),
        ("/messages/1/content", json!("hello there")),
        ("/messages/1/content", text("hello")),
        ("/messages/1/role", json!("assistant")),
        ("/messages/1/name", json!("ann")),
        ("/messages/1/name", json!("bob")),
        ("/messages/2/content", json!("Hi")),
        ("/messages/2/tool_calls", json!([{"id": "t"}])),
        ("/messages/3/content/0/text", json!("look here")),
        ("/messages/3/content/1/image_url/url", json!("data:,b")),
        ("/messages/3/content/1/image_url/detail", json!("low")),
        ("/messages/3/content/1/type", json!("input_image")),
        ("/messages/4", json!({"role": "user", "content": "I see"})),
        ("/messages/5/name", json!("ann")),
        ("/messages/5/content", text(QUESTION)),
        ("/messages/5/role", json!("developer")),
        ("/messages/5/brand_new", json!(1)),
        ("/tools/0/function/name", json!("h")),
        ("/tools/0/function/description", json!("other")),
        ("/tools/0/function/parameters/properties/x/type", json!("number")),
        ("/tools/0/function/strict", json!(true)),
        ("/tool_choice", json!("required")),
        ("/stop", json!("STOP")),
        ("/seed", json!(null)),
        ("/seed", json!("1")),
        ("/openai-beta", json!("v1")),
        ("/chat", json!("p/m")),
    ]
}

fn base() -> Ask {
    let mut body = json!({"model": "p/m", "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": [
            {"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "data:,a"}}]},
        {"role": "assistant", "content": "I see"},
        {"role": "user", "content": QUESTION}]});
    for (name, value, _) in fields() {
        body[name] = value;
    }
    Ask { name: "base".into(), key: Some("ann"), headers: Vec::new(), body }
}

/// The base request with one place changed.
fn changed(place: &str, value: &Value) -> Ask {
    let mut ask = base();
    let (parent, name) = place.rsplit_once('/').unwrap();
    match ask.body.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value.clone(),
        object => object[name] = value.clone(),
    }
    ask.name = format!("{place} = {value}");
    ask
}

/// Every request of the matrix; any two of them differ in something that can change the answer.
fn matrix() -> Vec<Ask> {
    let mut asks = vec![base()];
    for (name, _, other) in fields() {
        let mut without = base();
        without.body.as_object_mut().unwrap().remove(name);
        asks.push(Ask { name: format!("without {name}"), ..without });
        asks.push(changed(&format!("/{name}"), &other));
    }
    asks.extend(changes().iter().map(|(place, value)| changed(place, value)));
    let turns = |name: &str, change: &dyn Fn(&mut Vec<Value>)| {
        let mut ask = Ask { name: name.into(), ..base() };
        change(ask.body["messages"].as_array_mut().unwrap());
        ask
    };
    asks.push(turns("no system prompt", &|turns| drop(turns.remove(0))));
    asks.push(turns("a turn less", &|turns| drop(turns.remove(2))));
    asks.push(turns("a turn twice", &|turns| turns.insert(1, turns[1].clone())));
    asks.push(turns("turns swapped", &|turns| turns.swap(1, 2)));
    asks.push(turns("nothing but the question", &|turns| drop(turns.drain(..5))));
    for (name, key) in [("another key", Some("bob")), ("no key", None)] {
        asks.push(Ask { name: name.into(), key, ..base() });
    }
    for header in [
        ("x-scrimp-scope", "a"),
        ("x-scrimp-scope", "b"),
        ("openai-beta", "v1"),
        ("openai-beta", "v2"),
    ] {
        asks.push(Ask { name: format!("{header:?}"), headers: vec![header], ..base() });
    }
    for context in ["Document one.", "Document two."] {
        let mut ask = changed("/messages/5/content", &json!(format!("{context} {QUESTION}")));
        ask.headers = vec![("x-scrimp-question", QUESTION)];
        asks.push(ask);
    }
    let bare = |name: &str| Ask { name: name.into(), body: chat(QUESTION), ..base() };
    asks.push(bare("nothing but model and question"));
    asks.push(Ask { headers: vec![("openai-beta", "v1")], ..bare("a header and nothing else") });
    let mut field = bare("a field named as that header");
    field.body["openai-beta"] = json!("v1");
    asks.push(field);
    asks
}

#[tokio::test]
async fn requests_that_differ_in_one_thing_never_share_an_answer() {
    let (upstream, gateway) = gullible(GULLIBLE).await;
    let asks = matrix();
    let mut answers: Vec<(String, String)> = Vec::new();
    for ask in &asks {
        let answer = ask.send(&gateway).await;
        assert_eq!(answer.status, 200, "{}: {}", ask.name, answer.body);
        let text = answer.text();
        if let Some((_, other)) = answers.iter().find(|(known, _)| *known == text) {
            panic!("'{}' was served the {} answer to '{other}'", ask.name, answer.cache());
        }
        answers.push((text, ask.name.clone()));
    }
    assert_eq!(upstream.calls(), asks.len());
    for (ask, (text, _)) in asks.iter().zip(&answers) {
        let again = ask.send(&gateway).await;
        assert_eq!((again.cache(), &again.text()), ("exact", text), "{}", ask.name);
    }
    assert!(asks.len() > 100, "{} requests", asks.len());
}

#[tokio::test]
async fn the_matrix_would_notice_a_shared_partition() {
    let (_upstream, gateway) = gullible(GULLIBLE).await;
    let first = base().send(&gateway).await;
    let reworded =
        changed("/messages/5/content", &json!("how can I reset the password of my account"));
    let second = reworded.send(&gateway).await;
    assert_eq!((second.cache(), second.text()), ("semantic", first.text()));
}

#[tokio::test]
async fn requests_that_differ_in_spelling_alone_always_share() {
    let (upstream, gateway) = gullible(GULLIBLE).await;
    let ask = base();
    assert_eq!(ask.send(&gateway).await.cache(), "miss");
    for spelling in SPELLINGS {
        let body = spelling.write(&ask.body);
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["messages"], ask.body["messages"]);
        let request = gateway.post("/v1/chat/completions").bearer_auth("ann").body(body.clone());
        let answer = Gateway::read(request).await;
        assert_eq!((answer.cache(), answer.text().as_str()), ("exact", "answer 0"), "{body}");
    }
    assert_eq!(upstream.calls(), 1);
}

#[tokio::test]
async fn requests_that_differ_in_transport_alone_always_share() {
    let (upstream, gateway) = gullible(GULLIBLE).await;
    base().send(&gateway).await;
    for (place, value) in [
        ("/stream", json!(true)),
        ("/stream", json!(false)),
        ("/stream_options", json!({"include_usage": true})),
        ("/user", json!("u")),
        ("/metadata", json!({"trace": "1"})),
        ("/safety_identifier", json!("u")),
        ("/prompt_cache_key", json!("k")),
        ("/prompt_cache_retention", json!("24h")),
        ("/service_tier", json!("flex")),
        ("/store", json!(false)),
        ("/model", json!("same")),
        ("/model", json!("m")),
    ] {
        let answer = changed(place, &value).send(&gateway).await;
        assert_eq!(
            (answer.cache(), answer.text().as_str()),
            ("exact", "answer 0"),
            "{place}: {value}"
        );
    }
    for header in [
        ("accept", "text/event-stream"),
        ("user-agent", "another"),
        ("x-scrimp-tier", "cheap"),
        ("x-scrimp-session", "s"),
        ("x-stainless-retry-count", "1"),
    ] {
        let answer = Ask { headers: vec![header], ..base() }.send(&gateway).await;
        assert_eq!(answer.cache(), "exact", "{header:?}");
    }
    assert_eq!(upstream.calls(), 1);
    let insisting =
        Ask { headers: vec![("x-scrimp-tier", "cheap")], ..changed("/model", &json!("auto")) };
    assert_eq!(insisting.send(&gateway).await.cache(), "miss");
    assert_eq!(changed("/model", &json!("auto:cheap")).send(&gateway).await.cache(), "exact");
}

#[tokio::test]
async fn a_shared_scope_is_shared_by_all_but_those_who_leave_it() {
    let (_upstream, gateway) = gullible("cache: { threshold: 0.1, scope: shared }").await;
    let as_caller = |key, question: &str| Ask { key, body: chat(question), ..base() };
    as_caller(Some("ann"), QUESTION).send(&gateway).await;
    for key in [Some("bob"), None] {
        assert_eq!(as_caller(key, QUESTION).send(&gateway).await.cache(), "exact");
        let reworded = as_caller(key, "how can I reset the password of my account");
        assert_eq!(reworded.send(&gateway).await.cache(), "semantic");
    }
    let apart = |scope| Ask {
        headers: vec![("x-scrimp-scope", scope)],
        ..as_caller(Some("ann"), QUESTION)
    };
    for scope in ["a", "b"] {
        assert_eq!(apart(scope).send(&gateway).await.cache(), "miss");
        let colleague = Ask { key: Some("bob"), ..apart(scope) };
        assert_eq!(colleague.send(&gateway).await.cache(), "exact");
    }
}

#[tokio::test]
async fn a_header_that_a_rule_routes_by_keeps_answers_apart() {
    let rules = "router: { rules: [ { name: research, header: { x-team: research }, tier: frontier }, \
                 { name: rest, max_tokens: 100000, tier: cheap } ] }";
    let (_upstream, gateway) = gullible(&format!("{GULLIBLE}\n{rules}")).await;
    let ask = |headers| Ask { headers, ..changed("/model", &json!("auto")) };
    let (plain, research) = (ask(Vec::new()), ask(vec![("x-team", "research")]));
    for expected in ["miss", "exact"] {
        let (cheap, frontier) = (plain.send(&gateway).await, research.send(&gateway).await);
        assert_eq!((cheap.cache(), cheap.header("x-scrimp-model")), (expected, "p/small"));
        assert_eq!((frontier.cache(), frontier.header("x-scrimp-model")), (expected, "q/large"));
    }
}

/// A way to write the same JSON.
#[derive(Clone, Copy)]
struct Spelling {
    keys_backwards: bool,
    escaped: bool,
    spaced: bool,
    floats: bool,
}

const PLAIN: Spelling =
    Spelling { keys_backwards: false, escaped: false, spaced: false, floats: false };
const SPELLINGS: [Spelling; 6] = [
    PLAIN,
    Spelling { keys_backwards: true, ..PLAIN },
    Spelling { escaped: true, ..PLAIN },
    Spelling { spaced: true, ..PLAIN },
    Spelling { floats: true, ..PLAIN },
    Spelling { keys_backwards: true, escaped: true, spaced: true, floats: false },
];

/// Fields that we read as whole numbers, and providers do as well.
const COUNTS: [&str; 1] = ["n"];

impl Spelling {
    fn write(self, value: &Value) -> String {
        let mut out = String::new();
        self.append(&mut out, value);
        out
    }

    fn append(self, out: &mut String, value: &Value) {
        let (space, line) = if self.spaced { (" ", "\r\n\t") } else { ("", "") };
        match value {
            Value::String(text) if self.escaped => {
                out.push('"');
                text.encode_utf16().for_each(|unit| write!(out, "\\u{unit:04X}").unwrap());
                out.push('"');
            }
            Value::Number(number) if self.floats => match number.as_i64() {
                Some(whole) => write!(out, "{whole}.0").unwrap(),
                None => write!(out, "{}0e0", number).unwrap(),
            },
            Value::Array(items) => {
                out.push('[');
                for (position, item) in items.iter().enumerate() {
                    out.push_str(if position > 0 { "," } else { "" });
                    out.push_str(line);
                    self.append(out, item);
                }
                out.push_str(space);
                out.push(']');
            }
            Value::Object(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                if self.keys_backwards {
                    entries.reverse();
                }
                out.push('{');
                for (position, (name, item)) in entries.into_iter().enumerate() {
                    out.push_str(if position > 0 { "," } else { "" });
                    out.push_str(line);
                    self.append(out, &Value::from(name.as_str()));
                    write!(out, "{space}:{space}").unwrap();
                    let spelling =
                        Self { floats: self.floats && !COUNTS.contains(&name.as_str()), ..self };
                    spelling.append(out, item);
                }
                out.push_str(space);
                out.push('}');
            }
            other => out.push_str(&other.to_string()),
        }
    }
}
