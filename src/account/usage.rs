//! Owns [`Usage`] and reading it from every `usage` object seen in the wild. Knows no prices.

use serde_json::Value;

/// Tokens that one response used, as they are billed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// All prompt tokens, those of the provider's cache included.
    pub input: u64,
    /// Of `input`: read from the provider's prompt cache.
    pub cached_input: u64,
    /// Of `input`: written to the provider's prompt cache.
    pub cache_write: u64,
    /// All generated tokens, reasoning included.
    pub output: u64,
    /// Of `output`: reasoning that the caller does not see as text.
    pub reasoning: u64,
    /// Counted by a tokenizer of ours, because the provider did not say.
    pub estimated: bool,
}

impl std::ops::Add for Usage {
    type Output = Self;

    /// Saturating; estimated where one of the two is.
    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached_input: self.cached_input.saturating_add(other.cached_input),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            estimated: self.estimated || other.estimated,
        }
    }
}

impl Usage {
    /// Reads a `usage` object: chat completions, Responses, embeddings, Anthropic Messages, and the
    /// known dialects of OpenAI-compatible vendors.
    ///
    /// - OpenAI counts cached tokens within `prompt_tokens`/`input_tokens`; Anthropic counts
    ///   `cache_read_input_tokens` and `cache_creation_input_tokens` on top of `input_tokens`.
    /// - xAI and Gemini leave reasoning out of `completion_tokens` and count it only in
    ///   `total_tokens`; they bill it, so the difference is added to the output.
    /// - DeepSeek reports `prompt_cache_hit_tokens`, Moonshot a bare `cached_tokens`.
    ///
    /// A count that is no whole number in `0..=MAX_TOKENS` is taken as absent; parts larger than
    /// their whole are cut to it. `None` when neither an input nor an output count is left: the cost
    /// is then unknown, not zero.
    ///
    /// Sources: <https://platform.openai.com/docs/api-reference/chat/object>,
    /// <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>,
    /// <https://api-docs.deepseek.com/api/create-chat-completion>.
    pub fn from_openai(usage: &Value) -> Option<Self> {
        let prompt = tokens(usage, "prompt_tokens");
        let stated_input = prompt.or_else(|| tokens(usage, "input_tokens"));
        let stated_output =
            tokens(usage, "completion_tokens").or_else(|| tokens(usage, "output_tokens"));
        if stated_input.is_none() && stated_output.is_none() {
            return None;
        }

        let read = tokens(usage, "cache_read_input_tokens");
        let created = tokens(usage, "cache_creation_input_tokens");
        let cached_input = read
            .or_else(|| input_detail(usage, "cached_tokens"))
            .or_else(|| tokens(usage, "prompt_cache_hit_tokens"))
            .or_else(|| tokens(usage, "cached_tokens"))
            .unwrap_or(0);
        let cache_write = created
            .or_else(|| input_detail(usage, "cache_write_tokens"))
            .or_else(|| input_detail(usage, "cache_creation_tokens"))
            .unwrap_or(0);
        let counted_on_top = prompt.is_none() && (read.is_some() || created.is_some());
        let mut input = stated_input.unwrap_or(0);
        if counted_on_top {
            input += cached_input + cache_write;
        }

        let stated_output = stated_output.unwrap_or(0);
        let total = tokens(usage, "total_tokens").unwrap_or(0);
        let hidden = total.saturating_sub(input + stated_output);
        let output = stated_output + hidden;
        let reasoning = output_detail(usage, "reasoning_tokens").unwrap_or(hidden).min(output);

        let cached_input = cached_input.min(input);
        let cache_write = cache_write.min(input - cached_input);
        Some(Self { input, cached_input, cache_write, output, reasoning, estimated: false })
    }
}

/// Tokens that `text_bytes` bytes of text are about, for decisions before a provider has counted.
///
/// An estimate, never billed: four bytes a token, rounded up. English prose is close to it; code,
/// numbers and other scripts can be off by a factor of two either way.
pub fn estimate_tokens(text_bytes: usize) -> u64 {
    u64::try_from(text_bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX)
}

/// Stub.
pub fn count_tokens(text: &str) -> u64 {
    estimate_tokens(text.len())
}

/// Mean bytes of UTF-8 in a token of English text.
const BYTES_PER_TOKEN: usize = 4;

/// The largest count that is believed: a thousand times the longest context window on offer.
const MAX_TOKENS: u64 = 1_000_000_000;

fn tokens(object: &Value, name: &str) -> Option<u64> {
    let count = object.get(name)?;
    let whole = count.as_u64().or_else(|| count.as_f64().and_then(whole_number))?;
    (whole <= MAX_TOKENS).then_some(whole)
}

/// Some gateways write counts as `12.0`.
fn whole_number(count: f64) -> Option<u64> {
    let in_range = (0.0..=MAX_TOKENS as f64).contains(&count);
    (in_range && count.fract() == 0.0).then_some(count as u64)
}

fn input_detail(usage: &Value, name: &str) -> Option<u64> {
    ["prompt_tokens_details", "input_tokens_details"]
        .into_iter()
        .find_map(|details| tokens(usage.get(details)?, name))
}

fn output_detail(usage: &Value, name: &str) -> Option<u64> {
    ["completion_tokens_details", "output_tokens_details"]
        .into_iter()
        .find_map(|details| tokens(usage.get(details)?, name))
}

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
