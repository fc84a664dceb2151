//! Where matching by meaning needs care: questions whose answer ages, questions about the caller's own affairs, and
//! answers that are none.
//!
//! Pure functions over one text and lists of words: English first, the obvious words in German, Spanish, French and
//! Portuguese, and silence elsewhere. They err on the side that costs a hit, not on the side that costs a right answer.
//! Knows nothing about requests, entries or settings.

mod personal;
mod phrase;
mod refusal;
mod time;

use self::phrase::words;
pub use self::{personal::Personal, refusal::declines, time::Freshness};

/// How the answer to `question` ages and whom it is for, judged by the question's words alone.
pub fn care(question: &str) -> (Freshness, Personal) {
    let words = words(question);
    (time::freshness(words.clone()), personal::personal(words))
}
