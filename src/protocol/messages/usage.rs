//! Tokens as Anthropic counts them.

use serde_json::{Map, Value, json};

/// A chat's `usage` in this protocol's shape: what the prompt cache gave and took is counted apart from the rest of the
/// input.
pub(super) fn usage(usage: Option<&Value>) -> Map<String, Value> {
    let tokens = |path: &str| usage.and_then(|usage| usage.pointer(path)?.as_u64());
    let read = tokens("/prompt_tokens_details/cached_tokens").unwrap_or(0);
    let written = tokens("/prompt_tokens_details/cache_write_tokens").unwrap_or(0);
    let for_an_hour =
        tokens("/prompt_tokens_details/cache_write_1h_tokens").unwrap_or(0).min(written);
    let prompt = tokens("/prompt_tokens").unwrap_or(0);
    let mut counts = Map::new();
    let mut put = |name: &str, value: Value| {
        counts.insert(name.to_owned(), value);
    };
    put("input_tokens", prompt.saturating_sub(read).saturating_sub(written).into());
    put("cache_creation_input_tokens", written.into());
    put("cache_read_input_tokens", read.into());
    if written > 0 {
        put(
            "cache_creation",
            json!({
                "ephemeral_5m_input_tokens": written - for_an_hour,
                "ephemeral_1h_input_tokens": for_an_hour,
            }),
        );
    }
    put("output_tokens", tokens("/completion_tokens").unwrap_or(0).into());
    if let Some(thinking) = tokens("/completion_tokens_details/reasoning_tokens") {
        put("output_tokens_details", json!({"thinking_tokens": thinking}));
    }
    if let Some(requests) =
        usage.and_then(|usage| usage.get("server_tool_use")).filter(|value| value.is_object())
    {
        put("server_tool_use", requests.clone());
    }
    counts
}

/// The same at a stream's end, where how long a cache entry stays is no longer told.
pub(super) fn final_usage(chat: Option<&Value>) -> Map<String, Value> {
    let mut counts = usage(chat);
    counts.remove("cache_creation");
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_cache_is_counted_apart() {
        let chat = json!({"prompt_tokens": 3210, "completion_tokens": 50, "total_tokens": 3260,
            "prompt_tokens_details": {"cached_tokens": 200, "cache_write_tokens": 3000, "cache_write_1h_tokens": 2000},
            "completion_tokens_details": {"reasoning_tokens": 30}, "server_tool_use": {"web_search_requests": 1}});
        let expected = json!({"input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 3000,
            "cache_creation": {"ephemeral_5m_input_tokens": 1000, "ephemeral_1h_input_tokens": 2000},
            "output_tokens": 50, "output_tokens_details": {"thinking_tokens": 30}, "server_tool_use": {"web_search_requests": 1}});
        assert_eq!(Value::Object(usage(Some(&chat))), expected);
    }

    #[test]
    fn counts_that_are_missing_or_make_no_sense_are_zero() {
        let nothing = json!({"input_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 0});
        for chat in
            [None, Some(json!(null)), Some(json!({"prompt_tokens": -1, "completion_tokens": "5"}))]
        {
            assert_eq!(Value::Object(usage(chat.as_ref())), nothing);
        }
        let odd = json!({"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 9}});
        assert_eq!(usage(Some(&odd))["input_tokens"], 0);
    }
}
