//! What the operator may choose about the local check.

/// How strict the local check is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The least mean log-probability of an answer's tokens, natural logarithm, at most 0; `None` never looks. It says
    /// something only where the provider sends log-probabilities, which it does when asked for them.
    ///
    /// −1 by default: a perplexity of e, where a model has on average no favourite among three tokens. Fluent answers stay
    /// between −0.05 and −0.7, inventive ones at temperature 1 included, so that only a model that is lost falls below;
    /// raise it towards −0.3 where answers are short and factual (Gupta et al., "Language Model Cascades: Token-Level
    /// Uncertainty and Beyond", 2024).
    pub min_logprob: Option<f64>,
    /// Whether the cheap tier answers twice and both answers have to agree. Off by default: it doubles what the cheap tier
    /// costs, and inventive answers never agree.
    pub self_consistency: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { min_logprob: Some(-1.0), self_consistency: false }
    }
}
