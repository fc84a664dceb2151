//! Tools on offer, and which of them may be called, in the chat dialect.

use serde_json::{Map, Value, json};

use crate::protocol::Malformed;

/// The chat's `tools`. Tools of the client become functions; the server's own (`web_search_20250305`, …) stay as they
/// are.
pub(super) fn tools(tools: &Value) -> Result<Value, Malformed> {
    let tools = tools.as_array().ok_or_else(|| Malformed::at("tools", "'tools' must be a list"))?;
    tools.iter().enumerate().map(|(index, value)| tool(value, &format!("tools[{index}]"))).collect()
}

fn tool(value: &Value, at: &str) -> Result<Value, Malformed> {
    let fields =
        value.as_object().ok_or_else(|| Malformed::at(at, format!("'{at}' must be an object")))?;
    let kind = fields.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind != "custom") {
        return Ok(value.clone());
    }
    if !fields.get("name").is_some_and(Value::is_string) {
        return Err(Malformed::at(format!("{at}.name"), format!("'{at}.name' must be a text")));
    }
    let mut function = Map::new();
    let mut tool = Map::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "type" => {}
            "name" | "description" => {
                function.insert(name.clone(), value.clone());
            }
            "input_schema" => {
                function.insert("parameters".into(), value.clone());
            }
            "strict" if *value == json!(false) => {}
            "strict" => {
                function.insert(name.clone(), value.clone());
            }
            _ => {
                tool.insert(name.clone(), value.clone());
            }
        }
    }
    tool.insert("type".into(), "function".into());
    tool.insert("function".into(), Value::Object(function));
    Ok(Value::Object(tool))
}

/// The chat's `tool_choice` and `parallel_tool_calls`.
pub(super) fn choice(choice: &Value) -> Result<Vec<(&'static str, Value)>, Malformed> {
    let kind = choice.get("type").and_then(Value::as_str);
    let name = choice.get("name").filter(|name| name.is_string());
    let chosen = match (kind, name) {
        (Some("auto"), _) => json!("auto"),
        (Some("any"), _) => json!("required"),
        (Some("none"), _) => json!("none"),
        (Some("tool"), Some(name)) => json!({"type": "function", "function": {"name": name}}),
        _ => {
            let message =
                "'tool_choice' must be of type 'auto', 'any', 'none', or 'tool' with a 'name'";
            return Err(Malformed::at("tool_choice", message));
        }
    };
    let mut fields = vec![("tool_choice", chosen)];
    if let Some(Value::Bool(alone)) = choice.get("disable_parallel_tool_use") {
        fields.push(("parallel_tool_calls", json!(!alone)));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_of_the_client_become_functions() {
        let schema = json!({"type": "object", "properties": {}});
        let given = json!([
            {"name": "f", "description": "d", "input_schema": schema, "strict": true, "cache_control": {"type": "ephemeral"}},
            {"type": "custom", "name": "g", "input_schema": schema, "strict": false, "defer_loading": true, "cache_control": null},
            {"type": "bash_20250124", "name": "bash"},
        ]);
        let expected = json!([
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": schema, "strict": true}, "cache_control": {"type": "ephemeral"}},
            {"type": "function", "function": {"name": "g", "parameters": schema}, "defer_loading": true},
            {"type": "bash_20250124", "name": "bash"},
        ]);
        assert_eq!(tools(&given), Ok(expected));
    }

    #[test]
    fn choices_are_said_in_the_dialect_s_words() {
        for (given, expected) in [
            (json!({"type": "auto"}), json!([["tool_choice", "auto"]])),
            (
                json!({"type": "any", "disable_parallel_tool_use": true}),
                json!([["tool_choice", "required"], ["parallel_tool_calls", false]]),
            ),
            (
                json!({"type": "tool", "name": "f", "disable_parallel_tool_use": false}),
                json!([["tool_choice", {"type": "function", "function": {"name": "f"}}], ["parallel_tool_calls", true]]),
            ),
            (json!({"type": "none"}), json!([["tool_choice", "none"]])),
        ] {
            assert_eq!(json!(choice(&given).unwrap()), expected, "{given}");
        }
    }

    #[test]
    fn what_is_no_tool_is_named() {
        for (given, param) in
            [(json!(5), "tools"), (json!([5]), "tools[0]"), (json!([{}]), "tools[0].name")]
        {
            assert_eq!(tools(&given).unwrap_err().param.as_deref(), Some(param));
        }
        for given in [json!("auto"), json!({"type": "tool"}), json!({"type": "sometimes"})] {
            assert_eq!(choice(&given).unwrap_err().param.as_deref(), Some("tool_choice"));
        }
    }
}
