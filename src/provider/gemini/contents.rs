//! The conversation: turns of `user` and `model`, and what comes before all of them.

mod calls;
mod turns;

use serde_json::{Map, Value, json};

use self::{
    calls::{Called, function_call},
    turns::{Speaker, Turns},
};
use super::{
    family::Family,
    media::{self, Place},
};
use crate::provider::Inexpressible;

/// What was said so far.
pub(super) struct Conversation {
    /// Parts of the instruction that stands above the turns.
    pub instruction: Vec<Value>,
    /// The turns, never empty.
    pub contents: Vec<Value>,
}

/// Reads `messages`.
///
/// Neighbours of one role become one turn, but results of tools stay apart from the words of the user: a turn with
/// results must answer exactly the calls before it.
pub(super) fn conversation(
    chat: &Map<String, Value>,
    family: Family,
    dropped: &mut Vec<String>,
) -> Result<Conversation, Inexpressible> {
    let Some(Value::Array(messages)) = chat.get("messages") else {
        return Err(Inexpressible::new("messages", "is not a list"));
    };
    let mut builder = Builder {
        family,
        dropped,
        instruction: Vec::new(),
        turns: Turns::default(),
        called: Called::default(),
    };
    for (index, message) in messages.iter().enumerate() {
        builder.message(index, message)?;
    }
    let contents = builder.turns.finish();
    if contents.is_empty() {
        return Err(Inexpressible::new("messages", "holds no turn that Gemini could answer"));
    }
    Ok(Conversation { instruction: builder.instruction, contents })
}

struct Builder<'a> {
    family: Family,
    dropped: &'a mut Vec<String>,
    instruction: Vec<Value>,
    turns: Turns,
    called: Called,
}

impl Builder<'_> {
    fn message(&mut self, index: usize, message: &Value) -> Result<(), Inexpressible> {
        let role = message.get("role").and_then(Value::as_str);
        let named = message.get("name").is_some_and(|name| !name.is_null());
        if named && !matches!(role, Some("tool" | "function")) {
            self.dropped.push(format!("messages[{index}].name"));
        }
        match role {
            Some("system" | "developer") => {
                let parts = self.content(index, message)?;
                if let Some(other) = parts.iter().position(|part| part.get("text").is_none()) {
                    let field = format!("messages[{index}].content[{other}]");
                    return Err(Inexpressible::new(field, "is no text, as an instruction must be"));
                }
                self.instruction.extend(parts.into_iter().filter(|part| !is_empty(part)));
            }
            Some("user") => {
                let parts = self.content(index, message)?;
                self.turns.add(Speaker::User, parts);
            }
            Some("assistant") => self.assistant(index, message)?,
            Some("tool" | "function") => self.result(index, message)?,
            _ => {
                let field = format!("messages[{index}].role");
                return Err(Inexpressible::new(field, "is not a role that Gemini knows"));
            }
        }
        Ok(())
    }

    /// The parts that a message consists of.
    fn content(&mut self, index: usize, message: &Value) -> Result<Vec<Value>, Inexpressible> {
        match message.get("content") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![json!({ "text": text })]),
            Some(Value::Array(parts)) => parts
                .iter()
                .enumerate()
                .map(|(part, content)| {
                    media::part(content, Place { message: index, part }, self.dropped)
                })
                .collect(),
            Some(_) => {
                let field = format!("messages[{index}].content");
                Err(Inexpressible::new(field, "is neither a text nor a list of parts"))
            }
        }
    }

    /// An answer of the model. Its thoughts are left out: only their signatures mean something to Gemini.
    fn assistant(&mut self, index: usize, message: &Value) -> Result<(), Inexpressible> {
        for (name, problem) in [
            ("content_blocks", "is told in the words of another provider"),
            ("audio", "is a sound that only its provider has"),
        ] {
            if message.get(name).is_some_and(|value| !value.is_null()) {
                return Err(Inexpressible::new(format!("messages[{index}].{name}"), problem));
            }
        }
        let mut parts = self.content(index, message)?;
        if parts.is_empty() {
            parts.extend(text(message.get("refusal")).map(|text| json!({ "text": text })));
        }
        parts.retain(|part| !is_empty(part));
        for (place, image) in list(message.get("images")).iter().enumerate() {
            let shown = media::part(image, Place { message: index, part: place }, self.dropped);
            let mut shown = shown.map_err(|refused| Inexpressible {
                field: format!("messages[{index}].images[{place}]"),
                ..refused
            })?;
            if let Some(signature) = signature(image) {
                shown["thoughtSignature"] = signature.into();
            }
            parts.push(shown);
        }
        if let Some(signature) = signature(message) {
            let last = parts.iter_mut().rfind(|part| part.get("text").is_some());
            match last.and_then(Value::as_object_mut) {
                Some(last) => {
                    last.insert("thoughtSignature".into(), signature.into());
                }
                None => parts.push(json!({"text": "", "thoughtSignature": signature})),
            }
        }
        let calls = list(message.get("tool_calls"));
        for (place, call) in calls.iter().enumerate() {
            let path = format!("messages[{index}].tool_calls[{place}]");
            if !matches!(call.get("type").and_then(Value::as_str), None | Some("function")) {
                return Err(Inexpressible::new(path, "is not the call of a function"));
            }
            let function = call.get("function").unwrap_or(&Value::Null);
            let id = text(call.get("id"));
            let name = self.called.note(id, function, &path)?;
            let mut part = function_call(name, function, &format!("{path}.function"))?;
            if let Some(id) = id.filter(|_| self.family.names_calls()) {
                part["functionCall"]["id"] = id.into();
            }
            let stand_in = self.stand_in().filter(|_| place == 0);
            if let Some(signature) = signature(call).or(stand_in) {
                part["thoughtSignature"] = signature.into();
            }
            parts.push(part);
        }
        if let Some(call) = message.get("function_call").filter(|call| !call.is_null()) {
            let path = format!("messages[{index}].function_call");
            let name = self.called.note(None, call, &path)?;
            let mut part = function_call(name, call, &path)?;
            if let Some(stand_in) = self.stand_in() {
                part["thoughtSignature"] = stand_in.into();
            }
            parts.push(part);
        }
        self.turns.add(Speaker::Model, parts);
        Ok(())
    }

    /// The signature of a call that was given without one.
    fn stand_in(&self) -> Option<&'static str> {
        self.family.wants_signatures().then_some(UNSIGNED)
    }

    /// The result of a call, told by the name of its function.
    fn result(&mut self, index: usize, message: &Value) -> Result<(), Inexpressible> {
        let id = text(message.get("tool_call_id"));
        let (name, order) = match id {
            Some(id) => self.called.find(id).ok_or_else(|| {
                let field = format!("messages[{index}].tool_call_id");
                Inexpressible::new(field, "answers no call of this conversation")
            })?,
            None => {
                let name = text(message.get("name")).ok_or_else(|| {
                    let field = format!("messages[{index}].tool_call_id");
                    Inexpressible::new(field, "is missing")
                })?;
                (name, usize::MAX)
            }
        };
        let name = name.to_owned();
        let (texts, others): (Vec<_>, Vec<_>) =
            self.content(index, message)?.into_iter().partition(|part| part.get("text").is_some());
        let texts: Vec<&str> = texts.iter().filter_map(|part| text(part.get("text"))).collect();
        let failed = message.get("is_error").and_then(Value::as_bool).unwrap_or(false);
        let key = if failed { "error" } else { "result" };
        let mut response = json!({"name": name, "response": {key: texts.join("\n")}});
        if let Some(id) = id.filter(|_| self.family.names_calls()) {
            response["id"] = id.into();
        }
        if self.family.sees_results() && !others.is_empty() {
            response["parts"] = others.into();
        } else {
            self.turns.add_after_results(others);
        }
        let mut part = json!({});
        part["functionResponse"] = response;
        self.turns.add_result(order, part);
        Ok(())
    }
}

/// What Gemini takes in place of a signature for a call that another model made, see the questions at the end of
/// <https://ai.google.dev/gemini-api/docs/thought-signatures>.
const UNSIGNED: &str = "skip_thought_signature_validator";

/// The signature of a message or a call, where Google's own compatible API puts it.
fn signature(said: &Value) -> Option<&str> {
    text(said.get("extra_content")?.get("google")?.get("thought_signature"))
}

fn is_empty(part: &Value) -> bool {
    text(part.get("text")) == Some("")
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
