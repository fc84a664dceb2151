//! What a chat's message or delta says, in whichever of several ways its vendor writes it.

use std::borrow::Cow;

use serde_json::Value;

/// The text of a content: a few vendors answer with a list of parts.
pub(super) fn content(content: Option<&Value>) -> Cow<'_, str> {
    match content {
        Some(Value::String(text)) => text.into(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text")?.as_str()).collect()
        }
        _ => Cow::default(),
    }
}

/// A text; a few vendors send the arguments of a call as the object that is to be in it.
pub(super) fn text(value: Option<&Value>) -> Cow<'_, str> {
    match value {
        None | Some(Value::Null) => Cow::default(),
        Some(Value::String(text)) => text.into(),
        Some(value) => value.to_string().into(),
    }
}

/// The thoughts in plain text, in the message's or the delta's field of the one name or the other; empty when there are
/// none.
pub(super) fn thoughts<'a>(field: impl Fn(&str) -> Option<&'a Value>) -> &'a str {
    let names = ["reasoning_content", "reasoning"].into_iter();
    let mut texts = names.filter_map(|name| field(name)?.as_str());
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_of_saying_it_is_understood() {
        for (said, expected) in [
            (json!("ab"), "ab"),
            (json!([{"type": "text", "text": "a"}, {"type": "x"}, 5, {"text": "b"}]), "ab"),
            (json!(null), ""),
            (json!({"text": "a"}), ""),
        ] {
            assert_eq!(content(Some(&said)), expected, "{said}");
        }
        for (said, expected) in
            [(json!("{}"), "{}"), (json!({"x": 1}), "{\"x\":1}"), (json!(null), "")]
        {
            assert_eq!(text(Some(&said)), expected, "{said}");
        }
        assert_eq!((content(None), text(None)), ("".into(), "".into()));
        for (said, expected) in [
            (json!({"reasoning_content": "a", "reasoning": "b"}), "a"),
            (json!({"reasoning_content": "", "reasoning": "b"}), "b"),
            (json!({"reasoning_content": null, "reasoning": {"effort": "low"}}), ""),
        ] {
            assert_eq!(thoughts(|name| said.get(name)), expected, "{said}");
        }
    }
}
