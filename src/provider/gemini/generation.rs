//! Sampling, length and form of the answer: `generationConfig`.

use serde_json::{Map, Value, json};

use super::{
    family::Family,
    schema::{unenforced, without_const},
    thinking,
};
use crate::provider::Inexpressible;

/// The `generationConfig` for `chat`; empty when it asks for nothing.
pub(super) fn config(
    chat: &Map<String, Value>,
    family: Family,
    dropped: &mut Vec<String>,
) -> Result<Map<String, Value>, Inexpressible> {
    let field = |name: &str| chat.get(name).filter(|value| !value.is_null());
    let mut config = Map::new();
    if let Some(limit) = field("max_completion_tokens").or_else(|| field("max_tokens")) {
        config.insert("maxOutputTokens".into(), limit.clone());
    }
    for (name, theirs, most) in [("temperature", "temperature", 2.0), ("top_p", "topP", 1.0)] {
        let Some(value) = field(name) else { continue };
        let beyond = value.as_f64().filter(|number| !(0.0..=most).contains(number));
        let value = match beyond {
            Some(number) => {
                dropped.push(name.to_owned());
                number.clamp(0.0, most).into()
            }
            None => value.clone(),
        };
        config.insert(theirs.into(), value);
    }
    if let Some(value) = field("top_k") {
        config.insert("topK".into(), value.clone());
    }
    for (name, theirs) in
        [("presence_penalty", "presencePenalty"), ("frequency_penalty", "frequencyPenalty")]
    {
        match field(name).filter(|value| value.as_f64() != Some(0.0)) {
            Some(value) if family.knows_penalties() => {
                config.insert(theirs.into(), value.clone());
            }
            Some(_) => dropped.push(name.to_owned()),
            None => {}
        }
    }
    if let Some(seed) = field("seed") {
        match seed.as_i64().and_then(|seed| i32::try_from(seed).ok()) {
            Some(seed) => {
                config.insert("seed".into(), seed.into());
            }
            None => dropped.push("seed".to_owned()),
        }
    }
    if let Some(stop) = field("stop") {
        let stop = stop_sequences(stop)?;
        if !stop.is_empty() {
            config.insert("stopSequences".into(), stop.into());
        }
    }
    if let Some(n) = field("n").filter(|n| n.as_u64() != Some(1)) {
        if !n.as_u64().is_some_and(|n| (2..=MAX_CANDIDATES).contains(&n)) {
            let problem = format!("is not between 1 and {MAX_CANDIDATES}, as Gemini asks for");
            return Err(Inexpressible::new("n", problem));
        }
        config.insert("candidateCount".into(), n.clone());
    }
    if let Some(format) = field("response_format") {
        config.extend(response_format(format)?);
    }
    if let Some(thinking) = thinking::config(chat, family, dropped) {
        config.insert("thinkingConfig".into(), thinking);
    }
    Ok(config)
}

const MAX_CANDIDATES: u64 = 8;
const MAX_STOP_SEQUENCES: usize = 5;

fn stop_sequences(stop: &Value) -> Result<Vec<Value>, Inexpressible> {
    let sequences = match stop {
        Value::String(_) => vec![stop.clone()],
        Value::Array(sequences) if sequences.iter().all(Value::is_string) => sequences.clone(),
        _ => return Err(Inexpressible::new("stop", "is neither a text nor a list of texts")),
    };
    let sequences: Vec<Value> =
        sequences.into_iter().filter(|sequence| sequence.as_str() != Some("")).collect();
    if sequences.len() > MAX_STOP_SEQUENCES {
        let problem = format!("holds more than the {MAX_STOP_SEQUENCES} that Gemini knows");
        return Err(Inexpressible::new("stop", problem));
    }
    Ok(sequences)
}

fn response_format(format: &Value) -> Result<Map<String, Value>, Inexpressible> {
    let mut config = Map::new();
    match format.get("type").and_then(Value::as_str) {
        Some("text") => return Ok(config),
        Some("json_object") => {}
        Some("json_schema") => {
            let described = format.get("json_schema").unwrap_or(&Value::Null);
            let strict = described.get("strict").and_then(Value::as_bool).unwrap_or(false);
            if let Some(schema) = described.get("schema").filter(|schema| !schema.is_null()) {
                let schema = without_const(schema);
                if let Some(keyword) = unenforced(&schema).filter(|_| strict) {
                    return Err(Inexpressible::new(
                        "response_format.json_schema.schema",
                        format!("has '{keyword}', which Gemini does not hold an answer to"),
                    ));
                }
                config.insert("responseJsonSchema".into(), schema);
            }
        }
        _ => return Err(Inexpressible::new("response_format", "is of a type that Gemini lacks")),
    }
    config.insert("responseMimeType".into(), json!("application/json"));
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(chat: &Value, model: &str) -> (Value, Vec<String>) {
        let mut dropped = Vec::new();
        let config = config(chat.as_object().unwrap(), Family::of(model), &mut dropped).unwrap();
        (config.into(), dropped)
    }

    #[test]
    fn settings_get_their_names_and_ranges() {
        let model = "gemini-2.5-flash";
        for (chat, expected, dropped) in [
            (json!({}), json!({}), vec![]),
            (
                json!({"max_tokens": 5, "max_completion_tokens": 7}),
                json!({"maxOutputTokens": 7}),
                vec![],
            ),
            (
                json!({"max_tokens": 5, "max_completion_tokens": null}),
                json!({"maxOutputTokens": 5}),
                vec![],
            ),
            (
                json!({"temperature": 2, "top_p": 0.5}),
                json!({"temperature": 2, "topP": 0.5}),
                vec![],
            ),
            (json!({"temperature": 2.5}), json!({"temperature": 2.0}), vec!["temperature"]),
            (json!({"top_p": -1}), json!({"topP": 0.0}), vec!["top_p"]),
            (json!({"top_k": 40}), json!({"topK": 40}), vec![]),
            (json!({"presence_penalty": 0, "frequency_penalty": 0.0}), json!({}), vec![]),
            (json!({"presence_penalty": 0.5}), json!({}), vec!["presence_penalty"]),
            (json!({"seed": 7}), json!({"seed": 7}), vec![]),
            (json!({"seed": 5_000_000_000_u64}), json!({}), vec!["seed"]),
            (json!({"stop": "END"}), json!({"stopSequences": ["END"]}), vec![]),
            (json!({"stop": ["a", "", "b"]}), json!({"stopSequences": ["a", "b"]}), vec![]),
            (json!({"stop": []}), json!({}), vec![]),
            (json!({"n": 1}), json!({}), vec![]),
            (json!({"n": 3}), json!({"candidateCount": 3}), vec![]),
            (json!({"response_format": {"type": "text"}}), json!({}), vec![]),
        ] {
            assert_eq!(
                configured(&chat, model),
                (expected, dropped.iter().map(|name| (*name).to_owned()).collect()),
                "{chat}"
            );
        }
        let (config, dropped) = configured(&json!({"presence_penalty": 0.5}), "gemini-2.0-flash");
        assert_eq!((config, dropped.len()), (json!({"presencePenalty": 0.5}), 0));
    }

    #[test]
    fn what_would_be_another_request_is_refused() {
        let schema = |schema: Value, strict: bool| json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": strict, "schema": schema}}});
        let pattern = json!({"type": "object", "properties": {"a": {"pattern": "^x"}}});
        for (chat, field) in [
            (json!({"n": 0}), "n"),
            (json!({"n": 9}), "n"),
            (json!({"n": "2"}), "n"),
            (json!({"stop": ["1", "2", "3", "4", "5", "6"]}), "stop"),
            (json!({"stop": 5}), "stop"),
            (json!({"stop": [5]}), "stop"),
            (json!({"response_format": {"type": "grammar"}}), "response_format"),
            (schema(pattern.clone(), true), "response_format.json_schema.schema"),
        ] {
            let family = Family::of("gemini-2.5-flash");
            let refused = config(chat.as_object().unwrap(), family, &mut Vec::new()).unwrap_err();
            assert_eq!(refused.field, field, "{chat}");
        }
        let (config, _) = configured(&schema(pattern.clone(), false), "gemini-2.5-flash");
        assert_eq!(config["responseJsonSchema"], pattern);
    }
}
