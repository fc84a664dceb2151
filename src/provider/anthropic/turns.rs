//! A chat's messages as a system prompt and turns of user and assistant.
//!
//! Messages of one role in a row become one turn, results of tools are blocks of the user's turn and come first in it:
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls>.

use serde_json::{Map, Value, json};

use super::{
    assistant::assistant,
    content::{Content, content},
    fields::{Dropped, given, not_an_object, text},
    model::Model,
    system::{System, is_system, system},
    tools::tool_id,
};
use crate::provider::Inexpressible;

/// The conversation in the API's words.
#[derive(Debug)]
pub(super) struct Conversation {
    /// The `system` field.
    pub system: Option<Value>,
    /// The `messages` field.
    pub messages: Vec<Value>,
}

/// The conversation that `messages` are.
///
/// System turns before all others are the system prompt. One in mid conversation stays where it is when the model
/// takes it there, which leaves the prompt cache's copy of what comes before it valid: after a user's turn, and before
/// an assistant's or the end. Elsewhere it joins the system prompt, as in Anthropic's own compatibility layer
/// (<https://platform.claude.com/docs/en/api/openai-sdk>): its authority counts for more than its place.
pub(super) fn conversation(
    messages: &Value,
    model: Model,
    dropped: &mut Dropped,
) -> Result<Conversation, Inexpressible> {
    let messages =
        messages.as_array().ok_or_else(|| Inexpressible::new("messages", "is not a list"))?;
    let mut prompt = System::default();
    let mut turns: Vec<Turn> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        let message = message.as_object().ok_or_else(|| not_an_object(&at))?;
        if given(message, "name").is_some() {
            dropped.name(format!("{at}.name"));
        }
        let role = text(message, "role").unwrap_or_default();
        if is_system(role) {
            let said = system(message, &at)?;
            let rest = messages.get(index + 1..).unwrap_or_default();
            match turns.last().filter(|_| model.takes_system_turns() && is_before_an_answer(rest)) {
                Some(turn) if turn.role != "assistant" => join(&mut turns, "system", said),
                _ => prompt.add(said),
            }
            continue;
        }
        match role {
            "user" => join(&mut turns, "user", content(message, &at)?.marked(message)),
            // The API refuses an empty turn, and nothing was said in it.
            "assistant" => {
                let said = assistant(message, &at)?;
                if !said.is_empty() {
                    join(&mut turns, "assistant", said);
                }
            }
            "tool" => join(&mut turns, "user", Content::Blocks(vec![tool_result(message, &at)?])),
            other => {
                let problem = format!("is '{other}', which the Messages API does not know");
                return Err(Inexpressible::new(format!("{at}.role"), problem));
            }
        }
    }
    if turns.is_empty() {
        return Err(Inexpressible::new(
            "messages",
            "hold no turn of a user, without which the Messages API gives no answer",
        ));
    }
    Ok(Conversation {
        system: prompt.into_value(),
        messages: turns.into_iter().map(Turn::into_value).collect(),
    })
}

impl Conversation {
    /// See [`calls_without_thoughts`].
    pub(super) fn calls_without_thoughts(&self) -> bool {
        calls_without_thoughts(&self.messages)
    }
}

/// Whether turns in the API's words end with results of tools, and the turn that called them does not begin with a
/// thought: its client may not have known what to do with thoughts.
pub(super) fn calls_without_thoughts(turns: &[Value]) -> bool {
    let first = |turn: &Value| turn.pointer("/content/0/type")?.as_str().map(str::to_owned);
    let [.., call, results] = turns else { return false };
    let thought = first(call);
    first(results).as_deref() == Some("tool_result")
        && !matches!(thought.as_deref(), Some("thinking" | "redacted_thinking"))
}

struct Turn {
    role: &'static str,
    content: Content,
}

impl Turn {
    fn into_value(self) -> Value {
        let content = match self.content {
            Content::Blocks(mut blocks) => {
                // A stable sort: what is no result keeps its order.
                blocks.sort_by_key(|block| {
                    block.get("type").and_then(Value::as_str) != Some("tool_result")
                });
                Content::Blocks(blocks)
            }
            content => content,
        };
        json!({"role": self.role, "content": content.into_value()})
    }
}

/// Adds to the last turn when it is of the same role, else begins another.
fn join(turns: &mut Vec<Turn>, role: &'static str, content: Content) {
    match turns.last_mut() {
        Some(turn) if turn.role == role => {
            let known = std::mem::replace(&mut turn.content, Content::Blocks(Vec::new()));
            let mut blocks = known.into_blocks();
            blocks.extend(content.into_blocks());
            turn.content = Content::Blocks(blocks);
        }
        _ => turns.push(Turn { role, content }),
    }
}

/// The next turn, other system turns aside, is the assistant's or is yet to come.
fn is_before_an_answer(rest: &[Value]) -> bool {
    let roles = rest.iter().filter_map(|message| message.get("role").and_then(Value::as_str));
    roles.into_iter().find(|role| !is_system(role)).is_none_or(|role| role == "assistant")
}

fn tool_result(message: &Map<String, Value>, at: &str) -> Result<Value, Inexpressible> {
    let id = text(message, "tool_call_id").ok_or_else(|| {
        Inexpressible::new(at, "has no 'tool_call_id' that says which call it answers")
    })?;
    let mut block = Map::new();
    block.insert("type".into(), "tool_result".into());
    block.insert("tool_use_id".into(), tool_id(id).into());
    match content(message, at)? {
        content if content.is_empty() => {}
        content => {
            block.insert("content".into(), content.into_value());
        }
    }
    if message.get("is_error") == Some(&Value::Bool(true)) {
        block.insert("is_error".into(), true.into());
    }
    for name in ["cache_control", "toolset_name"] {
        if let Some(value) = given(message, name) {
            block.insert(name.into(), value.clone());
        }
    }
    Ok(Value::Object(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(model: &str, messages: Value) -> Result<(Option<Value>, Value), String> {
        let said = conversation(&messages, Model::named(model), &mut Dropped::default());
        let said = said.map_err(|error| error.to_string())?;
        Ok((said.system, said.messages.into()))
    }

    fn turn(role: &str, content: impl Into<Value>) -> Value {
        json!({"role": role, "content": content.into()})
    }

    fn texts(texts: &[&str]) -> Value {
        texts.iter().map(|text| json!({"type": "text", "text": text})).collect()
    }

    #[test]
    fn turns_of_one_role_are_one_and_results_come_first() {
        let messages = json!([
            turn("user", "a"), turn("user", "b"), turn("assistant", "c"), turn("assistant", ""),
            turn("user", "late"),
            {"role": "tool", "tool_call_id": "call:1", "content": "r", "is_error": true},
            {"role": "tool", "tool_call_id": "2", "content": ""},
        ]);
        let expected = json!([
            turn("user", texts(&["a", "b"])),
            turn("assistant", "c"),
            turn(
                "user",
                json!([
                    {"type": "tool_result", "tool_use_id": "call_1", "content": "r", "is_error": true},
                    {"type": "tool_result", "tool_use_id": "2"},
                    {"type": "text", "text": "late"},
                ])
            ),
        ]);
        assert_eq!(talk("claude-sonnet-4-5", messages), Ok((None, expected)));
    }

    #[test]
    fn system_turns_stay_in_place_only_where_the_model_takes_them() {
        let messages = json!([
            turn("system", "s"),
            turn("user", "a"),
            turn("developer", "d"),
            turn("system", "e"),
            turn("assistant", "b"),
            turn("system", "lost"),
            turn("user", "c")
        ]);
        let in_place = json!([
            turn("user", "a"),
            turn("system", texts(&["d", "e"])),
            turn("assistant", "b"),
            turn("user", "c")
        ]);
        let ahead = json!([turn("user", "a"), turn("assistant", "b"), turn("user", "c")]);
        let (system, turns) = talk("claude-opus-5", messages.clone()).unwrap();
        assert_eq!((system, turns), (Some(texts(&["s", "lost"])), in_place));
        let (system, turns) = talk("claude-sonnet-5", messages).unwrap();
        assert_eq!((system, turns), (Some(texts(&["s", "d", "e", "lost"])), ahead));
    }

    #[test]
    fn a_single_plain_system_turn_stays_a_text_unless_it_is_marked() {
        let said = talk("m", json!([turn("system", ""), turn("system", "s"), turn("user", "a")]));
        assert_eq!(said.unwrap().0, Some(json!("s")));
        let mark = json!({"type": "ephemeral"});
        let marked =
            json!([{"role": "system", "content": "s", "cache_control": mark}, turn("user", "a")]);
        let expected = json!([{"type": "text", "text": "s", "cache_control": mark}]);
        assert_eq!(talk("m", marked).unwrap().0, Some(expected));
    }

    #[test]
    fn what_is_no_turn_is_refused() {
        for (messages, phrase) in [
            (json!([turn("function", "x")]), "messages[0].role"),
            (json!([turn("tool", "x")]), "tool_call_id"),
            (json!([turn("system", "x")]), "no turn of a user"),
            (json!([]), "no turn of a user"),
            (json!([5]), "messages[0]"),
            (json!({}), "not a list"),
            (json!([turn("user", 5)]), "messages[0].content"),
            (
                json!([turn(
                    "system",
                    json!([{"type": "image_url", "image_url": {"url": "https://a"}}])
                )]),
                "more than text",
            ),
        ] {
            let error = talk("m", messages).unwrap_err();
            assert!(error.contains(phrase), "{error}");
        }
    }
}
