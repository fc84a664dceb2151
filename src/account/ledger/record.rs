//! Owns [`Record`]: all that is kept of one request.

use std::{sync::Arc, time::Duration};

use super::{
    content::Content,
    day::Day,
    text::{Name, Reason, Tags},
};
use crate::account::{NanoUsd, Spent, Usage};

/// One request, once it has ended. Numbers above [`LARGEST`](super::LARGEST) are kept as that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When it came in, milliseconds since the Unix epoch; the day in UTC under which it is filed follows from it.
    pub time: u64,
    /// Its name in `x-request-id`.
    pub request_id: Name,
    /// Who asked; see [`key_name`].
    pub key: Name,
    /// Who may share answers with it: the first half of the scope's hash, as in logs.
    pub scope: [u8; 8],
    /// In which protocol it was asked, as in metrics.
    pub protocol: &'static str,
    /// The model as the caller named it, such as `auto`.
    pub model: Name,
    /// `provider/model` that answered, now or when the answer was stored; `None` where none did.
    pub target: Option<Name>,
    /// The tier that answered, for `model: auto`.
    pub tier: Option<Name>,
    /// Why this tier or target.
    pub reason: Option<Reason>,
    /// What the cache did.
    pub cache: CacheOutcome,
    /// Tokens that were used upstream; all 0 for an answer from the cache.
    pub usage: Usage,
    /// Whether they are an estimate, for want of the provider's count.
    pub estimated: bool,
    /// What it cost.
    pub spent: Spent,
    /// What it did not cost.
    pub saved: Saved,
    /// How long it took.
    pub latency: Latency,
    /// The HTTP status of the response.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// Calls to providers, retries and failovers included; 0 for an answer from the cache.
    pub attempts: u32,
    /// Whether the caller got events as they came.
    pub streamed: bool,
    /// What the caller files it under.
    pub tags: Tags,
    /// What is kept of its words.
    pub content: Content,
}

/// Money that a request did not cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Saved {
    /// By an answer from the cache: what the stored answer cost, at today's price.
    pub cache: NanoUsd,
    /// By an answer of a lower tier: what the baseline model would have cost, less what it did cost.
    pub routing: NanoUsd,
}

/// How long a request took; kept in whole microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latency {
    /// Our own work.
    pub overhead: Duration,
    /// From the whole request read to the first token out; `None` where there was none.
    pub first_token: Option<Duration>,
    /// From the whole request read to the end of the answer.
    pub total: Duration,
}

/// What the cache did with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheOutcome {
    /// The very same request was answered before.
    Exact,
    /// A question that means the same was answered before.
    Semantic,
    /// Nothing stored served.
    Miss,
    /// It was left alone, for this reason.
    Bypass(&'static str),
    /// It was never asked: the request failed before.
    None,
}

impl CacheOutcome {
    /// As in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Semantic => "semantic",
            Self::Miss => "miss",
            Self::Bypass(_) => "bypass",
            Self::None => "none",
        }
    }

    /// Why the cache left the request alone.
    pub fn bypass(self) -> Option<&'static str> {
        if let Self::Bypass(reason) = self { Some(reason) } else { None }
    }
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With a whole answer.
    Ok,
    /// With an error of this code.
    Error(Name),
    /// The caller went away.
    Cancelled,
}

impl Outcome {
    /// As in the ledger.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error(_) => "error",
            Self::Cancelled => "cancelled",
        }
    }

    /// The error's code.
    pub fn code(&self) -> Option<&str> {
        if let Self::Error(code) = self { Some(code.as_str()) } else { None }
    }
}

impl Record {
    /// The day under which it is filed.
    pub fn day(&self) -> Day {
        Day::of(self.time)
    }
}

/// What a caller's key is called in the ledger: its configured name, else the first 8 hex digits of its hash.
pub fn key_name(name: Option<&str>, hash: &[u8; 32]) -> Name {
    match name {
        Some(name) => name.into(),
        None => Arc::<str>::from(hex(&hash[..KEY_BYTES])).into(),
    }
}

/// Bytes of a key's hash that name it.
const KEY_BYTES: usize = 4;

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_a_name_is_called_by_its_hash() {
        let mut hash = [0; 32];
        hash[..5].copy_from_slice(&[0xde, 0xad, 0x00, 0x0f, 0xff]);
        assert_eq!(key_name(None, &hash).as_str(), "dead000f");
        assert_eq!(key_name(Some("ci"), &hash).as_str(), "ci");
    }
}
