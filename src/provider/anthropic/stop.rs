//! Why an answer ended.

use serde_json::{Map, Value, json};

/// A choice's `finish_reason` for a `stop_reason`; null for one that is missing or that we do not know: such an answer
/// must not be taken for whole.
///
/// Source: <https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons>.
pub(super) fn finish_reason(stop_reason: &Value) -> Value {
    match stop_reason.as_str() {
        Some("end_turn" | "stop_sequence") => json!("stop"),
        // A paused turn goes on when it is sent back: what is there is a beginning.
        Some("max_tokens" | "model_context_window_exceeded" | "pause_turn") => json!("length"),
        Some("tool_use") => json!("tool_calls"),
        Some("refusal") => json!("content_filter"),
        _ => Value::Null,
    }
}

/// What a refusal says of itself, when it says something.
pub(super) fn refusal(delta: &Map<String, Value>) -> Option<&str> {
    delta.get("stop_details")?.get("explanation")?.as_str()
}
