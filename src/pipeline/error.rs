//! Why a request gets no answer. The server maps it to a status; nothing here knows HTTP.

use super::SpendingError;
use crate::{
    api::{
        chat::ChatError, control::ControlError, embeddings::EmbeddingsError, fields::FieldsError,
    },
    auth::AuthError,
    embed::EmbedError,
    limit::Overloaded,
    protocol::Malformed,
    route::{NoCapableTarget, ResolveError},
    upstream::Failure,
};

/// Every way in which a request can fail.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A header cannot be obeyed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The caller is not known.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// Too much is going on.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The chat request cannot be read.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// The body is no JSON object.
    #[error(transparent)]
    Fields(#[from] FieldsError),
    /// A request in another protocol than chat cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The embeddings request cannot be read.
    #[error(transparent)]
    Embeddings(#[from] EmbeddingsError),
    /// The model is not known.
    #[error(transparent)]
    Model(#[from] ResolveError),
    /// No target of the tier can serve the request.
    #[error(transparent)]
    NoCapableTarget(#[from] NoCapableTarget),
    /// The caller wanted a stored answer and there is none.
    #[error("no stored answer, and the request said 'only-if-cached'")]
    NotCached,
    /// Feedback cannot be read.
    #[error("{0}")]
    Feedback(String),
    /// Feedback on an answer that neither the cache nor a learned choice of a lower tier gave, or not to this caller, or too long ago.
    #[error(
        "no answer of the cache, or of a lower tier that the learned choice picked, went to you under this request id within the last day, or it has your verdict already"
    )]
    UnknownRequest,
    /// The local embedding model cannot do it.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// There is no local embedding model.
    #[error("the local embedding model is not loaded")]
    NoLocalModel,
    /// A tier was asked to embed.
    #[error("a tier cannot embed; name a model, or 'local' for the built-in one")]
    NoEmbeddingTier,
    /// The local embedding model has another length.
    #[error("'dimensions' is {asked}; the local model has {dim}")]
    Dimensions {
        /// What was asked for.
        asked: usize,
        /// What there is.
        dim: usize,
    },
    /// The caller has no money left, or nobody knows what it would cost.
    #[error(transparent)]
    Spending(#[from] SpendingError),
    /// An identical request is being answered and did not come to an end in time.
    #[error("an identical request in flight did not finish in time")]
    FlightTimeout,
    /// No target answered.
    #[error(transparent)]
    Upstream(#[from] Failure),
}
