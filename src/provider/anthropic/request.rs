//! The body for a chat request: <https://platform.claude.com/docs/en/api/messages/create>.

use serde_json::{Map, Value, json};

use super::{
    fields::{Dropped, given, text},
    model::Model,
    output::{format, output_config},
    reasoning::reasoning,
    sampling::sampling,
    tools::tools,
    turns::conversation,
};
use crate::provider::{Inexpressible, Translated, asks_for_nothing, is_wish_for_service};

/// What to send for `chat` to a provider that calls the model `model`.
///
/// Errors: something without which it would be another request, at its place.
pub fn request(chat: &Map<String, Value>, model: &str) -> Result<Translated, Inexpressible> {
    refuse(chat)?;
    let mut dropped = Dropped::default();
    let known = Model::named(model);
    let messages = chat.get("messages").unwrap_or(&Value::Null);
    let conversation = conversation(messages, known, &mut dropped)?;
    let tools = tools(chat, &mut dropped)?;
    let may_not_think =
        tools.forced() || (known.thinks_only_on() && conversation.calls_without_thoughts());
    let reasoning = reasoning(chat, known, may_not_think, &mut dropped);
    let format = format(chat, &mut dropped)?;

    let mut body = Map::new();
    for name in OWN {
        if let Some(value) = given(chat, name) {
            body.insert((*name).to_owned(), value.clone());
        }
    }
    sampling(chat, known, reasoning.is_on(), &mut body, &mut dropped);
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("model", Some(model.into()));
    put("system", conversation.system);
    put("messages", Some(conversation.messages.into()));
    put("tools", Some(tools.offered).filter(|offered| !offered.is_empty()).map(Value::from));
    put("tool_choice", tools.choice);
    put("stop_sequences", stop(chat)?);
    put("output_config", output_config(chat, reasoning.effort, format));
    put("thinking", reasoning.thinking);
    put("max_tokens", Some(reasoning.max_tokens));
    put("metadata", text(chat, "user").map(|user| json!({"user_id": user})));
    put("stream", chat.get("stream").filter(|stream| **stream == Value::Bool(true)).cloned());
    name_the_rest(chat, &mut dropped);
    Ok(Translated { body: Value::Object(body), dropped: dropped.into_names() })
}

/// Fields of this API that a chat request may hold as they are.
const OWN: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "inference_geo",
    "mcp_servers",
    "speed",
];

/// Fields that are said in other words, or that concern how an answer travels and is filed.
const HEARD: &[&str] = &[
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "output_config",
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user",
];

/// Names what is left out.
fn name_the_rest(chat: &Map<String, Value>, dropped: &mut Dropped) {
    for (name, value) in chat {
        let known = |names: &[&str]| names.contains(&name.as_str());
        let is_heard = known(HEARD) && !is_wish_for_service(name, value);
        if !asks_for_nothing(name, value) && !is_heard && !known(OWN) {
            dropped.name(name);
        }
    }
}

/// What the API cannot give at all.
fn refuse(chat: &Map<String, Value>) -> Result<(), Inexpressible> {
    let refuse = |name: &str, problem: &str| Err(Inexpressible::new(name, problem));
    if given(chat, "n").is_some_and(|n| n.as_f64() != Some(1.0)) {
        return refuse("n", "asks for several answers, and the Messages API gives one");
    }
    if given(chat, "logprobs").is_some_and(|wanted| *wanted != Value::Bool(false)) {
        return refuse("logprobs", "asks for probabilities, which the Messages API does not give");
    }
    if given(chat, "top_logprobs").is_some_and(|wanted| wanted.as_f64() != Some(0.0)) {
        return refuse(
            "top_logprobs",
            "asks for probabilities, which the Messages API does not give",
        );
    }
    if given(chat, "modalities").is_some_and(|kinds| *kinds != json!(["text"])) {
        return refuse(
            "modalities",
            "asks for more than text, and the Messages API answers in text",
        );
    }
    for name in ["audio", "web_search_options"] {
        if given(chat, name).is_some() {
            return refuse(name, "is nothing that the Messages API knows");
        }
    }
    for name in ["functions", "function_call"] {
        let wanted =
            given(chat, name).filter(|value| value.as_array().is_none_or(|list| !list.is_empty()));
        if wanted.is_some() {
            return refuse(
                name,
                "is OpenAI's old way to offer tools; the Messages API takes 'tools'",
            );
        }
    }
    Ok(())
}

/// The `stop_sequences`.
fn stop(chat: &Map<String, Value>) -> Result<Option<Value>, Inexpressible> {
    let unknown = || Inexpressible::new("stop", "is neither a text nor a list of texts");
    let sequences: Vec<&str> = match given(chat, "stop") {
        None => return Ok(None),
        Some(Value::String(sequence)) => vec![sequence],
        Some(Value::Array(list)) => {
            list.iter().map(Value::as_str).collect::<Option<_>>().ok_or_else(unknown)?
        }
        Some(_) => return Err(unknown()),
    };
    let sequences: Vec<&str> =
        sequences.into_iter().filter(|sequence| !sequence.is_empty()).collect();
    if sequences.iter().any(|sequence| sequence.trim().is_empty()) {
        return Err(Inexpressible::new(
            "stop",
            "holds a sequence of nothing but white space, which the Messages API refuses",
        ));
    }
    Ok((!sequences.is_empty()).then(|| sequences.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translate(fields: Value) -> Result<Translated, String> {
        let mut chat = json!({"model": "any", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
        chat.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        request(chat.as_object().unwrap(), "claude-sonnet-4-5").map_err(|error| error.to_string())
    }

    /// The body beyond what every one of these holds.
    fn extra(fields: Value) -> Value {
        let mut body = translate(fields).unwrap().body;
        for name in ["model", "max_tokens", "messages"] {
            body.as_object_mut().unwrap().remove(name);
        }
        body
    }

    #[test]
    fn fields_are_said_in_the_api_s_words() {
        let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
        for (fields, expected) in [
            (
                json!({"stop": "x", "user": "u", "stream": true}),
                json!({"stop_sequences": ["x"], "metadata": {"user_id": "u"}, "stream": true}),
            ),
            (
                json!({"stop": ["x", ""], "stream": false, "stream_options": {"include_usage": true}}),
                json!({"stop_sequences": ["x"]}),
            ),
            (
                json!({"stop": [], "service_tier": "auto", "store": true, "metadata": {"a": "b"}, "n": 1}),
                json!({}),
            ),
            (
                json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": schema}}, "output_config": {"effort": "low"}}),
                json!({"output_config": {"effort": "low", "format": {"type": "json_schema", "schema": schema}}}),
            ),
            (json!({"response_format": {"type": "text"}}), json!({})),
            (
                json!({"container": "c", "mcp_servers": [1], "context_management": {"edits": []}}),
                json!({"container": "c", "mcp_servers": [1], "context_management": {"edits": []}}),
            ),
        ] {
            assert_eq!(extra(fields.clone()), expected, "{fields}");
        }
    }

    #[test]
    fn what_is_left_out_is_named() {
        for (fields, names) in [
            (
                json!({"seed": 0, "presence_penalty": 0.5, "frequency_penalty": 0, "logit_bias": {}}),
                vec!["presence_penalty", "seed"],
            ),
            (json!({"response_format": {"type": "json_object"}}), vec!["response_format"]),
            (
                json!({"prediction": {"type": "content"}, "verbosity": "low", "brand_new": 1}),
                vec!["brand_new", "prediction", "verbosity"],
            ),
            (
                json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "string", "maxLength": 5}}}}),
                vec!["response_format.json_schema.schema.maxLength"],
            ),
            (
                json!({"seed": null, "logprobs": false, "top_logprobs": 0, "modalities": ["text"], "parallel_tool_calls": true, "functions": []}),
                vec![],
            ),
        ] {
            assert_eq!(translate(fields.clone()).unwrap().dropped, names, "{fields}");
        }
    }

    #[test]
    fn what_would_be_another_request_is_refused() {
        let schema = |schema: Value| json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": schema}}});
        for (fields, field) in [
            (json!({"n": 2}), "'n'"),
            (json!({"logprobs": true}), "'logprobs'"),
            (json!({"top_logprobs": 3}), "'top_logprobs'"),
            (json!({"modalities": ["text", "audio"]}), "'modalities'"),
            (json!({"audio": {}}), "'audio'"),
            (json!({"web_search_options": {}}), "'web_search_options'"),
            (json!({"functions": [{"name": "f"}]}), "'functions'"),
            (json!({"stop": "\n"}), "'stop'"),
            (json!({"stop": 5}), "'stop'"),
            (json!({"response_format": {"type": "grammar"}}), "'response_format'"),
            (
                schema(json!({"type": "string", "maxLength": 5})),
                "'response_format.json_schema.schema.maxLength'",
            ),
            (schema(json!({"type": "object"})), "'response_format.json_schema.schema'"),
        ] {
            let error = translate(fields.clone()).unwrap_err();
            assert!(error.contains(field), "{fields}: {error}");
        }
    }
}
