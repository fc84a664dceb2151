//! One part of a turn's content: text, images, sounds and files.

use serde_json::{Value, json};

use crate::provider::Inexpressible;

/// Where a content part is in the request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub message: usize,
    pub part: usize,
}

impl Place {
    fn refuse(self, field: &str, problem: &str) -> Inexpressible {
        Inexpressible::new(self.path(field), problem)
    }

    fn path(self, field: &str) -> String {
        format!("messages[{}].content[{}]{field}", self.message, self.part)
    }
}

/// A content part as a `Part`, see <https://ai.google.dev/api/caching#Part>.
pub(super) fn part(
    part: &Value,
    place: Place,
    dropped: &mut Vec<String>,
) -> Result<Value, Inexpressible> {
    let text = |name: &str| {
        let text = part.get(name).and_then(Value::as_str);
        text.ok_or_else(|| place.refuse("", "has no text"))
    };
    match part.get("type").and_then(Value::as_str) {
        Some("text") => Ok(json!({"text": text("text")?})),
        Some("refusal") => Ok(json!({"text": text("refusal")?})),
        Some("image_url") => {
            let image = part.get("image_url").unwrap_or(&Value::Null);
            let detail = image.get("detail").and_then(Value::as_str);
            if detail.is_some_and(|detail| detail != "auto") {
                dropped.push(place.path(".image_url.detail"));
            }
            let url = image.get("url").or(Some(image)).and_then(Value::as_str);
            url.ok_or("has no URL")
                .and_then(from_url)
                .map_err(|problem| place.refuse(".image_url", problem))
        }
        Some("input_audio") => {
            audio(part).ok_or_else(|| place.refuse("", "is no sound in a format that we know"))
        }
        Some("file") => file(part.get("file").unwrap_or(&Value::Null))
            .map_err(|problem| place.refuse(".file", problem)),
        _ => Err(place.refuse("", "is of a kind that Gemini does not know")),
    }
}

fn audio(part: &Value) -> Option<Value> {
    let audio = part.get("input_audio")?;
    let data = audio.get("data")?.as_str()?;
    let kind = kind_by_extension(audio.get("format")?.as_str()?)?;
    kind.starts_with("audio/").then(|| inline(kind, data))
}

fn file(file: &Value) -> Result<Value, &'static str> {
    let text = |name: &str| file.get(name).and_then(Value::as_str);
    if let Some(data) = text("file_data") {
        if data.starts_with("data:") {
            return from_url(data);
        }
        let kind = text("filename").and_then(kind_by_name);
        return Ok(inline(kind.ok_or("is of an unknown type: a data URL says it")?, data));
    }
    match text("file_url").or(text("file_id")) {
        Some(url) if url.contains("://") => from_url(url),
        Some(_) => Err("is stored with another provider"),
        None => Err("has no data"),
    }
}

/// Data within a URL, or data that lies where a URL points to.
fn from_url(url: &str) -> Result<Value, &'static str> {
    if let Some(rest) = url.strip_prefix("data:") {
        let (kind, data) = rest.split_once(',').ok_or("is no data URL")?;
        let kind = kind.strip_suffix(";base64").ok_or("is a data URL without base64")?;
        let kind = kind.split(';').next().filter(|kind| kind.contains('/'));
        return Ok(inline(kind.ok_or("is a data URL without a type")?, data));
    }
    if url.starts_with(FILES_API) {
        // Uploaded with its type.
        return Ok(json!({"fileData": {"fileUri": url}}));
    }
    if !["https://", "http://", "gs://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err("is neither data nor an address");
    }
    let address = url.split(['?', '#']).next().unwrap_or_default();
    let kind = kind_by_name(address).ok_or("has an address that does not tell its type")?;
    Ok(json!({"fileData": {"mimeType": kind, "fileUri": url}}))
}

const FILES_API: &str = "https://generativelanguage.googleapis.com/";

fn inline(kind: &str, data: &str) -> Value {
    json!({"inlineData": {"mimeType": kind, "data": data}})
}

fn kind_by_name(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit('/').next()?.rsplit_once('.')?;
    kind_by_extension(extension)
}

/// The types that Gemini reads, see <https://ai.google.dev/gemini-api/docs/generate-content/file-input-methods>.
fn kind_by_extension(extension: &str) -> Option<&'static str> {
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "gif" => "image/gif",
        "pdf" => "application/pdf",
        "json" => "application/json",
        "txt" => "text/plain",
        "md" => "text/markdown",
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "csv" => "text/csv",
        "xml" => "text/xml",
        "wav" => "audio/wav",
        "mp3" => "audio/mp3",
        "aiff" => "audio/aiff",
        "aac" => "audio/aac",
        "ogg" => "audio/ogg",
        "flac" => "audio/flac",
        "m4a" => "audio/m4a",
        "opus" => "audio/opus",
        "mp4" => "video/mp4",
        "mpeg" | "mpg" => "video/mpeg",
        "mov" => "video/mov",
        "avi" => "video/avi",
        "webm" => "video/webm",
        "wmv" => "video/wmv",
        "3gp" => "video/3gpp",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(content: &Value) -> Result<Value, Inexpressible> {
        part(content, Place { message: 1, part: 2 }, &mut Vec::new())
    }

    #[test]
    fn media_travel_inline_or_by_address() {
        let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
        let file = |file: Value| json!({"type": "file", "file": file});
        let at = |kind: &str, url: &str| json!({"fileData": {"mimeType": kind, "fileUri": url}});
        for (content, expected) in [
            (image("data:image/png;base64,AAAA"), inline("image/png", "AAAA")),
            (image("data:image/svg+xml;charset=utf-8;base64,AA"), inline("image/svg+xml", "AA")),
            (
                image("https://x.test/a.b/cat.JPG?size=1#top"),
                at("image/jpeg", "https://x.test/a.b/cat.JPG?size=1#top"),
            ),
            (image("gs://bucket/cat.webp"), at("image/webp", "gs://bucket/cat.webp")),
            (
                image("https://generativelanguage.googleapis.com/v1beta/files/abc"),
                json!({"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc"}}),
            ),
            (
                json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
                inline("audio/wav", "AAAA"),
            ),
            (
                file(json!({"file_data": "data:application/pdf;base64,AA"})),
                inline("application/pdf", "AA"),
            ),
            (
                file(json!({"file_data": "AA", "filename": "a.pdf"})),
                inline("application/pdf", "AA"),
            ),
            (file(json!({"file_id": "gs://b/a.pdf"})), at("application/pdf", "gs://b/a.pdf")),
        ] {
            assert_eq!(said(&content).unwrap(), expected, "{content}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_refused_where_it_is() {
        let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
        for (content, field) in [
            (image("https://x.test/cat"), ".image_url"),
            (image("https://x.test.png/"), ".image_url"),
            (image("ftp://x.test/cat.png"), ".image_url"),
            (image("data:image/png,AAAA"), ".image_url"),
            (image("data:;base64,AAAA"), ".image_url"),
            (json!({"type": "image_url"}), ".image_url"),
            (json!({"type": "input_audio", "input_audio": {"data": "AA", "format": "pdf"}}), ""),
            (json!({"type": "file", "file": {"file_id": "file-123"}}), ".file"),
            (json!({"type": "file"}), ".file"),
            (json!({"type": "search_result"}), ""),
            (json!({"type": "text"}), ""),
            (json!("text"), ""),
        ] {
            let refused = said(&content).unwrap_err();
            assert_eq!(refused.field, format!("messages[1].content[2]{field}"), "{content}");
        }
    }

    #[test]
    fn a_wish_for_detail_is_left_out_by_name() {
        for (detail, expected) in
            [("auto", vec![]), ("low", vec!["messages[0].content[3].image_url.detail"])]
        {
            let content = json!({"type": "image_url", "image_url": {"url": "gs://b/a.png", "detail": detail}});
            let mut dropped = Vec::new();
            part(&content, Place { message: 0, part: 3 }, &mut dropped).unwrap();
            assert_eq!(dropped, expected);
        }
    }
}
