//! An object of the request and where it stands: reads its fields, and names them when they are wrong.

use serde_json::{Map, Value};

use crate::protocol::Malformed;

/// A JSON object and its path.
pub(super) struct Object<'a> {
    fields: &'a Map<String, Value>,
    /// `input[2]`; empty for the request itself.
    path: String,
}

impl<'a> Object<'a> {
    /// The request itself.
    pub(super) fn request(fields: &'a Map<String, Value>) -> Self {
        Self { fields, path: String::new() }
    }

    /// The object at `path`.
    pub(super) fn at(value: &'a Value, path: String) -> Result<Self, Malformed> {
        match value {
            Value::Object(fields) => Ok(Self { fields, path }),
            _ => Err(must_be(&path, "an object")),
        }
    }

    /// All fields as they came.
    pub(super) fn fields(&self) -> &'a Map<String, Value> {
        self.fields
    }

    /// The path of a field.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A field; one that is `null` is as good as absent.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A text that may be absent.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Malformed> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(must_be(&self.path(name), "text")),
        }
    }

    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&'a str, Malformed> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    /// An object that may be absent.
    pub(super) fn optional_object(&self, name: &str) -> Result<Option<Object<'a>>, Malformed> {
        self.get(name).map(|value| Object::at(value, self.path(name))).transpose()
    }

    /// A list that may be absent, each item with its path.
    pub(super) fn optional_list(
        &self,
        name: &str,
    ) -> Result<Option<Vec<(&'a Value, String)>>, Malformed> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(located(items, &self.path(name)))),
            Some(_) => Err(must_be(&self.path(name), "a list")),
        }
    }

    /// The fields that are not `known`, without those that are `null`.
    pub(super) fn rest(&self, known: &[&str]) -> Map<String, Value> {
        let unknown = self
            .fields
            .iter()
            .filter(|(name, value)| !value.is_null() && !known.contains(&name.as_str()));
        unknown.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// A field that must be there is not.
    pub(super) fn missing(&self, name: &str) -> Malformed {
        let path = self.path(name);
        Malformed::at(&path, format!("'{path}' is required"))
    }
}

/// The items of a list, each with its path.
pub(super) fn located<'a>(items: &'a [Value], path: &str) -> Vec<(&'a Value, String)> {
    items.iter().enumerate().map(|(place, item)| (item, format!("{path}[{place}]"))).collect()
}

/// What is at `path` is of another kind than `right`.
pub(super) fn must_be(path: &str, right: &str) -> Malformed {
    Malformed::at(path, format!("'{path}' must be {right}"))
}
