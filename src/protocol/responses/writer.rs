//! Chunks of a chat to the events of a response.

use serde_json::{Map, Value, json};

use super::{draft::Draft, events::Events, response::Status};

/// Writes the events of one response.
#[derive(Debug)]
pub struct Writer {
    draft: Draft,
    /// The next event's number.
    sequence: u64,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Begun,
    Over,
}

impl Writer {
    /// For the answer to `request`, which is the caller's own: a response repeats much of it.
    pub fn new(request: &Map<String, Value>) -> Self {
        Self { draft: Draft::new(request), sequence: 0, stage: Stage::Waiting }
    }

    /// Appends the events for a chunk.
    pub fn chunk(&mut self, chunk: &Value, out: &mut String) {
        if self.stage == Stage::Over {
            return;
        }
        self.begin(chunk, out);
        let mut events = Events { out: Some(out), sequence: &mut self.sequence };
        self.draft.take(chunk, "delta", &mut events);
    }

    /// The answer is whole.
    pub fn finish(&mut self, out: &mut String) {
        if self.stage == Stage::Over {
            return;
        }
        self.begin(&Value::Null, out);
        self.stage = Stage::Over;
        let mut events = Events { out: Some(out), sequence: &mut self.sequence };
        let status = self.draft.close(&mut events);
        let kind = match status {
            Status::Incomplete => "response.incomplete",
            Status::Completed | Status::InProgress => "response.completed",
        };
        events.emit(kind, || json!({"response": self.draft.response(status)}));
    }

    /// The answer breaks off. A client that looks for `error` sees it there, one that waits for the response to end sees
    /// it fail.
    pub fn fail(&mut self, error: &Value, out: &mut String) {
        if self.stage == Stage::Over {
            return;
        }
        let begun = self.stage == Stage::Begun;
        self.stage = Stage::Over;
        let error = error.get("error").unwrap_or(error);
        let field = |name: &str| error.get(name).and_then(Value::as_str);
        let message = field("message").unwrap_or("the answer broke off");
        let (code, param) = (field("code"), field("param"));
        let mut events = Events { out: Some(out), sequence: &mut self.sequence };
        events.emit("error", || json!({"code": code, "message": message, "param": param}));
        if begun {
            let code = code.unwrap_or("server_error");
            events
                .emit("response.failed", || json!({"response": self.draft.failed(code, message)}));
        }
    }

    fn begin(&mut self, chunk: &Value, out: &mut String) {
        if self.stage != Stage::Waiting {
            return;
        }
        self.stage = Stage::Begun;
        self.draft.begin(chunk);
        let mut events = Events { out: Some(out), sequence: &mut self.sequence };
        for kind in ["response.created", "response.in_progress"] {
            events.emit(kind, || json!({"response": self.draft.response(Status::InProgress)}));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The types and ids of the items of the response that these deltas make, and all that was written.
    fn written(deltas: &[Value]) -> (Vec<(String, String)>, String) {
        let mut writer = Writer::new(&Map::new());
        let mut out = String::new();
        for delta in deltas {
            writer.chunk(
                &json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": delta}]}),
                &mut out,
            );
        }
        writer.finish(&mut out);
        let last = out.trim_end().rsplit("data: ").next().unwrap();
        let last: Value = serde_json::from_str(last).unwrap();
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        let items = last["response"]["output"].as_array().unwrap();
        (items.iter().map(|item| (text(item, "type"), text(item, "id"))).collect(), out)
    }

    fn items(deltas: &[Value]) -> Vec<(String, String)> {
        written(deltas).0
    }

    fn item(kind: &str, id: &str) -> (String, String) {
        (kind.to_owned(), id.to_owned())
    }

    #[test]
    fn what_is_said_after_a_call_is_another_message() {
        let call = json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]});
        let more = json!({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]});
        let (items, out) = written(&[json!({"content": "a"}), call, json!({"content": "b"}), more]);
        let expected = [
            item("message", "msg_scrimp_1_0"),
            item("function_call", "fc_scrimp_1_1"),
            item("message", "msg_scrimp_1_2"),
        ];
        assert_eq!(items, expected);
        assert!(
            out.contains(r#""name":"f","output_index":1"#) && out.contains(r#""arguments":"{}""#)
        );
    }

    #[test]
    fn reasoning_is_told_once() {
        let native =
            json!({"reasoning_items": [{"type": "reasoning", "id": "rs_1", "summary": []}]});
        let as_text = json!({"reasoning_content": "hm"});
        let said = json!({"content": "x"});
        let message = item("message", "msg_scrimp_1_1");
        let own = item("reasoning", "rs_scrimp_1_0");
        assert_eq!(items(&[as_text, said.clone(), native.clone()]), [own, message.clone()]);
        assert_eq!(items(&[native, said]), [item("reasoning", "rs_1"), message]);
    }

    #[test]
    fn of_native_items_that_come_late_only_those_are_told_that_nothing_else_says() {
        let natives = json!({"output_items": [
            {"type": "web_search_call", "id": "ws_1"},
            {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "x"}]}]});
        let search = item("web_search_call", "ws_1");
        let whole = [search.clone(), item("message", "msg_1")];
        assert_eq!(items(std::slice::from_ref(&natives)), whole);
        assert_eq!(
            items(&[json!({"content": "x"}), natives]),
            [item("message", "msg_scrimp_1_0"), search]
        );
    }

    #[test]
    fn only_an_answer_that_came_to_its_end_is_completed() {
        for (reason, kind, details) in [
            (json!("stop"), "completed", Value::Null),
            (json!("tool_calls"), "completed", Value::Null),
            (json!("length"), "incomplete", json!({"reason": "max_output_tokens"})),
            (json!("malformed"), "incomplete", Value::Null),
            (Value::Null, "incomplete", Value::Null),
        ] {
            let (mut writer, mut out) = (Writer::new(&Map::new()), String::new());
            writer.chunk(&json!({"choices": [{"delta": {}, "finish_reason": reason}]}), &mut out);
            writer.finish(&mut out);
            let last = out.trim_end().rsplit("data: ").next().unwrap();
            let last: Value = serde_json::from_str(last).unwrap();
            assert_eq!(last["type"], format!("response.{kind}"), "{reason}");
            assert_eq!(last["response"]["status"], kind, "{reason}");
            assert_eq!(last["response"]["incomplete_details"], details, "{reason}");
        }
    }

    #[test]
    fn the_first_choice_is_the_answer() {
        let mut writer = Writer::new(&Map::new());
        let mut out = String::new();
        let choice = |index: u64, text: &str| json!({"index": index, "delta": {"content": text}});
        writer.chunk(&json!({"choices": [choice(1, "second"), choice(0, "first")]}), &mut out);
        assert!(out.contains("first") && !out.contains("second"));
    }
}
