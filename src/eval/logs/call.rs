//! One call as a log tells of it, before anything is decided about it.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{record::Tokens, said::Answer};
use crate::eval::trace::Label;

/// What one row of a log is.
#[derive(Debug)]
pub(super) enum Row {
    /// A call, with or without its answer.
    Call(Box<Call>),
    /// Nothing that a cache could answer, and why.
    Skip(&'static str),
    /// The request of a batch.
    Asked {
        /// `custom_id`.
        id: String,
        /// The request.
        call: Box<Call>,
    },
    /// The answer of a batch.
    Answered {
        /// `custom_id`.
        id: String,
        /// What there is but the request.
        call: Box<Call>,
    },
}

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    /// When it was made.
    pub at: Option<Timestamp>,
    /// Who made it.
    pub scope: Option<String>,
    /// The model that answered, for its price, where that is not the one asked for.
    pub model: Option<String>,
    /// The request, as a body of a chat request.
    pub body: Map<String, Value>,
    /// The answer.
    pub answer: Option<Answer>,
    /// What is known of it.
    pub label: Label,
    /// What kind of request it is.
    pub kind: Option<String>,
    /// What it cost, nano-USD, as logged.
    pub cost_nano_usd: Option<u64>,
    /// What it used, as logged.
    pub tokens: Option<Tokens>,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            at: None,
            scope: None,
            model: None,
            body: Map::new(),
            answer: None,
            label: Label::Unknown,
            kind: None,
            cost_nano_usd: None,
            tokens: None,
        }
    }
}

impl Call {
    /// The request of `self` with the answer, usage and time of `other`.
    pub fn with_answer(self, other: Self) -> Self {
        let Self { at, model, answer, cost_nano_usd, tokens, .. } = other;
        Self {
            at: self.at.or(at),
            model: model.or(self.model),
            answer,
            cost_nano_usd: cost_nano_usd.or(self.cost_nano_usd),
            tokens: tokens.or(self.tokens),
            ..self
        }
    }
}
