//! What callers say of answers that came from the cache, or from a lower tier.

use std::{fmt, str::FromStr, sync::Weak, time::Duration};

use serde::Deserialize;

use super::{Error, Gateway, budgets::ScopeBudget, escalations::Routed, remembered::Remembered};
use crate::{
    auth::Principal,
    cache::Entry,
    route::promise,
    verify::budget::{Label, Source},
};

/// Names one response, in `x-request-id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u128);

impl RequestId {
    /// One that no other request has.
    pub fn fresh() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"req-00000000000000000000000000000000";
        for (at, digit) in text[4..].iter_mut().rev().enumerate() {
            *digit = b"0123456789abcdef"[(self.0 >> (4 * at)) as usize & 15];
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for RequestId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.strip_prefix("req-").filter(|digits| digits.len() == 32).ok_or(())?;
        u128::from_str_radix(digits, 16).map(Self).map_err(|_| ())
    }
}

/// An answer that its caller may speak of.
#[derive(Clone)]
pub enum Served {
    /// The cache gave it.
    Cached {
        /// Who got it.
        caller: [u8; 32],
        /// The answer, as long as the cache holds it.
        entry: Weak<Entry>,
        /// The budget it counted against and the judge's score, when it was found by meaning.
        budget: Option<(ScopeBudget, f64)>,
    },
    /// A lower tier gave it.
    Routed {
        /// Who got it.
        caller: [u8; 32],
        /// What was asked.
        routed: Routed,
    },
}

impl Served {
    fn caller(&self) -> &[u8; 32] {
        match self {
            Self::Cached { caller, .. } | Self::Routed { caller, .. } => caller,
        }
    }
}

/// Answers that can still be complained about.
pub struct ServedAnswers(Remembered<RequestId, Served>);

/// How many answers are remembered; each takes some hundred bytes.
const REMEMBERED: usize = 20_000;
/// For how long.
const REMEMBERED_FOR: Duration = Duration::from_secs(86_400);

impl Default for ServedAnswers {
    fn default() -> Self {
        Self(Remembered::new(REMEMBERED, REMEMBERED_FOR))
    }
}

impl ServedAnswers {
    /// Notes an answer that goes out.
    pub fn remember(&self, id: RequestId, served: Served) {
        self.0.insert(id, served);
    }
}

/// The body of `POST /v1/feedback`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feedback {
    request_id: String,
    verdict: Verdict,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Right,
    Wrong,
}

impl Gateway {
    /// Learns from a caller's verdict on an answer of the cache or of a lower tier. A wrong answer of the cache is forgotten:
    /// for other words where it was found by meaning, altogether where the very same request got it.
    pub fn feedback(&self, principal: &Principal, body: &[u8]) -> Result<(), Error> {
        let feedback: Feedback = serde_json::from_slice(body).map_err(|error| {
            Error::Feedback(format!(
                "the body is not {{\"request_id\": \"req-…\", \"verdict\": \"right\" or \"wrong\"}}: {error}"
            ))
        })?;
        let id: RequestId = feedback.request_id.parse().map_err(|()| {
            Error::Feedback(format!(
                "'{}' is no request id; it is the x-request-id of the response",
                feedback.request_id
            ))
        })?;
        let served = self.served.0.get(&id).filter(|served| *served.caller() == principal.id);
        let served = served.ok_or(Error::UnknownRequest)?;
        self.served.0.take(&id);
        match served {
            Served::Cached { entry, budget, .. } => {
                self.cached(&entry, budget.as_ref(), feedback.verdict);
            }
            Served::Routed { routed, .. } => self.routed(&routed, feedback.verdict),
        }
        Ok(())
    }

    fn cached(&self, entry: &Weak<Entry>, budget: Option<&(ScopeBudget, f64)>, verdict: Verdict) {
        let is_wrong = verdict == Verdict::Wrong;
        self.parts.metrics.compared(Source::Feedback.name(), f64::from(u8::from(is_wrong)));
        if let Some((budget, score)) = budget {
            let wrong = if is_wrong { 1.0 } else { 0.0 };
            budget.learn(Label { score: *score, wrong, weight: 1.0, source: Source::Feedback });
        }
        if let Some(entry) = entry.upgrade().filter(|_| is_wrong) {
            match budget {
                Some(_) => self.parts.semantic.remove(&entry),
                None => self.parts.exact.remove(&entry.key),
            }
        }
    }

    fn routed(&self, routed: &Routed, verdict: Verdict) {
        let lower = match verdict {
            Verdict::Right => 1.0,
            Verdict::Wrong => 0.0,
        };
        let source = promise::Source::Feedback;
        self.parts.metrics.routing.outcome(source.name(), 1.0 - lower);
        self.comparer.learn(routed.learner.clone(), routed.outcome(source, lower));
    }
}
