//! What decided about an answer of the cheap tier. Never has words of an answer in it.

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Word for word, but for case, punctuation, articles and politeness.
    Equal,
    /// The cheap answer says nothing.
    Empty,
    /// The reference says nothing: there is nothing to compare with.
    ReferenceEmpty,
    /// Both decline.
    BothRefuse,
    /// The cheap answer declines, the reference answers.
    Refusal,
    /// The reference declines, the cheap answer answers.
    ReferenceRefuses,
    /// The cheap answer was cut, the reference was not.
    Truncated,
    /// The same values in JSON.
    JsonEqual,
    /// Other values in JSON.
    JsonDiffers,
    /// The same values in JSON, but for texts in other words.
    JsonWording,
    /// The reference is JSON, the cheap answer is none.
    JsonInvalid,
    /// The cheap answer is JSON, the reference is none.
    Format,
    /// The same calls.
    ToolEqual,
    /// Another tool.
    ToolOther,
    /// More calls than the reference's.
    ToolMore,
    /// Other arguments.
    ToolArguments,
    /// The same arguments, but for texts in other words.
    ToolWording,
    /// The reference calls a tool, the cheap answer does not.
    ToolMissing,
    /// The cheap answer calls a tool, the reference does not.
    ToolUnasked,
    /// The code is cut off or its brackets do not match, those of the reference do.
    CodeBroken,
    /// The reference is code, the cheap answer has none.
    CodeMissing,
    /// Code in another language.
    CodeLanguage,
    /// Both have code.
    Code,
    /// Both come to the same final answer.
    FinalEqual,
    /// They come to different ones.
    FinalDiffers,
    /// One says yes, the other no.
    Polarity,
    /// One denies what the other says.
    Negation,
    /// The numbers differ.
    Numbers,
    /// The names differ.
    Names,
    /// Short answers with different words.
    ShortDiffers,
    /// One is in the other.
    Contained,
    /// The cheap answer has but a fraction of the reference's length.
    Length,
    /// They say much the same.
    Alike,
    /// They have little in common.
    Unlike,
    /// Nothing speaks for or against.
    Thin,
}

impl Reason {
    /// As in logs and metrics: stable.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Empty => "empty",
            Self::ReferenceEmpty => "reference_empty",
            Self::BothRefuse => "both_refuse",
            Self::Refusal => "refusal",
            Self::ReferenceRefuses => "reference_refuses",
            Self::Truncated => "truncated",
            Self::JsonEqual => "json_equal",
            Self::JsonDiffers => "json_differs",
            Self::JsonWording => "json_wording",
            Self::JsonInvalid => "json_invalid",
            Self::Format => "format",
            Self::ToolEqual => "tool_equal",
            Self::ToolOther => "tool_other",
            Self::ToolMore => "tool_more",
            Self::ToolArguments => "tool_arguments",
            Self::ToolWording => "tool_wording",
            Self::ToolMissing => "tool_missing",
            Self::ToolUnasked => "tool_unasked",
            Self::CodeBroken => "code_broken",
            Self::CodeMissing => "code_missing",
            Self::CodeLanguage => "code_language",
            Self::Code => "code",
            Self::FinalEqual => "final_equal",
            Self::FinalDiffers => "final_differs",
            Self::Polarity => "polarity",
            Self::Negation => "negation",
            Self::Numbers => "numbers",
            Self::Names => "names",
            Self::ShortDiffers => "short_differs",
            Self::Contained => "contained",
            Self::Length => "length",
            Self::Alike => "alike",
            Self::Unlike => "unlike",
            Self::Thin => "thin",
        }
    }
}
