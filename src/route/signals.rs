//! What rules and classifier see of a request.

use http::HeaderMap;

use crate::{
    account::estimate_tokens,
    api::chat::ChatRequest,
    classify::{RequestText, has_code},
    config::{KeyPolicy, Tier},
};

/// What is known of a request for `model: auto`.
#[derive(Debug, Clone, Copy)]
pub struct Signals<'a> {
    /// The tier that the caller insists on.
    pub insisted: Option<&'a Tier>,
    /// The name of the caller's key.
    pub key: Option<&'a str>,
    /// What `auto` means for that key.
    pub key_policy: Option<&'a KeyPolicy>,
    /// The last user turn.
    pub question: &'a str,
    /// The system prompt.
    pub system: &'a str,
    /// Tokens of the conversation, estimated.
    pub tokens: usize,
    /// Turns before the last one, the system prompt aside.
    pub earlier_turns: usize,
    /// Tools on offer.
    pub tools: usize,
    /// Images in the conversation.
    pub images: usize,
    /// The answer must be JSON.
    pub json: bool,
    /// The question holds code.
    pub code: bool,
    /// Request headers.
    pub headers: &'a HeaderMap,
}

/// The texts of a request that decide.
#[derive(Debug, Clone)]
pub struct Said {
    /// The last user turn.
    pub question: String,
    /// The system prompt.
    pub system: String,
}

impl Said {
    /// Those of `request`.
    pub fn of(request: &ChatRequest) -> Self {
        let question = request.last_user_text().unwrap_or_default();
        Self { question, system: request.system() }
    }
}

impl<'a> Signals<'a> {
    /// What `request` itself shows; the caller is nobody.
    pub fn of(request: &ChatRequest, said: &'a Said, headers: &'a HeaderMap) -> Self {
        Self {
            insisted: None,
            key: None,
            key_policy: None,
            question: &said.question,
            system: &said.system,
            tokens: estimate_tokens(request.conversation_bytes()) as usize,
            earlier_turns: request.earlier_turns(),
            tools: request.tools,
            images: request.images(),
            json: request.json_format,
            code: has_code(&said.question),
            headers,
        }
    }

    /// What the classifier may see of it.
    pub fn text(&self) -> RequestText<'a> {
        RequestText {
            system: self.system,
            question: self.question,
            earlier_turns: self.earlier_turns,
            tools: self.tools,
            json_format: self.json,
        }
    }
}
