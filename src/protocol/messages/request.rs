//! A request in the chat dialect.

use serde_json::{Map, Value, json};

use super::{output, tools, turns};
use crate::protocol::Malformed;

/// The chat request that a Messages request (or one to count its tokens) is. What the dialect has no words for is kept
/// under its own name: the answer depends on it.
///
/// Errors: a field that is not what the protocol says, at its place.
pub fn chat(request: &Map<String, Value>) -> Result<Map<String, Value>, Malformed> {
    let mut messages = Vec::new();
    if let Some(system) = given(request, "system") {
        messages.extend(turns::system(system)?);
    }
    messages.extend(turns::messages(request.get("messages"))?);
    let mut chat = Map::new();
    chat.insert("messages".into(), messages.into());
    let mut put = |name: &str, value: Value| {
        chat.insert(name.to_owned(), value);
    };
    for (name, value) in request.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "messages" | "system" => {}
            "max_tokens" => {
                if !value.is_u64() {
                    return Err(Malformed::at(
                        name,
                        "'max_tokens' must be a whole number of tokens",
                    ));
                }
                put("max_completion_tokens", value.clone());
            }
            "stop_sequences" => {
                let sequences = value.as_array().filter(|list| list.iter().all(Value::is_string));
                let sequences = sequences.ok_or_else(|| {
                    Malformed::at(name, "'stop_sequences' must be a list of texts")
                })?;
                if !sequences.is_empty() {
                    put("stop", value.clone());
                }
            }
            "metadata" => {
                let metadata = value.as_object();
                let mut rest = metadata
                    .ok_or_else(|| Malformed::at(name, "'metadata' must be an object"))?
                    .clone();
                if let Some(user) = rest.remove("user_id").filter(Value::is_string) {
                    put("user", user);
                }
                if !rest.is_empty() {
                    put("metadata", Value::Object(rest));
                }
            }
            "tools" => put("tools", tools::tools(value)?),
            "tool_choice" => {
                tools::choice(value)?.into_iter().for_each(|(name, value)| put(name, value))
            }
            "output_config" | "output_format" => {
                let fields = output::output(name, value, thinks(request))?;
                fields.into_iter().for_each(|(name, value)| put(name, value));
            }
            // OpenAI's name for capacity that is not paid for ahead.
            "service_tier" if *value == json!("standard_only") => put(name, json!("default")),
            _ => put(name, value.clone()),
        }
    }
    Ok(chat)
}

/// A field that says something: null is as good as absent.
fn given<'a>(request: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    request.get(name).filter(|value| !value.is_null())
}

/// The client asks for thoughts.
fn thinks(request: &Map<String, Value>) -> bool {
    let kind = request.get("thinking").and_then(|thinking| thinking.get("type")?.as_str());
    kind.is_some_and(|kind| kind != "disabled")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chat's fields beyond its messages.
    fn fields(mut request: Value) -> Result<Value, Malformed> {
        request["messages"] = json!([{"role": "user", "content": "hi"}]);
        let mut chat = chat(request.as_object().unwrap())?;
        chat.remove("messages");
        Ok(Value::Object(chat))
    }

    #[test]
    fn fields_have_the_dialect_s_names_and_unknown_ones_their_own() {
        for (request, expected) in [
            (
                json!({"model": "m", "max_tokens": 5, "stop_sequences": ["a"], "stream": true, "top_k": 3, "temperature": 0.5}),
                json!({"model": "m", "max_completion_tokens": 5, "stop": ["a"], "stream": true, "top_k": 3, "temperature": 0.5}),
            ),
            (json!({"metadata": {"user_id": "u"}}), json!({"user": "u"})),
            (
                json!({"metadata": {"user_id": null, "x": 1}, "stop_sequences": []}),
                json!({"metadata": {"x": 1}}),
            ),
            (json!({"service_tier": "standard_only"}), json!({"service_tier": "default"})),
            (json!({"container": null, "brand_new": {"x": 1}}), json!({"brand_new": {"x": 1}})),
            (
                json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
                json!({"thinking": {"type": "adaptive"}, "reasoning_effort": "low"}),
            ),
            (
                json!({"output_config": {"effort": "low"}}),
                json!({"output_config": {"effort": "low"}}),
            ),
        ] {
            assert_eq!(fields(request.clone()), Ok(expected), "{request}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        for (request, param) in [
            (json!({"max_tokens": -1}), "max_tokens"),
            (json!({"max_tokens": "5"}), "max_tokens"),
            (json!({"stop_sequences": "a"}), "stop_sequences"),
            (json!({"metadata": 5}), "metadata"),
            (json!({"output_config": 5}), "output_config"),
        ] {
            assert_eq!(
                fields(request.clone()).unwrap_err().param.as_deref(),
                Some(param),
                "{request}"
            );
        }
    }
}
