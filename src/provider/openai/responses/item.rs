//! The items of `output`, as a chat says them.

use serde_json::{Map, Value, json};

/// What an item is to a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Reasoning.
    Reasoning,
    /// Text or a refusal.
    Message,
    /// A call of a function of the caller's.
    Function,
    /// A call of a tool of the caller's that takes free text.
    Custom,
    /// A chat has no words for it.
    Foreign,
}

impl Kind {
    /// The kind of `item`.
    pub(super) fn of(item: &Value) -> Self {
        match text(item, "type") {
            "reasoning" => Self::Reasoning,
            "message" => Self::Message,
            "function_call" => Self::Function,
            "custom_tool_call" => Self::Custom,
            _ => Self::Foreign,
        }
    }

    /// For a call: its kind in a chat, and the name of what it is called with.
    pub(super) fn call_words(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Function => Some(("function", "arguments")),
            Self::Custom => Some(("custom", "input")),
            _ => None,
        }
    }
}

/// A call as a chat's tool call, called with `input`.
pub(super) fn call(
    item: &Value,
    (kind, input_name): (&str, &str),
    input: &str,
) -> Map<String, Value> {
    let ours = ["arguments", "call_id", "id", "input", "name", "status", "type"];
    let fields = item.as_object().into_iter().flatten();
    let rest = fields.filter(|(name, value)| !ours.contains(&name.as_str()) && !value.is_null());
    let mut call: Map<_, _> = rest.map(|(name, value)| (name.clone(), value.clone())).collect();
    call.insert("id".into(), text(item, "call_id").into());
    call.insert("type".into(), kind.into());
    call.insert(kind.to_owned(), json!({"name": text(item, "name"), input_name: input}));
    call
}

/// The readable part of reasoning, a paragraph each: the summary, or the reasoning itself where the model shows it.
pub(super) fn paragraphs(item: &Value) -> Vec<&str> {
    let texts = |name: &str| -> Vec<&str> {
        let texts = list(item, name).iter().map(|paragraph| text(paragraph, "text"));
        texts.filter(|text| !text.is_empty()).collect()
    };
    let summary = texts("summary");
    if summary.is_empty() { texts("content") } else { summary }
}

/// The sources of a message's text: a chat nests each under its type.
pub(super) fn annotations(item: &Value) -> Vec<Value> {
    let annotations = list(item, "content").iter().flat_map(|part| list(part, "annotations"));
    let nested = annotations.filter_map(|annotation| {
        let mut fields = annotation.as_object()?.clone();
        let Value::String(kind) = fields.remove("type")? else { return None };
        let mut nested = Map::from_iter([("type".to_owned(), kind.as_str().into())]);
        nested.insert(kind, fields.into());
        Some(nested.into())
    });
    nested.collect()
}

/// The probabilities of the tokens of a message's text.
pub(super) fn logprobs(item: &Value) -> Vec<Value> {
    list(item, "content").iter().flat_map(|part| list(part, "logprobs")).cloned().collect()
}

/// Whether a chat's message cannot say all of `output` in its order: reasoning, one message, calls.
pub(super) fn says_more_than_a_chat(output: &[Value]) -> bool {
    let rank = |item: &Value| match Kind::of(item) {
        // Calls of both kinds are one list.
        Kind::Custom => Kind::Function,
        kind => kind,
    };
    let messages = || output.iter().filter(|item| Kind::of(item) == Kind::Message);
    output.iter().any(|item| Kind::of(item) == Kind::Foreign)
        || !output.iter().is_sorted_by_key(rank)
        || messages().count() > 1
        || messages().any(|item| !text(item, "phase").is_empty())
        || messages().any(|item| list(item, "content").len() > 1)
}

/// Why an answer with this `status` ended, in a chat's words; `None` when it did not, or for no reason that we know.
pub(super) fn finish_reason(
    status: &str,
    response: &Value,
    output: &[Value],
) -> Option<&'static str> {
    let calls = |item: &Value| {
        Kind::of(item).call_words().is_some() || WAITING.contains(&text(item, "type"))
    };
    match status {
        "completed" if output.iter().any(calls) => Some("tool_calls"),
        "completed" => Some("stop"),
        "incomplete" => match text(response.get("incomplete_details")?, "reason") {
            "max_output_tokens" => Some("length"),
            "content_filter" => Some("content_filter"),
            _ => None,
        },
        _ => None,
    }
}

/// Items that a chat has no words for and that wait for something to be done by the caller.
const WAITING: &[&str] = &[
    "apply_patch_call",
    "computer_call",
    "local_shell_call",
    "mcp_approval_request",
    "shell_call",
];

/// A text field; empty when it is none.
pub(super) fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A list field; empty when it is none.
pub(super) fn list<'a>(item: &'a Value, name: &str) -> &'a [Value] {
    item.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
