//! Text to unit vector.
//!
//! Knows models, tokenizers and devices; knows nothing about requests or caches. Of the configuration it reads the
//! `embedding` section.

pub(crate) mod arch;
mod beginning;
pub(crate) mod device;
mod error;
pub(crate) mod files;
mod local;
mod model;
mod pooling;
mod queue;
pub(crate) mod shipped;
mod source;
mod tokenise;
mod wordpiece;
mod worker;

use std::{future::Future, pin::Pin, sync::Arc};

pub use arch::{Backend, Instructions, Kernel, Width};
pub use beginning::{beginning, shorter};
pub use error::LoadError;
pub use local::LocalEmbedder;
pub use model::{About, Encoder, Model, Vectors};
pub use source::{Located, locate};
pub use tokenise::{Tokenizer, TooLong};

/// A text's vector and what it took.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// Unit vector of what the text means, `[dim]`.
    pub vector: Arc<[f32]>,
    /// Unit vector of what kind of work the text asks for, `[dim]`, from an inner layer of the same model.
    pub task: Arc<[f32]>,
    /// Tokens the model read, special tokens included.
    pub tokens: usize,
}

/// The future of one embedding call.
pub type EmbedFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Embedded>, EmbedError>> + Send + 'a>>;

/// Turns texts into unit vectors of one fixed dimension.
pub trait Embedder: Send + Sync {
    /// Names model, weights and pooling, whatever they are computed with: vectors of two embedders are comparable only
    /// when this is equal.
    fn identity(&self) -> &str;
    /// Length of every vector.
    fn dim(&self) -> usize;
    /// The longest text the model reads, in tokens, special tokens included.
    fn max_tokens(&self) -> usize;
    /// One vector a text, in order. A text beyond [`Embedder::max_tokens`] is an error: nothing is cut off silently.
    fn embed(&self, texts: Vec<String>) -> EmbedFuture<'_>;
}

/// Why a text has no vector.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The text does not fit the model's window.
    #[error("text {index} has {tokens} tokens; the embedding model reads at most {max}")]
    TooLong {
        /// Position in the call.
        index: usize,
        /// Its length in tokens.
        tokens: usize,
        /// The model's window.
        max: usize,
    },
    /// The queue before the model is full: try again later.
    #[error("the embedding queue is full")]
    QueueFull,
    /// The model thread has stopped.
    #[error("the embedding model has stopped")]
    Stopped,
    /// The model failed.
    #[error("embedding failed: {0}")]
    Model(String),
}
