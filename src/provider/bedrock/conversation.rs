//! The conversation: who said what, as system blocks and turns.
//!
//! Converse wants turns of user and assistant to alternate, a user's first; what tools returned is said by the user.
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html>

use serde_json::{Map, Value, json};

use super::{
    content::{Content, Kinds, MARK},
    family::Family,
};
use crate::provider::Inexpressible;

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// System blocks, those from the middle of the conversation included.
    pub(super) system: Vec<Value>,
    /// Turns of user and assistant, alternating.
    pub(super) turns: Vec<Value>,
    /// Names of the tools that were called, each once.
    pub(super) called: Vec<String>,
    /// The turn that goes on now called tools without having thought before.
    pub(super) calls_without_thoughts: bool,
}

/// Reads `messages`. What a message holds beyond Converse's words, without being part of what was said, is named in
/// `dropped`.
pub(super) fn read(
    chat: &Map<String, Value>,
    family: Family,
    dropped: &mut Vec<String>,
) -> Result<Conversation, Inexpressible> {
    let Some(messages) = chat.get("messages").and_then(Value::as_array) else {
        return Err(Inexpressible::new("messages", "must be a list of messages"));
    };
    let mut reader = Messages {
        content: Content::new(family),
        family,
        conversation: Conversation::default(),
        has_thought: false,
        dropped,
    };
    for (position, message) in messages.iter().enumerate() {
        reader.message(message, &format!("messages[{position}]"))?;
    }
    // A mark on the request as a whole stands at its end.
    let last = reader.conversation.turns.last_mut().and_then(|turn| turn.get_mut("content"));
    if let Some(blocks) = last.and_then(Value::as_array_mut) {
        reader.content.mark(blocks, chat.get(MARK));
    }
    let conversation = reader.conversation;
    match conversation.turns.first().map(|turn| &turn["role"]) {
        None => Err(Inexpressible::new("messages", "must hold something that a user says")),
        Some(role) if role != "user" => Err(Inexpressible::new(
            "messages",
            "must begin with a user: Bedrock takes no other start",
        )),
        Some(_) => Ok(conversation),
    }
}

struct Messages<'a> {
    content: Content,
    family: Family,
    conversation: Conversation,
    /// The assistant has thought since the user last spoke.
    has_thought: bool,
    dropped: &'a mut Vec<String>,
}

impl Messages<'_> {
    fn message(&mut self, message: &Value, at: &str) -> Result<(), Inexpressible> {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        if message.get("name").is_some_and(Value::is_string) && role != "tool" {
            self.dropped.push(format!("{at}.name"));
        }
        match role {
            "system" | "developer" => {
                let blocks = self.blocks(message, Kinds::System, at)?;
                self.conversation.system.extend(blocks);
            }
            "user" => {
                let blocks = self.blocks(message, Kinds::User, at)?;
                if blocks.is_empty() {
                    let problem = "must not be blank: Bedrock takes no blank text";
                    return Err(Inexpressible::new(format!("{at}.content"), problem));
                }
                self.has_thought = false;
                self.conversation.calls_without_thoughts = false;
                self.say("user", blocks);
            }
            "assistant" => {
                let blocks = self.assistant(message, at)?;
                self.say("assistant", blocks);
            }
            "tool" => {
                let blocks = self.tool_result(message, at)?;
                self.say("user", blocks);
            }
            _ => {
                let problem = "must be system, developer, user, assistant or tool for Bedrock";
                return Err(Inexpressible::new(format!("{at}.role"), problem));
            }
        }
        Ok(())
    }

    /// Adds to the turn of `role`, which is the last one or a new one.
    fn say(&mut self, role: &str, blocks: Vec<Value>) {
        if blocks.is_empty() {
            return;
        }
        let last = self.conversation.turns.last_mut().filter(|turn| turn["role"] == role);
        match last.and_then(|turn| turn.get_mut("content")).and_then(Value::as_array_mut) {
            Some(content) => content.extend(blocks),
            None => {
                let mut turn = json!({ "role": role });
                turn["content"] = blocks.into();
                self.conversation.turns.push(turn);
            }
        }
    }

    fn blocks(
        &mut self,
        message: &Value,
        kinds: Kinds,
        at: &str,
    ) -> Result<Vec<Value>, Inexpressible> {
        let mut blocks =
            self.content.blocks(message.get("content"), kinds, &format!("{at}.content"))?;
        self.content.mark(&mut blocks, message.get(MARK));
        Ok(blocks)
    }

    fn assistant(&mut self, message: &Value, at: &str) -> Result<Vec<Value>, Inexpressible> {
        for (field, problem) in [
            ("content_blocks", "holds blocks of Anthropic's API that Converse does not know"),
            ("audio", "was spoken, which Converse does not know"),
            ("images", "were made by a model, which Converse knows in a user's turn only"),
            ("function_call", "is not translated for Bedrock; use 'tool_calls'"),
        ] {
            if message.get(field).is_some_and(|value| !value.is_null()) {
                return Err(Inexpressible::new(format!("{at}.{field}"), problem));
            }
        }
        let mut blocks = self.thoughts(message, at);
        self.has_thought |= !blocks.is_empty();
        blocks.extend(self.content.blocks(
            message.get("content"),
            Kinds::Assistant,
            &format!("{at}.content"),
        )?);
        let refusal = message.get("refusal").and_then(Value::as_str).unwrap_or_default();
        if !refusal.trim().is_empty() {
            blocks.push(json!({ "text": refusal }));
        }
        let calls = match message.get("tool_calls") {
            None | Some(Value::Null) => &[],
            Some(Value::Array(calls)) => calls.as_slice(),
            Some(_) => {
                return Err(Inexpressible::new(format!("{at}.tool_calls"), "must be a list"));
            }
        };
        for (position, call) in calls.iter().enumerate() {
            let block = self.tool_use(call, &format!("{at}.tool_calls[{position}]"))?;
            blocks.push(block);
        }
        self.content.mark(&mut blocks, message.get(MARK));
        Ok(blocks)
    }

    /// Thoughts with a seal: Claude wants its own back, and nobody takes others.
    fn thoughts(&mut self, message: &Value, at: &str) -> Vec<Value> {
        let Some(thoughts) = message.get("thinking_blocks").and_then(Value::as_array) else {
            return Vec::new();
        };
        if !self.family.is_claude() {
            self.dropped.push(format!("{at}.thinking_blocks"));
            return Vec::new();
        }
        thoughts.iter().filter_map(sealed).collect()
    }

    fn tool_use(&mut self, call: &Value, at: &str) -> Result<Value, Inexpressible> {
        if call.get("type").is_some_and(|kind| kind != "function") {
            return Err(Inexpressible::new(
                at,
                "must call a function: Converse knows no other tools",
            ));
        }
        let id = id(call.get("id"), &format!("{at}.id"))?;
        let function = call.get("function").unwrap_or(&Value::Null);
        let name = name(function.get("name"), &format!("{at}.function.name"))?;
        let input = input(function.get("arguments"), &format!("{at}.function.arguments"))?;
        if !self.conversation.called.iter().any(|known| known == name) {
            self.conversation.called.push(name.to_owned());
        }
        self.conversation.calls_without_thoughts |= !self.has_thought;
        Ok(json!({"toolUse": {"toolUseId": id, "name": name, "input": input}}))
    }

    fn tool_result(&mut self, message: &Value, at: &str) -> Result<Vec<Value>, Inexpressible> {
        let id = id(message.get("tool_call_id"), &format!("{at}.tool_call_id"))?;
        let parts = message.get("content");
        let mut content = self.content.blocks(parts, Kinds::Tool, &format!("{at}.content"))?;
        if content.is_empty() {
            content.push(json!({ "text": NO_OUTPUT }));
        }
        let mut result = json!({ "toolUseId": id });
        result["content"] = content.into();
        if message.get("is_error").is_some_and(|wrong| wrong == true) {
            result["status"] = "error".into();
        }
        let mut blocks = vec![json!({ "toolResult": result })];
        // What a tool returned holds no marks itself; they follow it.
        let parts = parts.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for marked in parts.iter().chain([message]) {
            self.content.mark(&mut blocks, marked.get(MARK));
        }
        Ok(blocks)
    }
}

/// Stands for a tool's silence: Bedrock takes no blank text.
const NO_OUTPUT: &str = "(no output)";

fn sealed(thought: &Value) -> Option<Value> {
    let text = |name: &str| thought.get(name).and_then(Value::as_str);
    let block = match text("type")? {
        "thinking" => {
            let seal = text("signature").filter(|seal| !seal.is_empty())?;
            let said = text("thinking").unwrap_or_default();
            json!({"reasoningText": {"text": said, "signature": seal}})
        }
        "redacted_thinking" => json!({"redactedContent": text("data")?}),
        _ => return None,
    };
    Some(json!({ "reasoningContent": block }))
}

/// An id that fits `[a-zA-Z0-9_.:-]{1,64}`.
fn id<'a>(id: Option<&'a Value>, at: &str) -> Result<&'a str, Inexpressible> {
    let id = id.and_then(Value::as_str).filter(|id| fits(id, "_.:-"));
    id.ok_or_else(|| {
        Inexpressible::new(at, "must be 1 to 64 letters, digits or '_.:-' for Bedrock")
    })
}

/// A tool's name that fits `[a-zA-Z0-9_-]{1,64}`.
pub(super) fn name<'a>(name: Option<&'a Value>, at: &str) -> Result<&'a str, Inexpressible> {
    let name = name.and_then(Value::as_str).filter(|name| fits(name, "_-"));
    name.ok_or_else(|| {
        Inexpressible::new(at, "must be 1 to 64 letters, digits, '_' or '-' for Bedrock")
    })
}

fn fits(text: &str, marks: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
}

fn input(arguments: Option<&Value>, at: &str) -> Result<Value, Inexpressible> {
    let text = match arguments {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text.trim(),
        Some(_) => return Err(Inexpressible::new(at, "must be text")),
    };
    if text.is_empty() {
        return Ok(json!({}));
    }
    let input = serde_json::from_str(text).ok().filter(Value::is_object);
    input.ok_or_else(|| Inexpressible::new(at, "must hold a JSON object"))
}
