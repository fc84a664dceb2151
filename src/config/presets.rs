//! The vendors known by name, as one table: where they are, and which models a run without a file uses.

/// One vendor.
#[derive(Debug)]
pub(super) struct Preset {
    /// As in `providers.NAME.type`.
    pub name: &'static str,
    pub speaks: Speaks,
    /// Empty where it depends on the account.
    pub base_url: &'static str,
    /// The usual environment variable of its key; `None` for local servers, which need none.
    pub key_variable: Option<&'static str>,
    /// Whether it accepts `stream_options.include_usage`.
    pub stream_usage: bool,
    /// Whether it has `/responses` and keeps their state.
    pub responses: bool,
    /// Models of the two tiers when there is no file: cheap, frontier. Checked in November 2026.
    pub models: Option<(&'static str, &'static str)>,
}

/// The format of a vendor; what else it takes is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaks {
    OpenAi,
    Azure,
    Anthropic,
    Gemini,
    Vertex,
    Bedrock,
}

/// In the order in which they are tried when there is no file.
pub(super) const PRESETS: [Preset; 16] = [
    Preset {
        responses: true,
        ..cloud(
            "openai",
            "https://api.openai.com/v1",
            "OPENAI_API_KEY",
            ("gpt-6-luna", "gpt-6-sol"),
        )
    },
    Preset {
        speaks: Speaks::Anthropic,
        ..cloud(
            "anthropic",
            "https://api.anthropic.com/v1",
            "ANTHROPIC_API_KEY",
            ("claude-haiku-4-5", "claude-opus-4-7"),
        )
    },
    Preset {
        speaks: Speaks::Gemini,
        ..cloud(
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta",
            "GEMINI_API_KEY",
            ("gemini-3.1-flash-lite", "gemini-3.8-flash"),
        )
    },
    cloud(
        "groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        ("openai/gpt-oss-20b", "openai/gpt-oss-120b"),
    ),
    // Answers 422 to `stream_options.include_usage`, and sends usage without being asked.
    Preset {
        stream_usage: false,
        ..cloud(
            "mistral",
            "https://api.mistral.ai/v1",
            "MISTRAL_API_KEY",
            ("mistral-small-latest", "mistral-large-latest"),
        )
    },
    cloud(
        "deepseek",
        "https://api.deepseek.com/v1",
        "DEEPSEEK_API_KEY",
        ("deepseek-v4-flash", "deepseek-v4-pro"),
    ),
    Preset {
        responses: true,
        ..cloud("xai", "https://api.x.ai/v1", "XAI_API_KEY", ("grok-4.3", "grok-4.6"))
    },
    cloud(
        "openrouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        ("openai/gpt-5.4-mini", "openai/gpt-5.5"),
    ),
    cloud(
        "together",
        "https://api.together.xyz/v1",
        "TOGETHER_API_KEY",
        ("openai/gpt-oss-120b", "deepseek-ai/DeepSeek-V4-Pro"),
    ),
    cloud(
        "fireworks",
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        (
            "accounts/fireworks/models/deepseek-v4-flash-0731",
            "accounts/fireworks/models/deepseek-v4-pro-0813",
        ),
    ),
    local("ollama", "http://127.0.0.1:11434/v1"),
    local("vllm", "http://127.0.0.1:8000/v1"),
    local("lmstudio", "http://127.0.0.1:1234/v1"),
    // Their addresses hold the account's resource, region or project: a file names them.
    Preset { speaks: Speaks::Azure, responses: true, ..local("azure", "") },
    Preset { speaks: Speaks::Vertex, ..local("vertex", "") },
    Preset { speaks: Speaks::Bedrock, ..local("bedrock", "") },
];

/// The preset of this name.
pub(super) fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

const fn cloud(
    name: &'static str,
    base_url: &'static str,
    key_variable: &'static str,
    models: (&'static str, &'static str),
) -> Preset {
    Preset { key_variable: Some(key_variable), models: Some(models), ..local(name, base_url) }
}

const fn local(name: &'static str, base_url: &'static str) -> Preset {
    Preset {
        name,
        speaks: Speaks::OpenAi,
        base_url,
        key_variable: None,
        stream_usage: true,
        responses: false,
        models: None,
    }
}
