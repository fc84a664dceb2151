//! What the client wants the answer to be like: a format, an effort.

use serde_json::{Map, Value, json};

use crate::protocol::Malformed;

/// The chat's fields for `output_config`, or for `output_format`, its older name for a format.
///
/// An effort is the dialect's `reasoning_effort` when the client asks for thoughts; without them it concerns the whole
/// answer, which only this protocol can say.
pub(super) fn output(
    name: &str,
    value: &Value,
    thinks: bool,
) -> Result<Vec<(&'static str, Value)>, Malformed> {
    let config = value
        .as_object()
        .ok_or_else(|| Malformed::at(name, format!("'{name}' must be an object")))?;
    if name == "output_format" {
        return Ok(vec![("response_format", response_format(value, name)?)]);
    }
    let mut rest: Map<String, Value> = config
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut fields = Vec::new();
    if let Some(format) = rest.remove("format") {
        fields.push(("response_format", response_format(&format, "output_config.format")?));
    }
    if let Some(effort) = rest.remove("effort").filter(|_| thinks) {
        fields.push(("reasoning_effort", effort));
    } else if let Some(effort) = config.get("effort").filter(|effort| !effort.is_null()) {
        rest.insert("effort".into(), effort.clone());
    }
    if !rest.is_empty() {
        fields.push(("output_config", Value::Object(rest)));
    }
    Ok(fields)
}

/// The dialect wants a name; this protocol has none, and always enforces its schemas.
fn response_format(format: &Value, at: &str) -> Result<Value, Malformed> {
    let kind = format.get("type").and_then(Value::as_str);
    let schema = format.get("schema").filter(|schema| schema.is_object());
    let schema = schema.filter(|_| kind == Some("json_schema")).ok_or_else(|| {
        Malformed::at(at, format!("'{at}' must be of type 'json_schema', with a 'schema'"))
    })?;
    Ok(
        json!({"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema": schema}}),
    )
}
