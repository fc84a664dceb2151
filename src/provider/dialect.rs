//! The languages of bodies, and which one a model at a provider is spoken to in.

use super::anthropic;
use crate::{
    api::fields::Fields,
    config::{Format, Provider},
};

/// A language of request and answer bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's chat completions, in which the gateway thinks.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
    /// Google's `generateContent`.
    Generate,
    /// Amazon Bedrock's Converse.
    Converse,
}

/// A request as its caller wrote it, in another language than chat.
#[derive(Debug, Clone, Copy)]
pub struct Native<'a> {
    /// The language.
    pub dialect: Dialect,
    /// The body.
    pub fields: &'a Fields,
    /// The same for Claude, where that cannot read all of it.
    pub fitted: Option<&'a Fields>,
    /// The field by which it leans on state that a provider keeps.
    pub state: Option<&'static str>,
}

impl<'a> Native<'a> {
    /// What goes to `model`: the fields, and the names of those that have to be left out.
    pub fn fit(&self, model: &str) -> (&'a Fields, &'static [&'static str]) {
        let fields = self.fitted.filter(|_| anthropic::is_claude(model)).unwrap_or(self.fields);
        let is_messages = self.dialect == Dialect::Messages;
        let must_not_think = is_messages && anthropic::must_not_think(fields, model);
        (fields, if must_not_think { &["thinking"] } else { &[] })
    }
}

impl Dialect {
    /// In which language `model` at `provider` is asked, when the caller speaks `native`.
    pub fn of(provider: &Provider, model: &str, native: Option<Dialect>) -> Self {
        match &provider.format {
            Format::OpenAi | Format::Azure { .. }
                if provider.responses && native == Some(Self::Responses) =>
            {
                Self::Responses
            }
            Format::OpenAi | Format::Azure { .. } => Self::Chat,
            Format::Anthropic => Self::Messages,
            Format::Vertex(_) if is_claude(model) => Self::Messages,
            Format::Vertex(_) if is_of_a_maker(model) => Self::Chat,
            Format::Gemini | Format::Vertex(_) => Self::Generate,
            Format::Bedrock { .. } => Self::Converse,
        }
    }
}

/// On Vertex AI models that are named `maker/model` are asked in OpenAI's dialect.
pub fn is_of_a_maker(model: &str) -> bool {
    model.contains('/')
}

/// On Vertex AI Claude is asked in Anthropic's format.
pub fn is_claude(model: &str) -> bool {
    model.starts_with("claude")
}
