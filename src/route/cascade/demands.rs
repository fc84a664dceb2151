//! What a request demands of its answer, as far as a program can check it (OpenAI API reference, "Create chat
//! completion"; the spellings of compatible vendors where they differ).

use serde_json::Value;

use super::{schema::Schema, tools::Tools};
use crate::api::chat::ChatRequest;

/// What can be checked in an answer.
#[derive(Debug, Default)]
pub struct Demands {
    /// The form of the text.
    pub(super) format: Format,
    /// What may be called, and what must.
    pub(super) tools: Tools,
    /// The caller wants so few tokens that a cut is what it asked for.
    pub(super) is_brief: bool,
    /// The caller named texts that end the answer, wherever it is.
    pub(super) has_stops: bool,
}

/// The form that a text must have.
#[derive(Debug, Default)]
pub(super) enum Format {
    /// Any.
    #[default]
    Free,
    /// A JSON object, whatever is in it.
    Object,
    /// JSON as the schema has it. `strict` makes no difference here: a reader who sends a schema relies on it, and one that
    /// is not enforced while decoding is all the more worth a look.
    Json(Option<Box<Schema>>),
}

/// Callers who allow fewer tokens want a label, a letter or a probability, and expect the cut.
const BRIEF_TOKENS: u64 = 32;

impl Demands {
    /// What `request` demands. Reads the fields that the request keeps as they came, so that only those pay whose answers
    /// are checked; a field that is not what it should be demands nothing.
    pub fn of(request: &ChatRequest) -> Self {
        Self::from_fields(|name| {
            let value = request.fields.raw(name).and_then(|raw| serde_json::from_str(raw).ok());
            value.unwrap_or(Value::Null)
        })
    }

    /// What a request demands whose field of a name, null where there is none, `field` tells.
    pub fn from_fields(field: impl Fn(&str) -> Value) -> Self {
        let limits = ["max_completion_tokens", "max_tokens"].map(|name| field(name).as_u64());
        Self {
            format: Format::read(field("response_format")),
            tools: Tools::read(&field),
            is_brief: limits.iter().flatten().min().is_some_and(|limit| *limit <= BRIEF_TOKENS),
            has_stops: match field("stop") {
                Value::String(_) => true,
                Value::Array(stops) => !stops.is_empty(),
                _ => false,
            },
        }
    }
}

impl Format {
    fn read(mut format: Value) -> Self {
        let kind = format.get("type").and_then(Value::as_str).unwrap_or_default();
        let is_object = match kind {
            "json_object" => true,
            "json_schema" | "json" => false,
            _ => return Self::Free,
        };
        // Some vendors have the schema beside the type.
        let nested = format.pointer_mut("/json_schema/schema").map(Value::take);
        let schema = nested.or_else(|| format.get_mut("schema").map(Value::take));
        match schema.filter(Value::is_object) {
            None if is_object => Self::Object,
            schema => Self::Json(schema.map(|schema| Box::new(Schema::new(schema)))),
        }
    }

    pub(super) fn is_free(&self) -> bool {
        matches!(self, Self::Free)
    }
}
