//! Errors: bodies, those within an answer, and events.

use serde_json::{Value, json};

/// An error body in a chat's words; `None` when `body` is none.
pub fn error(body: &Value) -> Option<Value> {
    let error = body.get("error").filter(|error| !error.is_null());
    let bare = || (body.get("object")? == "error").then_some(body);
    error.or_else(bare).map(in_chat)
}

/// The error of a response that failed, or of an `error` event, in a chat's words. Those have a code and no type.
pub(super) fn in_chat(error: &Value) -> Value {
    let field = |name: &str| error.get(name).filter(|value| !value.is_null());
    let message = field("message").or(Some(error)).and_then(Value::as_str);
    let code = field("code");
    // An event's type is that it is one.
    let kind = field("type").and_then(Value::as_str).filter(|kind| *kind != "error");
    let kind = kind.unwrap_or_else(|| kind_of(code.and_then(Value::as_str).unwrap_or_default()));
    json!({"error": {
        "message": message.unwrap_or("the provider sent an error without a message"),
        "type": kind,
        "param": field("param"),
        "code": code,
    }})
}

fn kind_of(code: &str) -> &'static str {
    match code {
        "rate_limit_exceeded" => "rate_limit_error",
        "context_length_exceeded" | "data_residency_mismatch" | "bio_policy" => REQUEST,
        code if code.starts_with("invalid_") || code.contains("image") => REQUEST,
        _ => "server_error",
    }
}

const REQUEST: &str = "invalid_request_error";
