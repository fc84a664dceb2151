//! Functions on offer, and which of them must or may be called.

use serde_json::{Map, Value, json};

use crate::provider::Inexpressible;

/// Puts the tools of `chat`, and how they are to be used, into `body`.
///
/// Source: <https://ai.google.dev/api/caching#Tool>.
pub(super) fn add(
    chat: &Map<String, Value>,
    body: &mut Map<String, Value>,
) -> Result<(), Inexpressible> {
    let choice = match chat.get("tool_choice") {
        None | Some(Value::Null) => Choice::Auto,
        Some(choice) => Choice::read(choice)?,
    };
    let mut declarations = match chat.get("tools") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(tools)) => {
            tools.iter().enumerate().map(declaration).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(Inexpressible::new("tools", "is not a list")),
    };
    let none = declarations.is_empty();
    if let Choice::Among(names) = &choice {
        // Free choice among some: the mode that leaves it free takes no list of names.
        declarations.retain(|declaration| {
            let name = declaration.get("name").and_then(Value::as_str);
            name.is_some_and(|name| names.iter().any(|known| known == name))
        });
    }
    if !declarations.is_empty() {
        body.insert("tools".into(), json!([{"functionDeclarations": declarations}]));
    }
    let config = match choice {
        Choice::Auto | Choice::Among(_) => return Ok(()),
        Choice::Nothing if none => return Ok(()),
        Choice::Nothing => json!({"mode": "NONE"}),
        Choice::Required => json!({"mode": "ANY"}),
        Choice::OneOf(names) => json!({"mode": "ANY", "allowedFunctionNames": names}),
    };
    body.insert("toolConfig".into(), json!({"functionCallingConfig": config}));
    Ok(())
}

/// What `tool_choice` says.
enum Choice {
    Auto,
    Nothing,
    Required,
    /// One of these must be called.
    OneOf(Vec<String>),
    /// These may be called.
    Among(Vec<String>),
}

impl Choice {
    fn read(choice: &Value) -> Result<Self, Inexpressible> {
        let unknown =
            || Inexpressible::new("tool_choice", "asks for what Gemini cannot be held to");
        match choice.as_str().or(choice.get("type").and_then(Value::as_str)) {
            Some("auto") => Ok(Self::Auto),
            Some("none") => Ok(Self::Nothing),
            Some("required") => Ok(Self::Required),
            Some("function") => {
                Ok(Self::OneOf(vec![function_name(choice).ok_or_else(unknown)?.to_owned()]))
            }
            Some("allowed_tools") => {
                let allowed = choice.get("allowed_tools").unwrap_or(choice);
                let listed = allowed.get("tools").and_then(Value::as_array).ok_or_else(unknown)?;
                let names = listed
                    .iter()
                    .map(|tool| function_name(tool).map(str::to_owned))
                    .collect::<Option<_>>()
                    .ok_or_else(unknown)?;
                match allowed.get("mode").and_then(Value::as_str) {
                    Some("auto") => Ok(Self::Among(names)),
                    Some("required") => Ok(Self::OneOf(names)),
                    _ => Err(unknown()),
                }
            }
            _ => Err(unknown()),
        }
    }
}

/// The name in `{"type": "function", "function": {"name": …}}`, or in the flat form of it.
fn function_name(tool: &Value) -> Option<&str> {
    let is_function = tool.get("type").and_then(Value::as_str) == Some("function");
    let described = tool.get("function").unwrap_or(tool);
    described.get("name").and_then(Value::as_str).filter(|_| is_function)
}

fn declaration((index, tool): (usize, &Value)) -> Result<Value, Inexpressible> {
    let path = || format!("tools[{index}]");
    let function = match tool.get("type").and_then(Value::as_str) {
        Some("function") => tool.get("function").and_then(Value::as_object),
        _ => return Err(Inexpressible::new(path(), "is of a kind that Gemini does not know")),
    };
    let Some(function) = function.filter(|function| function.contains_key("name")) else {
        return Err(Inexpressible::new(path(), "describes no function with a name"));
    };
    let mut declaration = Map::new();
    for (name, theirs) in
        [("name", "name"), ("description", "description"), ("parameters", "parametersJsonSchema")]
    {
        if let Some(value) = function.get(name).filter(|value| !value.is_null()) {
            declaration.insert(theirs.into(), value.clone());
        }
    }
    Ok(Value::Object(declaration))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(choice: &Value) -> Result<Value, Inexpressible> {
        let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
        let chat = json!({"tools": [tool("f"), tool("g")], "tool_choice": choice});
        let mut body = Map::new();
        add(chat.as_object().unwrap(), &mut body)?;
        Ok(Value::Object(body))
    }

    #[test]
    fn a_choice_becomes_a_mode() {
        let all = json!([{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]);
        let allowed = |mode: &str| json!({"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [{"type": "function", "function": {"name": "g"}}]}});
        for (choice, config) in [
            (json!(null), Value::Null),
            (json!("auto"), Value::Null),
            (json!("none"), json!({"mode": "NONE"})),
            (json!("required"), json!({"mode": "ANY"})),
            (
                json!({"type": "function", "function": {"name": "g"}}),
                json!({"mode": "ANY", "allowedFunctionNames": ["g"]}),
            ),
            (allowed("required"), json!({"mode": "ANY", "allowedFunctionNames": ["g"]})),
        ] {
            let body = said(&choice).unwrap();
            assert_eq!(body["tools"], all, "{choice}");
            assert_eq!(body["toolConfig"]["functionCallingConfig"], config, "{choice}");
        }
        let body = said(&allowed("auto")).unwrap();
        assert_eq!(body, json!({"tools": [{"functionDeclarations": [{"name": "g"}]}]}));
    }

    #[test]
    fn other_kinds_are_refused() {
        for choice in [
            json!("sometimes"),
            json!({"type": "custom", "custom": {"name": "f"}}),
            json!({"type": "function"}),
            json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "mcp"}]}}),
            json!(5),
        ] {
            assert_eq!(said(&choice).unwrap_err().field, "tool_choice", "{choice}");
        }
        for (tools, field) in [
            (
                json!([{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "g"}}]),
                "tools[1]",
            ),
            (json!([{"type": "web_search_20250305", "name": "web_search"}]), "tools[0]"),
            (json!([{"type": "function"}]), "tools[0]"),
            (json!({}), "tools"),
        ] {
            let chat = json!({ "tools": tools });
            let refused = add(chat.as_object().unwrap(), &mut Map::new()).unwrap_err();
            assert_eq!(refused.field, field, "{tools}");
        }
    }

    #[test]
    fn without_tools_there_is_nothing_to_leave_alone() {
        let mut body = Map::new();
        add(json!({"tools": [], "tool_choice": "none"}).as_object().unwrap(), &mut body).unwrap();
        assert!(body.is_empty());
    }
}
