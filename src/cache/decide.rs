//! Serve this candidate or not? Pure: two questions and their similarity in, a verdict with its reason out.

use std::fmt;

use crate::guard::{self, Difference};

/// The rule by which candidates are judged.
#[derive(Debug, Clone, Copy)]
pub struct Decision {
    /// Lowest cosine similarity that may be served.
    pub threshold: f32,
}

/// What the rule says of one candidate.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The stored answer serves.
    Serve,
    /// It does not.
    Reject(Rejection),
}

/// Why a candidate is not served.
#[derive(Debug, Clone, PartialEq)]
pub enum Rejection {
    /// Less similar than the threshold.
    Similarity {
        /// Cosine similarity.
        found: f32,
        /// The threshold.
        least: f32,
    },
    /// The guard found a difference that changes the answer.
    Guard(Difference),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Similarity { found, least } => write!(f, "similarity {found:.3} < {least:.3}"),
            Self::Guard(difference) => write!(f, "{difference}"),
        }
    }
}

impl Rejection {
    /// The kind of difference that the guard found, for metrics.
    pub fn guard_kind(&self) -> Option<&'static str> {
        match self {
            Self::Similarity { .. } => None,
            Self::Guard(difference) => Some(difference.kind.name()),
        }
    }
}

impl Decision {
    /// Judges a stored `candidate` question against the `question` asked now.
    pub fn judge(&self, question: &str, candidate: &str, similarity: f32) -> Verdict {
        if similarity < self.threshold {
            return Verdict::Reject(Rejection::Similarity {
                found: similarity,
                least: self.threshold,
            });
        }
        let differences = guard::compare(candidate, question);
        match guard::veto(&differences) {
            Some(difference) => Verdict::Reject(Rejection::Guard(difference.clone())),
            None => Verdict::Serve,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_comes_first_and_the_guard_has_the_last_word() {
        let rule = Decision { threshold: 0.9 };
        assert_eq!(rule.judge("How do I reset it?", "how can I reset it", 0.95), Verdict::Serve);
        let too_far = Rejection::Similarity { found: 0.89, least: 0.9 };
        assert_eq!(rule.judge("a", "b", 0.89), Verdict::Reject(too_far));
        let Verdict::Reject(Rejection::Guard(found)) =
            rule.judge("keep 30 days", "keep 37 days", 0.99)
        else {
            panic!("served");
        };
        assert!(found.to_string().contains("37"), "{found}");
    }
}
