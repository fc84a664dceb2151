//! Walks the tree by key, and collects every mistake with its key path.
//!
//! A key is known because it is asked for, so the lists in the messages can't differ from what is read.

use std::cell::RefCell;

use super::{
    error::{Mistake, Position},
    tree::{Entry, Node, Scalar, Value},
    wording::{key_path, nearest, quoted},
};

/// What was found while reading.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub mistakes: RefCell<Vec<Mistake>>,
    pub warnings: RefCell<Vec<String>>,
}

impl Report {
    pub fn mistake(&self, path: &str, position: Option<Position>, message: impl Into<String>) {
        let mistake = Mistake { path: path.to_owned(), position, message: message.into() };
        self.mistakes.borrow_mut().push(mistake);
    }

    pub fn warn(&self, path: &str, message: impl std::fmt::Display) {
        self.warnings.borrow_mut().push(format!("{path}: {message}"));
    }
}

/// A map with known keys; absent ones read as their defaults.
pub(super) struct Section<'a> {
    report: &'a Report,
    path: String,
    position: Option<Position>,
    entries: &'a [Entry],
    /// False after it turned out to be no map, so that nothing is missed in it.
    readable: bool,
    asked: Vec<&'static str>,
}

/// A value that is there, with its key path.
#[derive(Clone)]
pub(super) struct Field<'a> {
    report: &'a Report,
    path: String,
    /// Of the value if it is on one line, else of its key.
    position: Position,
    node: &'a Node,
}

impl<'a> Section<'a> {
    pub fn root(report: &'a Report, node: &'a Node) -> Self {
        let field = Field { report, path: String::new(), position: node.position, node };
        field.section()
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn mistake(&self, path: &str, message: impl Into<String>) {
        let entry = self.entries.iter().find(|entry| key_path(&self.path, &entry.key) == path);
        let position = entry.map(entry_position).or(self.position);
        self.report.mistake(path, position, message);
    }

    pub fn warn(&self, path: &str, message: impl std::fmt::Display) {
        self.report.warn(path, message);
    }

    /// Reports the keys that nobody asked for.
    pub fn finish(self) {
        for entry in self.entries {
            if self.asked.contains(&entry.key.as_str()) {
                continue;
            }
            let mut message = "unknown key; ".to_owned();
            if let Some(near) = nearest(&entry.key, self.asked.iter().copied()) {
                message += &format!("did you mean \"{near}\"? ");
            }
            message += &format!("valid keys: {}", self.asked.join(", "));
            let path = key_path(&self.path, &entry.key);
            self.report.mistake(&path, Some(entry.position), message);
        }
    }

    pub fn field(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.asked.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (!matches!(entry.value.value, Value::Broken)).then(|| self.at(entry))
    }

    /// As `field`, for a key that must be there.
    pub fn required(&mut self, key: &'static str, hint: &str) -> Option<Field<'a>> {
        let field = self.field(key);
        if self.readable && !self.entries.iter().any(|entry| entry.key == key) {
            let path = key_path(&self.path, key);
            self.report.mistake(&path, self.position, format!("is missing; {hint}"));
        }
        field
    }

    /// The one of `keys` that is there; a second one is a mistake.
    pub fn one_of(&mut self, keys: &[&'static str]) -> Option<(&'static str, Field<'a>)> {
        let mut first = None;
        for key in keys {
            let Some(field) = self.field(key) else { continue };
            match first {
                None => first = Some((*key, field)),
                Some((first, _)) => {
                    field.mistake(format!("does not go with {first}; keep one of the two"));
                }
            }
        }
        first
    }

    /// As `one_of`, where one must be there.
    pub fn required_one_of(
        &mut self,
        keys: &[&'static str],
        hint: &str,
    ) -> Option<(&'static str, Field<'a>)> {
        let found = self.one_of(keys);
        if self.readable && !self.entries.iter().any(|entry| keys.contains(&entry.key.as_str())) {
            self.report.mistake(&self.path, self.position, hint);
        }
        found
    }

    /// A map with known keys under `key`; empty when absent.
    pub fn section(&mut self, key: &'static str) -> Self {
        match self.field(key) {
            Some(field) => field.section(),
            None => self.nothing(key),
        }
    }

    /// The section that reads as all defaults.
    pub fn nothing(&self, key: &'static str) -> Self {
        Section {
            report: self.report,
            path: key_path(&self.path, key),
            position: None,
            entries: &[],
            readable: true,
            asked: Vec::new(),
        }
    }

    /// Names and values of a map whose keys the operator chooses; empty when absent.
    pub fn named(&mut self, key: &'static str) -> Vec<(&'a str, Field<'a>)> {
        self.field(key).map(Field::named).unwrap_or_default()
    }

    fn at(&self, entry: &'a Entry) -> Field<'a> {
        Field {
            report: self.report,
            path: key_path(&self.path, &entry.key),
            position: entry_position(entry),
            node: &entry.value,
        }
    }
}

impl<'a> Field<'a> {
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn value(&self) -> &'a Value {
        &self.node.value
    }

    pub fn mistake(&self, message: impl Into<String>) {
        self.report.mistake(&self.path, Some(self.position), message);
    }

    pub fn warn(&self, message: impl std::fmt::Display) {
        self.report.warn(&self.path, message);
    }

    /// The text, or `None` after a mistake.
    pub fn scalar(&self) -> Option<&'a Scalar> {
        match &self.node.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::Broken => None,
            Value::Null => {
                self.mistake("has no value; give it one or leave the key out");
                None
            }
            Value::List(_) | Value::Map(_) => {
                let kind = self.node.value.kind();
                self.mistake(format!("expected a single value, found {kind}"));
                None
            }
        }
    }

    /// Parses the text; a message of `parse` follows the quoted value, as in `"x" is not …`.
    pub fn parse<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let scalar = self.scalar()?;
        match parse(scalar.text.trim()) {
            Ok(value) => Some(value),
            Err(message) => {
                self.mistake(format!("{} {message}", quoted(&scalar.written)));
                None
            }
        }
    }

    /// A map with known keys; nothing reads as an empty one.
    pub fn section(self) -> Section<'a> {
        let entries = self.entries();
        Section {
            report: self.report,
            path: self.path,
            position: Some(self.position),
            entries: entries.unwrap_or_default(),
            readable: entries.is_some(),
            asked: Vec::new(),
        }
    }

    /// A map whose keys the operator chooses.
    pub fn named(self) -> Vec<(&'a str, Field<'a>)> {
        let entries = self.entries().unwrap_or_default();
        let field = |entry: &'a Entry| Field {
            report: self.report,
            path: key_path(&self.path, &entry.key),
            position: entry_position(entry),
            node: &entry.value,
        };
        entries.iter().map(|entry| (entry.key.as_str(), field(entry))).collect()
    }

    /// The items of a list; `example` shows how one is written.
    pub fn list(self, example: &str) -> Vec<Field<'a>> {
        let items = match &self.node.value {
            Value::List(items) => items.as_slice(),
            Value::Broken => &[],
            other => {
                self.mistake(format!("expected a list such as {example}, found {}", other.kind()));
                &[]
            }
        };
        let field = |(index, node): (usize, &'a Node)| Field {
            report: self.report,
            path: format!("{}[{index}]", self.path),
            position: node.position,
            node,
        };
        items.iter().enumerate().map(field).collect()
    }

    /// `None` after a mistake.
    fn entries(&self) -> Option<&'a [Entry]> {
        match &self.node.value {
            Value::Map(entries) => Some(entries),
            Value::Null => Some(&[]),
            Value::Broken => None,
            other => {
                self.mistake(format!("expected a map of keys and values, found {}", other.kind()));
                None
            }
        }
    }
}

fn entry_position(entry: &Entry) -> Position {
    match entry.value.value {
        Value::Scalar(_) => entry.value.position,
        Value::Null | Value::List(_) | Value::Map(_) | Value::Broken => entry.position,
    }
}
