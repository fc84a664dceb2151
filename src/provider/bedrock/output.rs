//! The form of the answer and the effort it is made with: `outputConfig`.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_OutputConfig.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html>

use serde_json::{Map, Value, json};

use crate::provider::Inexpressible;

/// The schema of `response_format` or of Anthropic's `output_config`, and an effort.
pub(super) fn config(
    chat: &Map<String, Value>,
    effort: Option<String>,
) -> Result<Map<String, Value>, Inexpressible> {
    let mut config = Map::new();
    if let Some(format) = text_format(chat)? {
        config.insert("textFormat".to_owned(), format);
    }
    if let Some(effort) = effort {
        config.insert("effort".to_owned(), effort.into());
    }
    Ok(config)
}

fn text_format(chat: &Map<String, Value>) -> Result<Option<Value>, Inexpressible> {
    if let Some(native) = chat.get("output_config").and_then(Value::as_object) {
        if let Some(other) =
            native.keys().find(|name| !["effort", "format"].contains(&name.as_str()))
        {
            return Err(Inexpressible::new(
                format!("output_config.{other}"),
                "is not known to Converse",
            ));
        }
        if let Some(format) = native.get("format").filter(|format| !format.is_null()) {
            let field = "output_config.format";
            return match kind(format) {
                "json_schema" => schema(format, field).map(Some),
                _ => Err(Inexpressible::new(field, ONLY_SCHEMAS)),
            };
        }
    }
    let field = "response_format";
    let Some(format) = chat.get(field).filter(|format| !format.is_null()) else { return Ok(None) };
    match kind(format) {
        "text" => Ok(None),
        "json_schema" => {
            let named = format.get("json_schema").unwrap_or(&Value::Null);
            schema(named, "response_format.json_schema").map(Some)
        }
        _ => Err(Inexpressible::new(field, ONLY_SCHEMAS)),
    }
}

const ONLY_SCHEMAS: &str = "must be text or a json_schema: Converse enforces no other form";

fn kind(format: &Value) -> &str {
    format.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn schema(named: &Value, field: &str) -> Result<Value, Inexpressible> {
    let Some(schema) = named.get("schema").filter(|schema| schema.is_object()) else {
        return Err(Inexpressible::new(format!("{field}.schema"), "must be a JSON schema"));
    };
    // The schema travels as text.
    let mut definition = Map::from_iter([("schema".to_owned(), Value::from(schema.to_string()))]);
    for name in ["name", "description"] {
        if let Some(text @ Value::String(_)) = named.get(name) {
            definition.insert(name.to_owned(), text.clone());
        }
    }
    Ok(json!({"type": "json_schema", "structure": {"jsonSchema": definition}}))
}
