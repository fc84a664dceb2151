//! The cascade's local check: whether an answer of the cheap tier stands, or the request escalates to the frontier.
//!
//! Pure: demands of the request and a whole completion in, a verdict out; it never fails a request and never reads a
//! model. What it cannot check stands. Borrows from its neighbours what an answer that declines looks like (`cache`) and
//! whether two answers agree (`verify`).

mod answer;
mod bounds;
mod demands;
mod reason;
mod repetition;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod tools;

use serde_json::{Value, error::Category};

use self::{answer::Answer, demands::Format};
pub use self::{
    demands::Demands,
    reason::{Reason, Violation},
    settings::Settings,
};
use crate::{
    cache::care::declines,
    verify::answers::{Evidence, compare},
};

/// Whether an answer serves.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Stands,
    /// Something does: ask the frontier.
    Escalate(Reason),
}

/// The check of one request's answers. Schemas are compiled once, when the first answer needs them.
#[derive(Debug)]
pub struct Check {
    demands: Demands,
    settings: Settings,
}

impl Check {
    /// The check of answers to a request with these demands.
    pub fn new(demands: Demands, settings: Settings) -> Self {
        Self { demands, settings }
    }

    /// Whether the chat completion in `body` stands; of several choices each has to.
    pub fn verdict(&self, body: &[u8]) -> Verdict {
        serde_json::from_slice(body).map_or(Verdict::Escalate(Reason::Unreadable), |completion| {
            self.verdict_on(&completion)
        })
    }

    /// Whether a chat completion stands; of several choices each has to.
    pub fn verdict_on(&self, completion: &Value) -> Verdict {
        let choices = completion.get("choices").and_then(Value::as_array);
        let Some(choices) = choices.filter(|choices| !choices.is_empty()) else {
            return Verdict::Escalate(Reason::Unreadable);
        };
        let objection = choices.iter().find_map(|choice| self.objection(&Answer::read(choice)));
        objection.map_or(Verdict::Stands, Verdict::Escalate)
    }

    fn objection(&self, answer: &Answer<'_>) -> Option<Reason> {
        self.unfinished(answer)
            .or_else(|| answer.refusal.is_some().then_some(Reason::Refused))
            .or_else(|| answer.is_empty().then_some(Reason::Empty))
            .or_else(|| self.demands.tools.objection(&answer.calls))
            .or_else(|| self.text(answer))
            .or_else(|| self.unsure(answer))
    }

    fn unfinished(&self, answer: &Answer<'_>) -> Option<Reason> {
        match answer.finish_reason {
            Some(
                "stop" | "tool_calls" | "function_call" | "eos" | "end_turn" | "stop_sequence",
            ) => None,
            // The frontier would be cut at the same place.
            Some("length") if self.demands.is_brief && self.demands.format.is_free() => None,
            Some("length" | "max_tokens" | "model_length") => Some(Reason::Truncated),
            Some("content_filter") => Some(Reason::Filtered),
            _ => Some(Reason::Unfinished),
        }
    }

    /// What is wrong with the text, which a call of a tool may do without.
    fn text(&self, answer: &Answer<'_>) -> Option<Reason> {
        let text = answer.text.as_ref();
        if !answer.calls.is_empty() || answer.has_more_than_text {
            return None;
        }
        match &self.demands.format {
            Format::Free if declines(text) => return Some(Reason::Refused),
            Format::Free => {}
            format => {
                let objection = self.format(format, text);
                if objection.is_some() {
                    return objection;
                }
            }
        }
        repetition::ends_in_a_loop(text).then_some(Reason::Repetitive)
    }

    fn format(&self, format: &Format, text: &str) -> Option<Reason> {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            // The caller puts the end back that it had cut off.
            Err(error) if self.demands.has_stops && error.classify() == Category::Eof => {
                return None;
            }
            Err(_) => return Some(Reason::NotJson),
        };
        match format {
            Format::Free | Format::Json(None) => None,
            Format::Object => (!value.is_object()).then_some(Reason::NotJson),
            Format::Json(Some(schema)) => schema.violation(&value).map(Reason::SchemaViolated),
        }
    }

    fn unsure(&self, answer: &Answer<'_>) -> Option<Reason> {
        let (floor, mean_logprob) = self.settings.min_logprob.zip(answer.mean_logprob())?;
        (mean_logprob < floor).then_some(Reason::Unsure { mean_logprob })
    }
}

/// From this P(different) on two answers disagree: more likely than not.
const DISAGREE: f64 = 0.5;

/// Whether two answers of the cheap tier to one request agree, given their texts and, where it is known, the cosine of
/// their embeddings: what a model is sure of, it says twice (Wang et al., "Self-Consistency Improves Chain of Thought
/// Reasoning", 2023).
pub fn agree(first: &str, second: &str, cosine: Option<f32>) -> Verdict {
    let evidence = Evidence { cosine, ..Evidence::default() };
    if compare(first, second, evidence).wrong < DISAGREE {
        Verdict::Stands
    } else {
        Verdict::Escalate(Reason::Inconsistent)
    }
}
