//! What ties a request to one provider: a conversation that it keeps.

use serde_json::{Map, Value};

/// The field by which a request leans on what its provider keeps; `None` when it brings all that it needs. With one, no
/// other provider can answer it: it would see new turns without those before them, and without system prompt and tools.
/// Each answer can be continued once, so none may come from the cache.
///
/// See <https://platform.claude.com/docs/en/build-with-claude/message-threads>.
pub fn state(request: &Map<String, Value>) -> Option<&'static str> {
    let thread = request.get(THREAD)?;
    (!matches!(thread, Value::Null | Value::Bool(false))).then_some(THREAD)
}

/// The field's name.
pub(super) const THREAD: &str = "thread";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_thread_is_kept_by_the_provider() {
        for (request, expected) in [
            (json!({"thread": {"type": "create"}}), Some("thread")),
            (json!({"thread": {"type": "continue", "previous_message_id": "m"}}), Some("thread")),
            (json!({"thread": null}), None),
            (json!({"thread": false}), None),
            (json!({}), None),
        ] {
            assert_eq!(state(request.as_object().unwrap()), expected, "{request}");
        }
    }
}
