//! Callers who ask the same again, for the frontier or for another answer: they were not content with the first one.

use std::time::Duration;

use http::HeaderMap;

use super::{context::Context, learners::ScopeLearner, remembered::Remembered};
use crate::route::{
    learn::{Outcome, Sight},
    promise::Source,
};

/// Answers that are remembered; each takes about a kilobyte.
const REMEMBERED: usize = 20_000;

/// What a lower tier's answer was given to.
#[derive(Clone)]
pub struct Routed {
    /// Who learns from it.
    pub learner: ScopeLearner,
    /// What was known of the request.
    pub sight: Sight,
    /// The place of the tier that answered.
    pub tier: usize,
    /// When, Unix seconds.
    pub at: f64,
}

impl Routed {
    /// The outcome, now that the caller has spoken; `lower` is what its answer is worth, in `[0, 1]`.
    pub fn outcome(&self, source: Source, lower: f64) -> Outcome {
        Outcome {
            sight: self.sight.clone(),
            tier: self.tier,
            lower,
            frontier: 1.0,
            source,
            weight: 1.0,
            at: self.at,
        }
    }
}

/// Names what one caller asked: the conversation as it was sent, byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Question([u8; 32]);

impl Question {
    /// What `ctx` asks.
    pub fn of(ctx: &Context) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("scrimp 2026 asked again");
        hasher.update(&ctx.principal.id).update(&ctx.scope.0);
        hasher.update(ctx.request.fields.raw("messages").unwrap_or_default().as_bytes());
        Self(*hasher.finalize().as_bytes())
    }
}

/// Answers by lower tiers that callers may be discontent with.
pub struct Escalations(Remembered<Question, Routed>);

impl Escalations {
    /// Remembers answers for so long.
    pub fn new(window: Duration) -> Self {
        Self(Remembered::new(REMEMBERED, window))
    }

    /// A lower tier's answer goes out.
    pub fn remember(&self, question: Question, routed: Routed) {
        self.0.insert(question, routed);
    }

    /// The answer that was given to a question within the window; it is handed out once.
    pub fn take(&self, question: Question) -> Option<Routed> {
        self.0.take(&question)
    }
}

/// The caller wants an answer that is not a stored one.
pub fn wants_fresh(headers: &HeaderMap) -> bool {
    let values = headers.get_all("cache-control").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|it| it.trim().eq_ignore_ascii_case("no-cache"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_answer_is_asked_for_in_a_header() {
        for (value, wanted) in
            [("no-cache", true), ("max-age=5, No-Cache", true), ("no-store", false), ("", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert("cache-control", value.parse().unwrap());
            assert_eq!(wants_fresh(&headers), wanted, "{value}");
        }
    }
}
