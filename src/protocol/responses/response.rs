//! The `response` object around the items: what it repeats of the request, and how it ended.

use serde_json::{Map, Value, json};

/// How an item or a response stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// It grows.
    InProgress,
    /// It is whole.
    Completed,
    /// It was cut.
    Incomplete,
}

impl Status {
    /// As in `status`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
        }
    }
}

/// A response to `request` in which nothing has happened: fields that the caller did not set have the value that the API
/// gives them. Nothing is stored, so there is nothing that a later request could refer to.
pub(super) fn empty(request: &Map<String, Value>) -> Map<String, Value> {
    let mut response = Map::new();
    for (name, value) in [
        ("object", json!("response")),
        ("background", json!(false)),
        ("error", Value::Null),
        ("incomplete_details", Value::Null),
        ("output", json!([])),
        ("previous_response_id", Value::Null),
        ("store", json!(false)),
        ("usage", Value::Null),
    ] {
        response.insert(name.into(), value);
    }
    for (name, unset) in [
        ("instructions", Value::Null),
        ("max_output_tokens", Value::Null),
        ("max_tool_calls", Value::Null),
        ("metadata", json!({})),
        ("model", json!("")),
        ("parallel_tool_calls", json!(true)),
        ("prompt_cache_key", Value::Null),
        ("safety_identifier", Value::Null),
        ("service_tier", Value::Null),
        ("temperature", json!(1.0)),
        ("tool_choice", json!("auto")),
        ("tools", json!([])),
        ("top_logprobs", json!(0)),
        ("top_p", json!(1.0)),
        ("truncation", json!("disabled")),
        ("user", Value::Null),
    ] {
        let said = request.get(name).filter(|value| !value.is_null());
        response.insert(name.into(), said.cloned().unwrap_or(unset));
    }
    for (name, unset) in [
        ("reasoning", json!({"effort": null, "summary": null})),
        ("text", json!({"format": {"type": "text"}})),
    ] {
        let mut whole = unset;
        if let (Some(whole), Some(Value::Object(said))) = (whole.as_object_mut(), request.get(name))
        {
            let said = said.iter().filter(|(_, value)| !value.is_null());
            whole.extend(said.map(|(name, value)| (name.clone(), value.clone())));
        }
        response.insert(name.into(), whole);
    }
    response
}
