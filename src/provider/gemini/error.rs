//! Errors in Google's shape.

use std::time::Duration;

use serde_json::{Value, json};

/// The error in `body` in OpenAI's shape; `None` when there is none. For a stream Google sends a list with the one error
/// in it.
///
/// Source: <https://cloud.google.com/apis/design/errors>.
pub fn error(body: &Value) -> Option<Value> {
    let error = match body {
        Value::Array(bodies) => bodies.iter().find_map(|body| body.get("error")),
        body => body.get("error"),
    };
    let error = error.filter(|error| error.is_object())?;
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let status = text("status").or_else(|| by_code(error.get("code")?.as_u64()?));
    let message = text("message");
    if status.is_none() && message.is_none() {
        return None;
    }
    let message = message.unwrap_or("the provider sent an error without a message");
    let kind = status.map_or("server_error", kind);
    Some(json!({"error": {
        "message": message,
        "type": kind,
        "param": violated_field(error),
        "code": status,
    }}))
}

/// How long to wait before the next request. Google says so here (`"retryDelay": "45.8s"`), and in no header.
///
/// Source: <https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto>, `RetryInfo`.
pub fn retry_after(body: &Value) -> Option<Duration> {
    let error = match body {
        Value::Array(bodies) => bodies.iter().find_map(|body| body.get("error"))?,
        body => body.get("error")?,
    };
    let details = error.get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

/// The first field that the request got wrong.
fn violated_field(error: &Value) -> Option<&str> {
    let details = error.get("details")?.as_array()?;
    let violations = details.iter().find_map(|detail| detail.get("fieldViolations")?.as_array())?;
    violations.iter().find_map(|violation| violation.get("field")?.as_str())
}

fn kind(status: &str) -> &'static str {
    match status {
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" | "UNIMPLEMENTED" => {
            "invalid_request_error"
        }
        "UNAUTHENTICATED" => "authentication_error",
        "PERMISSION_DENIED" => "permission_error",
        "NOT_FOUND" => "not_found_error",
        "RESOURCE_EXHAUSTED" => "rate_limit_error",
        _ => "server_error",
    }
}

fn by_code(code: u64) -> Option<&'static str> {
    Some(match code {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_words_and_its_status() {
        let quota = json!({"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}});
        let expected = json!({"error": {"message": "Quota exceeded", "type": "rate_limit_error", "param": null, "code": "RESOURCE_EXHAUSTED"}});
        assert_eq!(error(&quota), Some(expected.clone()));
        assert_eq!(error(&json!([quota])), Some(expected));
        for (body, kind, code) in [
            (json!({"error": {"code": 503, "message": "m"}}), "server_error", json!("UNAVAILABLE")),
            (json!({"error": {"status": "NOT_FOUND"}}), "not_found_error", json!("NOT_FOUND")),
            (json!({"error": {"message": "m"}}), "server_error", json!(null)),
        ] {
            let read = error(&body).unwrap();
            assert_eq!(read["error"]["type"], kind, "{body}");
            assert_eq!(read["error"]["code"], code, "{body}");
        }
    }

    #[test]
    fn other_bodies_are_no_errors() {
        for body in [
            json!(null),
            json!([]),
            json!({"candidates": []}),
            json!({"error": "busy"}),
            json!({"error": {}}),
            json!([{"candidates": []}]),
        ] {
            assert_eq!(error(&body), None, "{body}");
        }
    }
}
