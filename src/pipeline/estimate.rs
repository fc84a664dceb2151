//! What an answer must have cost in tokens, where the provider does not say: its stream was cancelled, or it never does.

use serde_json::Value;

use crate::{
    account::{Usage, estimate_tokens},
    api::fields::Fields,
    embed::count_tokens,
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

/// Text that is kept; the length of the rest is estimated by its bytes.
const MAX_TEXT_BYTES: usize = 256 << 10;
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
    pub fn whole(completion: &[u8]) -> Self {
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
            output: count_tokens(&self.text) + estimate_tokens(self.beyond),
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
        let end = (0..=room.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        let kept = &text[..end.unwrap_or(0)];
        self.text.push_str(kept);
        self.beyond += text.len() - kept.len();
    }
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
        Value::Object(fields) => fields.values().for_each(|value| strings(value, take)),
        _ => {}
    }
}
