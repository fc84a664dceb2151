//! Owns [`Reported`]: the counts that a vendor reported, and what they mean together. Knows no prices.

mod names;
mod read;

use serde_json::Value;

use super::{service::ServiceTier, usage::Usage};

/// Counts as a vendor reported them so far.
///
/// A stream may spread them over several events; [`Self::merge`] puts them together, and only then does
/// [`Self::usage`] say what is billed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reported {
    counts: [Option<u64>; KINDS],
    service_tier: Option<ServiceTier>,
}

impl Reported {
    /// The counts in `answer`: a whole answer or event of any known vendor, or its `usage` object alone.
    ///
    /// A count is a whole number in `0..=MAX_TOKENS`, also as `12.0` or `"12"`; anything else is taken as absent.
    pub fn of(answer: &Value) -> Self {
        let mut reported = Self::default();
        if let Some(answer) = answer.as_object() {
            reported.read_answer(answer);
        }
        reported
    }

    /// Adds what a later event of the same stream says: its counts replace earlier ones, and those it does not have stay.
    ///
    /// They are never summed: vendors that report in every event report the answer so far. So a count never falls in earnest,
    /// and a later zero, which some gateways send for "not here", replaces nothing.
    pub fn merge(&mut self, later: &Self) {
        for (count, &later) in self.counts.iter_mut().zip(&later.counts) {
            *count = later.filter(|&later| later > 0).or(*count).or(later);
        }
        self.service_tier = later.service_tier.or(self.service_tier);
    }

    /// What is billed for it; `None` without an input and an output count.
    ///
    /// - OpenAI and most others count cached tokens within the input; Anthropic and Bedrock count what is read from the
    ///   cache and written to it on top.
    /// - xAI and Gemini's OpenAI-compatible API leave reasoning out of `completion_tokens` and count it in
    ///   `total_tokens` alone; it is billed, so the difference is output. Without a total, reasoning that is more than the
    ///   output it should be part of is on top.
    /// - Gemini's thoughts, and Perplexity's reasoning, are on top of the answer; tokens of Gemini's tools and of
    ///   Perplexity's citations are on top of the prompt.
    ///
    /// Parts that are larger than their whole are cut to it.
    ///
    /// Sources: <https://platform.openai.com/docs/api-reference/chat/object>,
    /// <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>,
    /// <https://ai.google.dev/api/generate-content#UsageMetadata>,
    /// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html>,
    /// <https://docs.perplexity.ai/docs/sonar/models/sonar-deep-research>.
    pub fn usage(&self) -> Option<Usage> {
        let stated_input = self.get(Kind::Prompt).or(self.get(Kind::Input));
        let stated_output = self.get(Kind::Completion).or(self.get(Kind::Output));
        if stated_input.is_none() && stated_output.is_none() {
            return None;
        }
        let count = |kind| self.get(kind).unwrap_or(0);

        let read = self.get(Kind::CacheRead);
        let created = self.get(Kind::CacheCreated);
        let cached = read.or(self.get(Kind::Cached)).unwrap_or(0);
        let written = created.or(self.get(Kind::CacheWritten)).unwrap_or(0);
        let written_1h = count(Kind::CacheWritten1h);
        let written = written.max(written_1h);
        let on_top = self.get(Kind::Prompt).is_none() && (read.is_some() || created.is_some());
        let apart = if on_top { cached + written } else { 0 };
        let input = stated_input.unwrap_or(0) + apart + count(Kind::Fetched);

        let apart = count(Kind::Thoughts);
        let stated_output = stated_output.unwrap_or(0) + apart;
        let total = self.get(Kind::Total);
        let hidden = match total {
            Some(total) => total.saturating_sub(input + stated_output),
            None if count(Kind::Reasoning) > stated_output => count(Kind::Reasoning),
            None => 0,
        };
        let output = stated_output + hidden;
        let reasoning = self.get(Kind::Reasoning).unwrap_or(hidden).max(apart);

        let cached_input = cached.min(input);
        let cached_audio = count(Kind::CachedAudio).min(cached_input);
        let cache_write_1h = written_1h.min(input - cached_input);
        let cache_write = (written - written_1h).min(input - cached_input - cache_write_1h);
        let fresh = input - cached_input - cache_write_1h - cache_write;
        let audio_input = count(Kind::AudioInput).saturating_sub(cached_audio).min(fresh);
        let image_input = count(Kind::ImageInput)
            .saturating_sub(count(Kind::CachedImage))
            .min(fresh - audio_input);
        let audio_output = count(Kind::AudioOutput).min(output);
        let image_output = count(Kind::ImageOutput).min(output - audio_output);
        Some(Usage {
            input,
            cached_input,
            cached_audio,
            cache_write,
            cache_write_1h,
            audio_input,
            image_input,
            output,
            reasoning: reasoning.min(output - audio_output - image_output),
            audio_output,
            image_output,
            web_searches: count(Kind::Searches),
            service_tier: self.service_tier.unwrap_or_default(),
            estimated: false,
        })
    }

    fn get(&self, kind: Kind) -> Option<u64> {
        self.counts.get(kind as usize).copied().flatten()
    }
}

/// A count that vendors report.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Input, the provider's cache included.
    Prompt,
    /// Input; with `CacheRead` or `CacheCreated` beside it, without the provider's cache.
    Input,
    Completion,
    Output,
    Total,
    /// Read from the cache, within the input.
    Cached,
    /// Of it: sound, images.
    CachedAudio,
    CachedImage,
    /// Read from the cache, on top of `Input`.
    CacheRead,
    /// Written to the cache, whatever the lifetime; within the input.
    CacheWritten,
    /// The same, on top of `Input`.
    CacheCreated,
    /// Of what was written: for an hour.
    CacheWritten1h,
    AudioInput,
    ImageInput,
    AudioOutput,
    ImageOutput,
    /// Reasoning, part of the output.
    Reasoning,
    /// Reasoning on top of the output.
    Thoughts,
    /// What tools brought in, on top of the prompt.
    Fetched,
    Searches,
}

const KINDS: usize = Kind::Searches as usize + 1;

#[cfg(test)]
mod tests;
