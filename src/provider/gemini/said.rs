//! What one part of an answer says.

use serde_json::{Value, json};

use crate::provider::Stamp;

/// One part of a candidate's content, see <https://ai.google.dev/api/caching#Part>.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Said<'a> {
    Text(&'a str),
    Thought(&'a str),
    /// The object that calls a function.
    Call(&'a Value),
    Image {
        kind: &'a str,
        data: &'a str,
    },
    /// Something that only Google's own tools say.
    Nothing,
}

/// What the parts of `candidate` say, each with the signature that must come back with it.
pub(super) fn parts(candidate: &Value) -> impl Iterator<Item = (Said<'_>, Option<&str>)> {
    let parts = candidate.get("content").and_then(|content| content.get("parts")?.as_array());
    parts.into_iter().flatten().map(|part| {
        let signature = part.get("thoughtSignature").and_then(Value::as_str);
        (said(part), signature.filter(|signature| !signature.is_empty()))
    })
}

fn said(part: &Value) -> Said<'_> {
    let thought = part.get("thought").and_then(Value::as_bool).unwrap_or(false);
    if let Some(text) = part.get("text").and_then(Value::as_str) {
        return if thought { Said::Thought(text) } else { Said::Text(text) };
    }
    if let Some(call) = part.get("functionCall").filter(|call| call.get("name").is_some()) {
        return Said::Call(call);
    }
    // Images that are only thought of are sketches.
    let data = part.get("inlineData").filter(|_| !thought);
    data.and_then(image).unwrap_or(Said::Nothing)
}

fn image(data: &Value) -> Option<Said<'_>> {
    let kind = data.get("mimeType")?.as_str()?;
    let image = Said::Image { kind, data: data.get("data")?.as_str()? };
    kind.starts_with("image/").then_some(image)
}

/// A tool call: the `number`th of the answer's `choice`th choice.
pub(super) fn tool_call(
    call: &Value,
    signature: Option<&str>,
    stamp: &Stamp,
    (choice, number): (u64, usize),
) -> Value {
    let given = call.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = given.map_or_else(|| invented_id(&stamp.id, choice, number), str::to_owned);
    let arguments = match call.get("args") {
        None | Some(Value::Null) => "{}".to_owned(),
        Some(arguments) => arguments.to_string(),
    };
    let name = call.get("name").and_then(Value::as_str).unwrap_or_default();
    let mut call = json!({
        "id": id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    });
    if let Some(signature) = signature {
        call["extra_content"] = signed(signature);
    }
    call
}

/// A signature where Google's own compatible API puts it.
pub(super) fn signed(signature: &str) -> Value {
    json!({"google": {"thought_signature": signature}})
}

/// The `number`th image of a choice, as other gateways hand images on.
pub(super) fn image_url(
    (kind, data): (&str, &str),
    signature: Option<&str>,
    number: usize,
) -> Value {
    let url = format!("data:{kind};base64,{data}");
    let mut image = json!({"index": number, "type": "image_url", "image_url": {"url": url}});
    if let Some(signature) = signature {
        image["extra_content"] = signed(signature);
    }
    image
}

fn invented_id(answer: &str, choice: u64, number: usize) -> String {
    let name = answer.split_once('-').map_or(answer, |(_, name)| name);
    if choice == 0 {
        format!("call_{name}_{number}")
    } else {
        format!("call_{name}_{choice}_{number}")
    }
}
