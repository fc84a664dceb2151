//! One replay: a cache that is empty at first, and a rule for what it may serve.

use std::time::Duration;

use serde::Serialize;

use super::stream::{Neighbour, Stream};

/// What a threshold applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Score {
    /// Cosine similarity of the two questions.
    Cosine,
    /// P(one answer serves both).
    Confidence,
}

/// When a stored answer is served to another question.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Threshold {
    /// What is looked at.
    pub score: Score,
    /// The least of it.
    pub least: f32,
}

/// How one request was answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Served {
    /// By the provider.
    Miss,
    /// By the answer to the very same request.
    Exact,
    /// By the answer to another question.
    Semantic {
        /// The request whose answer it was, by its place in the stream.
        by: u32,
        /// The score that decided.
        score: f32,
    },
}

/// Replays the stream; `None` serves exact repeats only.
///
/// As gateways do it: a request that was not served is answered by the provider, and its answer is stored.
pub(super) fn simulate(stream: &Stream<'_>, threshold: Option<Threshold>) -> Vec<Served> {
    let mut stored: Vec<Option<u32>> = vec![None; stream.distinct];
    let mut served = Vec::with_capacity(stream.records.len());
    for (index, record) in stream.records.iter().enumerate() {
        let item = stream.items[index] as usize;
        let fresh = |by: &u32| is_fresh(stream, index, *by);
        let found = match stored[item].filter(fresh) {
            Some(_) => Served::Exact,
            None => {
                let hit = threshold.and_then(|rule| by_meaning(stream, &stored, index, rule));
                hit.map_or(Served::Miss, |(by, score)| Served::Semantic { by, score })
            }
        };
        if found == Served::Miss && record.storable {
            stored[item] = Some(index as u32);
        }
        served.push(found);
    }
    served
}

/// The best of the nearest stored questions, if it is good enough: the request that stored it, and its score.
fn by_meaning(
    stream: &Stream<'_>,
    stored: &[Option<u32>],
    index: usize,
    rule: Threshold,
) -> Option<(u32, f32)> {
    let fresh = |neighbour: &Neighbour| {
        stored[neighbour.item as usize].filter(|by| is_fresh(stream, index, *by))
    };
    let neighbours = stream.neighbours(index).iter();
    let candidates = neighbours.filter_map(|neighbour| fresh(neighbour).map(|by| (by, neighbour)));
    let mut best: Option<(u32, f32)> = None;
    for (by, neighbour) in candidates.take(stream.options.candidates) {
        let score = match rule.score {
            Score::Cosine => neighbour.cosine,
            Score::Confidence => stream.confidence(index, neighbour),
        };
        // Of equals the nearer one, which comes first.
        if score >= rule.least && best.is_none_or(|(_, least)| score > least) {
            best = Some((by, score));
        }
    }
    best
}

/// Whether the answer that request `by` stored has not expired when request `index` comes.
fn is_fresh(stream: &Stream<'_>, index: usize, by: u32) -> bool {
    let times = (stream.records[by as usize].at, stream.records[index].at, stream.options.ttl);
    let (Some(stored), Some(now), Some(ttl)) = times else { return true };
    Duration::try_from(now.duration_since(stored)).is_ok_and(|age| age < ttl)
}
