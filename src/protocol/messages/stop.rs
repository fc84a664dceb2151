//! Why an answer ended, in this protocol's words.

use serde_json::{Map, Value, json};

/// What is known of the end of an answer.
#[derive(Debug, Default)]
pub(super) struct End {
    /// The choice's `finish_reason`.
    pub reason: Option<String>,
    /// The choice's `stop_sequence`.
    pub sequence: Option<String>,
    /// What the model said instead of an answer, or why it was kept from one.
    pub refusal: String,
    /// It calls a tool.
    pub calls: bool,
}

impl End {
    /// Takes what a choice, whole or in pieces, says of the end.
    pub(super) fn note(&mut self, choice: &Value) {
        let text = |name: &str| choice.get(name).and_then(Value::as_str).map(str::to_owned);
        self.reason = text("finish_reason").or(self.reason.take());
        self.sequence = text("stop_sequence").or(self.sequence.take());
    }

    /// The refusal, when it is the model's own and so is the answer's text. A filter's is told in `stop_details`.
    pub(super) fn spoken_refusal(&self) -> Option<&str> {
        (!self.refusal.is_empty() && !self.is_filtered()).then_some(self.refusal.as_str())
    }

    /// `stop_reason`, `stop_sequence`, and `stop_details` where there are some.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let sequence = self.sequence.as_ref().filter(|_| self.reason.as_deref() == Some("stop"));
        let reason = match self.reason.as_deref() {
            _ if self.is_filtered() || !self.refusal.is_empty() => "refusal",
            // A forced call ends with "stop" at OpenAI.
            Some("stop") if self.calls => "tool_use",
            Some("stop") if sequence.is_some() => "stop_sequence",
            Some("stop") => "end_turn",
            Some("length") => "max_tokens",
            Some("tool_calls" | "function_call") => "tool_use",
            // It was cut off, in a way that this protocol has no word for.
            _ => "max_tokens",
        };
        let mut fields = Map::new();
        fields.insert("stop_reason".into(), reason.into());
        fields.insert(
            "stop_sequence".into(),
            sequence.filter(|_| reason == "stop_sequence").cloned().into(),
        );
        if self.is_filtered() && !self.refusal.is_empty() {
            let details = json!({"type": "refusal", "category": null, "explanation": self.refusal});
            fields.insert("stop_details".into(), details);
        }
        fields
    }

    fn is_filtered(&self) -> bool {
        self.reason.as_deref() == Some("content_filter")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_in_the_protocol_s_words() {
        for (choice, refusal, calls, expected) in [
            (
                json!({"finish_reason": "stop"}),
                "",
                false,
                json!({"stop_reason": "end_turn", "stop_sequence": null}),
            ),
            (
                json!({"finish_reason": "stop", "stop_sequence": "END"}),
                "",
                false,
                json!({"stop_reason": "stop_sequence", "stop_sequence": "END"}),
            ),
            (
                json!({"finish_reason": "stop"}),
                "",
                true,
                json!({"stop_reason": "tool_use", "stop_sequence": null}),
            ),
            (
                json!({"finish_reason": "tool_calls"}),
                "",
                true,
                json!({"stop_reason": "tool_use", "stop_sequence": null}),
            ),
            (
                json!({"finish_reason": "length"}),
                "",
                false,
                json!({"stop_reason": "max_tokens", "stop_sequence": null}),
            ),
            (
                json!({"finish_reason": "stop"}),
                "No.",
                false,
                json!({"stop_reason": "refusal", "stop_sequence": null}),
            ),
            (
                json!({"finish_reason": "content_filter"}),
                "",
                false,
                json!({"stop_reason": "refusal", "stop_sequence": null}),
            ),
            (
                json!({"finish_reason": "content_filter"}),
                "policy",
                false,
                json!({"stop_reason": "refusal", "stop_sequence": null, "stop_details": {"type": "refusal", "category": null, "explanation": "policy"}}),
            ),
            (
                json!({"finish_reason": "brand_new"}),
                "",
                false,
                json!({"stop_reason": "max_tokens", "stop_sequence": null}),
            ),
            (json!({}), "", true, json!({"stop_reason": "max_tokens", "stop_sequence": null})),
        ] {
            let mut end = End { refusal: refusal.into(), calls, ..End::default() };
            end.note(&choice);
            assert_eq!(Value::Object(end.fields()), expected, "{choice} {refusal}");
        }
    }
}
