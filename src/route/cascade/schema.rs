//! A JSON Schema of a request, and what in an answer violates it.
//!
//! The caller wrote it: it is compiled when it is first needed, without fetching anything, and one that is broken, too
//! much work or beyond what we know is no opinion rather than an error.

use std::{fmt::Write as _, sync::OnceLock};

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::{
    bounds::{Bounds, bounds},
    reason::Violation,
};

/// A schema that came with a request.
#[derive(Debug)]
pub struct Schema {
    source: Value,
    compiled: OnceLock<Option<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    validator: Validator,
    bounds: Bounds,
}

/// A longer schema, bytes, is no opinion: providers' own limits are at about 120 000 characters.
const MAX_BYTES: usize = 128 * 1024;
/// The most that a regular expression may take compiled, bytes.
const MAX_PATTERN_BYTES: usize = 256 * 1024;
/// A recursive schema is not applied to JSON that is nested deeper.
const MAX_RECURSION: usize = 48;
/// Characters of a path that are shown.
const PATH_CHARACTERS: usize = 120;

impl Schema {
    /// The schema in `source`, not yet compiled.
    pub fn new(source: Value) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// What in `instance` violates the schema, first found first told; `None` when nothing does, or when the schema
    /// cannot be used.
    pub fn violation(&self, instance: &Value) -> Option<Violation> {
        let compiled = self.compiled.get_or_init(|| Compiled::new(&self.source)).as_ref()?;
        let Compiled { validator, bounds } = compiled;
        if bounds.is_recursive && is_deeper(instance, MAX_RECURSION) || validator.is_valid(instance)
        {
            return None;
        }
        if bounds.is_recursive {
            // Looking for the place tries every branch again at every level.
            return Some(Violation { path: String::new(), keyword: "$ref".to_owned() });
        }
        let error = validator.validate(instance).err()?;
        let path = error.instance_path().as_str();
        let shown = path.char_indices().nth(PATH_CHARACTERS).map_or(path.len(), |(at, _)| at);
        Some(Violation {
            path: path[..shown].to_owned(),
            keyword: error.kind().keyword().to_owned(),
        })
    }
}

impl Compiled {
    fn new(source: &Value) -> Option<Self> {
        let bounds = bounds(source).filter(|_| is_short(source))?;
        let validator = jsonschema::options()
            .offline()
            // A format that the reader's own parser will insist on: an answer with another one is of no use.
            .should_validate_formats(true)
            // Linear in the text, whatever the pattern.
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES))
            .build(source)
            .ok()?;
        Some(Self { validator, bounds })
    }
}

/// Whether the JSON text is of at most [`MAX_BYTES`].
fn is_short(source: &Value) -> bool {
    struct Room(usize);
    impl std::fmt::Write for Room {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(std::fmt::Error)?;
            Ok(())
        }
    }
    write!(Room(MAX_BYTES), "{source}").is_ok()
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let Some(left) = levels.checked_sub(1) else { return true };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, left)),
        Value::Object(fields) => fields.values().any(|field| is_deeper(field, left)),
        _ => false,
    }
}
