//! Looking at a request's fields, and the list of those that are left out.

use serde_json::{Map, Value};

use crate::provider::Inexpressible;

/// A field that says something: null is as good as absent.
pub(super) fn given<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// A field that is a text.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// Why something that should be an object cannot be read.
pub(super) fn not_an_object(at: impl Into<String>) -> Inexpressible {
    Inexpressible::new(at, "is not an object")
}

/// Fields that the API has no words for and that are left out, by name.
#[derive(Debug, Default)]
pub(super) struct Dropped(Vec<String>);

impl Dropped {
    /// `field` is left out.
    pub(super) fn name(&mut self, field: impl Into<String>) {
        self.0.push(field.into());
    }

    /// All of them, each once, in order.
    pub(super) fn into_names(mut self) -> Vec<String> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }
}
