//! Tokens as Converse counts them, to `usage` as OpenAI counts them.

use serde_json::{Map, Value, json};

/// The `usage` of a completion; `None` when nothing is counted.
///
/// `inputTokens` leaves out what was read from the prompt cache and written to it; OpenAI's `prompt_tokens` holds all.
/// The total is ours: Bedrock's is not the sum for every model.
///
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html>,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html>
pub(super) fn usage(counted: &Value) -> Option<Value> {
    let tokens = |name: &str| counted.get(name).and_then(Value::as_u64);
    let (input, output) = (tokens("inputTokens"), tokens("outputTokens"));
    if input.is_none() && output.is_none() {
        return None;
    }
    let (read, written) = (tokens("cacheReadInputTokens"), tokens("cacheWriteInputTokens"));
    let prompt = [input, read, written].into_iter().flatten().fold(0, u64::saturating_add);
    let output = output.unwrap_or(0);
    let mut usage = json!({
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt.saturating_add(output),
    });
    if read.is_some() || written.is_some() {
        let mut details = Map::from_iter([("cached_tokens".to_owned(), read.unwrap_or(0).into())]);
        let for_an_hour = written_for_an_hour(counted);
        for (name, count) in
            [("cache_write_tokens", written.unwrap_or(0)), ("cache_write_1h_tokens", for_an_hour)]
        {
            if count > 0 {
                details.insert(name.to_owned(), count.into());
            }
        }
        usage["prompt_tokens_details"] = Value::Object(details);
    }
    Some(usage)
}

/// The same for the `metadata` of a stream.
///
/// There, OpenAI's models count what was read and written within `inputTokens` as well, against the documentation:
/// as much as both together or a little more. Left as it is, every cached token would be billed twice.
pub(super) fn streamed(counted: &Value, model: &str) -> Option<Value> {
    let tokens = |name: &str| counted.get(name).and_then(Value::as_u64).unwrap_or(0);
    let cached = tokens("cacheReadInputTokens").saturating_add(tokens("cacheWriteInputTokens"));
    match tokens("inputTokens").checked_sub(cached) {
        Some(rest) if cached > 0 && model.contains("openai.") => {
            let mut counted = counted.clone();
            counted["inputTokens"] = rest.into();
            usage(&counted)
        }
        _ => usage(counted),
    }
}

fn written_for_an_hour(counted: &Value) -> u64 {
    let details =
        counted.get("cacheDetails").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    details
        .iter()
        .filter(|detail| detail.get("ttl").is_some_and(|ttl| ttl == "1h"))
        .filter_map(|detail| detail.get("inputTokens")?.as_u64())
        .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_counted_once() {
        for (counted, expected) in [
            (
                json!({"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}),
                json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}),
            ),
            (
                json!({"inputTokens": 10, "outputTokens": 5, "totalTokens": 121, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 6,
                    "cacheDetails": [{"ttl": "1h", "inputTokens": 4}, {"ttl": "5m", "inputTokens": 2}]}),
                json!({"prompt_tokens": 116, "completion_tokens": 5, "total_tokens": 121,
                    "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 6, "cache_write_1h_tokens": 4}}),
            ),
            (
                json!({"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 0, "cacheWriteInputTokens": 0}),
                json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "prompt_tokens_details": {"cached_tokens": 0}}),
            ),
            (json!({"inputTokens": -1, "outputTokens": "5"}), Value::Null),
            (Value::Null, Value::Null),
        ] {
            assert_eq!(usage(&counted).unwrap_or_default(), expected, "{counted}");
        }
    }

    #[test]
    fn a_stream_of_openais_models_does_not_count_the_cache_twice() {
        let counted = json!({"inputTokens": 4995, "outputTokens": 19, "totalTokens": 10007, "cacheReadInputTokens": 0, "cacheWriteInputTokens": 4993});
        let prompt = |model| streamed(&counted, model).unwrap()["prompt_tokens"].clone();
        assert_eq!(prompt("us.openai.gpt-5.6-luna"), 4995);
        assert_eq!(prompt("us.anthropic.claude-opus-4-6-v1"), 9988);
        let remainder =
            json!({"inputTokens": 2, "outputTokens": 19, "cacheWriteInputTokens": 4993});
        assert_eq!(streamed(&remainder, "openai.x").unwrap()["prompt_tokens"], 4995);
    }
}
