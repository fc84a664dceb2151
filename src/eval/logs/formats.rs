//! The formats that are known, and how each is recognised.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{call::Row, langfuse, litellm, openai, own};

/// A format of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Our own traces: `text` or `messages`, with an optional `cluster`, `kind`, `answer`, …
    Scrimp,
    /// OpenAI's: requests with responses, bare request bodies, input and output of the Batch API.
    Openai,
    /// LiteLLM's: `StandardLoggingPayload` and spend logs.
    Litellm,
    /// Langfuse's: exports of observations or traces.
    Langfuse,
}

impl Format {
    /// All of them, for messages.
    pub fn names() -> &'static str {
        "scrimp, openai, litellm, langfuse"
    }

    /// The format of a row with these fields.
    pub fn of(fields: &Map<String, Value>) -> Option<Self> {
        let has = |name: &str| fields.contains_key(name);
        let any = |names: &[&str]| names.iter().any(|name| has(name));
        if has("standard_logging_object")
            || has("startTime") && any(&["call_type", "response_cost", "spend"])
        {
            return Some(Self::Litellm);
        }
        if has("custom_id") || fields.get("request").is_some_and(Value::is_object) {
            return Some(Self::Openai);
        }
        let observed = ["traceId", "trace_id", "startTime", "start_time", "timestamp", "projectId"];
        if has("input") && any(&["output", "type"]) && any(&observed) {
            return Some(Self::Langfuse);
        }
        if has("messages") && has("model") && !any(&["cluster", "kind"]) {
            return Some(Self::Openai);
        }
        any(&["text", "prompt", "question", "messages"]).then_some(Self::Scrimp)
    }

    /// What one row of it is; else what is wrong with it.
    pub(super) fn read(self, fields: Map<String, Value>) -> Result<Row, String> {
        match self {
            Self::Scrimp => own::read(fields),
            Self::Openai => openai::read(fields),
            Self::Litellm => litellm::read(fields),
            Self::Langfuse => langfuse::read(&fields),
        }
    }

    /// What a row should look like, for messages.
    pub(super) fn expectation(self) -> &'static str {
        match self {
            Self::Scrimp => {
                "a line is {\"text\": …} or {\"messages\": […]}, with an optional \"cluster\""
            }
            Self::Openai => {
                "a line is {\"request\": {…}, \"response\": {…}}, a request body with \"messages\", or a line of a batch with \"custom_id\""
            }
            Self::Litellm => {
                "a row has \"messages\" (or \"proxy_server_request\") and \"response\""
            }
            Self::Langfuse => "a row has \"input\" and \"output\"",
        }
    }
}
