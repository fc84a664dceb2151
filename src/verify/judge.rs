//! Does the answer to one question serve another one? Two questions and their similarity in, a score with its reasons out.
//!
//! Knows the guard, the verifier and the calibration; whether a score is high enough is the error budget's to say.

use std::{fmt, sync::Arc};

use super::{Verifier, calibration::Calibration};
use crate::guard::{self, Comparison, Difference};

/// The rule by which candidates are judged.
pub enum Judge {
    /// A fixed cosine, and the guard's veto.
    Threshold(f32),
    /// Calibrated probability of the same answer, from all evidence.
    Calibrated {
        /// Reads both questions.
        verifier: Arc<Verifier>,
        /// Weighs the evidence.
        calibration: Box<Calibration>,
    },
}

/// What is known of one candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// How surely its answer serves: P(same answer), or the cosine under a fixed threshold. In `[0, 1]`.
    pub score: f64,
    /// Why it may not be served whatever its score, if so.
    pub refusal: Option<Refusal>,
    /// The difference that speaks most against it.
    pub difference: Option<Difference>,
    /// All the evidence is in the score. Where it could not have been served anyway the verifier is not asked.
    pub complete: bool,
    /// The questions differ in nothing but case, punctuation, politeness and typing errors.
    pub is_equal: bool,
}

/// Why a candidate is not served.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// Less similar than the fixed threshold.
    Similarity {
        /// Cosine similarity.
        found: f32,
        /// The threshold.
        least: f32,
    },
    /// The guard found a difference that changes the answer.
    Guard(Difference),
    /// Not sure enough for the error budget.
    Risk {
        /// P(same answer).
        confidence: f64,
        /// What the budget asks for at present.
        least: f64,
        /// The difference that speaks most against it.
        difference: Option<Difference>,
    },
    /// The verifier could not read the two questions.
    Unread,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Similarity { found, least } => write!(f, "similarity {found:.3} < {least:.3}"),
            Self::Guard(difference) => write!(f, "{difference}"),
            Self::Risk { confidence, least, difference } => {
                write!(f, "confidence {confidence:.3} < {least:.3}")?;
                difference.iter().try_for_each(|difference| write!(f, " ({difference})"))
            }
            Self::Unread => write!(f, "the questions are too long to be compared"),
        }
    }
}

impl Refusal {
    /// The kind of difference that the guard found, or what else decided, for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Similarity { .. } => "similarity",
            Self::Guard(difference) => difference.kind.name(),
            Self::Risk { .. } => "confidence",
            Self::Unread => "unread",
        }
    }
}

impl Judge {
    /// Judges a stored `candidate` question against the `question` asked now. A score below `least` is of no use to the
    /// caller, so that the verifier need not be asked where no answer of its would reach that.
    pub fn assess(&self, question: &str, candidate: &str, cosine: f32, least: f64) -> Assessment {
        let score = f64::from(cosine).clamp(0.0, 1.0);
        match self {
            Self::Threshold(least) if cosine < *least => {
                let refusal = Some(Refusal::Similarity { found: cosine, least: *least });
                Assessment { score, refusal, difference: None, complete: true, is_equal: false }
            }
            Self::Threshold(_) => {
                let comparison = guard::examine(candidate, question);
                let veto = guard::veto(&comparison.differences).cloned();
                let refusal = veto.clone().map(Refusal::Guard);
                let is_equal = comparison.overlap.equal;
                Assessment { score, refusal, difference: veto, complete: true, is_equal }
            }
            Self::Calibrated { verifier, calibration } => {
                calibrated(verifier, calibration, (question, candidate), cosine, least)
            }
        }
    }
}

fn calibrated(
    verifier: &Verifier,
    calibration: &Calibration,
    (question, candidate): (&str, &str),
    cosine: f32,
    least: f64,
) -> Assessment {
    let comparison = guard::examine(candidate, question);
    let veto = veto(&comparison);
    let difference = veto.or_else(|| calibration.worst(&comparison.differences)).cloned();
    let best_case = calibration.best_case(cosine, &comparison);
    let refusal = veto.cloned().map(Refusal::Guard);
    let is_equal = comparison.overlap.equal;
    // Whoever asks for every score gets those of refused candidates as well.
    if (refusal.is_some() && least > 0.0) || best_case < least {
        return Assessment { score: best_case, refusal, difference, complete: false, is_equal };
    }
    match verifier.logit(question, candidate) {
        Ok(logit) => {
            let score = calibration.confidence(cosine, logit, &comparison);
            Assessment { score, refusal, difference, complete: true, is_equal }
        }
        Err(error) => {
            tracing::debug!(%error, "a candidate cannot be verified");
            let refusal = Some(Refusal::Unread);
            Assessment { score: 0.0, refusal, difference, complete: false, is_equal }
        }
    }
}

/// The difference that forbids to serve one question's answer for the other, in texts that are otherwise equal.
pub fn veto(comparison: &Comparison) -> Option<&Difference> {
    let is_otherwise_equal = comparison.overlap.jaccard >= OTHERWISE_EQUAL;
    guard::veto(&comparison.differences).filter(|_| is_otherwise_equal)
}

/// From this share of common content words on, a difference that the guard would veto is one between texts that are
/// otherwise equal. In texts that share less it is evidence like any other.
const OTHERWISE_EQUAL: f32 = 0.6;
