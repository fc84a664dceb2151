//! Chunks of a chat to chunks of a `text_completion`.

use serde_json::{Map, Value};

use super::answer::{as_body, beginning, choice};

/// Writes the events of one completion.
#[derive(Debug)]
pub struct Writer {
    /// The caller wants a usage chunk at the end.
    include_usage: bool,
    /// That chunk, as far as it is known: some vendors count with every chunk.
    usage: Option<Value>,
    over: bool,
}

impl Writer {
    /// For the answer to `request`, which is the caller's own.
    pub fn new(request: &Map<String, Value>) -> Self {
        let wish = request.get("stream_options").and_then(|options| options.get("include_usage"));
        let include_usage = wish.and_then(Value::as_bool).unwrap_or(false);
        Self { include_usage, usage: None, over: false }
    }

    /// Appends the events for a chunk.
    pub fn chunk(&mut self, chunk: &Value, out: &mut String) {
        if self.over {
            return;
        }
        if let Some(usage) = chunk.get("usage").filter(|usage| !usage.is_null()) {
            self.usage = Some(self.event(chunk, Vec::new(), usage.clone()));
        }
        let choices = chunk.get("choices").and_then(Value::as_array).into_iter().flatten();
        let choices = choices.map(|each| choice(each, "delta")).filter(says_something);
        let choices: Vec<_> = choices.collect();
        if !choices.is_empty() {
            write(&self.event(chunk, choices, Value::Null), out);
        }
    }

    /// The answer is whole.
    pub fn finish(&mut self, out: &mut String) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        if let Some(usage) = self.usage.take().filter(|_| self.include_usage) {
            write(&usage, out);
        }
        out.push_str("data: [DONE]\n\n");
    }

    /// The answer breaks off.
    pub fn fail(&mut self, error: &Value, out: &mut String) {
        if !std::mem::replace(&mut self.over, true) {
            write(&as_body(error), out);
        }
    }

    fn event(&self, from: &Value, choices: Vec<Value>, usage: Value) -> Value {
        let mut chunk = beginning(from);
        chunk.insert("choices".into(), choices.into());
        if self.include_usage {
            chunk.insert("usage".into(), usage);
        }
        chunk.into()
    }
}

/// The role of a chat's first chunk has no place here, nor has reasoning.
fn says_something(choice: &Value) -> bool {
    let text = choice.get("text").and_then(Value::as_str).unwrap_or_default();
    !text.is_empty() || choice.get("finish_reason").is_some_and(|reason| !reason.is_null())
}

fn write(data: &Value, out: &mut String) {
    for piece in ["data: ", &data.to_string(), "\n\n"] {
        out.push_str(piece);
    }
}
