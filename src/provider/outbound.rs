//! The body for a provider: the caller's own bytes where both speak the same, a translation elsewhere.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    Dialect, Inexpressible, Native, Translated, anthropic, bedrock, gemini,
    openai::{plain_chat, request_body, unsealed, unstreamed_body},
};
use crate::{
    api::{
        chat::{ChatRequest, NEW_LIMIT, OLD_LIMIT},
        fields,
    },
    config::{Format, Provider, Target},
};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Inquiry<'a> {
    /// In the chat dialect.
    pub chat: &'a ChatRequest,
    /// As it came, where the caller speaks another dialect.
    pub native: Option<Native<'a>>,
    /// In which form the answer is wanted.
    pub form: Form,
    /// Who answers is our choice: the conversation may have been another provider's before.
    pub chosen: bool,
    /// What a format cannot express is never left out.
    pub is_strict: bool,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As the caller wants it.
    AsAsked,
    /// In one piece, whatever the caller wants.
    Whole {
        /// The most tokens, where the caller sets no limit.
        max_output: Option<u64>,
    },
}

/// A request that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// Its language, and that of the answer.
    pub dialect: Dialect,
    /// Its body.
    pub body: Bytes,
    /// A stream is asked for.
    pub stream: bool,
    /// What the format has no words for and was left out.
    pub dropped: Vec<String>,
}

/// The version of Messages on Vertex AI, in the body in place of a header
/// (<https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude>).
const VERTEX_ANTHROPIC_VERSION: &str = "vertex-2023-10-16";

impl Inquiry<'_> {
    /// The request for `target`.
    pub fn outbound(
        &self,
        target: &Target,
        provider: &Provider,
    ) -> Result<Outbound, Inexpressible> {
        let (model, native) = (target.model.as_str(), self.native.map(|native| native.dialect));
        let dialect = Dialect::of(provider, model, native);
        let stream = self.chat.stream && self.form == Form::AsAsked;
        let on_vertex = matches!(provider.format, Format::Vertex(_));
        if let Some(field) = self.native.filter(|it| it.dialect != dialect).and_then(|it| it.state)
        {
            return Err(Inexpressible::new(
                field,
                "leans on what the provider keeps, and this provider keeps nothing",
            ));
        }
        let (body, dropped) = match (dialect, self.native) {
            (_, Some(native)) if native.dialect == dialect => {
                self.native_body(native, model, on_vertex)
            }
            (Dialect::Chat, _) if !self.chat.translated => {
                let moved =
                    self.chosen.then(|| unsealed(self.chat, known_fields(&provider.base_url)));
                match moved.flatten() {
                    Some((chat, dropped)) => (self.chat_body(&chat, model, provider), dropped),
                    None => (self.chat_body(self.chat, model, provider), Vec::new()),
                }
            }
            (Dialect::Chat | Dialect::Responses, _) => {
                let mut plain = plain_chat(&self.map(), known_fields(&provider.base_url))?;
                let limit = limit_name(provider);
                let other = if limit == NEW_LIMIT { OLD_LIMIT } else { NEW_LIMIT };
                rename(&mut plain.body, other, limit);
                let request = ChatRequest::parse(plain.body.to_string().into())
                    .map_err(|error| Inexpressible::new("messages", error.to_string()))?;
                (self.chat_body(&request, model, provider), plain.dropped)
            }
            (Dialect::Messages, _) => {
                let Translated { mut body, dropped } = anthropic::request(&self.map(), model)?;
                if stream {
                    body["stream"] = true.into();
                }
                if let Some(body) = body.as_object_mut().filter(|_| on_vertex) {
                    body.remove("model");
                    body.insert("anthropic_version".into(), json!(VERTEX_ANTHROPIC_VERSION));
                }
                (body.to_string().into(), dropped)
            }
            (Dialect::Generate, _) => text(gemini::request(&with_plain_effort(self.map()), model)?),
            (Dialect::Converse, _) => text(bedrock::request(&self.map(), model)?),
        };
        match dropped.first() {
            Some(field) if self.is_strict => Err(Inexpressible::new(
                field,
                "would be left out, which 'upstream.inexpressible: refuse' forbids",
            )),
            _ => Ok(Outbound { dialect, body, stream, dropped }),
        }
    }

    fn chat_body(&self, chat: &ChatRequest, model: &str, provider: &Provider) -> Bytes {
        match self.form {
            Form::AsAsked => request_body(chat, model, provider.stream_usage),
            Form::Whole { max_output } => {
                let limit = limit_name(provider);
                unstreamed_body(chat, model, max_output.map(|most| (limit, most)))
            }
        }
    }

    /// The caller's own body, with the model's own name in it, and what had to be left out.
    fn native_body(
        &self,
        native: Native<'_>,
        model: &str,
        on_vertex: bool,
    ) -> (Bytes, Vec<String>) {
        let (fields, unfit) = native.fit(model);
        let (mut dropped, mut changes) = (unfit.to_vec(), Vec::new());
        if on_vertex {
            dropped.push("model");
            changes.push(("anthropic_version", fields::quote(VERTEX_ANTHROPIC_VERSION)));
        } else {
            changes.push(("model", fields::quote(model)));
        }
        if let Form::Whole { max_output } = self.form {
            dropped.push("stream");
            let limit = max_output.filter(|_| self.chat.max_output.is_none());
            let limit = limit.filter(|_| native.dialect == Dialect::Responses);
            changes.extend(limit.map(|limit| ("max_output_tokens", limit.to_string())));
        }
        let named = unfit.iter().map(|name| (*name).to_owned()).collect();
        (fields.rewrite_without(&dropped, &changes), named)
    }

    /// The chat request with the limit that its form sets.
    fn map(&self) -> Map<String, Value> {
        let decoded =
            |(name, raw): (&str, &str)| Some((name.to_owned(), serde_json::from_str(raw).ok()?));
        let mut map: Map<String, Value> = self.chat.fields.iter().filter_map(decoded).collect();
        if let Form::Whole { max_output: Some(limit) } = self.form
            && self.chat.max_output.is_none()
        {
            map.insert("max_completion_tokens".into(), limit.into());
        }
        map
    }
}

/// OpenAI's newer models refuse `max_tokens`; many of the compatible vendors know nothing else.
fn limit_name(provider: &Provider) -> &'static str {
    let is_new = matches!(provider.format, Format::Azure { .. })
        || provider.base_url.contains("api.openai.com/");
    if is_new { NEW_LIMIT } else { OLD_LIMIT }
}

/// What vendors want back of their answers beyond what OpenAI knows: Google the signatures of thoughts, DeepSeek
/// (<https://api-docs.deepseek.com/guides/thinking_mode#tool-calls>) and Moonshot the thoughts before a call.
fn known_fields(base_url: &str) -> &'static [&'static str] {
    let is_at = |host: &str| base_url.contains(host);
    if is_at("googleapis.com/") {
        &["extra_content"]
    } else if ["api.deepseek.com", "api.moonshot.", "api.kimi.com"].into_iter().any(is_at) {
        &["reasoning_content"]
    } else {
        &[]
    }
}

/// An effort in Anthropic's words, where it is all that they say, in those of chat.
fn with_plain_effort(mut chat: Map<String, Value>) -> Map<String, Value> {
    let config = chat.get("output_config").and_then(Value::as_object);
    if let Some(config) = config.filter(|config| config.keys().all(|name| name == "effort")) {
        let effort = config.get("effort").cloned();
        chat.remove("output_config");
        if let Some(effort) = effort {
            chat.entry("reasoning_effort").or_insert(effort);
        }
    }
    chat
}

fn rename(body: &mut Value, from: &str, to: &str) {
    if let Some(body) = body.as_object_mut()
        && let Some(value) = body.remove(from)
    {
        body.entry(to).or_insert(value);
    }
}

fn text(translated: Translated) -> (Bytes, Vec<String>) {
    (translated.body.to_string().into(), translated.dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_get_back_what_they_want_back() {
        for (base_url, known) in [
            ("https://api.openai.com/v1", &[][..]),
            ("https://api.deepseek.com/v1", &["reasoning_content"]),
            ("https://api.moonshot.ai/v1", &["reasoning_content"]),
            ("https://api.moonshot.cn/v1", &["reasoning_content"]),
            ("https://api.kimi.com/coding/v1", &["reasoning_content"]),
            ("https://generativelanguage.googleapis.com/v1beta/openai", &["extra_content"]),
        ] {
            assert_eq!(known_fields(base_url), known, "{base_url}");
        }
    }

    #[test]
    fn only_an_effort_that_is_all_of_it_is_said_in_the_words_of_chat() {
        for (chat, expected) in [
            (json!({"output_config": {"effort": "low"}}), json!({"reasoning_effort": "low"})),
            (json!({"output_config": {}}), json!({})),
            (
                json!({"output_config": {"effort": "low", "task_budget": {}}}),
                json!({"output_config": {"effort": "low", "task_budget": {}}}),
            ),
        ] {
            let plain = with_plain_effort(chat.as_object().cloned().unwrap());
            assert_eq!(Value::Object(plain), expected, "{chat}");
        }
    }
}
