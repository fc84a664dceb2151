//! `POST /v1/chat/completions`: the request as we read it (OpenAI API reference, "Create chat completion").

use std::fmt;

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::fields::{Fields, FieldsError};

/// A chat request: what we decide with, and the fields as they came.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    /// Every field, untouched.
    pub fields: Fields,
    /// The model asked for.
    pub model: String,
    /// The conversation, never empty.
    pub messages: Vec<Message>,
    /// The caller wants server-sent events.
    pub stream: bool,
    /// The caller wants a usage chunk at the end of its stream.
    pub include_usage: bool,
    /// Answers asked for, at least 1.
    pub n: u64,
    /// Sampling temperature, when given.
    pub temperature: Option<f64>,
    /// Tools (or legacy functions) on offer.
    pub tools: usize,
    /// A JSON `response_format` is asked for.
    pub json_format: bool,
    /// That format comes with a schema.
    pub json_schema: bool,
    /// The most tokens that the answer may have (`max_completion_tokens`, `max_tokens`), when given.
    pub max_output: Option<u64>,
    /// The provider is asked to keep the completion.
    pub store: bool,
    /// It came through another protocol, of which it may hold fields that chat completions do not have.
    pub translated: bool,
}

/// Why a chat request is refused before anything is done with it.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The body or one field of it cannot be read.
    #[error(transparent)]
    Fields(#[from] FieldsError),
    /// A field that must be there is not.
    #[error("'{0}' is required")]
    Missing(&'static str),
    /// The conversation has no message.
    #[error("'messages' must hold at least one message")]
    NoMessages,
    /// One message cannot be read.
    #[error("'messages[{index}]': {source}")]
    Message {
        /// Position in `messages`.
        index: usize,
        /// What serde says.
        source: serde_json::Error,
    },
    /// `n` is not a count.
    #[error("'n' must be at least 1")]
    NoAnswers,
}

impl ChatError {
    /// The field at fault, when it is one.
    pub fn param(&self) -> Option<String> {
        match self {
            Self::Fields(error) => error.param().map(str::to_owned),
            Self::Missing(name) => Some((*name).to_owned()),
            Self::NoMessages => Some("messages".to_owned()),
            Self::Message { index, .. } => Some(format!("messages[{index}]")),
            Self::NoAnswers => Some("n".to_owned()),
        }
    }
}

/// One turn.
#[derive(Debug, Clone)]
pub struct Message {
    /// The turn as it came.
    pub raw: Box<RawValue>,
    /// `system`, `developer`, `user`, `assistant`, `tool`, …
    pub role: String,
    /// What was said.
    pub content: Content,
    /// What it takes in a prompt, about, in bytes of text.
    bytes: usize,
}

/// The content of a turn.
#[derive(Debug, Clone, Default)]
pub enum Content {
    /// Absent or null.
    #[default]
    None,
    /// Plain text.
    Text(String),
    /// Parts of several kinds.
    Parts(Vec<Part>),
}

/// One part of a turn's content.
#[derive(Debug, Clone, Deserialize)]
pub struct Part {
    /// `text`, `image_url`, `input_audio`, `file`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The text of a `text` part.
    pub text: Option<String>,
}

/// The two names of the limit to an answer's length.
pub const OLD_LIMIT: &str = "max_tokens";
/// The newer one.
pub const NEW_LIMIT: &str = "max_completion_tokens";

impl ChatRequest {
    /// The higher of two limits: a vendor may know only one of the names.
    pub fn highest_limit(&self) -> Option<u64> {
        limit(&self.fields, NEW_LIMIT).max(limit(&self.fields, OLD_LIMIT))
    }

    /// Reads a request body.
    pub fn parse(body: Bytes) -> Result<Self, ChatError> {
        let fields = Fields::parse(body)?;
        let model: String = fields.get("model")?.ok_or(ChatError::Missing("model"))?;
        let raw_messages: Vec<Box<RawValue>> =
            fields.get("messages")?.ok_or(ChatError::Missing("messages"))?;
        let messages = raw_messages
            .into_iter()
            .enumerate()
            .map(|(index, raw)| {
                Message::parse(raw).map_err(|source| ChatError::Message { index, source })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if messages.is_empty() {
            return Err(ChatError::NoMessages);
        }
        let n = fields.get("n")?.unwrap_or(1);
        if n == 0 {
            return Err(ChatError::NoAnswers);
        }
        let stream_options: StreamOptions = fields.get("stream_options")?.unwrap_or_default();
        let format: Option<Format> = fields.get("response_format")?;
        let format = format.map(|format| format.kind).unwrap_or_default();
        Ok(Self {
            model,
            messages,
            stream: fields.get("stream")?.unwrap_or(false),
            include_usage: stream_options.include_usage.unwrap_or(false),
            n,
            temperature: fields.get("temperature")?,
            tools: count(&fields, "tools")? + count(&fields, "functions")?,
            json_format: format.starts_with("json"),
            json_schema: format == "json_schema",
            max_output: limit(&fields, NEW_LIMIT).or_else(|| limit(&fields, OLD_LIMIT)),
            store: fields.get("store")?.unwrap_or(false),
            translated: false,
            fields,
        })
    }

    /// The last turn.
    pub fn last(&self) -> &Message {
        &self.messages[self.messages.len() - 1]
    }

    /// The text of all system and developer turns.
    pub fn system(&self) -> String {
        let turns = self.messages.iter().filter(|turn| turn.is_system());
        turns.filter_map(|turn| turn.content.text()).collect::<Vec<_>>().join("\n")
    }

    /// The text of the last user turn, wherever it stands.
    pub fn last_user_text(&self) -> Option<String> {
        self.messages
            .iter()
            .rev()
            .find(|turn| turn.role == "user")
            .and_then(|turn| turn.content.text())
    }

    /// Turns before the last one, the system prompt aside.
    pub fn earlier_turns(&self) -> usize {
        let turns = self.messages.iter().filter(|turn| !turn.is_system()).count();
        turns.saturating_sub(1)
    }

    /// Images in all turns.
    pub fn images(&self) -> usize {
        let parts = self.messages.iter().flat_map(|turn| turn.content.parts());
        parts.filter(|part| part.kind == "image_url").count()
    }

    /// Bytes of text in all turns, for estimates. What is not text counts as about a thousand tokens of it.
    pub fn conversation_bytes(&self) -> usize {
        self.messages.iter().map(|turn| turn.bytes).sum()
    }

    /// The same for the whole prompt: turns, tools and the format of the answer.
    pub fn prompt_bytes(&self) -> usize {
        let around = ["tools", "functions", "response_format"].map(|name| self.fields.raw(name));
        self.conversation_bytes() + around.into_iter().flatten().map(str::len).sum::<usize>()
    }
}

impl Message {
    fn parse(raw: Box<RawValue>) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(expecting = "a turn: an object with a 'role'")]
        struct View {
            role: String,
            #[serde(default)]
            content: Content,
            tool_calls: Option<Box<RawValue>>,
        }
        let View { role, content, tool_calls } = serde_json::from_str(raw.get())?;
        let calls = tool_calls.map_or(0, |calls| calls.get().len());
        let bytes = TURN_BYTES + content.bytes() + calls;
        Ok(Self { raw, role, content, bytes })
    }

    fn is_system(&self) -> bool {
        matches!(self.role.as_str(), "system" | "developer")
    }

    /// The turn as JSON with each of its texts replaced by what `replace` makes of it.
    pub fn with_text(&self, replace: impl Fn(&str) -> Value) -> Result<String, serde_json::Error> {
        let mut turn: Value = serde_json::from_str(self.raw.get())?;
        match &mut turn["content"] {
            Value::Array(parts) => {
                for text in parts.iter_mut().filter_map(|part| part.get_mut("text")) {
                    *text = replace(text.as_str().unwrap_or_default());
                }
            }
            content => *content = replace(content.as_str().unwrap_or_default()),
        }
        Ok(turn.to_string())
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;

        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a list of parts, each with a 'type'")
            }

            fn visit_unit<E>(self) -> Result<Content, E> {
                Ok(Content::None)
            }

            fn visit_str<E>(self, text: &str) -> Result<Content, E> {
                Ok(Content::Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Content, E> {
                Ok(Content::Text(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = seq.next_element()? {
                    parts.push(part);
                }
                Ok(Content::Parts(parts))
            }
        }

        let read = deserializer.deserialize_any(ContentVisitor);
        read.map_err(|_| {
            D::Error::custom("'content' must be text or a list of parts, each with a 'type'")
        })
    }
}

impl Content {
    /// The text of it, parts joined by a line feed; `None` when there is none.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Text(text) => Some(text.clone()),
            Self::Parts(parts) => {
                let texts: Vec<&str> =
                    parts.iter().filter_map(|part| part.text.as_deref()).collect();
                (!texts.is_empty()).then(|| texts.join("\n"))
            }
        }
    }

    /// The kind of the first part that is not text, if any.
    pub fn non_text(&self) -> Option<&str> {
        self.parts().iter().map(|part| part.kind.as_str()).find(|kind| *kind != "text")
    }

    fn parts(&self) -> &[Part] {
        match self {
            Self::None | Self::Text(_) => &[],
            Self::Parts(parts) => parts,
        }
    }

    fn bytes(&self) -> usize {
        let part = |part: &Part| part.text.as_ref().map_or(NON_TEXT_BYTES, String::len);
        match self {
            Self::None => 0,
            Self::Text(text) => text.len(),
            Self::Parts(parts) => parts.iter().map(part).sum(),
        }
    }
}

/// What vendors put around each turn: three or four tokens.
const TURN_BYTES: usize = 16;
/// An image, a file or a sound, as that many bytes of text: a thousand tokens, about what a large image is billed as.
const NON_TEXT_BYTES: usize = 4000;

#[derive(Deserialize, Default)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct Format {
    #[serde(rename = "type")]
    kind: String,
}

/// A limit in tokens, however it is written; one that makes no sense is the provider's to refuse.
fn limit(fields: &Fields, name: &str) -> Option<u64> {
    let tokens: f64 = fields.get(name).ok().flatten()?;
    (tokens >= 1.0).then_some(tokens as u64)
}

fn count(fields: &Fields, name: &str) -> Result<usize, FieldsError> {
    Ok(fields.get::<Vec<serde::de::IgnoredAny>>(name)?.map_or(0, |items| items.len()))
}
