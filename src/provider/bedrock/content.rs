//! The parts of a message to content blocks.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html>

use serde_json::{Value, json};

use super::{
    document::{self, Names},
    family::Family,
};
use crate::provider::Inexpressible;

/// Who says it, which tells what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinds {
    /// Text.
    System,
    /// Text, images, sound and documents.
    User,
    /// Text, refusals included.
    Assistant,
    /// Text, images and documents, without marks for the cache.
    Tool,
}

/// Makes blocks of parts, for one request.
#[derive(Debug)]
pub(super) struct Content {
    family: Family,
    documents: Names,
}

impl Content {
    /// For a model of `family`.
    pub(super) fn new(family: Family) -> Self {
        Self { family, documents: Names::default() }
    }

    /// The blocks of a `content`; blank text has none, as Bedrock refuses it.
    pub(super) fn blocks(
        &mut self,
        content: Option<&Value>,
        kinds: Kinds,
        at: &str,
    ) -> Result<Vec<Value>, Inexpressible> {
        let parts = match content {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::String(text)) => return Ok(text_block(text).into_iter().collect()),
            Some(Value::Array(parts)) => parts,
            Some(_) => return Err(Inexpressible::new(at, "must be text or a list of parts")),
        };
        let mut blocks = Vec::with_capacity(parts.len());
        for (position, part) in parts.iter().enumerate() {
            let Some(block) = self.block(part, kinds, &format!("{at}[{position}]"))? else {
                continue;
            };
            blocks.push(block);
            if kinds != Kinds::Tool {
                self.mark(&mut blocks, part.get(MARK));
            }
        }
        Ok(blocks)
    }

    /// Ends `blocks` with a mark for the prompt cache where `control` asks for one.
    pub(super) fn mark(&self, blocks: &mut Vec<Value>, control: Option<&Value>) {
        let is_marked = blocks.last().is_none_or(|last| last.get("cachePoint").is_some());
        if self.family.caches() && !is_marked {
            blocks.extend(cache_point(control));
        }
    }

    fn block(
        &mut self,
        part: &Value,
        kinds: Kinds,
        at: &str,
    ) -> Result<Option<Value>, Inexpressible> {
        use Kinds::{Assistant, Tool, User};
        let text = |name: &str| part.get(name).and_then(Value::as_str);
        match (text("type").unwrap_or_default(), kinds) {
            ("text", _) => match text("text") {
                Some(text) => Ok(text_block(text)),
                None => Err(Inexpressible::new(format!("{at}.text"), "must be text")),
            },
            ("refusal", Assistant) => Ok(text_block(text("refusal").unwrap_or_default())),
            ("image_url", User | Tool) => image(part, at).map(Some),
            ("input_audio", User) => audio(part, at).map(Some),
            ("file", User | Tool) => document::block(part, &mut self.documents, at).map(Some),
            (kind, _) => {
                let problem = format!("is of a kind that Converse does not take here: '{kind}'");
                Err(Inexpressible::new(at, problem))
            }
        }
    }
}

/// Where Anthropic's mark for the prompt cache stands.
pub(super) const MARK: &str = "cache_control";

/// That mark in Converse's words.
///
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CachePointBlock.html>
pub(super) fn cache_point(control: Option<&Value>) -> Option<Value> {
    let control = control.filter(|control| control.is_object())?;
    let mut point = json!({"type": "default"});
    if control.get("ttl").is_some_and(|ttl| ttl == "1h") {
        point["ttl"] = "1h".into();
    }
    Some(json!({ "cachePoint": point }))
}

/// The media type and the Base64 text of a `data:` URL.
pub(super) fn data_url(url: &str) -> Option<(String, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?.split(';').next().unwrap_or_default();
    Some((media_type.trim().to_ascii_lowercase(), data))
}

fn text_block(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({ "text": text }))
}

fn image(part: &Value, at: &str) -> Result<Value, Inexpressible> {
    let at = format!("{at}.image_url");
    let image = part.get("image_url").unwrap_or(&Value::Null);
    // Some clients write the URL without the object around it.
    let url = image.get("url").or(Some(image)).and_then(Value::as_str).unwrap_or_default();
    let Some((media_type, data)) = data_url(url) else {
        return Err(Inexpressible::new(at, "must be a Base64 data URL: Bedrock fetches no images"));
    };
    let format = match media_type.as_str() {
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ => return Err(Inexpressible::new(at, "must be a PNG, JPEG, GIF or WebP image")),
    };
    Ok(json!({"image": {"format": format, "source": {"bytes": data}}}))
}

fn audio(part: &Value, at: &str) -> Result<Value, Inexpressible> {
    let audio = part.get("input_audio").unwrap_or(&Value::Null);
    let text = |name: &str| audio.get(name).and_then(Value::as_str);
    match (text("format"), text("data")) {
        (Some(format @ ("wav" | "mp3")), Some(data)) => {
            Ok(json!({"audio": {"format": format, "source": {"bytes": data}}}))
        }
        _ => Err(Inexpressible::new(
            format!("{at}.input_audio"),
            "must be Base64 data in wav or mp3",
        )),
    }
}
