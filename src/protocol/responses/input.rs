//! The items of `input` to the turns of a chat.

use serde_json::{Map, Value, json};

use super::{
    content, image,
    object::{Object, located, must_be},
    state::state,
    turns::Turns,
};
use crate::protocol::Malformed;

/// The conversation: `instructions` first, then what `input` holds.
pub(super) fn messages(request: &Object<'_>) -> Result<Vec<Value>, Malformed> {
    let mut turns = Turns::default();
    if let Some(instructions) = request.optional_text("instructions")? {
        turns.push(turn("system", instructions.into()));
    }
    match request.get("input") {
        None => {}
        Some(Value::String(text)) => turns.push(turn("user", text.as_str().into())),
        Some(Value::Array(items)) => {
            for (value, path) in located(items, "input") {
                item(&Object::at(value, path)?, &mut turns)?;
            }
        }
        Some(_) => return Err(must_be("input", "text or a list of items")),
    }
    let messages = turns.finish();
    let asks_nothing = messages.is_empty() || request.get("input").is_none();
    if asks_nothing && state(request.fields()).is_none() {
        return Err(Malformed::at("input", "'input' is required: text, or a list of items"));
    }
    Ok(messages)
}

fn item(item: &Object<'_>, turns: &mut Turns) -> Result<(), Malformed> {
    match item.optional_text("type")? {
        Some("message") => message(item, turns),
        None if item.get("role").is_some() => message(item, turns),
        Some("function_call") => {
            let function =
                json!({"name": item.text("name")?, "arguments": item.text("arguments")?});
            call(item, ("function", function), turns)
        }
        Some("custom_tool_call") => {
            let custom = json!({"name": item.text("name")?, "input": item.text("input")?});
            call(item, ("custom", custom), turns)
        }
        Some("function_call_output" | "custom_tool_call_output") => output(item, turns),
        Some("image_generation_call") => {
            match image::shown(item.fields()) {
                Some(image) => turns.show(image),
                None => foreign(item, turns),
            }
            Ok(())
        }
        Some("reasoning") => {
            turns.think(item.fields());
            Ok(())
        }
        None if item.get("id").is_none() => Err(item.missing("type")),
        _ => {
            foreign(item, turns);
            Ok(())
        }
    }
}

fn message(item: &Object<'_>, turns: &mut Turns) -> Result<(), Malformed> {
    let role = item.text("role")?;
    let rest = item.rest(&["content", "id", "role", "status", "type"]);
    if role == "assistant" {
        turns.say(content::parts(item, "content")?, rest);
        return Ok(());
    }
    let mut message = turn(role, content::content(item, "content")?);
    message.extend(rest);
    turns.push(message);
    Ok(())
}

/// A call of one of the caller's tools, in the `kind` that a chat knows.
fn call(
    item: &Object<'_>,
    (kind, said): (&str, Value),
    turns: &mut Turns,
) -> Result<(), Malformed> {
    let mut call = item.rest(&["arguments", "call_id", "id", "input", "name", "status", "type"]);
    call.insert("id".into(), item.text("call_id")?.into());
    call.insert("type".into(), kind.into());
    call.insert(kind.to_owned(), said);
    turns.call(call.into());
    Ok(())
}

/// What a tool of the caller's said.
fn output(item: &Object<'_>, turns: &mut Turns) -> Result<(), Malformed> {
    let mut message = turn("tool", content::content(item, "output")?);
    message.insert("tool_call_id".into(), item.text("call_id")?.into());
    message.extend(item.rest(&["call_id", "id", "output", "status", "type"]));
    turns.push(message);
    Ok(())
}

/// An item that a chat has no words for stays as it is, as a part of the turn of whoever it is from: formats that do not
/// know such parts refuse it.
fn foreign(item: &Object<'_>, turns: &mut Turns) {
    // Only a reference may leave out what it is.
    let kind = item.get("type").and_then(Value::as_str).unwrap_or("item_reference");
    let mut part = item.fields().clone();
    part.insert("type".into(), kind.into());
    let part = Value::Object(part);
    let role = item.get("role").and_then(Value::as_str);
    if let Some(role) = role.filter(|role| *role != "assistant") {
        turns.push(turn(role, vec![part].into()));
    } else if let Some(id) =
        item.get("call_id").filter(|id| id.is_string() && kind.ends_with("_output"))
    {
        let mut message = turn("tool", vec![part].into());
        message.insert("tool_call_id".into(), id.clone());
        turns.push(message);
    } else if kind.ends_with("_output") || kind.ends_with("_response") {
        turns.push(turn("user", vec![part].into()));
    } else {
        turns.keep(part);
    }
}

fn turn(role: &str, content: Value) -> Map<String, Value> {
    Map::from_iter([("role".to_owned(), role.into()), ("content".to_owned(), content)])
}
