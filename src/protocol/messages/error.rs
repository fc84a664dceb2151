//! Errors in this protocol's shape: <https://platform.claude.com/docs/en/api/errors>.

use serde_json::{Map, Value, json};

use super::state::THREAD;

/// The body for an error with this HTTP status. `code` and `param` are no fields of Anthropic's; they are kept, so that
/// our own limits can be told from a provider's.
pub fn error(status: u16, error: &Value) -> Value {
    body(kind_of(status), error)
}

/// The same within a stream, where there is no status: Anthropic's own types are kept, and what is known of others.
pub(super) fn in_stream(error: &Value) -> Value {
    let text = |path: &str| error.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let kind = text("/error/type");
    let own = KINDS.iter().find(|known| **known == kind);
    let alike = || match (kind, text("/error/code")) {
        ("tokens" | "requests" | "rate_limit_exceeded" | "insufficient_quota", _) => {
            "rate_limit_error"
        }
        // Google's name of it, and Amazon's.
        ("service_unavailable" | "server_overloaded", _)
        | (_, "UNAVAILABLE" | "ServiceUnavailableException") => "overloaded_error",
        _ => "api_error",
    };
    body(own.copied().unwrap_or_else(alike), error)
}

const KINDS: &[&str] = &[
    "api_error",
    "authentication_error",
    "billing_error",
    "invalid_request_error",
    "not_found_error",
    "overloaded_error",
    "permission_error",
    "rate_limit_error",
    "request_too_large",
    "timeout_error",
];

fn kind_of(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        408 | 504 => "timeout_error",
        503 | 529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

fn body(kind: &str, error: &Value) -> Value {
    let known = error.get("error").unwrap_or(error);
    let message = known.get("message").or(Some(known)).and_then(Value::as_str);
    let mut fields = Map::new();
    fields.insert("type".into(), kind.into());
    fields.insert("message".into(), message.unwrap_or("something went wrong").into());
    for name in ["code", "param"] {
        if let Some(value) = known.get(name).filter(|value| !value.is_null()) {
            fields.insert(name.into(), value.clone());
        }
    }
    if fields.get("param").is_some_and(|param| param == THREAD) {
        // By this the official clients know that they have to send the whole conversation.
        let details = json!({"error_code": "thread_unsupported_request", "unsupported": []});
        fields.insert("details".into(), details);
    }
    let mut body = Map::new();
    body.insert("type".into(), "error".into());
    body.insert("error".into(), Value::Object(fields));
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_follows_the_status() {
        for (status, kind) in [
            (400, "invalid_request_error"),
            (401, "authentication_error"),
            (402, "billing_error"),
            (403, "permission_error"),
            (404, "not_found_error"),
            (408, "timeout_error"),
            (413, "request_too_large"),
            (422, "invalid_request_error"),
            (429, "rate_limit_error"),
            (500, "api_error"),
            (502, "api_error"),
            (503, "overloaded_error"),
            (504, "timeout_error"),
            (529, "overloaded_error"),
        ] {
            let given = json!({"error": {"message": "no", "type": "x", "param": null, "code": "budget_exceeded"}});
            let expected = json!({"type": "error", "error": {"type": kind, "message": "no", "code": "budget_exceeded"}});
            assert_eq!(error(status, &given), expected);
        }
    }

    #[test]
    fn within_a_stream_the_type_is_the_provider_s_where_it_is_one_of_the_protocol() {
        for (given, kind) in [
            (json!({"error": {"type": "overloaded_error", "message": "m"}}), "overloaded_error"),
            (json!({"error": {"type": "insufficient_quota", "message": "m"}}), "rate_limit_error"),
            (json!({"error": {"type": "upstream_error", "message": "m"}}), "api_error"),
            (
                json!({"error": {"type": "server_error", "message": "m", "code": "UNAVAILABLE"}}),
                "overloaded_error",
            ),
            (json!({"error": "m"}), "api_error"),
        ] {
            let error = &in_stream(&given)["error"];
            assert_eq!((&error["type"], &error["message"]), (&json!(kind), &json!("m")));
        }
    }
}
