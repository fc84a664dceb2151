//! A completions request to a chat of one turn.

use serde_json::{Map, Value, json};

use crate::protocol::Malformed;

/// The chat that asks what a completions request asks.
///
/// The API's own limit of 16 tokens is not carried over: it is as old as the models that needed it.
pub fn chat(request: &Map<String, Value>) -> Result<Map<String, Value>, Malformed> {
    for (name, harmless, problem) in REFUSED {
        let value = request.get(*name).unwrap_or(&Value::Null);
        if !harmless(value) {
            return Err(Malformed::at(*name, format!("'{name}' {problem}")));
        }
    }
    let prompt = prompt(request.get("prompt"))?;
    let answered = |name: &String| name == "prompt" || REFUSED.iter().any(|(n, ..)| n == name);
    let kept = request.iter().filter(|(name, value)| !value.is_null() && !answered(name));
    let mut chat: Map<_, _> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    chat.insert("messages".into(), json!([{"role": "user", "content": prompt}]));
    Ok(chat)
}

/// Fields that a chat has no words for: their name, values that change nothing, and what is wrong with others.
type Refused = (&'static str, fn(&Value) -> bool, &'static str);

const REFUSED: &[Refused] = &[
    ("best_of", |value| value.is_null() || *value == json!(1), "must be 1 here"),
    ("echo", |value| value.is_null() || *value == json!(false), "must be false here"),
    ("logprobs", Value::is_null, "is not supported here: use chat completions"),
    ("messages", Value::is_null, "is a field of chat completions: use 'prompt' here"),
    ("suffix", Value::is_null, "is not supported here"),
    ("tools", Value::is_null, "is not supported here: use chat completions"),
];

fn prompt(prompt: Option<&Value>) -> Result<&str, Malformed> {
    let one = match prompt {
        Some(Value::Array(prompts)) => match prompts.as_slice() {
            [one @ Value::String(_)] => Some(one),
            [] => return Err(Malformed::at("prompt", "'prompt' must hold a text")),
            [Value::Number(_) | Value::Array(_), ..] => {
                let message = "'prompt' must be text: lists of tokens are not supported here";
                return Err(Malformed::at("prompt", message));
            }
            _ => {
                let message = "'prompt' must be one text: several prompts are not supported here";
                return Err(Malformed::at("prompt", message));
            }
        },
        prompt => prompt,
    };
    match one {
        Some(Value::String(text)) => Ok(text),
        None | Some(Value::Null) => Err(Malformed::at("prompt", "'prompt' is required")),
        Some(_) => Err(Malformed::at("prompt", "'prompt' must be text")),
    }
}
