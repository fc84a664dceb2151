//! Requests, answers to them, and what the check says; and answers that nobody would send.

use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::chat::ChatRequest;

fn check(request: &Value) -> Check {
    Check::new(Demands::from_fields(|name| request[name].clone()), Settings::default())
}

/// The kind of the reason to escalate, `""` when the answer stands.
fn kind(request: &Value, completion: &Value) -> &'static str {
    match check(request).verdict(completion.to_string().as_bytes()) {
        Verdict::Stands => "",
        Verdict::Escalate(reason) => reason.kind(),
    }
}

fn finished(reason: &str, message: Value) -> Value {
    json!({"choices": [{"index": 0, "finish_reason": reason, "message": message}]})
}

fn said(text: &str) -> Value {
    finished("stop", json!({"role": "assistant", "content": text}))
}

fn called(name: &str, arguments: &str) -> Value {
    calls(&[(name, arguments)])
}

fn calls(calls: &[(&str, &str)]) -> Value {
    let calls: Vec<_> = calls
        .iter()
        .map(|(name, arguments)| json!({"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}))
        .collect();
    finished("tool_calls", json!({"content": null, "tool_calls": calls}))
}

fn schema(schema: Value) -> Value {
    json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "strict": true, "schema": schema}}})
}

fn person() -> Value {
    schema(json!({
        "type": "object", "required": ["name", "age"], "additionalProperties": false,
        "properties": {
            "name": {"type": "string"}, "age": {"type": "integer", "minimum": 0},
            "born": {"type": "string", "format": "date"}, "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
        },
    }))
}

fn tools() -> Value {
    json!({"tools": [
        {"type": "function", "function": {"name": "weather", "parameters": {
            "type": "object", "required": ["city"], "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}}},
        {"type": "function", "function": {"name": "now"}},
        {"type": "custom", "custom": {"name": "shell"}},
    ]})
}

fn with(mut request: Value, name: &str, value: Value) -> Value {
    request[name] = value;
    request
}

fn logprobs(values: &[Value]) -> Value {
    let mut completion = said("Paris");
    let tokens: Vec<_> =
        values.iter().map(|value| json!({"token": "a", "logprob": value})).collect();
    completion["choices"][0]["logprobs"] = json!({"content": tokens});
    completion
}

#[test]
fn plain_answers_stand_unless_something_is_wrong_with_them() {
    let plain = json!({});
    let text = |content: Value| finished("stop", json!({"content": content}));
    for (request, completion, expected) in [
        (&plain, said("Paris."), ""),
        (&plain, said("4"), ""),
        (&plain, said("{not json"), ""),
        (&plain, said("```rust\nfn main() {}\n```"), ""),
        (&plain, text(json!([{"type": "text", "text": "Paris"}])), ""),
        (&plain, finished("eos", json!({"content": "Paris"})), ""),
        (&plain, finished("stop", json!({"content": null, "audio": {"id": "a"}})), ""),
        (&plain, finished("stop", json!({"content": "", "images": [{"type": "image_url"}]})), ""),
        (&plain, text(json!([{"type": "image_url", "image_url": {}}])), ""),
        (
            &plain,
            finished("stop", json!({"content": "Paris", "refusal": null, "tool_calls": []})),
            "",
        ),
        (
            &plain,
            finished("stop", json!({"content": "Paris", "refusal": "", "tool_calls": null})),
            "",
        ),
        // Nothing, or nothing of use.
        (&plain, said(""), "empty"),
        (&plain, said(" \n\t"), "empty"),
        (&plain, said("\u{200b}\u{feff}\u{0}"), "empty"),
        (&plain, text(json!(null)), "empty"),
        (&plain, text(json!([])), "empty"),
        (&plain, text(json!([{"type": "text", "text": ""}])), "empty"),
        (&plain, text(json!(5)), "empty"),
        (&plain, finished("stop", json!(null)), "empty"),
        (&plain, finished("stop", json!([1, 2])), "empty"),
        (&plain, finished("stop", json!({"content": null, "reasoning_content": "Hm."})), "empty"),
        // Not finished.
        (&plain, finished("length", json!({"content": "Par"})), "truncated"),
        (&plain, finished("max_tokens", json!({"content": "Par"})), "truncated"),
        (&plain, finished("content_filter", json!({"content": "Par"})), "content_filter"),
        (&plain, finished("error", json!({"content": "Par"})), "unfinished"),
        (&plain, finished("brand_new", json!({"content": "Par"})), "unfinished"),
        (&plain, json!({"choices": [{"message": {"content": "Par"}}]}), "unfinished"),
        (
            &plain,
            json!({"choices": [{"finish_reason": null, "message": {"content": "Par"}}]}),
            "unfinished",
        ),
        (
            &plain,
            json!({"choices": [{"finish_reason": 7, "message": {"content": "Par"}}]}),
            "unfinished",
        ),
        // A cut that was asked for, and one that was not.
        (&json!({"max_tokens": 1}), finished("length", json!({"content": "B"})), ""),
        (&json!({"max_completion_tokens": 16}), finished("length", json!({"content": "B"})), ""),
        (&json!({"max_tokens": 1}), finished("length", json!({"content": ""})), "empty"),
        (&json!({"max_tokens": 4096}), finished("length", json!({"content": "B"})), "truncated"),
        (&json!({"max_tokens": -1}), finished("length", json!({"content": "B"})), "truncated"),
        (&json!({"max_tokens": "8"}), finished("length", json!({"content": "B"})), "truncated"),
        (
            &json!({"max_tokens": 8, "response_format": {"type": "json_object"}}),
            finished("length", json!({"content": "{}"})),
            "truncated",
        ),
        // Refusals.
        (&plain, finished("stop", json!({"content": null, "refusal": "I can't."})), "refusal"),
        (&plain, text(json!([{"type": "refusal", "refusal": "No."}])), "refusal"),
        (&plain, said("I'm sorry, but I can't assist with that."), "refusal"),
        (&plain, said("You can't assign twice; use `let mut`."), ""),
        // Loops.
        (&plain, said(&"The sea is deep. ".repeat(40)), "repetition"),
        // No completion.
        (&plain, json!({}), "unreadable"),
        (&plain, json!([]), "unreadable"),
        (&plain, json!({"choices": []}), "unreadable"),
        (&plain, json!({"choices": {"0": {}}}), "unreadable"),
        (&plain, json!({"error": {"message": "busy"}}), "unreadable"),
        (&plain, json!({"choices": [5]}), "unfinished"),
        (&plain, json!({"choices": [null]}), "unfinished"),
    ] {
        assert_eq!(kind(request, &completion), expected, "{request} {completion}");
    }
    for body in [&b""[..], b"<html>", b"{", b"\xff\xfe", b"null", "[".repeat(5000).as_bytes()] {
        assert_eq!(check(&plain).verdict(body), Verdict::Escalate(Reason::Unreadable));
    }
}

#[test]
fn json_has_to_be_what_was_asked_for() {
    let object = json!({"response_format": {"type": "json_object"}});
    let good = r#"{"name": "Ada", "age": 36}"#;
    let deep = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
    for (request, text, expected) in [
        (object.clone(), r#"{"a": 1}"#, ""),
        (object.clone(), " {}\n", ""),
        (object.clone(), "[1]", "not_json"),
        (object.clone(), "null", "not_json"),
        (object.clone(), "```json\n{}\n```", "not_json"),
        (object.clone(), "Here you are: {}", "not_json"),
        (object.clone(), r#"{"a": 1,}"#, "not_json"),
        (object.clone(), r#"{"a": NaN}"#, "not_json"),
        (object.clone(), r#"{"a": "\ud800"}"#, "not_json"),
        (object.clone(), r#"{"a": "\u0000\n\"\\"}"#, ""),
        (object.clone(), r#"{"a": 1e999999}"#, "not_json"),
        (object.clone(), r#"{"a": 1"#, "not_json"),
        (object.clone(), &deep, "not_json"),
        (with(object.clone(), "stop", json!(["}"])), r#"{"a": 1"#, ""),
        (with(object.clone(), "stop", json!("}")), r#"{"a": x"#, "not_json"),
        (with(object.clone(), "stop", json!([])), r#"{"a": 1"#, "not_json"),
        (json!({"response_format": {"type": "text"}}), "{", ""),
        (json!({"response_format": "json"}), "{", ""),
        (json!({"response_format": null}), "{", ""),
        (person(), good, ""),
        (person(), r#"{"name": "Ada"}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": "36"}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": -1}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": 36.0}"#, ""),
        (person(), r#"{"name": "Ada", "age": 36, "more": 1}"#, "schema"),
        (person(), r#"{"name": null, "age": 36}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": 36, "born": "1815-12-10", "code": "GB"}"#, ""),
        (person(), r#"{"name": "Ada", "age": 36, "born": "10 December 1815"}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": 36, "code": "gb"}"#, "schema"),
        (person(), r#"[{"name": "Ada", "age": 36}]"#, "schema"),
        (person(), "Ada is 36.", "not_json"),
        // The schema where other vendors have it; without strict.
        (
            json!({"response_format": {"type": "json_object", "schema": {"required": ["a"]}}}),
            "{}",
            "schema",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {"required": ["a"]}}}}),
            "{}",
            "schema",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}),
            "{}",
            "",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}),
            "x",
            "not_json",
        ),
        (json!({"response_format": {"type": "json_schema", "json_schema": 5}}), "[]", ""),
        // Schemas that are no opinion.
        (schema(json!({"type": "nonsense"})), "{}", ""),
        (schema(json!({"type": 5, "required": "a"})), "{}", ""),
        (schema(json!({"$ref": "https://example.com/schema.json"})), "{}", ""),
        (schema(json!({"$ref": "file:///etc/passwd"})), "{}", ""),
        (schema(json!({"$ref": "#/$defs/none"})), "{}", ""),
        (schema(json!({"$schema": "https://example.com/meta", "type": "array"})), "{}", ""),
        (schema(json!({"pattern": "(?=a)b"})), "\"c\"", ""),
        (schema(json!({"pattern": "((a{1,1000}){1,1000}){1,1000}"})), "\"c\"", ""),
        (schema(json!({"enum": ["x".repeat(200_000)]})), "\"c\"", ""),
        (schema(json!({"$ref": "#"})), "{}", ""),
        (schema(json!([1])), "{}", ""),
    ] {
        assert_eq!(kind(&request, &said(text)), expected, "{request} {text:.80}");
    }
}

#[test]
fn tools_have_to_be_called_as_offered() {
    let required = |name: &str| json!({"type": "function", "function": {"name": name}});
    let one = |choice: Value| with(tools(), "tool_choice", choice);
    let legacy = json!({"functions": [{"name": "f", "parameters": {"required": ["a"]}}]});
    let allowed = |mode: &str| {
        one(
            json!({"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [required("now")]}}),
        )
    };
    let raw = |call: Value| finished("tool_calls", json!({"tool_calls": [call]}));
    for (request, completion, expected) in [
        (tools(), called("weather", r#"{"city": "Paris"}"#), ""),
        (tools(), said("Which city?"), ""),
        (tools(), called("weather", r#"{"city": 7}"#), "arguments_schema"),
        (tools(), called("weather", "{}"), "arguments_schema"),
        (tools(), called("weather", ""), "arguments_schema"),
        (tools(), called("weather", r#"{"city": "Par"#), "arguments_not_json"),
        (tools(), called("weather", "Paris"), "arguments_not_json"),
        (tools(), called("weather", "[\"Paris\"]"), "arguments_not_json"),
        (tools(), called("weather", "null"), "arguments_not_json"),
        (tools(), called("now", ""), ""),
        (tools(), called("now", "{}"), ""),
        (tools(), called("now", "5"), "arguments_not_json"),
        (tools(), called("wether", r#"{"city": "Paris"}"#), "tool_unknown"),
        (tools(), called("", "{}"), "tool_unknown"),
        (json!({}), called("weather", "{}"), "tool_unknown"),
        (tools(), raw(json!({"type": "custom", "custom": {"name": "shell", "input": "ls {"}})), ""),
        (
            tools(),
            raw(
                json!({"type": "function", "function": {"name": "weather", "arguments": {"city": "P"}}}),
            ),
            "arguments_not_json",
        ),
        (tools(), raw(json!({"type": "function", "function": {"name": "now"}})), ""),
        (tools(), raw(json!({"type": "function"})), "tool_unknown"),
        (tools(), raw(json!(null)), "tool_unknown"),
        (
            tools(),
            raw(json!({"function": {"name": ["weather"], "arguments": "{}"}})),
            "tool_unknown",
        ),
        (tools(), finished("stop", json!({"content": "", "tool_calls": {"0": {}}})), "empty"),
        (tools(), calls(&[("weather", r#"{"city": "Paris"}"#), ("now", "")]), ""),
        (tools(), calls(&[("now", ""), ("weather", "{")]), "arguments_not_json"),
        (
            with(tools(), "parallel_tool_calls", json!(false)),
            calls(&[("now", ""), ("now", "")]),
            "tools_parallel",
        ),
        (with(tools(), "parallel_tool_calls", json!(null)), calls(&[("now", ""), ("now", "")]), ""),
        // Who has to be called.
        (one(json!("required")), said("Which city?"), "tool_missing"),
        (one(json!("any")), said("Which city?"), "tool_missing"),
        (one(json!("required")), called("now", ""), ""),
        (one(json!("auto")), said("Which city?"), ""),
        (one(json!("none")), called("now", ""), "tool_unknown"),
        (one(json!("none")), said("It rains."), ""),
        (one(required("weather")), called("now", ""), "tool_missing"),
        (
            one(required("weather")),
            finished(
                "stop",
                json!({"tool_calls": [{"function": {"name": "weather", "arguments": "{\"city\":\"P\"}"}}]}),
            ),
            "",
        ),
        (one(json!({"type": "custom", "custom": {"name": "shell"}})), said("No."), "tool_missing"),
        (one(json!({"type": 5})), said("No."), ""),
        (one(json!(["required"])), said("No."), ""),
        (allowed("auto"), called("weather", r#"{"city": "Paris"}"#), "tool_unknown"),
        (allowed("auto"), said("It is noon."), ""),
        (allowed("required"), said("It is noon."), "tool_missing"),
        (allowed("required"), called("now", ""), ""),
        // Kinds that we do not know, and broken lists.
        (json!({"tools": [{"type": "web_search"}]}), called("web_search", "{}"), ""),
        (json!({"tools": [{"type": "function"}]}), called("a", "{}"), ""),
        (json!({"tools": {"type": "function"}}), called("a", "{}"), "tool_unknown"),
        (
            json!({"tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "nonsense"}}}]}),
            called("a", "{}"),
            "",
        ),
        (
            json!({"tools": [{"type": "function", "function": {"name": "a", "parameters": 5}}]}),
            called("a", "{}"),
            "",
        ),
        // The legacy fields.
        (
            legacy.clone(),
            finished(
                "function_call",
                json!({"function_call": {"name": "f", "arguments": "{\"a\": 1}"}}),
            ),
            "",
        ),
        (
            legacy.clone(),
            finished("function_call", json!({"function_call": {"name": "f", "arguments": "{}"}})),
            "arguments_schema",
        ),
        (with(legacy, "function_call", json!({"name": "f"})), said("No."), "tool_missing"),
        // Who calls a tool owes no JSON.
        (with(tools(), "response_format", json!({"type": "json_object"})), called("now", ""), ""),
        (
            with(tools(), "response_format", json!({"type": "json_object"})),
            said("Noon"),
            "not_json",
        ),
    ] {
        assert_eq!(kind(&request, &completion), expected, "{request} {completion}");
    }
}

#[test]
fn improbable_tokens_escalate() {
    let plain = json!({});
    for (values, expected) in [
        (vec![json!(-0.1), json!(-0.4)], ""),
        (vec![json!(-0.5), json!(-2.5)], "low_logprob"),
        (vec![json!(-9999.0)], "low_logprob"),
        // One of many that was never to be expected.
        ([vec![json!(-0.05); 99], vec![json!(-9999.0)]].concat(), ""),
        (vec![json!(null), json!("x"), json!(-0.1)], ""),
        (vec![json!(null)], ""),
        (vec![], ""),
        (vec![json!(5), json!(-1.9)], ""),
    ] {
        assert_eq!(kind(&plain, &logprobs(&values)), expected, "{values:?}");
    }
    let lost = logprobs(&[json!(-3.0)]);
    let never = Settings { min_logprob: None, ..Settings::default() };
    assert_eq!(Check::new(Demands::default(), never).verdict_on(&lost), Verdict::Stands);
    for odd in [json!(null), json!([]), json!({"content": null}), json!({"content": {"a": 1}})] {
        let mut completion = said("Paris");
        completion["choices"][0]["logprobs"] = odd;
        assert_eq!(kind(&plain, &completion), "");
    }
}

#[test]
fn every_choice_has_to_stand() {
    let mut completion = said("Paris");
    completion["choices"].as_array_mut().unwrap().push(said("")["choices"][0].clone());
    assert_eq!(kind(&json!({}), &completion), "empty");
}

#[test]
fn reasons_name_the_place_and_not_the_content() {
    let request =
        schema(json!({"type": "object", "properties": {"users": {"type": "array", "items": {
        "type": "object", "properties": {"mail": {"type": "string", "maxLength": 5}}}}}}));
    let answer = said(r#"{"users": [{"mail": "a@b.c"}, {"mail": "secret@example.com"}]}"#);
    let Verdict::Escalate(reason) = check(&request).verdict_on(&answer) else { panic!() };
    assert_eq!(
        reason.to_string(),
        "the answer violates 'maxLength' of the schema at /users/1/mail"
    );
    assert_eq!(reason.kind(), "schema");
    let long = schema(json!({"additionalProperties": {"type": "integer"}}));
    let answer = said(&json!({"k".repeat(999): "secret"}).to_string());
    let Verdict::Escalate(reason) = check(&long).verdict_on(&answer) else { panic!() };
    assert!(reason.to_string().len() < 200 && !reason.to_string().contains("secret"));
    let violation = Violation { path: String::new(), keyword: "type".into() };
    assert_eq!(
        Reason::ArgumentsViolate(violation).to_string(),
        "a tool's arguments violate 'type' of the schema"
    );
}

#[test]
fn kinds_are_listed_once_each() {
    let violation = || Violation { path: String::new(), keyword: String::new() };
    let all = [
        Reason::Unreadable,
        Reason::Unfinished,
        Reason::Truncated,
        Reason::Filtered,
        Reason::Refused,
        Reason::Empty,
        Reason::NotJson,
        Reason::SchemaViolated(violation()),
        Reason::ToolUnknown,
        Reason::ToolMissing,
        Reason::ToolsParallel,
        Reason::ArgumentsNotJson,
        Reason::ArgumentsViolate(violation()),
        Reason::Unsure { mean_logprob: -2.0 },
        Reason::Repetitive,
        Reason::Inconsistent,
    ];
    assert_eq!(all.each_ref().map(Reason::kind), Reason::KINDS);
}

#[test]
fn demands_are_read_from_a_request() {
    let mut body = with(tools(), "tool_choice", json!("required"));
    for (name, value) in [
        ("model", json!("auto")),
        ("messages", json!([{"role": "user", "content": "Weather?"}])),
        ("max_tokens", json!(9)),
        ("stop", json!("END")),
    ] {
        body[name] = value;
    }
    let request = ChatRequest::parse(Bytes::from(body.to_string())).unwrap();
    let demands = Demands::of(&request);
    assert!(demands.is_brief && demands.has_stops);
    let check = Check::new(demands, Settings::default());
    assert_eq!(check.verdict_on(&said("No.")), Verdict::Escalate(Reason::ToolMissing));
    assert_eq!(check.verdict_on(&called("now", "{}")), Verdict::Stands);
}

#[test]
fn two_answers_agree_or_not() {
    for (first, second, agrees) in [
        ("Paris", "The capital of France is Paris.", true),
        ("42", "The answer is 42.", true),
        ("42", "The answer is 41.", false),
        ("Yes.", "No.", false),
        (r#"{"a": 1}"#, r#"{"a":1.0}"#, true),
        (r#"{"a": 1}"#, r#"{"a": 2}"#, false),
        ("", "Paris", false),
    ] {
        let expected =
            if agrees { Verdict::Stands } else { Verdict::Escalate(Reason::Inconsistent) };
        assert_eq!(agree(first, second, None), expected, "{first} | {second}");
    }
}

#[test]
fn hostile_schemas_take_no_time() {
    let start = Instant::now();
    let both = json!([{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}]);
    let branch = |leaf: &str| json!({"type": "object", "properties": {"in": {"anyOf": both}, leaf: {"const": 1}}});
    let trees = schema(json!({"$ref": "#/$defs/a", "$defs": {"a": branch("x"), "b": branch("y")}}));
    let nested = |levels: usize, leaf: &str| {
        said(&format!("{}{leaf}{}", r#"{"in":"#.repeat(levels), "}".repeat(levels)))
    };
    assert_eq!(kind(&trees, &nested(30, r#"{"x": 2, "y": 2}"#)), "schema");
    assert_eq!(kind(&trees, &nested(30, "{}")), "");
    assert_eq!(kind(&trees, &nested(120, r#"{"x": 2, "y": 2}"#)), "");
    let links: serde_json::Map<_, _> = (0..40)
        .map(|at| {
            let next = json!({"$ref": format!("#/$defs/{}", at + 1)});
            (at.to_string(), json!({"allOf": [next, next]}))
        })
        .collect();
    let chain = schema(json!({"$ref": "#/$defs/0", "$defs": links}));
    assert_eq!(kind(&chain, &said("1")), "");
    let backtracking = schema(json!({"type": "string", "pattern": "^(a+)+$"}));
    assert_eq!(kind(&backtracking, &said(&format!("\"{}!\"", "a".repeat(20_000)))), "schema");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// JSON with the names that the check looks for, where they belong and where they do not.
fn json_values() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "choices",
        "message",
        "content",
        "finish_reason",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "refusal",
        "logprobs",
        "logprob",
        "type",
        "text",
        "properties",
        "items",
        "$ref",
        "$defs",
        "anyOf",
        "allOf",
        "not",
        "if",
        "required",
        "pattern",
        "enum",
        "tools",
        "tool_choice",
        "response_format",
        "json_schema",
        "schema",
        "stop",
        "$id",
        "$schema",
        "format",
        "minimum",
        "a",
    ]);
    let words = prop::sample::select(vec![
        "stop",
        "length",
        "object",
        "json_schema",
        "json_object",
        "function",
        "required",
        "{}",
        "{\"a\":1}",
        "[",
        "#",
        "#/$defs/a",
        "#/properties/a",
        "a",
        "\u{0}",
        "I can't help with that.",
        "^a",
        "date",
        "http://json-schema.org/draft-07/schema#",
        "https://example.com/",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(names.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_request_and_any_answer_have_a_verdict(request in json_values(), completion in json_values()) {
        kind(&request, &completion);
        kind(&request, &json!({"choices": completion}));
    }

    #[test]
    fn any_schema_has_a_verdict(source in json_values(), value in json_values(), text in any::<String>()) {
        kind(&schema(source.clone()), &said(&value.to_string()));
        kind(&schema(json!({"properties": {"a": source.clone()}, "$defs": {"a": source}})), &said(&text));
    }

    #[test]
    fn any_parts_have_a_verdict(message in json_values(), tool in json_values(), choice in json_values(), logprobs in json_values()) {
        let request = json!({"tools": [tool.clone(), {"type": "function", "function": tool}], "tool_choice": choice});
        let completion = json!({"choices": [{"finish_reason": "stop", "message": message, "logprobs": logprobs}]});
        kind(&request, &completion);
        kind(&request, &finished("stop", json!({"content": message, "tool_calls": [message, {"function": message}]})));
    }

    #[test]
    fn any_bytes_have_a_verdict(body in prop::collection::vec(any::<u8>(), 0..64)) {
        check(&json!({})).verdict(&body);
    }
}
