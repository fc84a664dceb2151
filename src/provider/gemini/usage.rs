//! `usageMetadata` as a `usage` object.

use serde_json::{Map, Value, json};

/// Tokens as OpenAI counts them; `None` when `metadata` has no counts (the first events of a stream on Vertex AI).
///
/// Gemini counts the prompt with what came from its cache, what its own tools brought in apart from the prompt, and
/// thoughts apart from the answer; a count of zero is left out.
///
/// Source: <https://ai.google.dev/api/generate-content#UsageMetadata>.
pub(super) fn usage(metadata: &Value) -> Option<Value> {
    let count = |name: &str| metadata.get(name).and_then(Value::as_u64);
    let prompt = count("promptTokenCount");
    let answer = count("candidatesTokenCount");
    let total = count("totalTokenCount");
    if prompt.is_none() && answer.is_none() {
        return None;
    }
    let by_tools = count("toolUsePromptTokenCount").unwrap_or(0);
    let input = prompt.unwrap_or(0).saturating_add(by_tools);
    let thoughts = count("thoughtsTokenCount");
    let answer = answer.unwrap_or(0);
    // Some models count thoughts within the answer; the total tells.
    let within = total == Some(input.saturating_add(answer)) && thoughts <= Some(answer);
    let output = if within { answer } else { answer.saturating_add(thoughts.unwrap_or(0)) };
    let sum = input.saturating_add(output);
    let mut usage = json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": total.unwrap_or(sum).max(sum),
    });
    let read = |details: &str, modality: &str| modality_tokens(metadata.get(details)?, modality);
    let both = |modality: &str| {
        let prompt = read("promptTokensDetails", modality);
        let tools = read("toolUsePromptTokensDetails", modality);
        prompt.or(tools).map(|_| prompt.unwrap_or(0).saturating_add(tools.unwrap_or(0)))
    };
    let input_details = details([
        ("cached_tokens", count("cachedContentTokenCount")),
        ("audio_tokens", both("AUDIO")),
        ("image_tokens", both("IMAGE")),
    ]);
    let output_details = details([
        ("reasoning_tokens", thoughts),
        ("audio_tokens", read("candidatesTokensDetails", "AUDIO")),
        ("image_tokens", read("candidatesTokensDetails", "IMAGE")),
    ]);
    for (name, details) in
        [("prompt_tokens_details", input_details), ("completion_tokens_details", output_details)]
    {
        if !details.is_empty() {
            usage[name] = Value::Object(details);
        }
    }
    Some(usage)
}

fn details(counts: [(&str, Option<u64>); 3]) -> Map<String, Value> {
    counts
        .into_iter()
        .filter_map(|(name, count)| Some((name.to_owned(), Value::from(count?))))
        .collect()
}

fn modality_tokens(details: &Value, modality: &str) -> Option<u64> {
    let of_it = details
        .as_array()?
        .iter()
        .filter(|entry| entry.get("modality").and_then(Value::as_str) == Some(modality));
    let counts: Vec<u64> =
        of_it.filter_map(|entry| entry.get("tokenCount").and_then(Value::as_u64)).collect();
    (!counts.is_empty()).then(|| counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Usage;

    #[test]
    fn every_token_is_counted_once() {
        for (metadata, expected) in [
            (
                json!({"promptTokenCount": 8, "candidatesTokenCount": 5, "totalTokenCount": 13}),
                json!({"prompt_tokens": 8, "completion_tokens": 5, "total_tokens": 13}),
            ),
            (
                json!({"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 5, "thoughtsTokenCount": 40,
                    "toolUsePromptTokenCount": 30, "totalTokenCount": 175,
                    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 70}, {"modality": "AUDIO", "tokenCount": 20}, {"modality": "IMAGE", "tokenCount": 10}],
                    "toolUsePromptTokensDetails": [{"modality": "IMAGE", "tokenCount": 3}]}),
                json!({"prompt_tokens": 130, "completion_tokens": 45, "total_tokens": 175,
                    "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 20, "image_tokens": 13},
                    "completion_tokens_details": {"reasoning_tokens": 40}}),
            ),
            (
                json!({"promptTokenCount": 8, "candidatesTokenCount": 45, "thoughtsTokenCount": 40, "totalTokenCount": 53}),
                json!({"prompt_tokens": 8, "completion_tokens": 45, "total_tokens": 53, "completion_tokens_details": {"reasoning_tokens": 40}}),
            ),
            (
                json!({"promptTokenCount": 8, "thoughtsTokenCount": 40, "totalTokenCount": 48}),
                json!({"prompt_tokens": 8, "completion_tokens": 40, "total_tokens": 48, "completion_tokens_details": {"reasoning_tokens": 40}}),
            ),
            (
                json!({"promptTokenCount": 8, "totalTokenCount": 8}),
                json!({"prompt_tokens": 8, "completion_tokens": 0, "total_tokens": 8}),
            ),
        ] {
            let read = usage(&metadata).unwrap();
            assert_eq!(read, expected, "{metadata}");
            let billed = Usage::of(&read).unwrap();
            assert_eq!(Some(billed.output), read["completion_tokens"].as_u64(), "{metadata}");
        }
    }

    #[test]
    fn no_counts_are_no_usage() {
        for metadata in [
            json!({}),
            json!({"trafficType": "ON_DEMAND"}),
            json!(5),
            json!({"promptTokenCount": "x"}),
        ] {
            assert_eq!(usage(&metadata), None, "{metadata}");
        }
    }
}
