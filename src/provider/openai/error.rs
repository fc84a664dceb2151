//! Errors in OpenAI's shape.

use serde_json::{Value, json};

/// The error in a body as `{"error": {"message", "type", "param", "code"}}`, whatever else it holds; `None` where there is
/// none. Vendors also write `{"error": "text"}`, and `{"message": "text"}` or `{"detail": "text"}` without any frame.
pub fn error(body: &Value) -> Option<Value> {
    match body.get("error") {
        Some(Value::Object(error)) => Some(json!({ "error": error })),
        Some(Value::String(text)) => Some(framed(text)),
        Some(Value::Null) | None => None,
        Some(other) => Some(framed(&other.to_string())),
    }
    .or_else(|| {
        let is_answer =
            body.get("choices").is_some() || body.get("object").is_some_and(|it| it != "error");
        let text = ["message", "detail"].into_iter().find_map(|name| body.get(name)?.as_str());
        text.filter(|_| !is_answer).map(framed)
    })
}

/// The message of an error in this shape.
pub fn error_message(error: &Value) -> String {
    let error = error.get("error").unwrap_or(error);
    let message = error.get("message").and_then(Value::as_str).or(error.as_str());
    message.unwrap_or("the provider sent an error without a message").to_owned()
}

fn framed(message: &str) -> Value {
    json!({"error": {"message": message, "type": null, "param": null, "code": null}})
}
