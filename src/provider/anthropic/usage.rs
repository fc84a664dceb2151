//! Tokens as Anthropic counts them, in OpenAI's shape.

use serde_json::{Map, Value, json};

/// A `usage` object; `None` when it does not say both what went in and what came out.
///
/// Anthropic counts what its prompt cache gave and took on top of `input_tokens`, and thinking within `output_tokens`.
/// Work that its server did on the side (a compaction) is listed in `iterations` and is in no total; it is billed all
/// the same. What an advisor of another model used is left out: it has another price.
/// Sources: <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>,
/// <https://platform.claude.com/docs/en/build-with-claude/compaction>.
pub(super) fn usage(usage: &Map<String, Value>) -> Option<Value> {
    let mut sum = Counts::of(usage)?;
    let iterations = usage.get("iterations").and_then(Value::as_array).into_iter().flatten();
    for iteration in iterations.filter_map(Value::as_object) {
        if iteration.get("type").and_then(Value::as_str) == Some("compaction") {
            sum.add(Counts::of(iteration).unwrap_or_default());
        }
    }
    let prompt = sum.fresh.saturating_add(sum.read).saturating_add(sum.written);
    let mut prompt_details = json!({"cached_tokens": sum.read});
    let mut put = |name: &str, tokens: u64| {
        if let (Some(details), 1..) = (prompt_details.as_object_mut(), tokens) {
            details.insert(name.into(), tokens.into());
        }
    };
    put("cache_write_tokens", sum.written);
    put("cache_write_1h_tokens", sum.written_for_an_hour);
    let mut whole = json!({
        "prompt_tokens": prompt,
        "prompt_tokens_details": prompt_details,
        "completion_tokens": sum.output,
        "total_tokens": prompt.saturating_add(sum.output),
    });
    if let Some(whole) = whole.as_object_mut() {
        let details = usage.get("output_tokens_details");
        if let Some(thinking) =
            details.and_then(|details| tokens(details.as_object()?, "thinking_tokens"))
        {
            whole.insert("completion_tokens_details".into(), json!({"reasoning_tokens": thinking}));
        }
        if let Some(requests) = usage.get("server_tool_use").filter(|requests| requests.is_object())
        {
            whole.insert("server_tool_use".into(), requests.clone());
        }
    }
    Some(whole)
}

/// Tokens by what is paid for them.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    /// Input that the prompt cache knew nothing of.
    fresh: u64,
    /// Input read from the prompt cache.
    read: u64,
    /// Input written to the prompt cache.
    written: u64,
    /// Of `written`: to stay for an hour.
    written_for_an_hour: u64,
    output: u64,
}

impl Counts {
    fn of(usage: &Map<String, Value>) -> Option<Self> {
        let by_ttl = usage.get("cache_creation").and_then(Value::as_object);
        let by_ttl = |name: &str| by_ttl.and_then(|by_ttl| tokens(by_ttl, name)).unwrap_or(0);
        let (minutes, hour) =
            (by_ttl("ephemeral_5m_input_tokens"), by_ttl("ephemeral_1h_input_tokens"));
        let written = tokens(usage, "cache_creation_input_tokens");
        let written = written.unwrap_or_else(|| minutes.saturating_add(hour));
        Some(Self {
            fresh: tokens(usage, "input_tokens")?,
            read: tokens(usage, "cache_read_input_tokens").unwrap_or(0),
            written,
            written_for_an_hour: hour.min(written),
            output: tokens(usage, "output_tokens")?,
        })
    }

    fn add(&mut self, other: Self) {
        self.fresh = self.fresh.saturating_add(other.fresh);
        self.read = self.read.saturating_add(other.read);
        self.written = self.written.saturating_add(other.written);
        self.written_for_an_hour =
            self.written_for_an_hour.saturating_add(other.written_for_an_hour);
        self.output = self.output.saturating_add(other.output);
    }
}

fn tokens(object: &Map<String, Value>, name: &str) -> Option<u64> {
    object.get(name)?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value) -> Option<Value> {
        usage(value.as_object().unwrap())
    }

    #[test]
    fn cache_reads_and_writes_are_part_of_the_prompt() {
        let counted = read(json!({
            "input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 3000,
            "cache_creation": {"ephemeral_5m_input_tokens": 1000, "ephemeral_1h_input_tokens": 2000},
            "output_tokens": 50, "output_tokens_details": {"thinking_tokens": 30},
            "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0}, "service_tier": "standard"}));
        let expected = json!({
            "prompt_tokens": 3210, "completion_tokens": 50, "total_tokens": 3260,
            "prompt_tokens_details": {"cached_tokens": 200, "cache_write_tokens": 3000, "cache_write_1h_tokens": 2000},
            "completion_tokens_details": {"reasoning_tokens": 30},
            "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0}});
        assert_eq!(counted, Some(expected));
    }

    #[test]
    fn a_compaction_is_billed_on_top() {
        let counted = read(json!({"input_tokens": 10, "output_tokens": 5, "iterations": [
            {"type": "compaction", "input_tokens": 1000, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 0, "output_tokens": 100},
            {"type": "message", "input_tokens": 10, "output_tokens": 5},
            {"type": "advisor_message", "model": "x", "input_tokens": 9, "output_tokens": 9}]}));
        let counted = counted.unwrap();
        assert_eq!(
            (&counted["prompt_tokens"], &counted["completion_tokens"]),
            (&json!(1017), &json!(105))
        );
    }

    #[test]
    fn what_is_not_counted_is_not_made_up() {
        for value in [
            json!({}),
            json!({"input_tokens": 1}),
            json!({"output_tokens": 1}),
            json!({"input_tokens": -1, "output_tokens": 1}),
            json!({"input_tokens": null, "output_tokens": 1}),
        ] {
            assert_eq!(read(value.clone()), None, "{value}");
        }
        let odd = json!({"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 5,
            "cache_creation": {"ephemeral_1h_input_tokens": 9}});
        assert_eq!(read(odd).unwrap()["prompt_tokens_details"]["cache_write_1h_tokens"], 5);
        let huge = read(
            json!({"input_tokens": u64::MAX, "cache_read_input_tokens": u64::MAX, "output_tokens": 1}),
        );
        assert_eq!(huge.unwrap()["total_tokens"], u64::MAX);
    }
}
