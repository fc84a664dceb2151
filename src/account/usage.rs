//! Owns [`Usage`]: the tokens of one response, as they are billed. Knows no vendor's names for them and no prices.

use serde_json::Value;

use super::{reported::Reported, service::ServiceTier};

/// What one response used, as it is billed.
///
/// Kinds of input are apart from each other, except `cached_audio`; so are kinds of output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// All input tokens, those of the provider's cache included.
    pub input: u64,
    /// Of `input`: read from the provider's prompt cache.
    pub cached_input: u64,
    /// Of `cached_input`: sound.
    pub cached_audio: u64,
    /// Of `input`: written to the provider's prompt cache for five minutes, or for its only lifetime.
    pub cache_write: u64,
    /// Of `input`: written to the provider's prompt cache for an hour.
    pub cache_write_1h: u64,
    /// Of `input`: fresh sound.
    pub audio_input: u64,
    /// Of `input`: fresh images.
    pub image_input: u64,
    /// All generated tokens, reasoning included.
    pub output: u64,
    /// Of `output`: reasoning that the caller does not see as text.
    pub reasoning: u64,
    /// Of `output`: sound.
    pub audio_output: u64,
    /// Of `output`: images.
    pub image_output: u64,
    /// Web searches that the vendor made for the answer.
    pub web_searches: u64,
    /// How the request was served.
    pub service_tier: ServiceTier,
    /// The vendor did not say; counted here from the text, with a tokenizer that may not be the model's.
    pub estimated: bool,
}

impl std::ops::Add for Usage {
    type Output = Self;

    /// Saturating; estimated where one of the two is, and served as the first.
    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached_input: self.cached_input.saturating_add(other.cached_input),
            cached_audio: self.cached_audio.saturating_add(other.cached_audio),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cache_write_1h: self.cache_write_1h.saturating_add(other.cache_write_1h),
            audio_input: self.audio_input.saturating_add(other.audio_input),
            image_input: self.image_input.saturating_add(other.image_input),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            audio_output: self.audio_output.saturating_add(other.audio_output),
            image_output: self.image_output.saturating_add(other.image_output),
            web_searches: self.web_searches.saturating_add(other.web_searches),
            service_tier: self.service_tier,
            estimated: self.estimated || other.estimated,
        }
    }
}

impl Usage {
    /// What `answer` says that was used: a whole answer or event of any known vendor, or its `usage` object alone.
    ///
    /// `None` when neither an input nor an output count can be read: the cost is then unknown, not zero. A whole answer
    /// is better than its usage: some vendors name the service tier beside it. For the events of a stream, see
    /// [`Reported::merge`].
    ///
    /// In our own dialect, OpenAI's, `prompt_tokens_details.cache_write_tokens` are all that was written to the cache, and
    /// `cache_write_1h_tokens` those of them that stay for an hour.
    pub fn of(answer: &Value) -> Option<Self> {
        Reported::of(answer).usage()
    }

    /// What the events of one stream say together, in the order in which they came.
    pub fn of_events<'a>(events: impl IntoIterator<Item = &'a Value>) -> Option<Self> {
        let mut reported = Reported::default();
        for event in events {
            reported.merge(&Reported::of(event));
        }
        reported.usage()
    }
}

/// Tokens that `text_bytes` bytes of text are about, for decisions before a provider has counted.
///
/// An estimate, never billed: four bytes a token, rounded up. English prose is close to it; code,
/// numbers and other scripts can be off by a factor of two either way.
pub fn estimate_tokens(text_bytes: usize) -> u64 {
    u64::try_from(text_bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX)
}

/// Mean bytes of UTF-8 in a token of English text.
const BYTES_PER_TOKEN: usize = 4;

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
