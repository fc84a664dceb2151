//! Owns the names of counts, vendor by vendor.

use super::Kind;

/// Where answers have their usage.
pub(super) const PLACES: [(&str, &str); 10] = [
    ("", "usage"),
    ("", "usageMetadata"),
    ("", "amazon-bedrock-invocationMetrics"),
    ("x_groq", "usage"),
    // Anthropic's `message_start`, events of the Responses API, Cohere's `message-end`, Bedrock's `metadata`.
    ("message", "usage"),
    ("response", "usage"),
    ("delta", "usage"),
    ("metadata", "usage"),
    ("", "meta"),
    ("response", "meta"),
];

/// Counts without which an object is no usage.
pub(super) const STATED: [&str; 17] = [
    "prompt_tokens",
    "input_tokens",
    "completion_tokens",
    "output_tokens",
    "promptTokenCount",
    "candidatesTokenCount",
    "responseTokenCount",
    "inputTokens",
    "outputTokens",
    "inputTokenCount",
    "outputTokenCount",
    "inputTextTokenCount",
    "prompt_token_count",
    "generation_token_count",
    "prompt_eval_count",
    "eval_count",
    "total_tokens",
];

/// Names of counts; of several for the same, the first that is there, and `DETAILS` before them.
pub(super) const NAMES: [(&str, Kind); 32] = [
    ("prompt_tokens", Kind::Prompt),
    ("promptTokenCount", Kind::Prompt),
    // Ollama, Titan, Llama on Bedrock.
    ("prompt_eval_count", Kind::Prompt),
    ("inputTextTokenCount", Kind::Prompt),
    ("prompt_token_count", Kind::Prompt),
    ("input_tokens", Kind::Input),
    ("inputTokens", Kind::Input),
    ("inputTokenCount", Kind::Input),
    ("completion_tokens", Kind::Completion),
    ("candidatesTokenCount", Kind::Completion),
    ("responseTokenCount", Kind::Completion),
    ("eval_count", Kind::Completion),
    ("generation_token_count", Kind::Completion),
    ("output_tokens", Kind::Output),
    ("outputTokens", Kind::Output),
    ("outputTokenCount", Kind::Output),
    ("total_tokens", Kind::Total),
    ("totalTokenCount", Kind::Total),
    ("totalTokens", Kind::Total),
    ("cachedContentTokenCount", Kind::Cached),
    ("cache_read_input_tokens", Kind::CacheRead),
    ("cacheReadInputTokens", Kind::CacheRead),
    ("cacheReadInputTokenCount", Kind::CacheRead),
    ("cache_creation_input_tokens", Kind::CacheCreated),
    ("cacheWriteInputTokens", Kind::CacheCreated),
    ("cacheWriteInputTokenCount", Kind::CacheCreated),
    ("thoughtsTokenCount", Kind::Thoughts),
    ("toolUsePromptTokenCount", Kind::Fetched),
    ("num_search_queries", Kind::Searches),
    // DeepSeek, Mistral, Moonshot.
    ("prompt_cache_hit_tokens", Kind::Cached),
    ("num_cached_tokens", Kind::Cached),
    ("cached_tokens", Kind::Cached),
];

/// Counts in objects within the usage.
pub(super) const DETAILS: [(&str, &str, Kind); 28] = [
    ("prompt_tokens_details", "cached_tokens", Kind::Cached),
    ("input_tokens_details", "cached_tokens", Kind::Cached),
    ("input_token_details", "cached_tokens", Kind::Cached),
    ("prompt_tokens_details", "cache_write_tokens", Kind::CacheWritten),
    ("prompt_tokens_details", "cache_creation_tokens", Kind::CacheWritten),
    ("prompt_tokens_details", "cache_creation_input_tokens", Kind::CacheWritten),
    ("input_tokens_details", "cache_write_tokens", Kind::CacheWritten),
    ("input_tokens_details", "cache_creation_tokens", Kind::CacheWritten),
    ("prompt_tokens_details", "cache_write_1h_tokens", Kind::CacheWritten1h),
    ("input_tokens_details", "cache_write_1h_tokens", Kind::CacheWritten1h),
    ("cache_creation", "ephemeral_1h_input_tokens", Kind::CacheWritten1h),
    ("prompt_tokens_details", "audio_tokens", Kind::AudioInput),
    ("input_tokens_details", "audio_tokens", Kind::AudioInput),
    ("input_token_details", "audio_tokens", Kind::AudioInput),
    ("prompt_tokens_details", "image_tokens", Kind::ImageInput),
    ("input_tokens_details", "image_tokens", Kind::ImageInput),
    ("input_token_details", "image_tokens", Kind::ImageInput),
    ("completion_tokens_details", "reasoning_tokens", Kind::Reasoning),
    ("output_tokens_details", "reasoning_tokens", Kind::Reasoning),
    ("output_tokens_details", "thinking_tokens", Kind::Reasoning),
    ("completion_tokens_details", "audio_tokens", Kind::AudioOutput),
    ("output_tokens_details", "audio_tokens", Kind::AudioOutput),
    ("output_token_details", "audio_tokens", Kind::AudioOutput),
    ("completion_tokens_details", "image_tokens", Kind::ImageOutput),
    ("output_tokens_details", "image_tokens", Kind::ImageOutput),
    ("server_tool_use", "web_search_requests", Kind::Searches),
    ("server_side_tool_usage_details", "web_search_calls", Kind::Searches),
    ("input_tokens_details", "cache_creation_input_tokens", Kind::CacheWritten),
];

/// Lists of counts with a label: the list, the label and the one that is wanted, the count, its kind.
pub(super) const LISTS: [(&str, &str, &str, &str, Kind); 7] = [
    ("promptTokensDetails", "modality", "AUDIO", "tokenCount", Kind::AudioInput),
    ("promptTokensDetails", "modality", "IMAGE", "tokenCount", Kind::ImageInput),
    ("cacheTokensDetails", "modality", "AUDIO", "tokenCount", Kind::CachedAudio),
    ("cacheTokensDetails", "modality", "IMAGE", "tokenCount", Kind::CachedImage),
    ("candidatesTokensDetails", "modality", "AUDIO", "tokenCount", Kind::AudioOutput),
    ("candidatesTokensDetails", "modality", "IMAGE", "tokenCount", Kind::ImageOutput),
    ("cacheDetails", "ttl", "1h", "inputTokens", Kind::CacheWritten1h),
];
