//! What callers say of answers that came from the cache.

use std::{fmt, str::FromStr, sync::Weak, time::Duration};

use moka::sync::Cache;
use serde::Deserialize;

use super::{Error, Gateway, budgets::ScopeBudget};
use crate::{
    auth::Principal,
    cache::Entry,
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
        write!(f, "req-{:032x}", self.0)
    }
}

impl FromStr for RequestId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.strip_prefix("req-").filter(|digits| digits.len() == 32).ok_or(())?;
        u128::from_str_radix(digits, 16).map(Self).map_err(|_| ())
    }
}

/// An answer that the cache gave.
#[derive(Clone)]
pub struct Served {
    /// Who got it.
    pub caller: [u8; 32],
    /// The answer, as long as the cache holds it.
    pub entry: Weak<Entry>,
    /// The budget it counted against and the judge's score, when it was found by meaning.
    pub budget: Option<(ScopeBudget, f64)>,
}

/// Answers that can still be complained about.
pub struct ServedAnswers(Cache<RequestId, Served>);

/// How many answers are remembered; each takes some hundred bytes.
const REMEMBERED: u64 = 20_000;
/// For how long.
const REMEMBERED_FOR: Duration = Duration::from_secs(86_400);

impl Default for ServedAnswers {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(REMEMBERED_FOR).build())
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

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Right,
    Wrong,
}

impl Gateway {
    /// Learns from a caller's verdict on an answer of the cache. A wrong answer is forgotten: for other words where it was
    /// found by meaning, altogether where the very same request got it.
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
        let served = self.served.0.get(&id).filter(|served| served.caller == principal.id);
        let served = served.ok_or(Error::UnknownRequest)?;
        self.served.0.invalidate(&id);
        let is_wrong = feedback.verdict == Verdict::Wrong;
        self.parts.metrics.compared(Source::Feedback.name(), f64::from(u8::from(is_wrong)));
        if let Some((budget, score)) = &served.budget {
            let wrong = if is_wrong { 1.0 } else { 0.0 };
            budget.learn(Label { score: *score, wrong, weight: 1.0, source: Source::Feedback });
        }
        if let Some(entry) = served.entry.upgrade().filter(|_| is_wrong) {
            match served.budget {
                Some(_) => self.parts.semantic.remove(&entry),
                None => self.parts.exact.remove(&entry.key),
            }
        }
        Ok(())
    }
}
