//! `POST /v1/embeddings` (OpenAI API reference, "Create embeddings").

use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::fields::{self, Fields, FieldsError};

/// An embeddings request.
#[derive(Debug, Clone)]
pub struct EmbeddingsRequest {
    /// Every field, untouched.
    pub fields: Fields,
    /// The model asked for.
    pub model: String,
    /// The texts to embed, each as JSON: a string, or a list of tokens. At least one.
    pub texts: Vec<Arc<str>>,
}

/// What the local model needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalInput {
    /// The texts, at least one.
    pub texts: Vec<String>,
    /// Vectors as base64 of little-endian `f32` instead of numbers.
    pub base64: bool,
    /// Length asked for, when one is.
    pub dimensions: Option<usize>,
}

/// Why an embeddings request is refused.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddingsError {
    /// The body or one field of it cannot be read.
    #[error(transparent)]
    Fields(#[from] FieldsError),
    /// No model.
    #[error("'model' is required")]
    NoModel,
    /// Not a text or a list of texts.
    #[error(
        "'input' must be a text, a list of tokens, or a list of 1 to {MAX_TEXTS} of one or the other"
    )]
    BadInput,
    /// Tokens of another model's.
    #[error("'input' must be texts; token lists are not known to the local model")]
    Tokens,
    /// An unknown encoding.
    #[error("'encoding_format' must be 'float' or 'base64'")]
    BadEncoding,
}

impl EmbeddingsError {
    /// The field at fault, when it is one.
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::Fields(error) => error.param(),
            Self::NoModel => Some("model"),
            Self::BadInput | Self::Tokens => Some("input"),
            Self::BadEncoding => Some("encoding_format"),
        }
    }
}

/// As many texts in one call as OpenAI allows.
pub const MAX_TEXTS: usize = 2048;

impl EmbeddingsRequest {
    /// Reads a request body.
    pub fn parse(body: Bytes) -> Result<Self, EmbeddingsError> {
        let fields = Fields::parse(body)?;
        let model = fields.get("model")?.ok_or(EmbeddingsError::NoModel)?;
        let texts = texts(fields.raw("input").ok_or(EmbeddingsError::BadInput)?)?;
        Ok(Self { fields, model, texts })
    }

    /// The request for some of its texts, by their places.
    pub fn only(&self, places: &[usize], model: &str) -> Bytes {
        let texts: Vec<&str> =
            places.iter().filter_map(|place| self.texts.get(*place)).map(AsRef::as_ref).collect();
        let mut changes = vec![("model", fields::quote(model))];
        if texts.len() < self.texts.len() {
            changes.push(("input", format!("[{}]", texts.join(","))));
        }
        self.fields.rewrite(&changes)
    }

    /// The request as the local model understands it.
    pub fn local(&self) -> Result<LocalInput, EmbeddingsError> {
        let text = |raw: &Arc<str>| serde_json::from_str(raw).map_err(|_| EmbeddingsError::Tokens);
        let texts = self.texts.iter().map(text).collect::<Result<_, _>>()?;
        let base64 = match self.fields.get::<String>("encoding_format")?.as_deref() {
            None | Some("float") => false,
            Some("base64") => true,
            Some(_) => return Err(EmbeddingsError::BadEncoding),
        };
        Ok(LocalInput { texts, base64, dimensions: self.fields.get("dimensions")? })
    }
}

/// One text, a list of tokens, or a list of either, as the JSON of each.
fn texts(raw: &str) -> Result<Vec<Arc<str>>, EmbeddingsError> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Text {
        Words(#[expect(dead_code, reason = "only its kind matters")] String),
        Tokens(#[expect(dead_code, reason = "only its kind matters")] Vec<u64>),
    }
    let is_text = |raw: &str| serde_json::from_str::<Text>(raw).is_ok();
    if is_text(raw) && raw.trim_start_matches(['[', ' ', '\t', '\r', '\n']) != "]" {
        return Ok(vec![raw.into()]);
    }
    let items: Vec<Box<RawValue>> =
        serde_json::from_str(raw).map_err(|_| EmbeddingsError::BadInput)?;
    let is_fine = !items.is_empty()
        && items.len() <= MAX_TEXTS
        && items.iter().all(|item| is_text(item.get()));
    if !is_fine {
        return Err(EmbeddingsError::BadInput);
    }
    Ok(items.iter().map(|item| item.get().into()).collect())
}

/// A vector as JSON: numbers, or base64 of little-endian `f32`.
pub fn encoded(vector: &[f32], base64: bool) -> String {
    if !base64 {
        return json!(vector).to_string();
    }
    let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
    fields::quote(&base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// What a provider answered: the vectors in the order of the texts, as JSON, and the tokens billed.
#[derive(Debug)]
pub struct Vectors {
    /// One for each text.
    pub vectors: Vec<Box<RawValue>>,
    /// `usage`, as it came.
    pub usage: Option<Value>,
}

impl Vectors {
    /// Reads the answer to a request of `count` texts; `None` where it has not one vector for each of them.
    pub fn parse(body: &[u8], count: usize) -> Option<Self> {
        #[derive(Deserialize)]
        struct View {
            data: Vec<Item>,
            usage: Option<Value>,
        }
        #[derive(Deserialize)]
        struct Item {
            index: Option<usize>,
            embedding: Box<RawValue>,
        }
        let View { data, usage } = serde_json::from_slice(body).ok()?;
        let mut placed: Vec<Option<Box<RawValue>>> = (0..count).map(|_| None).collect();
        for (place, Item { index, embedding }) in data.into_iter().enumerate() {
            let slot = placed.get_mut(index.unwrap_or(place))?;
            if slot.replace(embedding).is_some() {
                return None;
            }
        }
        Some(Self { vectors: placed.into_iter().collect::<Option<_>>()?, usage })
    }
}

/// The response body for `vectors`, each as JSON; `tokens` is what was read.
pub fn response(model: &str, vectors: &[&str], tokens: u64) -> String {
    #[derive(Serialize)]
    struct Item<'a> {
        object: &'static str,
        index: usize,
        embedding: &'a RawValue,
    }
    let item = |(index, raw): (usize, &&str)| {
        let embedding: &RawValue = serde_json::from_str(raw).ok()?;
        serde_json::to_string(&Item { object: "embedding", index, embedding }).ok()
    };
    let data: Vec<String> = vectors.iter().enumerate().filter_map(item).collect();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    format!(
        r#"{{"object":"list","model":{},"data":[{}],"usage":{usage}}}"#,
        fields::quote(model),
        data.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_told_apart() {
        let texts = |raw: &str| texts(raw).ok().map(|texts| texts.join("|"));
        for (raw, expected) in [
            (r#""a""#, Some(r#""a""#)),
            (r#"["a", "b"]"#, Some(r#""a"|"b""#)),
            ("[1, 2]", Some("[1, 2]")),
            ("[[1, 2], [3]]", Some("[1, 2]|[3]")),
            (r#"["a", [1]]"#, Some(r#""a"|[1]"#)),
            ("[]", None),
            ("[ ]", None),
            ("null", None),
            ("5", None),
            (r#"["a", 5]"#, None),
            (r#"[{"text": "a"}]"#, None),
        ] {
            assert_eq!(texts(raw).as_deref(), expected, "{raw}");
        }
    }

    #[test]
    fn vectors_come_in_the_order_of_the_texts_or_not_at_all() {
        let parse = |body: &str| {
            let vectors = Vectors::parse(body.as_bytes(), 2)?.vectors;
            Some(vectors.iter().map(|raw| raw.get().to_owned()).collect::<Vec<_>>().join("|"))
        };
        for (body, expected) in [
            (
                r#"{"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":"AQ=="}]}"#,
                Some("\"AQ==\"|[2]"),
            ),
            (r#"{"data":[{"embedding":[1.50]},{"embedding":[2]}]}"#, Some("[1.50]|[2]")),
            (r#"{"data":[{"index":0,"embedding":[2]}]}"#, None),
            (r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]}"#, None),
            (r#"{"data":[{"index":0,"embedding":[1]},{"index":9,"embedding":[2]}]}"#, None),
            (r#"{"error":"busy"}"#, None),
        ] {
            assert_eq!(parse(body).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_response_holds_the_vectors_as_they_were() {
        let body = response("m", &["[1.50]", "\"AQ==\""], 7);
        let expected = r#"{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[1.50]},{"object":"embedding","index":1,"embedding":"AQ=="}],"usage":{"prompt_tokens":7,"total_tokens":7}}"#;
        assert_eq!(body, expected);
        assert_eq!(encoded(&[1.0, -2.5], false), "[1.0,-2.5]");
        assert_eq!(encoded(&[1.0], true), "\"AACAPw==\"");
    }
}
