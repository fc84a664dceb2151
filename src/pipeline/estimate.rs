//! What an answer must have cost in tokens, where the provider does not say: its stream was cancelled, or it never does.

use serde_json::Value;

use crate::{
    account::{Usage, count_tokens},
    api::fields::Fields,
    provider::openai::Completion,
};

/// What was heard of an answer.
#[derive(Debug, Default)]
pub struct Said {
    text: String,
    /// Bytes beyond what is kept.
    beyond: usize,
    /// Every choice that was heard of has come to its end.
    pub is_finished: bool,
}

/// The tokens of a whole answer to `request`: as the provider counted them, else estimated.
pub fn billed(completion: &Completion, body: &[u8], request: &Fields) -> Usage {
    completion.usage.unwrap_or_else(|| Said::whole(body).usage(request))
}

/// Text that is kept of an answer.
const MAX_TEXT_BYTES: usize = 64 << 10;
/// Fields of a request that a model reads.
const READ_FIELDS: [&str; 5] = ["messages", "tools", "functions", "response_format", "input"];

impl Said {
    /// Takes in a `chat.completion.chunk`.
    pub fn hear(&mut self, chunk: &Value) {
        for choice in chunk.get("choices").and_then(Value::as_array).into_iter().flatten() {
            self.is_finished = choice.get("finish_reason").is_some_and(Value::is_string);
            self.texts(choice.get("delta"));
        }
    }

    /// What a whole `chat.completion` says.
    fn whole(completion: &[u8]) -> Self {
        let mut said = Self::default();
        let completion: Value = serde_json::from_slice(completion).unwrap_or_default();
        for choice in completion.get("choices").and_then(Value::as_array).into_iter().flatten() {
            said.texts(choice.get("message"));
        }
        said
    }

    /// The tokens of it, and of the request that it answers; an estimate.
    pub fn usage(&self, request: &Fields) -> Usage {
        let mut prompt = String::new();
        for raw in READ_FIELDS.iter().filter_map(|name| request.raw(name)) {
            if let Ok(value) = serde_json::from_str(raw) {
                strings(&value, &mut |text| {
                    prompt.push_str(text);
                    prompt.push('\n');
                });
            }
        }
        Usage {
            input: count_tokens(&prompt),
            output: tokens(&self.text, self.text.len() + self.beyond),
            estimated: true,
            ..Usage::default()
        }
    }

    fn texts(&mut self, message: Option<&Value>) {
        let Some(message) = message.and_then(Value::as_object) else { return };
        for (name, value) in message {
            if name != "role" {
                strings(value, &mut |text| self.keep(text));
            }
        }
    }

    fn keep(&mut self, text: &str) {
        let room = MAX_TEXT_BYTES.saturating_sub(self.text.len());
        let kept = beginning(text, room);
        self.text.push_str(kept);
        self.beyond += text.len() - kept.len();
    }
}

/// Tokens of `length` bytes that begin with `text`; the rest is taken to be like it.
fn tokens(text: &str, length: usize) -> u64 {
    let bytes = text.len().max(1) as u128;
    let tokens = u128::from(count_tokens(text)) * length as u128 / bytes;
    u64::try_from(tokens).unwrap_or(u64::MAX)
}

/// At most so many bytes of a text.
fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// Data of images and sounds are longer than any text that a model reads as such.
const MAX_STRING_BYTES: usize = 1 << 20;

/// All texts in a value, those that are data aside.
fn strings(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) if text.len() <= MAX_STRING_BYTES && !text.starts_with("data:") => {
            take(text);
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, take)),
        Value::Object(fields) => {
            let told = fields.iter().filter(|(name, _)| *name != "type");
            told.for_each(|(_, value)| strings(value, take));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_heard_is_counted() {
        let delta = |delta: Value| json!({"choices": [{"index": 0, "delta": delta}]});
        let mut said = Said::default();
        said.hear(&delta(json!({"role": "assistant", "content": "one two"})));
        said.hear(&delta(json!({"content": " three", "reasoning_content": " four"})));
        assert!(!said.is_finished);
        said.hear(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
        assert!(said.is_finished);
        let body = json!({"model": "m", "messages": [{"role": "user", "content": [
            {"type": "text", "text": "five six"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAAAAAA"}}]}]});
        let usage = said.usage(&Fields::parse(body.to_string().into()).unwrap());
        assert!(usage.estimated && usage.output == 4, "{usage:?}");
        assert!((2..=8).contains(&usage.input), "{usage:?}");
    }

    #[test]
    fn long_answers_are_taken_to_go_on_as_they_begin() {
        let mut said = Said::default();
        for _ in 0..100 {
            said.hear(&json!({"choices": [{"delta": {"content": "one two ".repeat(1000)}}]}));
        }
        let nothing = Fields::parse("{}".into()).unwrap();
        let tokens = said.usage(&nothing).output;
        assert!((199_000..=201_000).contains(&tokens), "{tokens}");
    }
}
