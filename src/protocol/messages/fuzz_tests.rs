//! Nothing that a client or a translator hands in makes the protocol panic.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Writer, answer, chat, error, texts};
use crate::provider::anthropic::fuzz_tests::json_of;

const WORDS: &[&str] = &[
    "",
    "arguments",
    "assistant",
    "base64",
    "cache_control",
    "choices",
    "citations",
    "code",
    "content",
    "content_blocks",
    "custom",
    "data",
    "delta",
    "document",
    "effort",
    "error",
    "finish_reason",
    "format",
    "function",
    "id",
    "image",
    "index",
    "input",
    "input_schema",
    "is_error",
    "json_schema",
    "max_tokens",
    "media_type",
    "message",
    "messages",
    "metadata",
    "model",
    "name",
    "output_config",
    "prompt_tokens",
    "prompt_tokens_details",
    "reasoning_content",
    "refusal",
    "role",
    "schema",
    "signature",
    "source",
    "stop",
    "stop_sequence",
    "stop_sequences",
    "system",
    "text",
    "thinking",
    "thinking_blocks",
    "title",
    "tool",
    "tool_calls",
    "tool_choice",
    "tool_result",
    "tool_use",
    "tool_use_id",
    "tools",
    "type",
    "url",
    "usage",
    "user",
];

/// Chunks that are more or less what a translator gives.
fn chunks() -> impl Strategy<Value = Vec<Value>> {
    let call = (0u64..3, "[a]{0,1}", "[{}\":a1]{0,4}").prop_map(|(index, id, arguments)| {
        json!({"tool_calls": [{"index": index, "id": id, "function": {"name": "f", "arguments": arguments}}]})
    });
    let thought = "[hm]{0,3}".prop_map(|text| json!({"thinking_blocks": [{"type": "thinking", "thinking": text, "signature": "s"}]}));
    let delta = prop_oneof![
        call,
        thought,
        "[hm]{0,3}".prop_map(|text| json!({"reasoning_content": text})),
        "[a-c]{0,3}".prop_map(|text| json!({"content": text})),
        json_of(WORDS),
    ];
    let chunk = prop_oneof![
        delta.prop_map(|delta| json!({"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})),
        json_of(WORDS),
    ];
    prop::collection::vec(chunk, 0..20)
}

proptest! {
    #[test]
    fn any_request_is_answered(request in json_of(WORDS), turns in prop::collection::vec(json_of(WORDS), 0..4), role in prop::sample::select(&["user", "assistant", "system"][..])) {
        let mut request = request.as_object().cloned().unwrap_or_default();
        let _ = (chat(&request), texts(&request));
        let turns: Vec<Value> = turns.into_iter().map(|content| json!({"role": role, "content": content})).collect();
        request.insert("messages".into(), turns.into());
        let _ = (chat(&request), texts(&request));
    }

    #[test]
    fn any_completion_is_told(completion in json_of(WORDS), message in json_of(WORDS), status in any::<u16>()) {
        let _ = (answer(&completion), error(status, &completion));
        let _ = answer(&json!({"choices": [{"message": message, "finish_reason": "stop"}], "usage": completion}));
    }

    /// Blocks begin in order, one at a time, and each ends before the message does.
    #[test]
    fn any_chunks_make_a_stream_that_clients_can_read(chunks in chunks()) {
        let mut writer = Writer::new(&Map::new());
        let mut out = String::new();
        chunks.iter().for_each(|chunk| writer.chunk(chunk, &mut out));
        writer.finish(&mut out);
        let mut open = None;
        let mut begun = 0;
        let mut kinds = Vec::new();
        for event in out.split_terminator("\n\n") {
            let (name, data) = event.split_once('\n').unwrap();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            let kind = data["type"].as_str().unwrap().to_owned();
            prop_assert_eq!(name, format!("event: {kind}"));
            match kind.as_str() {
                "content_block_start" => {
                    prop_assert_eq!((open, data["index"].as_u64()), (None, Some(begun)));
                    open = Some(begun);
                    begun += 1;
                }
                "content_block_delta" => prop_assert_eq!((open.is_some(), data["index"].as_u64()), (true, open)),
                "content_block_stop" => prop_assert_eq!((open.is_some(), data["index"].as_u64()), (true, open.take())),
                _ => kinds.push(kind),
            }
        }
        prop_assert_eq!(open, None);
        prop_assert_eq!(kinds, ["message_start", "message_delta", "message_stop"]);
    }
}
