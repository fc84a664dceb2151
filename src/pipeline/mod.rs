//! The flow of one request, from the caller's bytes to the answer's. Knows no axum and no reqwest.

mod capture;
mod chat;
mod context;
mod embeddings;
mod error;
mod gateway;
mod lookup;
mod outgoing;
mod plan;
mod store;

pub use self::{
    error::Error,
    gateway::{Gateway, Parts},
    outgoing::{Body, CacheOutcome, Outgoing, Report},
};
