//! A stream's chunks to the completion that a caller without `stream` would have got.
//!
//! Fields that we do not know survive: later values replace earlier ones, text pieces are joined, lists with an
//! `index` are merged by it.

use serde_json::{Map, Value, json};

/// Collects `chat.completion.chunk` objects.
#[derive(Debug, Default)]
pub struct Assembler {
    completion: Map<String, Value>,
    choices: Vec<Map<String, Value>>,
}

impl Assembler {
    /// Takes the next chunk.
    pub fn push(&mut self, chunk: Value) {
        let Value::Object(chunk) = chunk else { return };
        for (name, value) in chunk {
            match (name.as_str(), value) {
                ("choices", Value::Array(choices)) => {
                    choices.into_iter().for_each(|choice| self.choice(choice))
                }
                (_, Value::Null) => {
                    self.completion.entry(name).or_insert(Value::Null);
                }
                (_, value) => {
                    self.completion.insert(name, value);
                }
            }
        }
    }

    /// The completion; `None` unless every choice that began has a finish reason.
    pub fn finish(mut self) -> Option<Value> {
        let whole = self
            .choices
            .iter()
            .all(|choice| choice.get("finish_reason").is_some_and(Value::is_string));
        if self.choices.is_empty() || !whole {
            return None;
        }
        for choice in &mut self.choices {
            if let Some(Value::Object(message)) = choice.get_mut("message") {
                message.entry("role").or_insert_with(|| "assistant".into());
                message.entry("content").or_insert(Value::Null);
                drop_indexes(message);
            }
        }
        self.completion.insert("object".into(), "chat.completion".into());
        self.completion
            .insert("choices".into(), self.choices.into_iter().map(Value::Object).collect());
        Some(Value::Object(self.completion))
    }

    fn choice(&mut self, choice: Value) {
        let Value::Object(choice) = choice else { return };
        let index = choice.get("index").and_then(Value::as_u64).unwrap_or(0);
        let position = self
            .choices
            .iter()
            .position(|known| known.get("index").and_then(Value::as_u64) == Some(index));
        let position = position.unwrap_or_else(|| {
            let fresh = json!({"index": index, "message": {}, "finish_reason": null});
            self.choices.extend(fresh.as_object().cloned());
            self.choices.len() - 1
        });
        let whole = &mut self.choices[position];
        for (name, value) in choice {
            match name.as_str() {
                "index" => {}
                "delta" => merge(whole.entry("message").or_insert_with(|| json!({})), value),
                "finish_reason" if value.is_null() => {}
                "logprobs" => merge(whole.entry(name).or_insert(Value::Null), value),
                _ => {
                    whole.insert(name, value);
                }
            }
        }
    }
}

/// Strings that come whole each time they come; all others come in pieces.
const WHOLE_STRINGS: &[&str] = &["id", "type", "role", "name", "format", "object", "model"];

fn merge(whole: &mut Value, piece: Value) {
    match (whole, piece) {
        (_, Value::Null) => {}
        (Value::Object(whole), Value::Object(piece)) => {
            for (name, value) in piece {
                match (whole.get_mut(&name), value) {
                    (Some(Value::String(text)), Value::String(more))
                        if !WHOLE_STRINGS.contains(&name.as_str()) =>
                    {
                        text.push_str(&more);
                    }
                    (Some(known @ (Value::Object(_) | Value::Array(_))), value) => {
                        merge(known, value)
                    }
                    (_, value) => {
                        if !value.is_null() || !whole.contains_key(&name) {
                            whole.insert(name, value);
                        }
                    }
                }
            }
        }
        (Value::Array(whole), Value::Array(piece)) => {
            for item in piece {
                let index = item.get("index").cloned();
                match whole
                    .iter_mut()
                    .find(|known| index.is_some() && known.get("index") == index.as_ref())
                {
                    Some(known) => merge(known, item),
                    None => whole.push(item),
                }
            }
        }
        (whole, piece) => *whole = piece,
    }
}

/// Streamed tool calls carry an `index`, whole ones do not.
fn drop_indexes(message: &mut Map<String, Value>) {
    if let Some(Value::Array(calls)) = message.get_mut("tool_calls") {
        for call in calls.iter_mut().filter_map(Value::as_object_mut) {
            call.remove("index");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assemble(chunks: &[Value]) -> Option<Value> {
        let mut assembler = Assembler::default();
        chunks.iter().cloned().for_each(|chunk| assembler.push(chunk));
        assembler.finish()
    }

    fn delta(delta: Value) -> Value {
        json!({"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    }

    fn end(reason: &str) -> Value {
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    }

    #[test]
    fn text_reasoning_and_unknown_fields_are_joined() {
        let whole = assemble(&[
            delta(json!({"role": "assistant", "content": ""})),
            delta(json!({"reasoning_content": "hm"})),
            delta(json!({"reasoning_content": "m", "brand_new": "x"})),
            delta(json!({"content": "Hel"})),
            delta(json!({"content": "lo", "brand_new": "y", "role": "assistant"})),
            end("stop"),
            json!({"choices": [], "usage": {"prompt_tokens": 1}}),
        ])
        .unwrap();
        assert_eq!(
            whole,
            json!({"id": "c", "object": "chat.completion", "usage": {"prompt_tokens": 1}, "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Hello", "reasoning_content": "hmm", "brand_new": "xy"}}]})
        );
    }

    #[test]
    fn parallel_tool_calls_are_merged_by_index() {
        let whole = assemble(&[
            delta(json!({"role": "assistant", "content": null, "tool_calls": [
                {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}]})),
            delta(json!({"tool_calls": [{"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "{"}}]})),
            delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"x\":"}}]})),
            delta(json!({"tool_calls": [{"index": 1, "id": "b", "function": {"arguments": "}"}}, {"index": 0, "function": {"arguments": "1}"}}]})),
            end("tool_calls"),
        ])
        .unwrap();
        assert_eq!(
            whole["choices"][0]["message"],
            json!({"role": "assistant", "content": null, "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}]})
        );
    }

    #[test]
    fn logprobs_are_appended_and_choices_kept_apart() {
        let piece = |index: u64, text: &str| json!({"choices": [{"index": index, "delta": {"content": text}, "logprobs": {"content": [{"token": text}]}, "finish_reason": null}]});
        let stop = |index: u64| json!({"choices": [{"index": index, "delta": {}, "logprobs": null, "finish_reason": "stop"}]});
        let whole =
            assemble(&[piece(1, "b"), piece(0, "a"), piece(1, "c"), stop(0), stop(1)]).unwrap();
        assert_eq!(whole["choices"][0]["message"]["content"], "bc");
        assert_eq!(
            whole["choices"][0]["logprobs"],
            json!({"content": [{"token": "b"}, {"token": "c"}]})
        );
        assert_eq!(whole["choices"][1]["message"]["content"], "a");
    }

    #[test]
    fn an_unfinished_stream_is_no_completion() {
        assert_eq!(assemble(&[delta(json!({"content": "Hel"}))]), None);
        assert_eq!(assemble(&[]), None);
        let other_choice =
            json!({"choices": [{"index": 1, "delta": {"content": "x"}, "finish_reason": null}]});
        assert_eq!(assemble(&[delta(json!({"content": "x"})), other_choice, end("stop")]), None);
    }
}
