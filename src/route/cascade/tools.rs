//! The tools on offer, and whether the calls of an answer are calls of them.

use std::collections::HashMap;

use serde_json::Value;

use super::{answer::Call, reason::Reason, schema::Schema};

/// What a request says about tools.
#[derive(Debug, Default)]
pub(super) struct Tools {
    /// By name.
    offered: HashMap<String, Tool>,
    /// Some are of a kind that we do not know: any name may be one of theirs.
    has_unknown: bool,
    choice: Choice,
    /// Several may be called at once.
    parallel: bool,
}

#[derive(Debug)]
enum Tool {
    /// Its arguments are a JSON object, as the schema has it.
    Function(Option<Schema>),
    /// Its input is any text.
    Custom,
}

/// Whether a tool has to be called.
#[derive(Debug, Default, PartialEq)]
enum Choice {
    /// As the model likes.
    #[default]
    Auto,
    /// None may be called.
    Never,
    /// At least one has to be called.
    Some,
    /// This one has to be called.
    Named(String),
}

impl Tools {
    /// What the fields `tools`, `tool_choice` and `parallel_tool_calls` say, or the legacy `functions` and `function_call`.
    pub(super) fn read(field: &impl Fn(&str) -> Value) -> Self {
        let mut tools = Self { parallel: field("parallel_tool_calls") != false, ..Self::default() };
        for mut tool in items(field("tools")) {
            match tool.get("type").and_then(Value::as_str) {
                Some("function") | None => tools.offer(tool.get_mut("function").map(Value::take)),
                Some("custom") => {
                    let name = tool.pointer("/custom/name").and_then(Value::as_str);
                    tools.has_unknown |= name.is_none();
                    tools.offered.extend(name.map(|name| (name.to_owned(), Tool::Custom)));
                }
                Some(_) => tools.has_unknown = true,
            }
        }
        items(field("functions")).into_iter().for_each(|function| tools.offer(Some(function)));
        match field("tool_choice") {
            Value::Null => tools.choose(&field("function_call")),
            choice => tools.choose(&choice),
        }
        tools
    }

    fn offer(&mut self, function: Option<Value>) {
        let Some(mut function) = function else {
            self.has_unknown = true;
            return;
        };
        let parameters = function.get_mut("parameters").map(Value::take).filter(Value::is_object);
        match function.get("name").and_then(Value::as_str) {
            Some(name) => {
                self.offered.insert(name.to_owned(), Tool::Function(parameters.map(Schema::new)));
            }
            None => self.has_unknown = true,
        }
    }

    fn choose(&mut self, choice: &Value) {
        self.choice = match choice.as_str().or_else(|| choice.get("type")?.as_str()) {
            Some("none") => Choice::Never,
            Some("required" | "any") => Choice::Some,
            Some("allowed_tools") => return self.narrow(choice),
            _ => named(choice).map_or(Choice::Auto, |name| Choice::Named(name.to_owned())),
        };
    }

    /// `{"type": "allowed_tools", "allowed_tools": {"mode": …, "tools": […]}}`
    fn narrow(&mut self, choice: &Value) {
        let Some(allowed) = choice.get("allowed_tools") else { return };
        if let Some(listed) = allowed.get("tools").and_then(Value::as_array) {
            let names: Vec<_> = listed.iter().filter_map(named).collect();
            self.offered.retain(|name, _| names.contains(&name.as_str()));
        }
        if allowed.get("mode").is_some_and(|mode| mode == "required") {
            self.choice = Choice::Some;
        }
    }

    /// What is wrong with the calls of one choice.
    pub(super) fn objection(&self, calls: &[Call<'_>]) -> Option<Reason> {
        if calls.len() > 1 && !self.parallel {
            return Some(Reason::ToolsParallel);
        }
        match &self.choice {
            Choice::Never if !calls.is_empty() => return Some(Reason::ToolUnknown),
            Choice::Some if calls.is_empty() => return Some(Reason::ToolMissing),
            Choice::Named(name) if !calls.iter().any(|call| call.name == Some(name)) => {
                return Some(Reason::ToolMissing);
            }
            _ => {}
        }
        calls.iter().find_map(|call| self.objection_to(call))
    }

    fn objection_to(&self, call: &Call<'_>) -> Option<Reason> {
        let tool = call.name.and_then(|name| self.offered.get(name));
        let schema = match tool {
            Some(Tool::Custom) => return None,
            Some(Tool::Function(schema)) => schema,
            None if self.has_unknown && call.name.is_some() => return None,
            None => return Some(Reason::ToolUnknown),
        };
        let Some(written) = call.arguments.map(str::trim) else {
            return Some(Reason::ArgumentsNotJson);
        };
        // A tool without parameters is often called with nothing at all.
        let written = if written.is_empty() { "{}" } else { written };
        match serde_json::from_str::<Value>(written) {
            Ok(arguments) if arguments.is_object() => {
                schema.as_ref()?.violation(&arguments).map(Reason::ArgumentsViolate)
            }
            _ => Some(Reason::ArgumentsNotJson),
        }
    }
}

/// The name of a tool, wherever its kind has it.
fn named(tool: &Value) -> Option<&str> {
    let places = ["/function/name", "/custom/name", "/name"];
    places.iter().find_map(|place| tool.pointer(place)?.as_str())
}

fn items(list: Value) -> Vec<Value> {
    if let Value::Array(items) = list { items } else { Vec::new() }
}
