//! Tells the calls of a stream apart.
//!
//! Pieces of a call bear its `index`. Some vendors (Ollama among them) give every call of an answer the same one, or
//! none; what comes after us goes by the index alone.

use serde_json::Value;

/// The calls of one stream so far.
#[derive(Debug, Default)]
pub struct Calls(Vec<Call>);

#[derive(Debug)]
struct Call {
    /// Index of the choice that it is in.
    choice: u64,
    /// Its index as the vendor has it.
    theirs: u64,
    /// Its index among the calls of the choice.
    index: u64,
    /// Empty until it is told.
    id: String,
}

impl Calls {
    /// Gives each piece of a call in a `chat.completion.chunk` the index that no other call has.
    pub fn number(&mut self, chunk: &mut Value) {
        let choices = chunk.get_mut("choices").and_then(Value::as_array_mut);
        for choice in choices.into_iter().flatten() {
            let index = choice.get("index").and_then(Value::as_u64).unwrap_or(0);
            let delta = choice.get_mut("delta").and_then(|delta| delta.get_mut("tool_calls"));
            let pieces = delta.and_then(Value::as_array_mut).into_iter().flatten();
            for (place, piece) in pieces.enumerate().filter(|(_, piece)| piece.is_object()) {
                let theirs = piece.get("index").and_then(Value::as_u64).unwrap_or(place as u64);
                piece["index"] = self.index(index, theirs, piece).into();
            }
        }
    }

    fn index(&mut self, choice: u64, theirs: u64, piece: &Value) -> u64 {
        let id = piece.get("id").and_then(Value::as_str).unwrap_or_default();
        let is_named = ["function", "custom"].into_iter().any(|kind| {
            let name = piece.get(kind).and_then(|called| called.get("name")?.as_str());
            name.is_some_and(|name| !name.is_empty())
        });
        let mut of_index =
            self.0.iter_mut().rev().filter(|call| call.choice == choice && call.theirs == theirs);
        // A few vendors give each piece an id of its own, but name the call only once.
        let known = match of_index.next() {
            Some(last) if id.is_empty() || last.id == id || !is_named => Some(last),
            Some(last) if last.id.is_empty() => Some(last),
            Some(_) => of_index.find(|call| call.id == id),
            None => None,
        };
        if let Some(call) = known {
            if call.id.is_empty() {
                id.clone_into(&mut call.id);
            }
            return call.index;
        }
        let taken = || self.0.iter().filter(|call| call.choice == choice).map(|call| call.index);
        let is_taken = taken().any(|index| index == theirs);
        let next = || taken().max().map_or(0, |last| last.saturating_add(1));
        let index = if is_taken { next() } else { theirs };
        self.0.push(Call { choice, theirs, index, id: id.to_owned() });
        index
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::assemble::Assembler;

    /// The calls that an answer with these pieces has: id, name and arguments of each.
    fn assembled(deltas: &[Value]) -> Vec<[String; 3]> {
        let (mut calls, mut assembler) = (Calls::default(), Assembler::default());
        for delta in deltas {
            let delta = json!({ "tool_calls": delta });
            let mut chunk = json!({"choices": [{"index": 0, "delta": delta}]});
            calls.number(&mut chunk);
            assembler.push(chunk);
        }
        assembler.push(json!({"choices": [{"index": 0, "finish_reason": "tool_calls"}]}));
        let completion = assembler.finish().unwrap();
        let calls = completion["choices"][0]["message"]["tool_calls"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let told = |call: &Value| {
            let function = &call["function"];
            [text(&call["id"]), text(&function["name"]), text(&function["arguments"])]
        };
        calls.iter().map(told).collect()
    }

    fn begins(index: Option<u64>, id: &str, arguments: &str) -> Value {
        let function = json!({"name": format!("f{id}"), "arguments": arguments});
        let mut call = json!({"id": id, "type": "function", "function": function});
        if let Some(index) = index {
            call["index"] = index.into();
        }
        call
    }

    fn goes_on(index: u64, id: Option<&str>, arguments: &str) -> Value {
        json!({"index": index, "id": id, "function": {"arguments": arguments}})
    }

    #[test]
    fn calls_with_one_index_stay_apart() {
        let two = [["a", "fa", "{}"], ["b", "fb", "{\"x\":1}"]];
        let three = [["a", "fa", "{}"], ["b", "fb", "{}"], ["c", "fc", "{}"]];
        for (deltas, expected) in [
            (
                vec![
                    json!([begins(Some(0), "a", "{}")]),
                    json!([begins(Some(0), "b", "{\"x\":1}")]),
                ],
                &two[..],
            ),
            (vec![json!([begins(Some(0), "a", "{}"), begins(Some(0), "b", "{\"x\":1}")])], &two),
            (vec![json!([begins(None, "a", "{}")]), json!([begins(None, "b", "{\"x\":1}")])], &two),
            (
                vec![
                    json!([begins(Some(0), "a", "{")]),
                    json!([goes_on(0, None, "}")]),
                    json!([begins(Some(0), "b", "{")]),
                    json!([goes_on(0, Some(""), "\"x\":")]),
                    json!([goes_on(0, Some("b"), "1}")]),
                ],
                &two,
            ),
            // By turns, with ids; with names that are told again; with an id for each piece.
            (
                vec![
                    json!([begins(Some(0), "a", ""), begins(Some(1), "b", "{")]),
                    json!([goes_on(1, Some("b"), "\"x\":1}"), goes_on(0, Some("a"), "{}")]),
                ],
                &two,
            ),
            (
                vec![json!([begins(Some(0), "a", "{")]), json!([begins(Some(0), "a", "}")])],
                &two[..1],
            ),
            (
                vec![json!([begins(Some(0), "x", "{")]), json!([goes_on(0, Some("y"), "}")])],
                &[["y", "fx", "{}"]],
            ),
            // One that was moved leaves its place to none that comes later.
            (
                vec![
                    json!([begins(Some(0), "a", "{}"), begins(Some(0), "b", "{")]),
                    json!([begins(Some(1), "c", "{")]),
                    json!([goes_on(0, None, "}"), goes_on(1, None, "}")]),
                ],
                &three,
            ),
        ] {
            assert_eq!(assembled(&deltas), expected, "{deltas:?}");
        }
    }

    #[test]
    fn choices_count_for_themselves() {
        let mut calls = Calls::default();
        let choice = |index: u64, id: &str| json!({"index": index, "delta": {"tool_calls": [begins(Some(0), id, "{}")]}});
        let mut chunk = json!({"choices": [choice(0, "a"), choice(1, "b"), {"index": 2}, 5]});
        let before = chunk.clone();
        calls.number(&mut chunk);
        assert_eq!(chunk, before);
    }
}
