//! The top level of a request: a chat that asks the same.

use serde_json::{Map, Value, json};

use super::{
    input::messages,
    object::{Object, must_be},
    tools::{choice, tools},
};
use crate::protocol::Malformed;

/// The chat that asks what a Responses request asks.
///
/// A request that leans on what the provider keeps (see [`state`](super::state)) may come out without messages.
pub fn chat(request: &Map<String, Value>) -> Result<Map<String, Value>, Malformed> {
    let request = Object::request(request);
    refuse_words_of_chat(&request)?;
    let mut chat = request.rest(&[TRANSLATED, &["n"]].concat());
    chat.insert("messages".into(), messages(&request)?.into());
    if let Some(limit) = request.get("max_output_tokens") {
        chat.insert("max_completion_tokens".into(), limit.clone());
    }
    if let Some(list) = request.optional_list("tools")? {
        chat.insert("tools".into(), tools(list)?.into());
    }
    if let Some(value) = request.get("tool_choice") {
        chat.insert("tool_choice".into(), choice(value, "tool_choice")?);
    }
    if let Some(text) = request.optional_object("text")? {
        answer_text(&text, &mut chat)?;
    }
    if let Some(reasoning) = request.optional_object("reasoning")? {
        if let Some(effort) = reasoning.get("effort") {
            chat.insert("reasoning_effort".into(), effort.clone());
        }
        keep("reasoning", reasoning.rest(&["effort"]), &mut chat);
    }
    probabilities(&request, &mut chat)?;
    Ok(chat)
}

/// Fields that a chat says in other words.
const TRANSLATED: &[&str] = &[
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "reasoning",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
];

/// Words of chat completions for which Responses has others: taken over as they are, they would speak over those.
const WORDS_OF_CHAT: &[(&str, &str)] = &[
    ("function_call", "tool_choice"),
    ("functions", "tools"),
    ("logprobs", "include"),
    ("max_completion_tokens", "max_output_tokens"),
    ("max_tokens", "max_output_tokens"),
    ("messages", "input"),
    ("reasoning_effort", "reasoning.effort"),
    ("response_format", "text.format"),
    ("verbosity", "text.verbosity"),
];

fn refuse_words_of_chat(request: &Object<'_>) -> Result<(), Malformed> {
    for (word, right) in WORDS_OF_CHAT {
        if request.get(word).is_some() {
            let message = format!("'{word}' is a field of chat completions: use '{right}' here");
            return Err(Malformed::at(*word, message));
        }
    }
    match request.get("n") {
        Some(n) if *n != json!(1) => Err(Malformed::at("n", "'n': a response is one answer")),
        _ => Ok(()),
    }
}

/// `text`: the format of the answer, and how long-winded it is.
fn answer_text(text: &Object<'_>, chat: &mut Map<String, Value>) -> Result<(), Malformed> {
    if let Some(format) = text.optional_object("format")? {
        let mut said = format.rest(&[]);
        if format.text("type")? == "json_schema" {
            said.remove("type");
            said = Map::from_iter([
                ("type".to_owned(), json!("json_schema")),
                ("json_schema".to_owned(), said.into()),
            ]);
        }
        chat.insert("response_format".into(), said.into());
    }
    if let Some(verbosity) = text.get("verbosity") {
        chat.insert("verbosity".into(), verbosity.clone());
    }
    keep("text", text.rest(&["format", "verbosity"]), chat);
    Ok(())
}

/// `include` and `top_logprobs`: a chat has a switch for the probabilities of tokens, and no words for the rest.
fn probabilities(request: &Object<'_>, chat: &mut Map<String, Value>) -> Result<(), Malformed> {
    let top = request.get("top_logprobs").filter(|top| **top != json!(0));
    let mut wanted = top.is_some();
    let mut others = Vec::new();
    for (name, path) in request.optional_list("include")?.unwrap_or_default() {
        match name.as_str() {
            Some("message.output_text.logprobs") => wanted = true,
            Some(_) => others.push(name.clone()),
            None => return Err(must_be(&path, "text")),
        }
    }
    if wanted {
        chat.insert("logprobs".into(), true.into());
    }
    if let Some(top) = top {
        chat.insert("top_logprobs".into(), top.clone());
    }
    if !others.is_empty() {
        chat.insert("include".into(), others.into());
    }
    Ok(())
}

/// What a chat has no words for stays under its own name.
fn keep(name: &str, rest: Map<String, Value>, chat: &mut Map<String, Value>) {
    if !rest.is_empty() {
        chat.insert(name.to_owned(), rest.into());
    }
}
