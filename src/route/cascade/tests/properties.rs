//! Requests and answers that nobody would send.

use proptest::prelude::*;
use serde_json::json;

use super::*;

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
