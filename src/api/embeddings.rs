//! `POST /v1/embeddings` (OpenAI API reference, "Create embeddings").

use base64::Engine as _;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{Fields, FieldsError};

/// An embeddings request.
#[derive(Debug, Clone)]
pub struct EmbeddingsRequest {
    /// Every field, untouched.
    pub fields: Fields,
    /// The model asked for.
    pub model: String,
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
        "'input' must be a text or a list of 1 to {MAX_TEXTS} texts; token lists are not known to the local model"
    )]
    BadInput,
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
            Self::BadInput => Some("input"),
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
        Ok(Self { fields, model })
    }

    /// The request as the local model understands it.
    pub fn local(&self) -> Result<LocalInput, EmbeddingsError> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Input {
            One(String),
            Many(Vec<String>),
        }
        let raw = self.fields.raw("input").ok_or(EmbeddingsError::BadInput)?;
        let texts = match serde_json::from_str(raw).map_err(|_| EmbeddingsError::BadInput)? {
            Input::One(text) => vec![text],
            Input::Many(texts) => texts,
        };
        if texts.is_empty() || texts.len() > MAX_TEXTS {
            return Err(EmbeddingsError::BadInput);
        }
        let base64 = match self.fields.get::<String>("encoding_format")?.as_deref() {
            None | Some("float") => false,
            Some("base64") => true,
            Some(_) => return Err(EmbeddingsError::BadEncoding),
        };
        Ok(LocalInput { texts, base64, dimensions: self.fields.get("dimensions")? })
    }
}

/// The response body for `vectors`; `tokens` is what the model read.
pub fn response(model: &str, vectors: &[impl AsRef<[f32]>], tokens: usize, base64: bool) -> Value {
    let encode = |vector: &[f32]| {
        if !base64 {
            return json!(vector);
        }
        let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
        base64::engine::general_purpose::STANDARD.encode(bytes).into()
    };
    let data: Vec<Value> = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| json!({"object": "embedding", "index": index, "embedding": encode(vector.as_ref())}))
        .collect();
    json!({"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})
}
