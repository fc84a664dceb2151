//! Requests, answers to them, and what the check says.

mod calls;
mod form;
mod properties;

use serde_json::json;

use super::*;

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
