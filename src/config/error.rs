//! What a failed load says: every mistake with its place, one a line. It must never hold a secret.

use std::fmt;

use super::Config;

/// A configuration that may be used, and what its operator should know about it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The checked configuration.
    pub config: Config,
    /// Settings that are valid but surprising, one sentence each, starting with the key path.
    pub warnings: Vec<String>,
}

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Key path such as `cache.ttl` or `tiers.cheap[0]`; empty for the file as a whole.
    pub path: String,
    /// Where it is in the file; `None` when it has no place there.
    pub position: Option<Position>,
    /// What is wrong and what would be right, in lower case, without a full stop.
    pub message: String,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// All mistakes of one configuration, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors {
    /// The file as the operator named it, or `environment`.
    pub origin: String,
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

impl ConfigErrors {
    /// A single mistake about the whole source.
    pub(super) fn whole(origin: &str, message: impl Into<String>) -> Self {
        let mistake = Mistake { path: String::new(), position: None, message: message.into() };
        Self { origin: origin.to_owned(), mistakes: vec![mistake] }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:", self.origin)?;
            if let Some(position) = mistake.position {
                write!(f, "{}:{}:", position.line, position.column)?;
            }
            if !mistake.path.is_empty() {
                write!(f, " {}:", mistake.path)?;
            }
            write!(f, " {}", mistake.message)?;
        }
        Ok(())
    }
}
