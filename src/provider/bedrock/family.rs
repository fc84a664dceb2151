//! Whose model it is, as far as its name tells: Converse refuses what a model does not know.
//!
//! An inference profile of one's own has an ARN that tells nothing; its requests hold only what all models know.

/// The vendor of a model, and what matters of its generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Anthropic's.
    Claude(Thinking),
    /// Amazon's.
    Nova,
    /// Any other, or not told.
    Other,
}

/// How a Claude model is told to think.
///
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html>,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thinking {
    /// It cannot.
    Never,
    /// Within a budget of tokens.
    Budget,
    /// Within a budget, or as much as it finds right at an effort.
    Either,
    /// As much as it finds right at an effort. These models take no sampling parameters any more.
    Adaptive,
}

impl Family {
    /// The family of a model id, of an inference profile or of the ARN of either.
    pub(super) fn of(model: &str) -> Self {
        if model.contains("anthropic.") {
            let known = GENERATIONS.iter().find(|(part, _)| model.contains(part));
            return Self::Claude(known.map_or(Thinking::Adaptive, |(_, thinking)| *thinking));
        }
        if model.contains("amazon.nova") { Self::Nova } else { Self::Other }
    }

    /// Whether marks for the prompt cache are known to its models.
    ///
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html>
    pub(super) fn caches(self) -> bool {
        matches!(self, Self::Claude(_) | Self::Nova)
    }

    /// Whether it is one of Anthropic's.
    pub(super) fn is_claude(self) -> bool {
        matches!(self, Self::Claude(_))
    }
}

/// The generations that are no more added to; what comes after them thinks adaptively.
const GENERATIONS: [(&str, Thinking); 15] = [
    ("claude-v2", Thinking::Never),
    ("claude-instant", Thinking::Never),
    ("claude-3-haiku", Thinking::Never),
    ("claude-3-sonnet", Thinking::Never),
    ("claude-3-opus", Thinking::Never),
    ("claude-3-5-", Thinking::Never),
    ("claude-3-7-", Thinking::Budget),
    ("claude-sonnet-4-2", Thinking::Budget),
    ("claude-opus-4-2", Thinking::Budget),
    ("claude-opus-4-1", Thinking::Budget),
    ("claude-sonnet-4-5", Thinking::Budget),
    ("claude-opus-4-5", Thinking::Budget),
    ("claude-haiku-4-5", Thinking::Budget),
    ("claude-sonnet-4-6", Thinking::Either),
    ("claude-opus-4-6", Thinking::Either),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_its_name() {
        for (model, expected) in [
            ("anthropic.claude-3-haiku-20240307-v1:0", Family::Claude(Thinking::Never)),
            ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", Family::Claude(Thinking::Budget)),
            ("anthropic.claude-sonnet-4-20250514-v1:0", Family::Claude(Thinking::Budget)),
            ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", Family::Claude(Thinking::Budget)),
            ("global.anthropic.claude-opus-4-6-v1", Family::Claude(Thinking::Either)),
            ("anthropic.claude-opus-4-7", Family::Claude(Thinking::Adaptive)),
            ("anthropic.claude-opus-5", Family::Claude(Thinking::Adaptive)),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6",
                Family::Claude(Thinking::Either),
            ),
            ("us.amazon.nova-2-lite-v1:0", Family::Nova),
            ("amazon.titan-text-express-v1", Family::Other),
            ("openai.gpt-oss-120b-1:0", Family::Other),
            (
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2",
                Family::Other,
            ),
            ("", Family::Other),
        ] {
            assert_eq!(Family::of(model), expected, "{model}");
        }
    }
}
