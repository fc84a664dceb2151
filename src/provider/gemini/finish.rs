//! Why an answer ended.

/// The `finish_reason` for a `finishReason`; `None` for those that mean no answer at all (a call that is no JSON, a
/// signature that is missing) and for those that we do not know.
///
/// Source: <https://ai.google.dev/api/generate-content#FinishReason>.
pub(super) fn finish(reason: &str, calls: bool) -> Option<&'static str> {
    match reason {
        // There is no reason of its own for calls.
        "STOP" if calls => Some("tool_calls"),
        "STOP" => Some("stop"),
        "MAX_TOKENS" => Some("length"),
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR" => Some("content_filter"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ends_that_we_understand_are_ends() {
        for (reason, calls, expected) in [
            ("STOP", false, Some("stop")),
            ("STOP", true, Some("tool_calls")),
            ("MAX_TOKENS", false, Some("length")),
            ("MAX_TOKENS", true, Some("length")),
            ("SAFETY", false, Some("content_filter")),
            ("PROHIBITED_CONTENT", true, Some("content_filter")),
            ("IMAGE_SAFETY", false, Some("content_filter")),
            ("MALFORMED_FUNCTION_CALL", false, None),
            ("MISSING_THOUGHT_SIGNATURE", false, None),
            ("OTHER", false, None),
            ("BRAND_NEW", true, None),
        ] {
            assert_eq!(finish(reason, calls), expected, "{reason}");
        }
    }
}
