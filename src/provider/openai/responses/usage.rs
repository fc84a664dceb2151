//! Tokens in a chat's words.

use serde_json::{Map, Value};

/// The `usage` of a response as that of a chat; `None` when nothing is counted.
pub(super) fn usage(response: &Value) -> Option<Value> {
    let usage = response.get("usage")?;
    let input = usage.get("input_tokens").filter(|count| count.is_number());
    let output = usage.get("output_tokens").filter(|count| count.is_number());
    input.or(output)?;
    let mut chat = Map::new();
    for (name, count) in [
        ("prompt_tokens", input),
        ("completion_tokens", output),
        ("total_tokens", usage.get("total_tokens").filter(|count| count.is_number())),
    ] {
        if let Some(count) = count {
            chat.insert(name.to_owned(), count.clone());
        }
    }
    for (name, details) in [
        ("prompt_tokens_details", usage.get("input_tokens_details")),
        ("completion_tokens_details", usage.get("output_tokens_details")),
    ] {
        let Some(Value::Object(details)) = details else { continue };
        let counts = details.iter().filter(|(_, count)| count.is_number());
        let counts: Map<_, _> = counts.map(|(name, count)| (name.clone(), count.clone())).collect();
        chat.insert(name.to_owned(), counts.into());
    }
    Some(chat.into())
}
