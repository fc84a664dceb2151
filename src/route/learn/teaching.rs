//! Outcomes that scopes begin with: what `scrimp route train` writes and `router.adapter` names.

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;

/// The only layout that this version reads.
const FORMAT: u32 = 1;

/// Labelled outcomes, as they are kept in a file. They hold no prompts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teaching {
    format: u32,
    /// The embedding model in whose terms tasks are.
    embedding: Option<String>,
    outcomes: Vec<Outcome>,
}

/// Why a file cannot be learnt from.
#[derive(Debug, thiserror::Error)]
pub enum TeachingError {
    /// It is nothing that this program has written.
    #[error("cannot be read ({0}); `scrimp route train` writes it")]
    Unreadable(#[from] serde_json::Error),
    /// Another version's.
    #[error("format {0} where this version reads {FORMAT}; run `scrimp route train` again")]
    Format(u32),
    /// Made with another embedding model.
    #[error(
        "was made with the embedding model {found}, and this is {expected}; run `scrimp route train` again with this configuration"
    )]
    Embedding {
        /// The file's.
        found: String,
        /// The configured one.
        expected: String,
    },
    /// An outcome that cannot be.
    #[error("outcome {0} has a number that is out of range")]
    Outcome(usize),
}

impl Teaching {
    /// These outcomes, in the terms of an embedding model.
    pub fn new(embedding: Option<&str>, outcomes: Vec<Outcome>) -> Self {
        Self { format: FORMAT, embedding: embedding.map(str::to_owned), outcomes }
    }

    /// The outcomes of a file, for a gateway with this embedding model.
    pub fn parse(bytes: &[u8], embedding: Option<&str>) -> Result<Vec<Outcome>, TeachingError> {
        let Self { format, embedding: found, outcomes } = serde_json::from_slice(bytes)?;
        if format != FORMAT {
            return Err(TeachingError::Format(format));
        }
        if found.as_deref() != embedding {
            let name = |embedding: Option<&str>| embedding.unwrap_or("none").to_owned();
            let (found, expected) = (name(found.as_deref()), name(embedding));
            return Err(TeachingError::Embedding { found, expected });
        }
        match outcomes.iter().position(|outcome| !outcome.is_sound()) {
            Some(index) => Err(TeachingError::Outcome(index)),
            None => Ok(outcomes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{learn::Sight, promise::Source};

    fn outcome(lower: f64) -> Outcome {
        Outcome {
            sight: Sight { log_odds: -1.0, task: None },
            tier: 0,
            lower,
            frontier: 1.0,
            source: Source::Shadow,
            weight: 1.0,
            at: 5.0,
        }
    }

    #[test]
    fn what_was_written_is_read_for_the_same_model_only() {
        let outcomes = vec![outcome(0.5), outcome(1.0)];
        let written = serde_json::to_vec(&Teaching::new(Some("a@1"), outcomes.clone())).unwrap();
        assert_eq!(Teaching::parse(&written, Some("a@1")).unwrap(), outcomes);
        for (bytes, embedding, problem) in [
            (written.clone(), Some("b@1"), "made with the embedding model a@1, and this is b@1"),
            (written.clone(), None, "and this is none"),
            (b"{}".to_vec(), None, "missing field"),
            (br#"{"format":7,"embedding":null,"outcomes":[]}"#.to_vec(), None, "format 7"),
            (
                serde_json::to_vec(&Teaching::new(None, vec![outcome(1.0), outcome(1.5)])).unwrap(),
                None,
                "outcome 1 has a number that is out of range",
            ),
        ] {
            let error = Teaching::parse(&bytes, embedding).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
