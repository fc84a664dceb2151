//! Events of a stream, as text: <https://platform.claude.com/docs/en/build-with-claude/streaming>.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::answer::text;

/// Adds one event. Its data names its type as well.
pub(super) fn event(kind: &str, data: &Value, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(out, "event: {kind}\ndata: {data}\n\n");
}

/// Adds the start of the content block `index`.
pub(super) fn start(index: u64, block: &Value, out: &mut String) {
    let data = json!({"type": "content_block_start", "index": index, "content_block": block});
    event("content_block_start", &data, out);
}

/// Adds a piece of the content block `index`.
pub(super) fn delta(index: u64, delta: &Value, out: &mut String) {
    let data = json!({"type": "content_block_delta", "index": index, "delta": delta});
    event("content_block_delta", &data, out);
}

/// Adds the end of the content block `index`.
pub(super) fn stop(index: u64, out: &mut String) {
    event("content_block_stop", &json!({"type": "content_block_stop", "index": index}), out);
}

/// Adds all of a content block that is there as a whole. Readers put texts, thoughts and inputs together from pieces, and
/// take all else from the start.
pub(super) fn whole(index: u64, block: &Value, out: &mut String) {
    let mut opening = block.as_object().cloned().unwrap_or_default();
    let deltas = deltas(block, &mut opening);
    start(index, &Value::Object(opening), out);
    deltas.iter().for_each(|piece| delta(index, piece, out));
    stop(index, out);
}

/// The pieces of a block, which are taken out of its start.
fn deltas(block: &Value, opening: &mut Map<String, Value>) -> Vec<Value> {
    let mut deltas = Vec::new();
    let mut empty = |name: &str| {
        opening.insert(name.to_owned(), "".into());
        text(block, name)
    };
    match text(block, "type") {
        "text" => {
            deltas.push(json!({"type": "text_delta", "text": empty("text")}));
            let citations = block.get("citations").and_then(Value::as_array).into_iter().flatten();
            deltas.extend(
                citations.map(|citation| json!({"type": "citations_delta", "citation": citation})),
            );
            if deltas.len() > 1 {
                opening.insert("citations".into(), json!([]));
            }
        }
        "thinking" => {
            deltas.push(json!({"type": "thinking_delta", "thinking": empty("thinking")}));
            deltas.push(json!({"type": "signature_delta", "signature": empty("signature")}));
            deltas.retain(|delta| {
                delta.get("thinking").or(delta.get("signature")) != Some(&json!(""))
            });
        }
        _ => {
            if let Some(input) = block.get("input").filter(|input| input.is_object()) {
                opening.insert("input".into(), json!({}));
                deltas.push(json!({"type": "input_json_delta", "partial_json": input.to_string()}));
            }
        }
    }
    deltas
}
