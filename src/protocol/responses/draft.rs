//! A response that grows: what is known of it so far, from chunks or from a whole completion.

use serde_json::{Map, Value, json};

use super::{
    events::Events,
    output::Output,
    response::{Status, empty},
    usage::usage,
};

/// A response that is not whole yet.
#[derive(Debug)]
pub(super) struct Draft {
    /// All fields but those below.
    fields: Map<String, Value>,
    output: Output,
    finish_reason: Option<String>,
}

impl Draft {
    /// An answer to `request` that has not begun.
    pub(super) fn new(request: &Map<String, Value>) -> Self {
        Self { fields: empty(request), output: Output::default(), finish_reason: None }
    }

    /// Who the answer is from, as the first chunk or the completion says.
    pub(super) fn begin(&mut self, from: &Value) {
        let name = from.get("id").and_then(Value::as_str).unwrap_or_default();
        let name = ["resp_", "chatcmpl-"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name);
        self.output.call_it(name);
        self.fields.insert("id".into(), format!("resp_{name}").into());
        let created = from.get("created").filter(|created| created.is_number());
        self.fields.insert("created_at".into(), created.cloned().unwrap_or(json!(0)));
        self.know("model", from);
    }

    /// Takes a chunk or a completion: what the answer says is in the field `side` of its choice. The first choice is the
    /// answer.
    pub(super) fn take(&mut self, from: &Value, side: &str, events: &mut Events<'_>) {
        // Other formats have tiers of their own, which clients of this one would not know.
        if from.get("service_tier").and_then(Value::as_str).is_some_and(|t| TIERS.contains(&t)) {
            self.know("service_tier", from);
        }
        if let Some(counts) = from.get("usage").map(usage).filter(|counts| !counts.is_null()) {
            self.fields.insert("usage".into(), counts);
        }
        let choices = from.get("choices").and_then(Value::as_array).into_iter().flatten();
        let is_first =
            |choice: &&Value| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0;
        for choice in choices.filter(is_first) {
            if let Some(said) = choice.get(side).and_then(Value::as_object) {
                self.output.take(said, &logprobs(choice), events);
            }
            if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
                self.finish_reason = Some(reason.to_owned());
            }
        }
    }

    /// The answer is over. Returns how it ended.
    pub(super) fn close(&mut self, events: &mut Events<'_>) -> Status {
        let reason = match self.finish_reason.as_deref() {
            Some("stop" | "tool_calls" | "function_call") => {
                self.output.close(Status::Completed, events);
                return Status::Completed;
            }
            Some("length") => Some("max_output_tokens"),
            Some("content_filter") => Some("content_filter"),
            // It broke off in a way that this protocol has no word for.
            _ => None,
        };
        if let Some(reason) = reason {
            self.fields.insert("incomplete_details".into(), json!({"reason": reason}));
        }
        self.output.close(Status::Incomplete, events);
        Status::Incomplete
    }

    /// The response as it is now.
    pub(super) fn response(&self, status: Status) -> Value {
        let mut response = self.fields.clone();
        response.insert("status".into(), status.as_str().into());
        response.insert("output".into(), self.output.items(status).into());
        response.into()
    }

    /// The response, broken off for a reason.
    pub(super) fn failed(&self, code: &str, message: &str) -> Value {
        let mut response = self.response(Status::Incomplete);
        response["status"] = "failed".into();
        response["error"] = json!({"code": code, "message": message});
        response
    }

    fn know(&mut self, name: &str, from: &Value) {
        if let Some(value) = from.get(name).filter(|value| value.is_string()) {
            self.fields.insert(name.to_owned(), value.clone());
        }
    }
}

/// The values of `service_tier`.
const TIERS: &[&str] = &["auto", "default", "fast", "flex", "priority", "scale", "ultrafast"];

/// The probabilities of a choice's text; Responses has lists where a chat may have `null`.
fn logprobs(choice: &Value) -> Vec<Value> {
    let tokens = choice.pointer("/logprobs/content").and_then(Value::as_array);
    let mut tokens = tokens.cloned().unwrap_or_default();
    let list = |fields: &mut Map<String, Value>, name: &str| {
        if !fields.get(name).is_some_and(Value::is_array) {
            fields.insert(name.to_owned(), json!([]));
        }
    };
    for token in tokens.iter_mut().filter_map(Value::as_object_mut) {
        list(token, "bytes");
        list(token, "top_logprobs");
        let others = token.get_mut("top_logprobs").and_then(Value::as_array_mut);
        for other in others.into_iter().flatten().filter_map(Value::as_object_mut) {
            list(other, "bytes");
        }
    }
    tokens
}
