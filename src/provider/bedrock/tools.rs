//! The tools on offer: `toolConfig`.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html>

use serde_json::{Map, Value, json};

use super::{
    content::{MARK, cache_point},
    conversation::{self, Conversation},
    family::Family,
};
use crate::provider::Inexpressible;

/// The tools that may be called and the one that must be; `None` where there is nothing to say.
///
/// Converse wants tools to be told wherever the conversation has called some, even where none may be called any more.
pub(super) fn config(
    chat: &Map<String, Value>,
    family: Family,
    conversation: &Conversation,
    dropped: &mut Vec<String>,
) -> Result<Option<Value>, Inexpressible> {
    let choice = Choice::read(chat)?;
    let offered = match chat.get("tools") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(tools)) => tools.as_slice(),
        Some(_) => return Err(Inexpressible::new("tools", "must be a list")),
    };
    let mut tools = Vec::with_capacity(offered.len());
    for (position, tool) in offered.iter().enumerate() {
        let (name, spec) = spec(tool, &format!("tools[{position}]"), dropped)?;
        if choice.allows(name) {
            tools.push(spec);
            tools.extend(cache_point(tool.get(MARK)).filter(|_| family.is_claude()));
        }
    }
    if tools.is_empty() && choice.needs_tools() {
        return Err(Inexpressible::new("tool_choice", "must be of tools that are there"));
    }
    if choice == Choice::None && conversation.called.is_empty() {
        return Ok(None);
    }
    if tools.is_empty() {
        tools.extend(conversation.called.iter().map(|name| stub(name)));
    } else if choice == Choice::None {
        // There is no word for it, and without the tools the request would be refused.
        dropped.push("tool_choice".to_owned());
    }
    if tools.is_empty() {
        return Ok(None);
    }
    let mut config = json!({ "tools": tools });
    if let Some(choice) = choice.in_converse() {
        config["toolChoice"] = choice;
    }
    Ok(Some(config))
}

/// Whether a tool has to be called.
pub(super) fn is_forced(chat: &Map<String, Value>) -> bool {
    matches!(
        Choice::read(chat),
        Ok(Choice::Any | Choice::Tool(_) | Choice::Allowed { required: true, .. })
    )
}

fn spec<'a>(
    tool: &'a Value,
    at: &str,
    dropped: &mut Vec<String>,
) -> Result<(&'a str, Value), Inexpressible> {
    if tool.get("type").is_none_or(|kind| kind != "function") {
        return Err(Inexpressible::new(at, "must be a function: Converse knows no other tools"));
    }
    let function = tool.get("function").unwrap_or(&Value::Null);
    let name = conversation::name(function.get("name"), &format!("{at}.function.name"))?;
    let schema = match function.get("parameters") {
        None | Some(Value::Null) => json!({"type": "object", "properties": {}}),
        Some(schema @ Value::Object(_)) => schema.clone(),
        Some(_) => {
            let problem = "must be a JSON schema";
            return Err(Inexpressible::new(format!("{at}.function.parameters"), problem));
        }
    };
    let mut spec = json!({"name": name, "inputSchema": {"json": schema}});
    let description = function.get("description").and_then(Value::as_str).unwrap_or_default();
    if !description.trim().is_empty() {
        spec["description"] = description.into();
    }
    // Converse has the word, but refuses it for most models, and clients say it of every tool.
    if function.get("strict").is_some_and(|strict| strict == true) {
        dropped.push(format!("{at}.function.strict"));
    }
    Ok((name, json!({ "toolSpec": spec })))
}

/// A tool that was called once and is no more on offer.
fn stub(name: &str) -> Value {
    json!({"toolSpec": {
        "name": name,
        "description": "No longer available.",
        "inputSchema": {"json": {"type": "object", "properties": {}}}
    }})
}

/// What `tool_choice` says.
#[derive(Debug, PartialEq, Eq)]
enum Choice<'a> {
    Unsaid,
    None,
    Auto,
    Any,
    Tool(&'a str),
    Allowed { names: Vec<&'a str>, required: bool },
}

impl<'a> Choice<'a> {
    fn read(chat: &'a Map<String, Value>) -> Result<Self, Inexpressible> {
        let choice = match chat.get("tool_choice") {
            None | Some(Value::Null) => return Ok(Self::Unsaid),
            Some(choice) => choice,
        };
        let kind = choice.as_str().or_else(|| choice.get("type").and_then(Value::as_str));
        let found = match kind.unwrap_or_default() {
            "none" => Some(Self::None),
            "auto" => Some(Self::Auto),
            "required" => Some(Self::Any),
            "function" => name(choice).map(Self::Tool),
            "allowed_tools" => choice.get("allowed_tools").and_then(|allowed| {
                let names =
                    allowed.get("tools")?.as_array()?.iter().map(name).collect::<Option<_>>()?;
                Some(Self::Allowed { names, required: allowed.get("mode")? == "required" })
            }),
            _ => None,
        };
        found.ok_or_else(|| {
            Inexpressible::new(
                "tool_choice",
                "must be none, auto, required or of functions by name",
            )
        })
    }

    fn allows(&self, name: &str) -> bool {
        match self {
            Self::Allowed { names, .. } => names.contains(&name),
            _ => true,
        }
    }

    fn needs_tools(&self) -> bool {
        matches!(self, Self::Any | Self::Tool(_) | Self::Allowed { .. })
    }

    fn in_converse(&self) -> Option<Value> {
        match self {
            Self::Unsaid | Self::None => None,
            Self::Auto | Self::Allowed { required: false, .. } => Some(json!({"auto": {}})),
            Self::Any | Self::Allowed { required: true, .. } => Some(json!({"any": {}})),
            Self::Tool(name) => Some(json!({"tool": {"name": name}})),
        }
    }
}

fn name(choice: &Value) -> Option<&str> {
    choice.get("function")?.get("name")?.as_str()
}
