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

pub use self::{
    personal::{Personal, personal},
    refusal::declines,
    time::{Freshness, freshness},
};
