//! A chat request to the body of a Converse request.

use serde_json::{Map, Value, json};

use super::{
    conversation::{self, Conversation},
    family::Family,
    output,
    reasoning::{self, Reasoning},
    sampling, tools,
};
use crate::provider::{Inexpressible, Translated, asks_for_nothing, is_wish_for_service};

/// The body for `model`, Bedrock's name for it. The answer is streamed or not by the URL that it is sent to.
pub fn request(chat: &Map<String, Value>, model: &str) -> Result<Translated, Inexpressible> {
    refuse(chat)?;
    let family = Family::of(model);
    let mut dropped: Vec<String> = chat
        .iter()
        .filter(|(name, value)| is_unknown(name, value))
        .map(|(n, _)| n.clone())
        .collect();
    let conversation = conversation::read(chat, family, &mut dropped)?;
    let reasoning = reasoning::read(chat, family, &conversation, &mut dropped);

    let mut body = Map::new();
    let inference = sampling::inference(chat, family, reasoning.thinks(), &mut dropped)?;
    let stops = inference.contains_key("stopSequences");
    insert(&mut body, "inferenceConfig", inference);
    let more = model_fields(chat, family, &reasoning, &mut dropped);
    insert(&mut body, "additionalModelRequestFields", more);
    insert(&mut body, "outputConfig", output::config(chat, reasoning.effort)?);
    if let Some(config) = tools::config(chat, family, &conversation, &mut dropped)? {
        body.insert("toolConfig".to_owned(), config);
    }
    if stops && family.is_claude() {
        body.insert("additionalModelResponseFieldPaths".to_owned(), json!(STOP_SEQUENCE_PATHS));
    }
    let Conversation { system, turns, .. } = conversation;
    if !system.is_empty() {
        body.insert("system".to_owned(), system.into());
    }
    body.insert("messages".to_owned(), turns.into());

    dropped.sort();
    dropped.dedup();
    Ok(Translated { body: Value::Object(body), dropped })
}

/// Where Claude says which stop sequence it met: in whole answers, in streams. Where there is none, nothing is answered.
const STOP_SEQUENCE_PATHS: [&str; 2] = ["/stop_sequence", "/delta/stop_sequence"];

/// Fields with words of their own in Converse, refused ones included.
const KNOWN: [&str; 27] = [
    "messages",
    "tools",
    "tool_choice",
    "response_format",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "reasoning_effort",
    "thinking",
    "output_config",
    "n",
    "logprobs",
    "top_logprobs",
    "audio",
    "modalities",
    "web_search_options",
    "mcp_servers",
    "container",
    "context_management",
    "functions",
    "model",
    "stream",
    "stream_options",
    "cache_control",
];

/// Fields about how a request is filed, not about its answer.
const FILING: [&str; 7] = [
    "user",
    "metadata",
    "store",
    "service_tier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
];

fn is_unknown(name: &str, value: &Value) -> bool {
    let is_filing = FILING.contains(&name) && !is_wish_for_service(name, value);
    !asks_for_nothing(name, value) && !KNOWN.contains(&name) && !is_filing
}

/// Fields whose absence would make it another request.
fn refuse(chat: &Map<String, Value>) -> Result<(), Inexpressible> {
    let given = |name: &str| chat.get(name).filter(|value| !value.is_null());
    let wanted = |name: &str| chat.get(name).is_some_and(|value| !asks_for_nothing(name, value));
    let problems = [
        (
            "n",
            given("n").is_some_and(|n| *n != 1),
            "asks for more than the one answer that Bedrock gives",
        ),
        ("logprobs", given("logprobs").is_some_and(|wish| *wish != false), NO_LOGPROBS),
        ("top_logprobs", given("top_logprobs").is_some_and(|count| *count != 0), NO_LOGPROBS),
        (
            "audio",
            given("audio").is_some(),
            "is about spoken answers, which Converse does not give",
        ),
        (
            "modalities",
            given("modalities").is_some_and(|wish| *wish != json!(["text"])),
            "must be [\"text\"]: Converse answers in text",
        ),
        ("web_search_options", given("web_search_options").is_some(), "is not known to Converse"),
        ("mcp_servers", wanted("mcp_servers"), "is not known to Converse"),
        ("container", given("container").is_some(), "is not known to Converse"),
        ("context_management", given("context_management").is_some(), "is not known to Converse"),
        ("functions", wanted("functions"), "is not translated for Bedrock; use 'tools'"),
    ];
    match problems.into_iter().find(|(_, found, _)| *found) {
        Some((field, _, problem)) => Err(Inexpressible::new(field, problem)),
        None => Ok(()),
    }
}

const NO_LOGPROBS: &str = "asks for probabilities, which Converse does not tell";

/// What only the models of one vendor know.
fn model_fields(
    chat: &Map<String, Value>,
    family: Family,
    reasoning: &Reasoning,
    dropped: &mut Vec<String>,
) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Some(thinking) = &reasoning.thinking {
        fields.insert("thinking".to_owned(), thinking.clone());
    }
    let Some(top_k) = chat.get("top_k").filter(|value| !value.is_null()) else { return fields };
    match family {
        Family::Claude(_) if sampling::is_free(family, reasoning.thinks()) => {
            fields.insert("top_k".to_owned(), top_k.clone());
        }
        Family::Nova => {
            fields.insert("inferenceConfig".to_owned(), json!({ "topK": top_k }));
        }
        Family::Claude(_) | Family::Other => dropped.push("top_k".to_owned()),
    }
    fields
}

fn insert(body: &mut Map<String, Value>, name: &str, fields: Map<String, Value>) {
    if !fields.is_empty() {
        body.insert(name.to_owned(), Value::Object(fields));
    }
}
