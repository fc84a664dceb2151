//! Tools on offer, and which of them may be called.
//!
//! Source: <https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools>.

use serde_json::{Map, Value, json};

use super::{
    fields::{Dropped, given, not_an_object, text},
    schema::enforceable,
};
use crate::provider::Inexpressible;

/// The request's `tools` and `tool_choice`.
#[derive(Debug, Default)]
pub(super) struct Tools {
    /// The `tools` field; empty when there are none.
    pub offered: Vec<Value>,
    /// The `tool_choice` field.
    pub choice: Option<Value>,
}

impl Tools {
    /// The model must call a tool.
    pub(super) fn forced(&self) -> bool {
        let kind = self.choice.as_ref().and_then(|choice| choice.get("type"));
        kind.is_some_and(|kind| kind == "any" || kind == "tool")
    }
}

/// Reads the chat's tools.
pub(super) fn tools(
    chat: &Map<String, Value>,
    dropped: &mut Dropped,
) -> Result<Tools, Inexpressible> {
    let offered = match given(chat, "tools") {
        None => return Ok(Tools::default()),
        Some(Value::Array(offered)) if offered.is_empty() => return Ok(Tools::default()),
        Some(Value::Array(offered)) => offered,
        Some(_) => return Err(Inexpressible::new("tools", "is not a list")),
    };
    let each = offered.iter().enumerate().map(|(index, offer)| tool(offer, index, dropped));
    let mut offered: Vec<Value> = each.collect::<Result<_, _>>()?;
    let mut choice = choice(given(chat, "tool_choice"), &mut offered)?;
    if chat.get("parallel_tool_calls") == Some(&Value::Bool(false)) {
        let choice = choice.get_or_insert_with(|| json!({"type": "auto"}));
        if let Some(choice) =
            choice.as_object_mut().filter(|choice| text(choice, "type") != Some("none"))
        {
            choice.insert("disable_parallel_tool_use".into(), true.into());
        }
    }
    Ok(Tools { offered, choice })
}

/// The id of a call in the letters that the API takes.
pub(super) fn tool_id(id: &str) -> String {
    let taken = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    id.chars().map(|c| if taken(c) { c } else { '_' }).collect()
}

fn tool(offer: &Value, index: usize, dropped: &mut Dropped) -> Result<Value, Inexpressible> {
    let at = format!("tools[{index}]");
    let offer = offer.as_object().ok_or_else(|| not_an_object(&at))?;
    match text(offer, "type") {
        Some("function") => {}
        None if offer.contains_key("function") => {}
        None | Some("custom") => {
            return Err(Inexpressible::new(
                at,
                "is no function, and tools that take plain text are not known to the Messages API",
            ));
        }
        // One of the server's own, in its own words.
        Some(_) => return Ok(Value::Object(offer.clone())),
    }
    let function = offer.get("function").and_then(Value::as_object);
    let function = function.ok_or_else(|| not_an_object(format!("{at}.function")))?;
    let name = text(function, "name")
        .ok_or_else(|| Inexpressible::new(format!("{at}.function"), "has no name"))?;
    // What stands beside the function is this API's: `cache_control`, `defer_loading`, …
    let mut tool: Map<String, Value> = offer
        .iter()
        .filter(|(name, value)| !matches!(name.as_str(), "type" | "function") && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    tool.insert("name".into(), name.into());
    for field in ["description", "cache_control"] {
        if let Some(value) = given(function, field) {
            tool.insert(field.into(), value.clone());
        }
    }
    let mut schema = input_schema(given(function, "parameters"), &at)?;
    if function.get("strict") == Some(&Value::Bool(true)) {
        match enforceable(&schema) {
            Ok(closed) if closed.loosened.is_empty() => {
                schema = closed.schema;
                tool.insert("strict".into(), true.into());
            }
            _ => dropped.name(format!("{at}.function.strict")),
        }
    }
    tool.insert("input_schema".into(), schema);
    Ok(Value::Object(tool))
}

fn input_schema(parameters: Option<&Value>, at: &str) -> Result<Value, Inexpressible> {
    let mut schema = match parameters {
        None => Map::new(),
        Some(Value::Object(schema)) => schema.clone(),
        Some(_) => return Err(not_an_object(format!("{at}.function.parameters"))),
    };
    if schema.is_empty() {
        schema.insert("properties".into(), json!({}));
    }
    schema.entry("type").or_insert_with(|| "object".into());
    Ok(Value::Object(schema))
}

/// The `tool_choice`; a choice from some of the tools leaves the others out of `offered`.
fn choice(
    choice: Option<&Value>,
    offered: &mut Vec<Value>,
) -> Result<Option<Value>, Inexpressible> {
    let unknown =
        || Inexpressible::new("tool_choice", "is a choice that the Messages API does not know");
    let Some(choice) = choice else { return Ok(None) };
    if let Some(name) = choice.as_str() {
        return mode(name).map(Some).ok_or_else(unknown);
    }
    match choice.get("type").and_then(Value::as_str) {
        Some("function") => {
            let name = choice.get("function").and_then(|function| function.get("name")?.as_str());
            let name = name.ok_or_else(unknown)?;
            Ok(Some(json!({"type": "tool", "name": name})))
        }
        Some("allowed_tools") => {
            let allowed = choice.get("allowed_tools").ok_or_else(unknown)?;
            let listed = allowed.get("tools").and_then(Value::as_array).ok_or_else(unknown)?;
            let named =
                |tool: &Value| Some(tool.get("function")?.get("name")?.as_str()?.to_owned());
            let names: Option<Vec<String>> = listed.iter().map(named).collect();
            let names = names.ok_or_else(unknown)?;
            offered.retain(|tool| {
                tool.get("name").is_some_and(|name| names.iter().any(|known| name == known))
            });
            let name = allowed.get("mode").and_then(Value::as_str).unwrap_or("auto");
            if offered.is_empty() {
                return Err(Inexpressible::new("tool_choice", "allows none of the tools on offer"));
            }
            mode(name).map(Some).ok_or_else(unknown)
        }
        _ => Err(unknown()),
    }
}

fn mode(name: &str) -> Option<Value> {
    let kind = match name {
        "auto" | "none" => name,
        "required" => "any",
        _ => return None,
    };
    Some(json!({ "type": kind }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chat: Value) -> Result<(Value, Option<Value>, Vec<String>), String> {
        let mut dropped = Dropped::default();
        let tools =
            tools(chat.as_object().unwrap(), &mut dropped).map_err(|error| error.to_string())?;
        Ok((tools.offered.into(), tools.choice, dropped.into_names()))
    }

    fn function(name: &str) -> Value {
        json!({"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}})
    }

    #[test]
    fn functions_become_tools_with_an_input_schema() {
        let open =
            json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}});
        let closed = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
        let given = json!({"tools": [
            {"type": "function", "function": {"name": "bare"}},
            {"type": "function", "function": {"name": "strict", "description": "d", "strict": true,
                "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}, "cache_control": {"type": "ephemeral"}},
            {"type": "function", "function": {"name": "loose", "strict": true, "parameters": open}, "defer_loading": true},
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 5},
        ]});
        let expected = json!([
            {"name": "bare", "input_schema": {"type": "object", "properties": {}}},
            {"name": "strict", "description": "d", "strict": true, "input_schema": closed, "cache_control": {"type": "ephemeral"}},
            {"name": "loose", "input_schema": open, "defer_loading": true},
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 5},
        ]);
        assert_eq!(read(given), Ok((expected, None, vec!["tools[2].function.strict".to_owned()])));
    }

    #[test]
    fn choices_are_said_in_the_api_s_words() {
        let tools = json!([function("f"), function("g")]);
        for (choice, parallel, expected, offered) in [
            (json!("auto"), json!(null), json!({"type": "auto"}), 2),
            (json!("none"), json!(false), json!({"type": "none"}), 2),
            (
                json!("required"),
                json!(false),
                json!({"type": "any", "disable_parallel_tool_use": true}),
                2,
            ),
            (
                json!(null),
                json!(false),
                json!({"type": "auto", "disable_parallel_tool_use": true}),
                2,
            ),
            (
                json!({"type": "function", "function": {"name": "f"}}),
                json!(true),
                json!({"type": "tool", "name": "f"}),
                2,
            ),
            (
                json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]}}),
                json!(null),
                json!({"type": "any"}),
                1,
            ),
        ] {
            let chat =
                json!({"tools": tools, "tool_choice": choice, "parallel_tool_calls": parallel});
            let (list, found, _) = read(chat.clone()).unwrap();
            assert_eq!(
                (found, list.as_array().unwrap().len()),
                (Some(expected), offered),
                "{chat}"
            );
        }
        let (_, choice, _) =
            read(json!({"tools": [], "tool_choice": "auto", "parallel_tool_calls": false}))
                .unwrap();
        assert_eq!(choice, None);
    }

    #[test]
    fn what_is_no_function_is_refused() {
        let with = |choice: Value| json!({"tools": [function("f")], "tool_choice": choice});
        for (chat, phrase) in [
            (json!({"tools": [{"type": "custom", "custom": {"name": "f"}}]}), "'tools[0]'"),
            (json!({"tools": [{"type": "function", "function": {}}]}), "no name"),
            (
                json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": 5}}]}),
                "tools[0].function.parameters",
            ),
            (json!({"tools": [5]}), "'tools[0]'"),
            (json!({"tools": 5}), "not a list"),
            (with(json!("sometimes")), "'tool_choice'"),
            (with(json!({"type": "custom", "custom": {"name": "f"}})), "'tool_choice'"),
            (with(json!({"type": "allowed_tools", "allowed_tools": {"tools": []}})), "allows none"),
        ] {
            let error = read(chat).unwrap_err();
            assert!(error.contains(phrase), "{error}");
        }
    }
}
