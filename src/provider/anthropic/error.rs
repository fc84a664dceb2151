//! An error body in OpenAI's shape.

use serde_json::{Value, json};

/// The error that `body` tells of; `None` when it is none of this API.
///
/// The type stays Anthropic's (`overloaded_error`, `rate_limit_error`, …); newer errors have a code of their own in
/// `details.error_code`. Source: <https://platform.claude.com/docs/en/api/errors>.
pub fn error(body: &Value) -> Option<Value> {
    let error = body.get("error")?;
    let message = error.get("message")?.as_str()?;
    let text = |name: &str| error.get(name).filter(|value| value.is_string());
    let code = error.get("details").and_then(|details| details.get("error_code"));
    let code = code.filter(|code| code.is_string()).or_else(|| text("code"));
    Some(json!({"error": {
        "message": message,
        "type": text("type"),
        "param": text("param"),
        "code": code,
    }}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_keep_their_type_and_code() {
        for (body, expected) in [
            (
                json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}),
                Some(
                    json!({"message": "Overloaded", "type": "overloaded_error", "param": null, "code": null}),
                ),
            ),
            (
                json!({"type": "error", "error": {"type": "invalid_request_error", "message": "no", "details": {"error_code": "x"}}}),
                Some(
                    json!({"message": "no", "type": "invalid_request_error", "param": null, "code": "x"}),
                ),
            ),
            (json!({"type": "message", "content": []}), None),
            (json!({"error": "busy"}), None),
            (json!("busy"), None),
        ] {
            assert_eq!(error(&body), expected.map(|error| json!({"error": error})), "{body}");
        }
    }
}
