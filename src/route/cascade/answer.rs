//! One choice of a chat completion, as the check reads it: leniently, as vendors differ.

use std::borrow::Cow;

use serde_json::Value;

/// One choice.
pub(super) struct Answer<'a> {
    pub(super) finish_reason: Option<&'a str>,
    /// What the model says instead of an answer.
    pub(super) refusal: Option<Cow<'a, str>>,
    pub(super) text: Cow<'a, str>,
    /// It has an image, audio or the like.
    pub(super) has_more_than_text: bool,
    pub(super) calls: Vec<Call<'a>>,
    tokens: &'a [Value],
}

/// One call of a tool.
pub(super) struct Call<'a> {
    pub(super) name: Option<&'a str>,
    /// JSON, or any text for a custom tool; `None` when they are no text.
    pub(super) arguments: Option<&'a str>,
}

/// The least log-probability that counts: providers write −9999 for "hardly ever", which would outweigh all others.
const LEAST_LOGPROB: f64 = -20.0;

impl<'a> Answer<'a> {
    pub(super) fn read(choice: &'a Value) -> Self {
        let message = choice.get("message").unwrap_or(&Value::Null);
        let content = message.get("content").unwrap_or(&Value::Null);
        let parts = content.as_array().map_or(&[] as &[_], Vec::as_slice);
        let has = |name: &str| match message.get(name) {
            Some(Value::Object(fields)) => !fields.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            _ => false,
        };
        let refusal = message.get("refusal").and_then(Value::as_str).map(Cow::Borrowed);
        let tokens = choice.pointer("/logprobs/content").and_then(Value::as_array);
        Self {
            finish_reason: choice.get("finish_reason").and_then(Value::as_str),
            refusal: refusal.or_else(|| joined(parts, "refusal")).filter(|text| !is_blank(text)),
            text: match content.as_str() {
                Some(text) => Cow::Borrowed(text),
                None => joined(parts, "text").unwrap_or_default(),
            },
            has_more_than_text: has("audio")
                || has("images")
                || parts
                    .iter()
                    .any(|part| part.get("text").is_none() && part.get("refusal").is_none()),
            calls: calls(message),
            tokens: tokens.map_or(&[], Vec::as_slice),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty() && !self.has_more_than_text && is_blank(&self.text)
    }

    /// The mean log-probability of the tokens; `None` when the provider sent none.
    pub(super) fn mean_logprob(&self) -> Option<f64> {
        let known = self.tokens.iter().filter_map(|token| token.get("logprob")?.as_f64());
        let (mut sum, mut count) = (0.0, 0u32);
        for logprob in known {
            sum += logprob.clamp(LEAST_LOGPROB, 0.0);
            count += 1;
        }
        (count > 0).then(|| sum / f64::from(count))
    }
}

/// Nothing to be seen in it.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}')
    })
}

fn joined<'a>(parts: &'a [Value], name: &str) -> Option<Cow<'a, str>> {
    let mut texts = parts.iter().filter_map(|part| part.get(name)?.as_str());
    let first = texts.next()?;
    Some(texts.fold(Cow::Borrowed(first), |mut text, more| {
        text.to_mut().push('\n');
        text.to_mut().push_str(more);
        text
    }))
}

fn calls(message: &Value) -> Vec<Call<'_>> {
    let listed = message.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    let functions = listed.map(|call| call.get("function").or(call.get("custom")).unwrap_or(call));
    let legacy = message.get("function_call").filter(|call| call.is_object());
    functions
        .chain(legacy)
        .map(|function| Call {
            name: function.get("name").and_then(Value::as_str),
            arguments: match function.get("arguments").or(function.get("input")) {
                None => Some(""),
                Some(written) => written.as_str(),
            },
        })
        .collect()
}
