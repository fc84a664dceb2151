//! Content and its parts, from Responses' spelling to that of a chat.

use serde_json::{Map, Value, json};

use super::object::{Object, located, must_be};
use crate::protocol::Malformed;

/// The content in the field `name`: text, or a list of parts. A list of one plain text is that text, as a caller of chat
/// completions would say it.
pub(super) fn content(item: &Object<'_>, name: &str) -> Result<Value, Malformed> {
    match item.get(name) {
        Some(Value::String(text)) => Ok(text.as_str().into()),
        _ => Ok(joined(parts(item, name)?)),
    }
}

/// The same, always as parts.
pub(super) fn parts(item: &Object<'_>, name: &str) -> Result<Vec<Value>, Malformed> {
    match item.get(name) {
        None => Err(item.missing(name)),
        Some(Value::String(text)) => Ok(vec![json!({"type": "text", "text": text})]),
        Some(Value::Array(parts)) => {
            let parts = located(parts, &item.path(name));
            parts.into_iter().map(|(value, path)| part(&Object::at(value, path)?)).collect()
        }
        Some(_) => Err(must_be(&item.path(name), "text or a list of parts")),
    }
}

/// Parts as a chat's content.
pub(super) fn joined(parts: Vec<Value>) -> Value {
    match parts.as_slice() {
        [Value::Object(part)] if part.len() == 2 && part.get("type") == Some(&json!("text")) => {
            part.get("text").cloned().unwrap_or_default()
        }
        _ => parts.into(),
    }
}

fn part(part: &Object<'_>) -> Result<Value, Malformed> {
    let said = match part.text("type")? {
        "input_text" | "output_text" | "text" => {
            let mut rest = part.rest(&["annotations", "logprobs", "text", "type"]);
            rest.insert("type".into(), "text".into());
            rest.insert("text".into(), part.text("text")?.into());
            rest
        }
        "input_image" if part.get("image_url").is_some() => image(part)?,
        // A chat's file is its bytes or its id; one at a URL stays in Responses' words.
        "input_file" if part.get("file_url").is_none() => {
            let file = ["file_data", "file_id", "filename"].into_iter();
            let file: Map<_, _> =
                file.filter_map(|name| Some((name.to_owned(), part.get(name)?.clone()))).collect();
            let mut rest = part.rest(&["file_data", "file_id", "file_url", "filename", "type"]);
            rest.insert("type".into(), "file".into());
            rest.insert("file".into(), file.into());
            rest
        }
        // Among them those that have the same words in a chat: `refusal`, `input_audio`.
        _ => part.rest(&[]),
    };
    Ok(said.into())
}

fn image(part: &Object<'_>) -> Result<Map<String, Value>, Malformed> {
    let mut rest = part.rest(&["detail", "file_id", "image_url", "type"]);
    let mut image = Map::from_iter([("url".to_owned(), part.text("image_url")?.into())]);
    if let Some(detail) = part.get("detail") {
        image.insert("detail".into(), detail.clone());
    }
    rest.insert("type".into(), "image_url".into());
    rest.insert("image_url".into(), image.into());
    Ok(rest)
}
