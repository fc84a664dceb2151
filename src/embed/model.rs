//! A whole model: from a folder of files to token ids, and from token ids to unit vectors.
//!
//! Synchronous: computes on the thread that calls it. Knows nothing about queues.

use std::sync::Arc;

use super::{
    arch::{Backend, Bert, Hidden, Weights, release},
    error::LoadError,
    files::{Description, Files, invalid},
    pooling::Pooling,
    source::Located,
    tokenise::Tokenizer,
};

/// Hex digits of the hash in a model's identity.
const HASH_DIGITS: usize = 16;

/// A model that has been read: the tokenizer is shared by all callers, the encoder belongs to one thread.
pub struct Model {
    /// Facts about it.
    pub about: About,
    /// Text to token ids.
    pub tokenizer: Tokenizer,
    /// Token ids to unit vectors.
    pub encoder: Encoder,
}

/// What callers want to know about a model.
#[derive(Debug, Clone)]
pub struct About {
    /// Its name, such as `all-MiniLM-L6-v2`.
    pub name: String,
    /// Name and hash of all that shapes a vector: weights, tokenizer, architecture, pooling, prefix.
    pub identity: String,
    /// Length of every vector.
    pub dim: usize,
    /// The longest text it reads, in tokens.
    pub max_tokens: usize,
}

impl Model {
    /// Reads the files in a folder.
    pub fn load(located: &Located, backend: &Backend) -> Result<Self, LoadError> {
        let Located { name, files } = located;
        let description = Description::read(files)?;
        let tokenizer = Tokenizer::load(files, &description)?;
        let path = files.path("model.safetensors");
        let weight_bytes = files
            .required("model.safetensors", "only weights in one safetensors file can be read")?;
        let weights = Weights::parse(weight_bytes.clone(), &path, backend.device(), Bert::MARKER)?;
        let encoder = Encoder {
            bert: Bert::load(&description.config, &weights, backend)?,
            pooling: description.pooling,
            dim: description.config.hidden_size,
            on_cpu: backend.device().is_cpu(),
        };
        encoder.embed(&[&[0]]).map_err(|problem| invalid(&path, problem))?;
        let tokenizer_bytes = files.optional("tokenizer.json")?.unwrap_or_default();
        let about = About {
            name: name.clone(),
            identity: format!(
                "{name}@{}",
                fingerprint(&weight_bytes, &tokenizer_bytes, &description)
            ),
            dim: encoder.dim,
            max_tokens: description.max_tokens,
        };
        if let Files::Shipped(files) = files {
            // What has been packed is not read again.
            files.iter().for_each(|(_, bytes)| release(bytes));
        }
        Ok(Self { about, tokenizer, encoder })
    }
}

/// Two models of the same fingerprint give comparable vectors. The device is left out: its rounding is no difference.
///
/// So is the precision. An int8 vector has a cosine of 0.9994 with the f32 vector of the same text in the mean, and of
/// 0.998 at worst in a thousand questions; the cosine of two questions moves by 0.0025 in the mean, of two that are close
/// by 0.0016. What was learnt or calibrated on vectors of one precision holds for the others, and must not be lost when the processor changes.
fn fingerprint(weights: &[u8], tokenizer: &[u8], description: &Description) -> String {
    let Description { config, pooling, prefix, lowercase, max_tokens: _ } = description;
    let mut hasher = blake3::Hasher::new();
    for part in
        [weights, tokenizer, format!("{config:?} {pooling:?} {prefix:?} {lowercase}").as_bytes()]
    {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize().to_hex()[..HASH_DIGITS].to_owned()
}

/// The two unit vectors of one text, `[dim]` each.
#[derive(Debug, Clone)]
pub struct Vectors {
    /// The model's own, after its last layer: what a text means.
    pub meaning: Arc<[f32]>,
    /// The mean after two thirds of the layers, before wording is given up for meaning: what kind of work a text asks
    /// for. Tells hard requests from easy ones better than the other (see `models/complexity/README.md`).
    pub task: Arc<[f32]>,
}

/// Token ids to unit vectors, on one backend.
pub struct Encoder {
    bert: Bert,
    pooling: Pooling,
    dim: usize,
    on_cpu: bool,
}

impl Encoder {
    /// The vectors of each text, in order. Every text has at least one token.
    pub fn embed(&self, texts: &[&[u32]]) -> Result<Vec<Vectors>, String> {
        let pool = |Hidden { last, inner }: Hidden<'_>| {
            let mut start = 0;
            let pool = |text: &&[u32]| {
                let own = start..start + text.len() * self.dim;
                start = own.end;
                Vectors {
                    meaning: self.pooling.pool(&last[own.clone()], self.dim).into(),
                    task: Pooling::Mean.pool(&inner[own], self.dim).into(),
                }
            };
            texts.iter().map(pool).collect()
        };
        self.bert.encode(texts, pool).map_err(|error| error.to_string())
    }

    /// Whether it computes on the CPU, where a larger batch is no faster than two smaller ones.
    pub fn on_cpu(&self) -> bool {
        self.on_cpu
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
