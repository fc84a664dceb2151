//! Calls of functions within the conversation, and finding them again by their ids.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::provider::Inexpressible;

/// The calls so far.
#[derive(Debug, Default)]
pub(super) struct Called {
    /// Name of the function and place among all calls, by the call's id. Of two calls with one id the later counts.
    by_id: HashMap<String, (String, usize)>,
    count: usize,
}

impl Called {
    /// Remembers a call, and gives the name of what is called.
    pub(super) fn note<'a>(
        &mut self,
        id: Option<&str>,
        function: &'a Value,
        path: &str,
    ) -> Result<&'a str, Inexpressible> {
        let name = function.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| Inexpressible::new(path, "does not name a function"))?;
        if let Some(id) = id {
            self.by_id.insert(id.to_owned(), (name.to_owned(), self.count));
        }
        self.count += 1;
        Ok(name)
    }

    /// The name of the function that was called under `id`, and the call's place among all of them.
    pub(super) fn find(&self, id: &str) -> Option<(&str, usize)> {
        self.by_id.get(id).map(|(name, order)| (name.as_str(), *order))
    }
}

/// The part that calls `name` with the arguments of `function`, which is at `path`.
pub(super) fn function_call(
    name: &str,
    function: &Value,
    path: &str,
) -> Result<Value, Inexpressible> {
    let arguments = match function.get("arguments") {
        None | Some(Value::Null) => Some(Map::new()),
        Some(Value::String(text)) if text.trim().is_empty() => Some(Map::new()),
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        Some(_) => None,
    };
    match arguments {
        Some(arguments) => Ok(json!({"functionCall": {"name": name, "args": arguments}})),
        None => {
            let field = format!("{path}.arguments");
            Err(Inexpressible::new(field, "is no JSON object in a text"))
        }
    }
}
