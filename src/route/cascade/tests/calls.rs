//! Answers that call tools.

use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::api::chat::ChatRequest;

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
