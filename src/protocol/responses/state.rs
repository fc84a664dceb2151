//! What ties a request to one provider: state that it keeps, and names that the gateway gave.

use serde_json::{Map, Value};

use super::{output::OWN_ID, thinking};

/// The field by which a request leans on what its provider keeps; `None` when it brings all that it needs. With one, no
/// other provider can answer it, and an answer to it says nothing about the same request at another time.
///
/// `previous_response_id`, `conversation`, `prompt` (a template), `background` (an answer to be fetched later), and
/// `input` when an item of it is only named (`item_reference`).
///
/// See <https://platform.openai.com/docs/guides/conversation-state>.
pub fn state(request: &Map<String, Value>) -> Option<&'static str> {
    let set = |name: &&str| request.get(*name).is_some_and(|value| !is_unset(value));
    let named = ["previous_response_id", "conversation", "prompt", "background"];
    named.into_iter().find(set).or_else(|| {
        let items = request.get("input")?.as_array()?;
        items.iter().any(is_reference).then_some("input")
    })
}

fn is_unset(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false))
}

fn is_reference(item: &Value) -> bool {
    match item.get("type") {
        Some(Value::String(kind)) => kind == "item_reference",
        None | Some(Value::Null) => item.get("role").is_none() && item.get("id").is_some(),
        Some(_) => false,
    }
}

/// The `input` for a provider that speaks Responses, when it must not be the caller's as it came: without the reasoning
/// items that the gateway made of another provider's reasoning, without the ids that it gave to other items, and without
/// Gemini's signatures. The provider would look for the items among those that it keeps, and refuse the request.
pub fn native_input(request: &Map<String, Value>) -> Option<Vec<Value>> {
    let items = request.get("input")?.as_array()?;
    if !items.iter().any(|item| has_own_id(item) || is_own_reasoning(item) || is_signed(item)) {
        return None;
    }
    let mut native: Vec<Value> =
        items.iter().filter(|item| !is_own_reasoning(item)).cloned().collect();
    for item in &mut native {
        let is_ours = has_own_id(item);
        let Some(fields) = item.as_object_mut() else { continue };
        if is_ours {
            fields.remove("id");
        }
        fields.remove(SIGNATURE);
    }
    Some(native)
}

/// Where Gemini's signature of an item is.
const SIGNATURE: &str = "extra_content";

fn is_signed(item: &Value) -> bool {
    item.get(SIGNATURE).is_some()
}

fn is_own_reasoning(item: &Value) -> bool {
    let sealed = item.get("encrypted_content").and_then(Value::as_str);
    let reasoning = item.get("type").and_then(Value::as_str) == Some("reasoning");
    reasoning && (has_own_id(item) || sealed.is_some_and(thinking::is_ours))
}

fn has_own_id(item: &Value) -> bool {
    let id = item.get("id").and_then(Value::as_str);
    id.and_then(|id| id.split_once('_')).is_some_and(|(_, name)| name.starts_with(OWN_ID))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_the_provider_keeps_is_named() {
        for (request, expected) in [
            (json!({"input": "x"}), None),
            (json!({"input": "x", "previous_response_id": "resp_1"}), Some("previous_response_id")),
            (json!({"input": "x", "previous_response_id": null, "conversation": null}), None),
            (json!({"input": "x", "conversation": {"id": "conv_1"}}), Some("conversation")),
            (json!({"prompt": {"id": "pmpt_1"}}), Some("prompt")),
            (json!({"input": "x", "background": true}), Some("background")),
            (json!({"input": "x", "background": false, "store": true}), None),
            (json!({"input": [{"type": "item_reference", "id": "msg_1"}]}), Some("input")),
            (json!({"input": [{"id": "msg_1"}]}), Some("input")),
            (json!({"input": [{"role": "user", "content": "x", "id": "msg_1"}, 5, {}]}), None),
        ] {
            assert_eq!(state(&object(request.clone())), expected, "{request}");
        }
    }

    #[test]
    fn what_the_gateway_made_up_is_not_sent_to_a_native_provider() {
        let user = json!({"role": "user", "content": "x"});
        let native =
            json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "g"});
        let call = |id: Option<&str>| {
            let mut call =
                json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"});
            if let Some(id) = id {
                call["id"] = id.into();
            }
            call
        };
        let mut signed = call(None);
        signed["extra_content"] = json!({"google": {"thought_signature": "c2ln"}});
        let own = format!("rs_{OWN_ID}1_0");
        let sealed = thinking::seal(&[json!({"type": "redacted_thinking", "data": "d"})]);
        let request = json!({"input": [
            user, native,
            {"type": "reasoning", "id": own, "summary": []},
            {"type": "reasoning", "summary": [], "encrypted_content": sealed},
            call(Some(&format!("fc_{OWN_ID}1_1"))),
            call(Some("fc_1")),
            signed,
        ]});
        let expected = vec![user.clone(), native, call(None), call(Some("fc_1")), call(None)];
        assert_eq!(native_input(&object(request)), Some(expected));
        assert_eq!(native_input(&object(json!({"input": [signed]}))), Some(vec![call(None)]));
        assert_eq!(native_input(&object(json!({"input": [user]}))), None);
        assert_eq!(native_input(&object(json!({"input": "x"}))), None);
    }
}
