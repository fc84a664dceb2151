//! Answers that may be served again: by the same request (exact), or by a question that means the same (semantic).
//!
//! Knows requests and stored answers; knows nothing about providers' addresses, routes or HTTP status codes.

pub mod care;
pub mod clock;
pub mod embeddings;
pub mod entry;
pub mod exact;
pub mod flight;
pub mod key;
pub mod policy;
pub mod reading;
pub mod replay;
pub mod scope;
pub mod semantic;

pub use self::{
    clock::Clock,
    entry::{Entry, Provenance},
    exact::ExactCache,
    flight::{Flights, Join},
    key::{ExactKey, Keys, PartitionKey},
    policy::{Bypass, Policy},
    reading::Reading,
    scope::ScopeId,
    semantic::{Hit, SemanticIndex},
};
