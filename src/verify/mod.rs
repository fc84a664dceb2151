//! Whether an answer serves: what the verdicts of the cache rest on.

pub mod answers;
