//! Owns how much of the words of a request is kept: nothing, unless the operator says so.

use bytes::Bytes;

use crate::config::LogContent;

/// What is kept of the words of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    #[default]
    None,
    /// BLAKE3 of the request.
    Hash([u8; 32]),
    /// The words themselves, each JSON text in UTF-8.
    Full {
        /// The request's body.
        prompt: Bytes,
        /// The answer's body; empty where there is none.
        answer: Bytes,
    },
}

impl Content {
    /// The same, less what the operator does not want to be kept.
    #[must_use]
    pub fn within(self, policy: LogContent) -> Self {
        let needs = match &self {
            Self::None => LogContent::None,
            Self::Hash(_) => LogContent::Hash,
            Self::Full { .. } => LogContent::Full,
        };
        if needs <= policy { self } else { Self::None }
    }

    /// The size of the words, bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::None | Self::Hash(_) => 0,
            Self::Full { prompt, answer } => prompt.len().saturating_add(answer.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_the_operator_wants() {
        let hash = Content::Hash([7; 32]);
        let full = Content::Full { prompt: "{}".into(), answer: Bytes::new() };
        for (content, policy, kept) in [
            (&hash, LogContent::None, false),
            (&hash, LogContent::Hash, true),
            (&hash, LogContent::Full, true),
            (&full, LogContent::None, false),
            (&full, LogContent::Hash, false),
            (&full, LogContent::Full, true),
        ] {
            let expected = if kept { content.clone() } else { Content::None };
            assert_eq!(content.clone().within(policy), expected, "{content:?} {policy:?}");
        }
    }
}
