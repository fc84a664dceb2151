//! Bedrock's errors to OpenAI's.
//!
//! The body has a message; what it is, a header says (`x-amzn-errortype`), or the exception's name in a stream.
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html>

use serde_json::{Value, json};

/// An error body, and what the header says of it. `None` if it is neither.
pub fn error(body: &Value, kind: Option<&str>) -> Option<Value> {
    let kind = kind.or_else(|| named(body)).map(short).filter(|kind| !kind.is_empty());
    let message = message(body);
    if body.get("output").is_some() || (message.is_none() && kind.is_none()) {
        return None;
    }
    let code = kind.as_deref();
    Some(json!({"error": {
        "message": message.or(code),
        "type": type_of(code.unwrap_or_default()),
        "param": null,
        "code": code,
    }}))
}

/// What a body says is wrong.
pub(super) fn message(body: &Value) -> Option<&str> {
    let said = ["message", "Message", "originalMessage"]
        .into_iter()
        .find_map(|name| body.get(name)?.as_str());
    said.filter(|message| !message.is_empty())
}

/// The name of the exception where the body holds it, as errors of the service's front do.
pub(super) fn named(body: &Value) -> Option<&str> {
    body.get("__type").or_else(|| body.get("Output")?.get("__type"))?.as_str()
}

/// `ThrottlingException` of `com.amazon#ThrottlingException:http://…` or of `throttlingException`.
fn short(kind: &str) -> String {
    let kind = kind.split(':').next().unwrap_or_default();
    let kind = kind.rsplit('#').next().unwrap_or_default().trim();
    let mut letters = kind.chars();
    match letters.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + letters.as_str(),
        None => String::new(),
    }
}

fn type_of(kind: &str) -> &'static str {
    match kind {
        "ThrottlingException" | "ServiceQuotaExceededException" | "ModelNotReadyException" => {
            "rate_limit_error"
        }
        "ValidationException" | "ResourceNotFoundException" => "invalid_request_error",
        "AccessDeniedException" => "permission_error",
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "IncompleteSignatureException"
        | "MissingAuthenticationTokenException" => "authentication_error",
        _ => "server_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_known_by_its_body_or_its_header() {
        for (body, kind, expected) in [
            (
                json!({"message": "Too many requests"}),
                Some("ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/"),
                Some(("Too many requests", "rate_limit_error", json!("ThrottlingException"))),
            ),
            (json!({"message": "?"}), None, Some(("?", "server_error", json!(null)))),
            (
                json!({"Message": "Authentication failed: Please make sure your API Key is valid."}),
                Some("AccessDeniedException"),
                Some((
                    "Authentication failed: Please make sure your API Key is valid.",
                    "permission_error",
                    json!("AccessDeniedException"),
                )),
            ),
            (
                json!({"Output": {"__type": "com.amazon.coral.service#UnknownOperationException"}, "Version": "1.0"}),
                None,
                Some((
                    "UnknownOperationException",
                    "server_error",
                    json!("UnknownOperationException"),
                )),
            ),
            (
                json!("<html>"),
                Some("validationException"),
                Some((
                    "ValidationException",
                    "invalid_request_error",
                    json!("ValidationException"),
                )),
            ),
            (json!({"output": {}, "message": "x"}), None, None),
            (json!({"message": ""}), None, None),
            (json!([]), Some(":"), None),
        ] {
            let expected = expected.map(|(message, kind, code)| {
                json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
            });
            assert_eq!(error(&body, kind), expected, "{body}");
        }
    }
}
