//! The policies that can be compared, by name.

use std::{fmt, str::FromStr};

use super::{
    simulate::{Score, Threshold},
    stream::FLOOR,
};

/// A rule by which a cache serves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Policy {
    /// Ours: the confidence that one answer serves both must reach the threshold that keeps the error budget.
    Scrimp,
    /// A fixed cosine.
    Cosine(f32),
    /// GPTCache 0.1: `similarity_threshold` 0.8 on `(4 - d²) / 4`, `d` the distance of unit vectors: cosine 0.6.
    GptCache,
    /// RedisVL's `SemanticCache`: `distance_threshold` 0.1, cosine 0.9.
    RedisVl,
    /// LiteLLM's semantic caches: `similarity_threshold` 0.8.
    LiteLlm,
    /// No matching by meaning.
    Exact,
}

/// A policy that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// No such name.
    #[error(
        "'{0}' is not a policy; valid ones: scrimp, cosine:T (such as cosine:0.95), gptcache, redisvl, litellm, exact"
    )]
    Unknown(String),
    /// The number after `cosine:` is none that can be used.
    #[error("'{0}' is not a cosine; write a number from {FLOOR} to 1, such as cosine:0.95")]
    NotACosine(String),
}

impl Policy {
    /// The fixed rule; `None` for [`Self::Scrimp`], whose threshold follows from the budget, and for [`Self::Exact`].
    pub fn threshold(self) -> Option<Threshold> {
        let least = match self {
            Self::Scrimp | Self::Exact => return None,
            Self::Cosine(least) => least,
            // (4 - (2 - 2c)) / 4 >= 0.8
            Self::GptCache => 0.6,
            Self::RedisVl => 0.9,
            Self::LiteLlm => 0.8,
        };
        Some(Threshold { score: Score::Cosine, least })
    }

    /// The rule in words.
    pub fn rule(self) -> String {
        match self {
            Self::Scrimp => "confidence, threshold chosen for the budget".to_owned(),
            Self::Cosine(least) => format!("cosine ≥ {least}"),
            Self::GptCache => "cosine ≥ 0.6 (GPTCache's default 0.8 of its own score)".to_owned(),
            Self::RedisVl => "cosine ≥ 0.9 (RedisVL's default)".to_owned(),
            Self::LiteLlm => "cosine ≥ 0.8 (LiteLLM's example)".to_owned(),
            Self::Exact => "the very same request only".to_owned(),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scrimp => "scrimp",
            Self::Cosine(least) => return write!(f, "cosine:{least}"),
            Self::GptCache => "gptcache",
            Self::RedisVl => "redisvl",
            Self::LiteLlm => "litellm",
            Self::Exact => "exact",
        })
    }
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Ok(match text.trim() {
            "scrimp" => Self::Scrimp,
            "gptcache" => Self::GptCache,
            "redisvl" => Self::RedisVl,
            "litellm" => Self::LiteLlm,
            "exact" => Self::Exact,
            other => {
                let Some(cosine) = other.strip_prefix("cosine:") else {
                    return Err(PolicyError::Unknown(other.to_owned()));
                };
                let least = cosine.parse().ok().filter(|least| (FLOOR..=1.0).contains(least));
                Self::Cosine(least.ok_or_else(|| PolicyError::NotACosine(cosine.to_owned()))?)
            }
        })
    }
}
