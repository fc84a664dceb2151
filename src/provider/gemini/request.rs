//! A chat request as the body of `generateContent`.

use serde_json::{Map, Value, json};

use super::{Family, contents, generation, tools};
use crate::provider::{Inexpressible, Translated, asks_for_nothing, is_wish_for_service};

/// The body that asks `model` what `chat` asks.
///
/// Source: <https://ai.google.dev/api/generate-content>.
pub fn request(chat: &Map<String, Value>, model: &str) -> Result<Translated, Inexpressible> {
    let family = Family::of(model);
    let mut dropped = Vec::new();
    for (name, value) in chat.iter().filter(|(_, value)| !value.is_null()) {
        if let Some(problem) = problem(name, value) {
            return Err(Inexpressible::new(name, problem));
        }
        if !is_said(name) && !says_nothing(name, value) && !asks_for_nothing(name, value) {
            dropped.push(name.clone());
        }
    }
    let conversation = contents::conversation(chat, family, &mut dropped)?;
    let mut body = Map::new();
    body.insert("contents".into(), conversation.contents.into());
    if !conversation.instruction.is_empty() {
        let mut instruction = json!({});
        instruction["parts"] = conversation.instruction.into();
        body.insert("systemInstruction".into(), instruction);
    }
    tools::add(chat, &mut body)?;
    let config = generation::config(chat, family, &mut dropped)?;
    if !config.is_empty() {
        body.insert("generationConfig".into(), Value::Object(config));
    }
    dropped.sort();
    dropped.dedup();
    Ok(Translated { body: Value::Object(body), dropped })
}

/// Why a field cannot be left out, though there are no words for it.
fn problem(name: &str, value: &Value) -> Option<&'static str> {
    let asked = match name {
        "logprobs" => value != &json!(false),
        "top_logprobs" => value != &json!(0),
        "modalities" => value != &json!(["text"]),
        _ => value != &json!([]),
    };
    let problem = match name {
        "logprobs" | "top_logprobs" => "cannot be had from Gemini in the form of this API",
        "audio" | "modalities" => "asks for more than text",
        "web_search_options" => "asks for a search that Gemini offers in another way",
        "functions" | "function_call" => "is no longer known: 'tools' and 'tool_choice' are",
        "mcp_servers" | "container" | "context_management" | "output_config" => {
            "is a setting of another provider"
        }
        _ => return None,
    };
    asked.then_some(problem)
}

/// Fields that the body says in its own words.
fn is_said(name: &str) -> bool {
    matches!(
        name,
        "messages"
            | "tools"
            | "tool_choice"
            | "max_tokens"
            | "max_completion_tokens"
            | "temperature"
            | "top_p"
            | "top_k"
            | "stop"
            | "n"
            | "seed"
            | "presence_penalty"
            | "frequency_penalty"
            | "response_format"
            | "reasoning_effort"
            | "thinking"
    )
}

/// Fields of transport and filing, and those that ask for what is anyway.
fn says_nothing(name: &str, value: &Value) -> bool {
    match name {
        "logprobs" | "top_logprobs" | "modalities" => true,
        "service_tier" => !is_wish_for_service(name, value),
        _ => matches!(
            name,
            "model"
                | "stream"
                | "stream_options"
                | "user"
                | "metadata"
                | "store"
                | "prompt_cache_key"
                | "prompt_cache_retention"
                | "safety_identifier"
                | "cache_control"
        ),
    }
}
