//! Whether two answers to what may be the same question agree: a stored one with a fresh one, in a shadow check.
//!
//! Pure functions over two texts: what they say apart from how, the facts that they carry, and a small sum of those
//! that says how likely the stored answer would have been wrong. It also words the question for a model that judges,
//! and reads its verdict. Knows nothing about requests, embeddings or the cache; nothing that it returns but the
//! judge's prompt has words of an answer in it.

mod facts;
mod judge;
mod number;
mod structure;
#[cfg(test)]
mod tests;
mod text;
mod weigh;

pub(super) use self::{
    judge::mark,
    number::{Number, numbers_in},
    structure::parse as parse_json,
};
pub use self::{
    judge::{judge_prompt, parse_judgement},
    weigh::{Features, Reason, Shape},
};

use self::{
    facts::{Facts, Words},
    text::Text,
};
use crate::cache::care::declines;

/// What others know of the two answers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// Cosine of the answers' embeddings, in [-1, 1].
    pub cosine: Option<f32>,
    /// P(same) of a pair model on the answers' first sentences, in [0, 1].
    pub verified: Option<f32>,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What was weighed; `None` when it was plain without.
    pub features: Option<Features>,
    /// What decided.
    pub reason: Reason,
    /// P(the stored answer would have been wrong), in [0, 1].
    pub wrong: f64,
}

/// Compares a stored answer with a fresh one. Symmetric; equal texts are never wrong.
pub fn compare(stored: &str, fresh: &str, evidence: Evidence) -> Comparison {
    let plain = |(reason, wrong)| Comparison { features: None, reason, wrong };
    if let Some(found) = plainly(stored, fresh) {
        return plain(found);
    }
    let declining = [declines(stored), declines(fresh)];
    if declining == [true, true] {
        return plain((Reason::BothRefuse, BOTH_REFUSE));
    }
    let (left, right) = (Text::read(stored), Text::read(fresh));
    let (left_words, right_words) = (Words::of(&left), Words::of(&right));
    let (left, right) = (Facts::of(&left, &left_words), Facts::of(&right, &right_words));
    if left.says_the_same(&right) {
        return plain((Reason::Equal, 0.0));
    }
    let features = Features::of(&left, &right);
    // "The document does not say" in two wordings is the same answer, even if but one wording passes
    // for a refusal.
    if declining.contains(&true) && features.covered < ALIKE_REFUSALS {
        return Comparison {
            features: Some(features),
            reason: Reason::OneRefuses,
            wrong: ONE_REFUSES,
        };
    }
    let (reason, wrong) = weigh::weigh(&features, evidence);
    Comparison { features: Some(features), reason, wrong }
}

/// What needs no weighing.
fn plainly(stored: &str, fresh: &str) -> Option<(Reason, f64)> {
    let (stored, fresh) = (stored.trim(), fresh.trim());
    if stored == fresh {
        return Some((Reason::Equal, 0.0));
    }
    if stored.is_empty() || fresh.is_empty() {
        return Some((Reason::OneEmpty, ONE_EMPTY));
    }
    let differing = structure::difference(stored, fresh)?;
    Some(if differing == 0.0 {
        (Reason::JsonEqual, 0.0)
    } else {
        (Reason::JsonDiffers, JSON_DIFFERS + (1.0 - JSON_DIFFERS) * differing)
    })
}

const ONE_EMPTY: f64 = 0.95;
const ONE_REFUSES: f64 = 0.9;
/// The share of words in common from which on two answers decline alike, in each of them.
const ALIKE_REFUSALS: f64 = 0.4;
/// Two refusals in different words.
const BOTH_REFUSE: f64 = 0.05;
/// The least that differing JSON counts for: a program reads it, and reads each value.
const JSON_DIFFERS: f64 = 0.6;
