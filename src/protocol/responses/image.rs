//! Images that a model made: `image_generation_call` here, `images` in a chat.

use serde_json::{Map, Value, json};

/// The item that an image of a chat is, without its id; `None` where its data are elsewhere.
pub(super) fn made(image: &Map<String, Value>) -> Option<Map<String, Value>> {
    let url = image.get("image_url")?.get("url")?.as_str()?;
    let (kind, data) = url.strip_prefix("data:image/")?.split_once(";base64,")?;
    let item = [
        ("type", "image_generation_call"),
        ("status", "completed"),
        ("output_format", kind),
        ("result", data),
    ];
    let mut item: Map<String, Value> =
        item.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
    item.extend(signature(image));
    Some(item)
}

/// The image of a chat that an item is; `None` where its data are not in it.
pub(super) fn shown(item: &Map<String, Value>) -> Option<Value> {
    let data = item.get("result")?.as_str()?;
    let kind = item.get("output_format").and_then(Value::as_str).unwrap_or("png");
    let url = format!("data:image/{kind};base64,{data}");
    let mut image = json!({"type": "image_url", "image_url": {"url": url}});
    image.as_object_mut()?.extend(signature(item));
    Some(image)
}

/// Gemini's signature, which has the same place in both.
fn signature(of: &Map<String, Value>) -> Option<(String, Value)> {
    of.get_key_value("extra_content").map(|(name, value)| (name.clone(), value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_comes_back_as_it_went() {
        let image = json!({"type": "image_url", "image_url": {"url": "data:image/webp;base64,AAAA"},
            "extra_content": {"google": {"thought_signature": "c2ln"}}});
        let item = made(image.as_object().unwrap()).unwrap();
        assert_eq!((&item["result"], &item["output_format"]), (&json!("AAAA"), &json!("webp")));
        assert_eq!(shown(&item), Some(image));
    }

    #[test]
    fn an_image_elsewhere_is_none_of_ours() {
        let image = json!({"image_url": {"url": "https://example.com/a.png"}});
        assert_eq!(made(image.as_object().unwrap()), None);
        assert_eq!(shown(json!({"id": "ig_1"}).as_object().unwrap()), None);
    }
}
