//! Content of a turn as blocks: texts, images, documents.

use serde_json::{Map, Value, json};

use super::fields::{given, not_an_object, text};
use crate::provider::Inexpressible;

/// A turn's content: a text stays one as long as nothing else joins it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Plain text.
    Text(String),
    /// Content blocks.
    Blocks(Vec<Value>),
}

impl Content {
    /// Nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Blocks(blocks) => blocks.is_empty(),
        }
    }

    /// The content as blocks; the API refuses empty texts.
    pub(super) fn into_blocks(self) -> Vec<Value> {
        match self {
            Self::Blocks(blocks) => blocks,
            Self::Text(text) if text.is_empty() => Vec::new(),
            Self::Text(text) => vec![json!({"type": "text", "text": text})],
        }
    }

    /// The content as a field's value.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Blocks(blocks) => blocks.into(),
        }
    }

    /// The content with the message's own mark for the prompt cache on its last block.
    pub(super) fn marked(self, message: &Map<String, Value>) -> Self {
        let Some(mark) = given(message, "cache_control") else { return self };
        let mut blocks = self.into_blocks();
        if let Some(last) = blocks.last_mut().and_then(Value::as_object_mut) {
            last.entry("cache_control").or_insert_with(|| mark.clone());
        }
        Self::Blocks(blocks)
    }
}

/// The blocks for the `content` of a message, which stands at `at` (`messages[2]`).
pub(super) fn content(message: &Map<String, Value>, at: &str) -> Result<Content, Inexpressible> {
    match given(message, "content") {
        None => Ok(Content::Text(String::new())),
        Some(Value::String(text)) => Ok(Content::Text(text.clone())),
        Some(Value::Array(parts)) => {
            let mut blocks = Vec::with_capacity(parts.len());
            for (index, part) in parts.iter().enumerate() {
                let part = Part { part, at, index };
                blocks.extend(part.block()?);
            }
            Ok(Content::Blocks(blocks))
        }
        Some(_) => {
            Err(Inexpressible::new(format!("{at}.content"), "is neither text nor a list of parts"))
        }
    }
}

/// Kinds of parts that are blocks of this API already.
const NATIVE: &[&str] = &[
    "browser_state",
    "container_upload",
    "document",
    "image",
    "mid_conv_system",
    "search_result",
    "tool_reference",
];

/// What the API takes for an image. Source: <https://platform.claude.com/docs/en/build-with-claude/vision>.
const IMAGES: &[&str] = &["image/gif", "image/jpeg", "image/png", "image/webp"];

struct Part<'a> {
    part: &'a Value,
    /// The message's path.
    at: &'a str,
    index: usize,
}

impl Part<'_> {
    /// `None` for an empty text.
    fn block(&self) -> Result<Option<Value>, Inexpressible> {
        let part = self.part.as_object().ok_or_else(|| not_an_object(self.path()))?;
        let mut block = match text(part, "type").unwrap_or_default() {
            kind @ ("text" | "refusal") => {
                let said = text(part, kind).ok_or_else(|| self.unlike("has no text"))?;
                if said.is_empty() {
                    return Ok(None);
                }
                let mut block = json!({"type": "text", "text": said});
                copy(part, "citations", &mut block);
                block
            }
            "image_url" => json!({"type": "image", "source": self.image(part)?}),
            "file" => self.document(part)?,
            kind if NATIVE.contains(&kind) => return Ok(Some(self.part.clone())),
            kind => {
                let problem =
                    format!("is a part of kind '{kind}', which the Messages API does not know");
                return Err(self.unlike(problem));
            }
        };
        copy(part, "cache_control", &mut block);
        Ok(Some(block))
    }

    fn image(&self, part: &Map<String, Value>) -> Result<Value, Inexpressible> {
        let image = part.get("image_url").unwrap_or(&Value::Null);
        let url = image.get("url").unwrap_or(image).as_str().unwrap_or_default();
        if is_on_the_web(url) {
            return Ok(json!({"type": "url", "url": url}));
        }
        let (media_type, data) = data_url(url).ok_or_else(|| {
            self.unlike("is an image that is neither a web address nor a base64 data URL")
        })?;
        let media_type = if media_type == "image/jpg" { "image/jpeg" } else { media_type.as_str() };
        if !IMAGES.contains(&media_type) {
            let problem = format!(
                "is an image of type '{media_type}'; the Messages API takes {}",
                IMAGES.join(", ")
            );
            return Err(self.unlike(problem));
        }
        Ok(json!({"type": "base64", "media_type": media_type, "data": data}))
    }

    fn document(&self, part: &Map<String, Value>) -> Result<Value, Inexpressible> {
        let file = part.get("file").and_then(Value::as_object);
        let file = file.ok_or_else(|| self.unlike("has no file"))?;
        let data = text(file, "file_data")
            .ok_or_else(|| self.unlike("names a file that is kept at another provider"))?;
        let source = if is_on_the_web(data) {
            json!({"type": "url", "url": data})
        } else {
            let (media_type, data) = data_url(data)
                .filter(|(media_type, _)| media_type == PDF)
                .ok_or_else(|| self.unlike("is a file that is no base64 data URL of a PDF"))?;
            json!({"type": "base64", "media_type": media_type, "data": data})
        };
        let mut block = json!({"type": "document", "source": source});
        if let (Some(block), Some(name)) = (block.as_object_mut(), text(file, "filename")) {
            block.insert("title".into(), name.into());
        }
        Ok(block)
    }

    fn unlike(&self, problem: impl Into<String>) -> Inexpressible {
        Inexpressible::new(self.path(), problem)
    }

    fn path(&self) -> String {
        format!("{}.content[{}]", self.at, self.index)
    }
}

const PDF: &str = "application/pdf";

fn copy(part: &Map<String, Value>, name: &str, block: &mut Value) {
    if let (Some(value), Some(block)) = (given(part, name), block.as_object_mut()) {
        block.insert(name.into(), value.clone());
    }
}

fn is_on_the_web(url: &str) -> bool {
    let starts = |scheme: &str| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    starts("https://") || starts("http://")
}

/// Media type and data of `data:image/png;base64,iVBO…` (RFC 2397).
fn data_url(url: &str) -> Option<(String, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let (about, data) = rest.split_once(',')?;
    let (media_type, parameters) = about.split_once(';')?;
    let base64 = parameters.rsplit(';').next()?.trim();
    (scheme.eq_ignore_ascii_case("data") && base64.eq_ignore_ascii_case("base64"))
        .then(|| (media_type.trim().to_ascii_lowercase(), data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(part: Value) -> Result<Option<Value>, Inexpressible> {
        Part { part: &part, at: "messages[2]", index: 1 }.block()
    }

    #[test]
    fn parts_become_blocks() {
        let mark = json!({"type": "ephemeral", "ttl": "1h"});
        let png = "data:image/png;base64,iVBORw0KGgo=";
        for (part, expected) in [
            (json!({"type": "text", "text": "a", "x": 1}), json!({"type": "text", "text": "a"})),
            (
                json!({"type": "text", "text": "a", "cache_control": mark}),
                json!({"type": "text", "text": "a", "cache_control": mark}),
            ),
            (
                json!({"type": "image_url", "image_url": {"url": png, "detail": "low"}, "cache_control": mark}),
                json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}, "cache_control": mark}),
            ),
            (
                json!({"type": "image_url", "image_url": "DATA:image/JPG;x=y;base64,AA=="}),
                json!({"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AA=="}}),
            ),
            (
                json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}),
                json!({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
            ),
            (
                json!({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}}),
                json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}, "title": "a.pdf"}),
            ),
            (
                json!({"type": "search_result", "source": "x"}),
                json!({"type": "search_result", "source": "x"}),
            ),
        ] {
            assert_eq!(block(part.clone()), Ok(Some(expected)), "{part}");
        }
        assert_eq!(block(json!({"type": "text", "text": ""})), Ok(None));
    }

    #[test]
    fn what_is_no_block_is_refused_at_its_place() {
        for (part, phrase) in [
            (json!({"type": "input_audio", "input_audio": {}}), "'input_audio'"),
            (json!({"type": "image_url", "image_url": {"url": "gs://bucket/a.png"}}), "neither"),
            (
                json!({"type": "image_url", "image_url": {"url": "data:image/png,%89PNG"}}),
                "neither",
            ),
            (
                json!({"type": "image_url", "image_url": {"url": "data:image/svg+xml;base64,AA=="}}),
                "svg",
            ),
            (json!({"type": "file", "file": {"file_id": "file-1"}}), "kept at another"),
            (
                json!({"type": "file", "file": {"file_data": "data:text/csv;base64,AA=="}}),
                "no base64 data URL of a PDF",
            ),
            (json!({"type": "text"}), "no text"),
            (json!("text"), "not an object"),
        ] {
            let error = block(part.clone()).unwrap_err();
            assert_eq!(error.field, "messages[2].content[1]", "{part}");
            assert!(error.problem.contains(phrase), "{error}");
        }
    }
}
