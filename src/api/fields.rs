//! The top level of a JSON object, in order, with each value as the bytes that the client sent.

use std::{fmt, ops::Range, sync::Arc};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

/// Why a body is not a JSON object that we can work with.
#[derive(Debug, thiserror::Error)]
pub enum FieldsError {
    /// Not UTF-8.
    #[error("the body is not valid UTF-8 (first bad byte at offset {0})")]
    NotUtf8(usize),
    /// Not JSON, not an object, or a key that appears twice.
    #[error("the body is not a JSON object: {0}")]
    NotAnObject(#[source] serde_json::Error),
    /// One field has another type than expected.
    #[error("field '{name}': {source}")]
    WrongType {
        /// Name of the field.
        name: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

impl FieldsError {
    /// The field at fault, when it is one.
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::WrongType { name, .. } => Some(name),
            Self::NotUtf8(_) | Self::NotAnObject(_) => None,
        }
    }
}

/// The fields of a JSON object, as they came.
#[derive(Debug, Clone)]
pub struct Fields {
    body: Bytes,
    entries: Arc<[(String, Range<usize>)]>,
}

impl Fields {
    /// Splits `body`, a JSON object, into its fields. A repeated key is refused: readers disagree about which one counts.
    pub fn parse(body: Bytes) -> Result<Self, FieldsError> {
        let text = std::str::from_utf8(&body)
            .map_err(|error| FieldsError::NotUtf8(error.valid_up_to()))?;
        let raw: RawFields<'_> = serde_json::from_str(text).map_err(FieldsError::NotAnObject)?;
        let start = text.as_ptr() as usize;
        let entries = raw
            .0
            .into_iter()
            .map(|(name, value)| {
                let from = value.get().as_ptr() as usize - start;
                (name, from..from + value.get().len())
            })
            .collect();
        Ok(Self { body, entries })
    }

    /// The JSON text of a field.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.entries.iter().find(|(key, _)| key == name).map(|(_, range)| self.text(range))
    }

    /// All fields decoded.
    pub fn decoded(&self) -> Result<Map<String, Value>, FieldsError> {
        let decoded = |(name, raw): (&str, &str)| match serde_json::from_str(raw) {
            Ok(value) => Ok((name.to_owned(), value)),
            Err(source) => Err(FieldsError::WrongType { name: name.to_owned(), source }),
        };
        self.iter().map(decoded).collect()
    }

    /// All fields in order, each with its JSON text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(name, range)| (name.as_str(), self.text(range)))
    }

    /// A field decoded; `None` when it is absent or `null`.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, FieldsError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        serde_json::from_str(raw)
            .map_err(|source| FieldsError::WrongType { name: name.to_owned(), source })
    }

    /// The body with some fields replaced or added (JSON texts); the bytes of all others are those that came.
    pub fn rewrite(&self, changes: &[(&str, String)]) -> Bytes {
        self.rewrite_without(&[], changes)
    }

    /// The same, with some fields left out.
    pub fn rewrite_without(&self, dropped: &[&str], changes: &[(&str, String)]) -> Bytes {
        let mut out = Vec::with_capacity(self.body.len() + 64);
        out.push(b'{');
        let kept = self.iter().filter(|(name, _)| !dropped.contains(name)).map(|(name, raw)| {
            (
                name,
                changes
                    .iter()
                    .find(|(changed, _)| *changed == name)
                    .map_or(raw, |(_, value)| value),
            )
        });
        let added = changes.iter().filter(|(name, _)| self.raw(name).is_none());
        for (name, value) in kept.chain(added.map(|(name, value)| (*name, value.as_str()))) {
            if out.len() > 1 {
                out.push(b',');
            }
            out.extend_from_slice(quote(name).as_bytes());
            out.push(b':');
            out.extend_from_slice(value.as_bytes());
        }
        out.push(b'}');
        out.into()
    }

    fn text(&self, range: &Range<usize>) -> &str {
        std::str::from_utf8(&self.body[range.clone()]).unwrap_or_default()
    }
}

/// A string as a JSON string.
pub fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

struct RawFields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for RawFields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = RawFields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Vec<(String, &'de RawValue)> = Vec::with_capacity(16);
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if fields.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom(format_args!(
                            "the key '{name}' appears twice"
                        )));
                    }
                    if fields.len() == MAX_FIELDS {
                        return Err(A::Error::custom(format_args!(
                            "more than {MAX_FIELDS} fields"
                        )));
                    }
                    fields.push((name, value));
                }
                Ok(RawFields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// Far above any real request; keeps the search for repeated keys cheap.
const MAX_FIELDS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        Fields::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
    }

    #[test]
    fn rewriting_keeps_the_other_fields_byte_for_byte() {
        let body = fields(r#"{ "model":"a", "x": 1.50, "y":{"b" : 2} }"#);
        let out = body.rewrite(&[("model", "\"b\"".into()), ("z", "true".into())]);
        assert_eq!(out, r#"{"model":"b","x":1.50,"y":{"b" : 2},"z":true}"#);
    }

    #[test]
    fn bad_bodies_say_what_is_wrong() {
        for (body, phrase) in [
            (&b"[1]"[..], "expected a JSON object"),
            (b"{\"a\":1,\"a\":2}", "'a' appears twice"),
            (b"{\"a\":", "EOF"),
            (b"\xff\xfe", "not valid UTF-8"),
            (b"", "EOF"),
            (b"{} trailing", "trailing characters"),
        ] {
            let error = Fields::parse(Bytes::from_static(body)).unwrap_err().to_string();
            assert!(error.contains(phrase), "{error}");
        }
    }
}
