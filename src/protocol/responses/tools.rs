//! Tools and the choice among them: flat in Responses, nested in a chat. Tools that the provider itself runs have no
//! other words in a chat and stay as they are.

use serde_json::{Map, Value, json};

use super::object::{Object, must_be};
use crate::protocol::Malformed;

/// The tools on offer, each with its path.
pub(super) fn tools(tools: Vec<(&Value, String)>) -> Result<Vec<Value>, Malformed> {
    tools.into_iter().map(|(value, path)| tool(&Object::at(value, path)?)).collect()
}

fn tool(tool: &Object<'_>) -> Result<Value, Malformed> {
    match tool.text("type")? {
        "function" => {
            tool.text("name")?;
            Ok(nested("function", &["description", "name", "parameters", "strict"], tool))
        }
        "custom" => {
            tool.text("name")?;
            let mut nested = nested("custom", &["description", "format", "name"], tool);
            if let Some(format) = nested.pointer_mut("/custom/format") {
                nest_grammar(format);
            }
            Ok(nested)
        }
        _ => Ok(Value::Object(tool.fields().clone())),
    }
}

/// A tool with the fields `within` under its kind, the others beside it.
fn nested(kind: &str, within: &[&str], tool: &Object<'_>) -> Value {
    let (mut inner, mut outer) = (Map::new(), Map::new());
    for (name, value) in tool.rest(&["type"]) {
        let side = if within.contains(&name.as_str()) { &mut inner } else { &mut outer };
        side.insert(name, value);
    }
    outer.insert("type".into(), kind.into());
    outer.insert(kind.to_owned(), inner.into());
    outer.into()
}

/// `{"type": "grammar", "syntax", "definition"}` as a chat says it: `{"type": "grammar", "grammar": {…}}`.
fn nest_grammar(format: &mut Value) {
    let Some(fields) = format.as_object_mut() else { return };
    if fields.get("type").and_then(Value::as_str) == Some("grammar") {
        fields.remove("type");
        let grammar = std::mem::take(fields);
        *format = json!({"type": "grammar", "grammar": grammar});
    }
}

/// The choice among tools, which stands at `path`.
pub(super) fn choice(value: &Value, path: &str) -> Result<Value, Malformed> {
    if value.is_string() {
        return Ok(value.clone());
    }
    let Value::Object(_) = value else { return Err(must_be(path, "text or an object")) };
    let choice = Object::at(value, path.to_owned())?;
    match choice.text("type")? {
        "allowed_tools" => {
            let mut allowed = choice.rest(&["tools", "type"]);
            let tools = choice.optional_list("tools")?.ok_or_else(|| choice.missing("tools"))?;
            let tools: Result<Vec<_>, _> =
                tools.into_iter().map(|(value, path)| named(&Object::at(value, path)?)).collect();
            allowed.insert("tools".into(), tools?.into());
            Ok(json!({"type": "allowed_tools", "allowed_tools": allowed}))
        }
        _ => named(&choice),
    }
}

/// A tool by its name.
fn named(tool: &Object<'_>) -> Result<Value, Malformed> {
    match tool.text("type")? {
        kind @ ("function" | "custom") => {
            Ok(json!({"type": kind, kind: {"name": tool.text("name")?}}))
        }
        _ => Ok(Value::Object(tool.fields().clone())),
    }
}
