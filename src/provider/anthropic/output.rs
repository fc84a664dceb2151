//! What the answer is to be like: its format, and the effort that goes into it.

use serde_json::{Map, Value, json};

use super::{
    fields::{Dropped, given},
    schema::enforceable,
};
use crate::provider::Inexpressible;

/// The `output_config.format`. Anthropic enforces a schema or nothing: plain JSON can only be asked for in the prompt,
/// where OpenAI's API wants it asked for as well.
pub(super) fn format(
    chat: &Map<String, Value>,
    dropped: &mut Dropped,
) -> Result<Option<Value>, Inexpressible> {
    let Some(format) = given(chat, "response_format") else { return Ok(None) };
    let wanted = format.get("json_schema");
    let schema = wanted.and_then(|wanted| wanted.get("schema"));
    match (format.get("type").and_then(Value::as_str), wanted, schema) {
        (Some("text"), ..) => Ok(None),
        (Some("json_schema"), Some(wanted), Some(schema)) => {
            let path = |place: &str| {
                let dot = if place.is_empty() { "" } else { "." };
                format!("response_format.json_schema.schema{dot}{place}")
            };
            let unenforced = |place: &str| {
                Inexpressible::new(path(place), "cannot be enforced by the Messages API")
            };
            let closed = enforceable(schema).map_err(|place| unenforced(&place))?;
            if let Some(place) = closed.loosened.first() {
                if wanted.get("strict") == Some(&Value::Bool(true)) {
                    return Err(unenforced(place));
                }
                dropped.name(path(place));
            }
            Ok(Some(json!({"type": "json_schema", "schema": closed.schema})))
        }
        (Some("json_schema" | "json_object"), ..) => {
            dropped.name("response_format");
            Ok(None)
        }
        _ => Err(Inexpressible::new(
            "response_format",
            "is a format that the Messages API does not know",
        )),
    }
}

/// The `output_config`: what the chat says of it, with effort and format in it.
pub(super) fn output_config(
    chat: &Map<String, Value>,
    effort: Option<&str>,
    format: Option<Value>,
) -> Option<Value> {
    let mut config =
        given(chat, "output_config").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(effort) = effort {
        config.insert("effort".into(), effort.into());
    }
    if let Some(format) = format {
        config.insert("format".into(), format);
    }
    (!config.is_empty()).then_some(Value::Object(config))
}
