//! An answer in one piece, and errors.

use serde_json::{Map, Value, json};

use super::{draft::Draft, events::Events};

/// A `chat.completion` as the `response` to `request`, which is the caller's own: a response repeats much of it.
pub fn answer(completion: &Value, request: &Map<String, Value>) -> Value {
    let mut unseen = Events { out: None, sequence: &mut 0 };
    let mut draft = Draft::new(request);
    draft.begin(completion);
    draft.take(completion, "message", &mut unseen);
    let status = draft.close(&mut unseen);
    draft.response(status)
}

/// An error body: the same as that of chat completions.
pub fn error(_status: u16, error: &Value) -> Value {
    match error.get("error") {
        Some(_) => error.clone(),
        None => json!({"error": error}),
    }
}
