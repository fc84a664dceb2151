//! Why an answer of the cheap tier does not stand. Never has words of the answer in it, but for the path to a value.

use std::fmt;

/// Why the request escalates.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The body is no chat completion.
    Unreadable,
    /// A choice has no finish reason, or one that means trouble or nothing to us.
    Unfinished,
    /// Cut at a length limit.
    Truncated,
    /// Stopped by a content filter.
    Filtered,
    /// The model refused, or said that it cannot know.
    Refused,
    /// Nothing was said.
    Empty,
    /// JSON was asked for, and the text is none.
    NotJson,
    /// The JSON is not what its schema asks for.
    SchemaViolated(Violation),
    /// A tool was called that is not on offer.
    ToolUnknown,
    /// No tool was called, or not the one that had to be.
    ToolMissing,
    /// Several tools were called, and the caller takes one at a time.
    ToolsParallel,
    /// A tool's arguments are no JSON object.
    ArgumentsNotJson,
    /// A tool's arguments are not what its schema asks for.
    ArgumentsViolate(Violation),
    /// The tokens were improbable to the model itself.
    Unsure {
        /// Their mean log-probability.
        mean_logprob: f64,
    },
    /// The text ends in a loop.
    Repetitive,
    /// Two answers of the cheap tier disagree.
    Inconsistent,
}

/// Where JSON is not what a schema asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer (RFC 6901) of the value, shortened; empty for the whole, or where the place is not known.
    pub path: String,
    /// The schema's keyword that it violates: `required`, `type`, …
    pub keyword: String,
}

impl Reason {
    /// All that [`Self::kind`] returns.
    pub const KINDS: [&'static str; 16] = [
        "unreadable",
        "unfinished",
        "truncated",
        "content_filter",
        "refusal",
        "empty",
        "not_json",
        "schema",
        "tool_unknown",
        "tool_missing",
        "tools_parallel",
        "arguments_not_json",
        "arguments_schema",
        "low_logprob",
        "repetition",
        "inconsistent",
    ];

    /// As in metrics: stable, one of [`Self::KINDS`].
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Unfinished => "unfinished",
            Self::Truncated => "truncated",
            Self::Filtered => "content_filter",
            Self::Refused => "refusal",
            Self::Empty => "empty",
            Self::NotJson => "not_json",
            Self::SchemaViolated(_) => "schema",
            Self::ToolUnknown => "tool_unknown",
            Self::ToolMissing => "tool_missing",
            Self::ToolsParallel => "tools_parallel",
            Self::ArgumentsNotJson => "arguments_not_json",
            Self::ArgumentsViolate(_) => "arguments_schema",
            Self::Unsure { .. } => "low_logprob",
            Self::Repetitive => "repetition",
            Self::Inconsistent => "inconsistent",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("the answer is no chat completion"),
            Self::Unfinished => f.write_str("the answer did not finish"),
            Self::Truncated => f.write_str("the answer was cut at a length limit"),
            Self::Filtered => f.write_str("a content filter stopped the answer"),
            Self::Refused => f.write_str("the model declined to answer"),
            Self::Empty => f.write_str("the answer is empty"),
            Self::NotJson => f.write_str("the answer is not the JSON that was asked for"),
            Self::SchemaViolated(violation) => write!(f, "the answer violates {violation}"),
            Self::ToolUnknown => f.write_str("a tool was called that is not on offer"),
            Self::ToolMissing => f.write_str("a tool that had to be called was not"),
            Self::ToolsParallel => f.write_str("several tools were called at once"),
            Self::ArgumentsNotJson => f.write_str("a tool's arguments are no JSON object"),
            Self::ArgumentsViolate(violation) => {
                write!(f, "a tool's arguments violate {violation}")
            }
            Self::Unsure { mean_logprob } => {
                write!(f, "the model was unsure: mean log-probability {mean_logprob:.2}")
            }
            Self::Repetitive => f.write_str("the answer ends in a loop"),
            Self::Inconsistent => f.write_str("two answers disagree"),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, keyword } = self;
        write!(f, "'{keyword}' of the schema")?;
        if path.is_empty() { Ok(()) } else { write!(f, " at {path}") }
    }
}
