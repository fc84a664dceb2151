//! A client's own request, which may go on with what the gateway had answered in another model's place.

use serde_json::{Map, Value, value::RawValue};

use super::{model::Model, tools::tool_id, turns::calls_without_thoughts};
use crate::api::fields::{Fields, FieldsError};

/// `fields`, which decoded are `request`, as Claude takes them: without thoughts that have no signature, and with ids of
/// calls in its letters. `None` where they can go as they came.
pub fn fitted(
    fields: &Fields,
    request: &Map<String, Value>,
) -> Result<Option<Fields>, FieldsError> {
    let turns = request.get("messages").and_then(Value::as_array);
    let Some(turns) = turns.filter(|turns| turns.iter().flat_map(blocks).any(is_foreign)) else {
        return Ok(None);
    };
    let turns: Vec<Value> = turns.iter().filter_map(own).collect();
    Fields::parse(fields.rewrite(&[("messages", Value::from(turns).to_string())])).map(Some)
}

/// Whether `model` is one of Claude's.
pub fn is_claude(model: &str) -> bool {
    Model::named(model).is_claude()
}

/// Whether a request to `model` asks for thoughts in the middle of a turn that began without any, which the model refuses.
pub fn must_not_think(fields: &Fields, model: &str) -> bool {
    let thinking: Option<Value> = fields.get("thinking").ok().flatten();
    let is_on = thinking
        .is_some_and(|thinking| thinking.get("type").is_some_and(|kind| kind != "disabled"));
    is_on && Model::named(model).thinks_only_on() && calls_without_thoughts(&last_turns(fields))
}

/// The last two turns: there may be many before them.
fn last_turns(fields: &Fields) -> Vec<Value> {
    let turns: Vec<&RawValue> =
        fields.raw("messages").and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default();
    let last = turns.iter().skip(turns.len().saturating_sub(2));
    last.filter_map(|turn| serde_json::from_str(turn.get()).ok()).collect()
}

fn blocks(turn: &Value) -> &[Value] {
    turn.get("content").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_foreign(block: &Value) -> bool {
    is_unsigned(block) || foreign_id(block).is_some()
}

/// Other models' thoughts have no signature.
fn is_unsigned(block: &Value) -> bool {
    let text = |name: &str| block.get(name).and_then(Value::as_str);
    text("type") == Some("thinking") && text("signature").is_none_or(str::is_empty)
}

/// Where the block has the id of a call, and how Claude takes it, if not as it is.
fn foreign_id(block: &Value) -> Option<(&'static str, String)> {
    let name = match block.get("type")?.as_str()? {
        "tool_use" => "id",
        "tool_result" => "tool_use_id",
        _ => return None,
    };
    let id = block.get(name)?.as_str()?;
    Some((name, tool_id(id))).filter(|(_, taken)| taken != id)
}

/// The turn in Claude's words; `None` where it was nothing but thoughts.
fn own(turn: &Value) -> Option<Value> {
    let known = blocks(turn);
    if !known.iter().any(is_foreign) {
        return Some(turn.clone());
    }
    let mut blocks: Vec<Value> =
        known.iter().filter(|block| !is_unsigned(block)).cloned().collect();
    for block in &mut blocks {
        if let Some((name, id)) = foreign_id(block) {
            block[name] = id.into();
        }
    }
    let mut turn = turn.clone();
    turn["content"] = blocks.into();
    Some(turn).filter(|turn| turn["content"] != Value::Array(Vec::new()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(request: &Value) -> Fields {
        Fields::parse(request.to_string().into()).unwrap()
    }

    fn thought(signature: &str) -> Value {
        json!({"type": "thinking", "thinking": "hm", "signature": signature})
    }

    fn called(id: &str) -> Value {
        json!({"type": "tool_use", "id": id, "name": "f", "input": {}})
    }

    fn told(id: &str) -> Value {
        json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "r"}]})
    }

    fn said(content: Value) -> Value {
        json!({"role": "assistant", "content": content})
    }

    #[test]
    fn what_other_models_said_is_made_fit_for_claude() {
        let user = json!({"role": "user", "content": "q"});
        let hidden = json!({"type": "redacted_thinking", "data": "d"});
        for (turns, expected) in [
            (
                json!([
                    user,
                    said(json!([thought("s"), hidden, called("toolu_1")])),
                    told("toolu_1")
                ]),
                None,
            ),
            (json!([user, said(json!("plain")), 5]), None),
            (
                json!([user, said(json!([thought(""), called("f:0.a")])), told("f:0.a")]),
                Some(json!([user, said(json!([called("f_0_a")])), told("f_0_a")])),
            ),
            (
                json!([
                    user,
                    said(json!([thought("")])),
                    said(json!([{"type": "thinking", "thinking": "hm"}, hidden]))
                ]),
                Some(json!([user, said(json!([hidden]))])),
            ),
        ] {
            let request = json!({"model": "m", "messages": turns, "zz": 1.10});
            let fitted = fitted(&parsed(&request), request.as_object().unwrap()).unwrap();
            let found: Option<Value> =
                fitted.map(|fields| fields.get("messages").unwrap().unwrap());
            assert_eq!(found, expected, "{turns}");
        }
    }

    #[test]
    fn a_turn_that_began_without_thoughts_goes_on_without_them() {
        let on = json!({"type": "enabled", "budget_tokens": 2000});
        let off = json!({"type": "disabled"});
        let bare = said(json!([called("1")]));
        let thoughtful = said(json!([thought("s"), called("1")]));
        let older = "claude-sonnet-4-5";
        for (model, thinking, turn, expected) in [
            (older, &on, &bare, true),
            (older, &on, &thoughtful, false),
            (older, &off, &bare, false),
            (older, &Value::Null, &bare, false),
            ("claude-opus-4-7", &on, &bare, false),
            ("glm-4.6", &on, &bare, false),
        ] {
            let asked = json!({"role": "user", "content": "q"});
            let fields =
                parsed(&json!({"thinking": thinking, "messages": [asked, turn, told("1")]}));
            assert_eq!(must_not_think(&fields, model), expected, "{model} {thinking} {turn}");
        }
        assert!(!must_not_think(&parsed(&json!({"thinking": on, "messages": 5})), older));
    }
}
