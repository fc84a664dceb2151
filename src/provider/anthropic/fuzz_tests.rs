//! Nothing that a client or a provider sends makes the translation panic.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Reader, completion, error, request, said};
use crate::{
    api::{assemble::Assembler, sse::Event},
    provider::{Piece, Stamp},
};

/// JSON made of `words`, which are those of what reads it, so that it gets past the first look.
pub(crate) fn json_of(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let word = prop::sample::select(words);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
        Just(json!("data:image/png;base64,AA==")),
        Just(json!("{\"x\": 1}")),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let fields = prop::collection::vec((prop::sample::select(words), inner.clone()), 0..8);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            fields.prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

const WORDS: &[&str] = &[
    "",
    "additionalProperties",
    "anyOf",
    "arguments",
    "assistant",
    "cache_control",
    "citations",
    "claude-opus-4-8",
    "content",
    "content_block",
    "content_block_delta",
    "content_block_start",
    "content_block_stop",
    "content_blocks",
    "delta",
    "end_turn",
    "error",
    "file",
    "file_data",
    "function",
    "id",
    "image_url",
    "index",
    "input",
    "input_json_delta",
    "is_error",
    "items",
    "iterations",
    "json_schema",
    "message",
    "message_delta",
    "message_start",
    "message_stop",
    "messages",
    "model",
    "name",
    "object",
    "output_config",
    "output_tokens",
    "parameters",
    "partial_json",
    "properties",
    "reasoning_effort",
    "required",
    "response_format",
    "role",
    "schema",
    "signature",
    "source",
    "stop",
    "stop_reason",
    "stop_sequence",
    "strict",
    "system",
    "temperature",
    "text",
    "text_delta",
    "thinking",
    "thinking_blocks",
    "thinking_delta",
    "tool",
    "tool_call_id",
    "tool_calls",
    "tool_choice",
    "tool_use",
    "tools",
    "top_p",
    "type",
    "url",
    "usage",
    "user",
];

fn stamp() -> Stamp {
    Stamp { id: "c".into(), created: 1, model: "m".into() }
}

/// A stream of events, more or less in order.
fn events() -> impl Strategy<Value = Vec<Value>> {
    let index = 0u64..3;
    let kinds = prop::sample::select(
        &["text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "new"][..],
    );
    let deltas = prop::sample::select(
        &[
            "text_delta",
            "thinking_delta",
            "signature_delta",
            "input_json_delta",
            "citations_delta",
            "new_delta",
        ][..],
    );
    let event = prop_oneof![
        (index.clone(), kinds).prop_map(|(index, kind)| json!({"type": "content_block_start", "index": index,
            "content_block": {"type": kind, "text": "", "thinking": "", "id": "t", "name": "f", "input": {}}})),
        (index.clone(), deltas, "[a\"{}:1]{0,4}").prop_map(|(index, kind, text)| json!({"type": "content_block_delta",
            "index": index, "delta": {"type": kind, "text": text, "thinking": text, "signature": text,
            "partial_json": text, "citation": {"x": text}}})),
        index.prop_map(|index| json!({"type": "content_block_stop", "index": index})),
        json_of(WORDS),
        Just(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 3}})),
        Just(json!({"type": "message_stop"})),
    ];
    prop::collection::vec(event, 0..20)
}

proptest! {
    #[test]
    fn any_request_is_answered(fields in json_of(WORDS), messages in prop::collection::vec(json_of(WORDS), 0..4), model in prop::sample::select(WORDS)) {
        let mut chat = fields.as_object().cloned().unwrap_or_default();
        let _ = request(&chat, model);
        chat.insert("messages".into(), messages.into());
        let _ = request(&chat, model);
    }

    #[test]
    fn any_turn_is_answered(role in prop::sample::select(&["user", "assistant", "tool", "system"][..]), message in json_of(WORDS)) {
        let mut message = message.as_object().cloned().unwrap_or_default();
        message.insert("role".into(), role.into());
        let chat = json!({"messages": [{"role": "user", "content": "hi"}, message]});
        let _ = request(chat.as_object().unwrap(), "claude-opus-4-8");
    }

    #[test]
    fn any_answer_is_read(answer in json_of(WORDS), blocks in prop::collection::vec(json_of(WORDS), 0..5)) {
        let _ = (completion(&answer, &stamp()), error(&answer), said(&blocks));
        let _ = completion(&json!({"content": blocks, "usage": answer, "stop_details": answer}), &stamp());
    }

    #[test]
    fn a_stream_is_done_at_most_once_and_its_first_chunk_has_the_role(events in events()) {
        let mut reader = Reader::new(stamp());
        let mut out = Vec::new();
        for event in &events {
            reader.read(&Event::with_data(&event.to_string()), &mut out);
        }
        reader.end(&mut out);
        let over = out.iter().position(|piece| !matches!(piece, Piece::Chunk(_)));
        prop_assert!(over.is_none_or(|place| place + 1 == out.len()));
        let mut assembler = Assembler::default();
        for (place, piece) in out.into_iter().enumerate() {
            let Piece::Chunk(chunk) = piece else { continue };
            let role = chunk.pointer("/choices/0/delta/role").is_some();
            prop_assert_eq!(role, place == 0);
            assembler.push(chunk);
        }
        let _ = assembler.finish();
    }
}
