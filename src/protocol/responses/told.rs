//! Items as a provider of Responses gave them, from an answer that was stored: told once more, word for word.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Kind},
    events::{Events, Place},
    message::Message,
    reasoning,
};

/// Tells `item` from its beginning to its end.
pub(super) fn tell(item: &Map<String, Value>, place: &Place, events: &mut Events<'_>) {
    match item.get("type").and_then(Value::as_str) {
        Some("message") => tell_message(item, place, events),
        Some("reasoning") => {
            events.added(place, || {
                let mut begun = item.clone();
                begun.insert("summary".into(), json!([]));
                begun.into()
            });
            reasoning::tell_summary(item, place, events);
        }
        Some("function_call") => tell_call(Kind::Function, item, place, events),
        Some("custom_tool_call") => tell_call(Kind::Custom, item, place, events),
        // What happened within is not kept: nobody waits for the search of a web that is over.
        _ => events.added(place, || item.clone().into()),
    }
    events.done(place, || item.clone().into());
}

fn tell_message(item: &Map<String, Value>, place: &Place, events: &mut Events<'_>) {
    let mut message = Message::open(place, events);
    for part in list(item.get("content")) {
        if let Some(text) = part.get("text").and_then(Value::as_str) {
            message.say(text, list(part.get("logprobs")), place, events);
            for annotation in list(part.get("annotations")) {
                message.annotate(annotation.clone(), place, events);
            }
        } else if let Some(refusal) = part.get("refusal").and_then(Value::as_str) {
            message.refuse(refusal, place, events);
        }
    }
    message.close(place, events);
}

fn tell_call(kind: Kind, item: &Map<String, Value>, place: &Place, events: &mut Events<'_>) {
    let field = |name: &str| item.get(name).cloned().unwrap_or_default();
    let said = json!({
        "id": field("call_id"),
        "function": {"name": field("name"), "arguments": field("arguments")},
        "custom": {"name": field("name"), "input": field("input")},
    });
    let Value::Object(piece) = said else { return };
    let mut call = Call::open(kind, &piece, place, events);
    call.grow(&piece, place, events);
    call.close(place, events);
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
