//! Content blocks of a client's turn as parts of a message.

use serde_json::{Map, Value, json};

use crate::protocol::Malformed;

/// The parts that `blocks`, which stand at `at` (`messages[2].content`), are.
pub(super) fn parts(blocks: &[Value], at: &str) -> Result<Vec<Value>, Malformed> {
    blocks.iter().enumerate().map(|(index, block)| part(block, &format!("{at}[{index}]"))).collect()
}

/// The `content` of a message: a single plain text is one, as a client of OpenAI's would write it.
pub(super) fn content(mut parts: Vec<Value>) -> Value {
    match parts.first_mut().and_then(plain_text).map(Value::take) {
        Some(text) if parts.len() == 1 => text,
        Some(text) => {
            if let Some(first) = parts.first_mut().and_then(Value::as_object_mut) {
                first.insert("text".into(), text);
            }
            parts.into()
        }
        None if parts.is_empty() => "".into(),
        None => parts.into(),
    }
}

/// The text of a part that is nothing else.
fn plain_text(part: &mut Value) -> Option<&mut Value> {
    let part = part.as_object_mut()?;
    let plain = part.len() == 2 && part.get("type") == Some(&json!("text"));
    part.get_mut("text").filter(|text| plain && text.is_string())
}

/// A block that is an object with a type.
pub(super) fn block<'a>(
    block: &'a Value,
    at: &str,
) -> Result<(&'a Map<String, Value>, &'a str), Malformed> {
    let fields = block.as_object();
    let kind = fields.and_then(|fields| fields.get("type")?.as_str());
    fields
        .zip(kind)
        .ok_or_else(|| Malformed::at(at, format!("'{at}' must be an object with a 'type'")))
}

/// What the dialect has a part for becomes that; all else stays as it is.
pub(super) fn part(value: &Value, at: &str) -> Result<Value, Malformed> {
    let (fields, kind) = block(value, at)?;
    let mut part = match kind {
        "text" if !fields.get("text").is_some_and(Value::is_string) => {
            return Err(Malformed::at(format!("{at}.text"), format!("'{at}.text' must be a text")));
        }
        "image" => image(fields),
        "document" => document(fields),
        _ => None,
    }
    .unwrap_or_else(|| fields.clone());
    if let Some(mark) = fields.get("cache_control") {
        part.insert("cache_control".into(), mark.clone());
    }
    part.retain(|_, value| !value.is_null());
    Ok(Value::Object(part))
}

fn image(block: &Map<String, Value>) -> Option<Map<String, Value>> {
    let source = source(block, &["source"])?;
    let url = match text(source, "type")? {
        "base64" => data_url(source)?,
        "url" => text(source, "url")?.to_owned(),
        _ => return None,
    };
    json!({"type": "image_url", "image_url": {"url": url}}).as_object().cloned()
}

fn document(block: &Map<String, Value>) -> Option<Map<String, Value>> {
    let source = source(block, &["source", "title"])?;
    if text(source, "type") != Some("base64")
        || text(source, "media_type") != Some("application/pdf")
    {
        return None;
    }
    let mut file = Map::new();
    if let Some(title) = text(block, "title") {
        file.insert("filename".into(), title.into());
    }
    file.insert("file_data".into(), data_url(source)?.into());
    json!({"type": "file", "file": file}).as_object().cloned()
}

/// The block's source, when the block says nothing that a part cannot.
fn source<'a>(block: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Map<String, Value>> {
    let known = |name: &str| names.contains(&name) || matches!(name, "type" | "cache_control");
    let sayable = block.iter().all(|(name, value)| known(name) || value.is_null());
    block.get("source").filter(|_| sayable)?.as_object()
}

fn data_url(source: &Map<String, Value>) -> Option<String> {
    Some(format!("data:{};base64,{}", text(source, "media_type")?, text(source, "data")?))
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(block: Value) -> Value {
        content(parts(&[block], "at").unwrap())
    }

    #[test]
    fn blocks_become_parts_where_the_dialect_has_them() {
        let png = json!({"type": "base64", "media_type": "image/png", "data": "AA=="});
        let pdf = json!({"type": "base64", "media_type": "application/pdf", "data": "JVBE"});
        let mark = json!({"type": "ephemeral"});
        for (block, expected) in [
            (json!({"type": "text", "text": "a", "cache_control": null}), json!("a")),
            (
                json!({"type": "text", "text": "a", "cache_control": mark}),
                json!([{"type": "text", "text": "a", "cache_control": mark}]),
            ),
            (
                json!({"type": "image", "source": png, "cache_control": mark}),
                json!([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}, "cache_control": mark}]),
            ),
            (
                json!({"type": "image", "source": {"type": "url", "url": "https://a/b.png"}}),
                json!([{"type": "image_url", "image_url": {"url": "https://a/b.png"}}]),
            ),
            (
                json!({"type": "document", "source": pdf, "title": "a.pdf", "citations": null}),
                json!([{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}}]),
            ),
        ] {
            assert_eq!(one(block.clone()), expected, "{block}");
        }
    }

    #[test]
    fn what_the_dialect_has_no_part_for_stays_as_it_is() {
        for block in [
            json!({"type": "image", "source": {"type": "file", "file_id": "file_1"}}),
            json!({"type": "document", "source": {"type": "url", "url": "https://a/b.pdf"}}),
            json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}, "citations": {"enabled": true}}),
            json!({"type": "search_result", "source": "a", "title": "b", "content": []}),
            json!({"type": "brand_new", "x": [1]}),
        ] {
            assert_eq!(one(block.clone()), json!([block]));
        }
    }

    #[test]
    fn several_texts_stay_parts() {
        let texts = [json!({"type": "text", "text": "a"}), json!({"type": "text", "text": "b"})];
        assert_eq!(content(parts(&texts, "at").unwrap()), json!(texts));
        assert_eq!(content(vec![]), json!(""));
    }

    #[test]
    fn a_block_must_have_a_type_and_a_text_its_text() {
        for (block, param) in
            [(json!("a"), "at[0]"), (json!({}), "at[0]"), (json!({"type": "text"}), "at[0].text")]
        {
            assert_eq!(parts(&[block], "at").unwrap_err().param.as_deref(), Some(param));
        }
    }
}
