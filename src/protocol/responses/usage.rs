//! Tokens in Responses' words.

use serde_json::{Value, json};

/// A chat's `usage`. What the provider did not count is zero, which is what the API says as well; without any counts
/// there is no usage.
pub(super) fn usage(chat: &Value) -> Value {
    let count = |path: &str| chat.pointer(path).and_then(Value::as_u64);
    let (input, output) = (count("/prompt_tokens"), count("/completion_tokens"));
    if input.is_none() && output.is_none() {
        return Value::Null;
    }
    let (input, output) = (input.unwrap_or(0), output.unwrap_or(0));
    let detail = |path: &str| count(path).unwrap_or(0);
    json!({
        "input_tokens": input,
        "input_tokens_details": {
            "cached_tokens": detail("/prompt_tokens_details/cached_tokens"),
            "cache_write_tokens": detail("/prompt_tokens_details/cache_write_tokens"),
        },
        "output_tokens": output,
        "output_tokens_details": {
            "reasoning_tokens": detail("/completion_tokens_details/reasoning_tokens"),
        },
        "total_tokens": count("/total_tokens").unwrap_or(input.saturating_add(output)),
    })
}
