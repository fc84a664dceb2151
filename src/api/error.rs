//! OpenAI's error shape.

use serde_json::{Value, json};

/// An error body. `code` tells ours from a provider's.
pub fn body(kind: &str, code: &str, message: &str, param: Option<&str>) -> Value {
    json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
}

/// The `type` of errors whose cause is a provider.
pub const UPSTREAM: &str = "upstream_error";
