//! The protocols that callers speak, to and from the chat dialect that the gateway works with. Pure: no IO, no clock.

/// A request that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// The field at fault, when it is one: `messages[2].content[0]`.
    pub param: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Malformed {
    /// The field at `param` is wrong: `message` says what would be right.
    pub fn at(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { param: Some(param.into()), message: message.into() }
    }
}
