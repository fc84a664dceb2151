//! The flow of one request, from the caller's bytes to the answer's. Knows no axum and no reqwest.

pub mod budgets;
mod capture;
mod chat;
mod check;
mod context;
mod embeddings;
mod error;
mod feedback;
mod gateway;
mod llm_judge;
mod lookup;
mod outgoing;
mod plan;
mod store;

pub use self::{
    budgets::Budgets,
    error::Error,
    feedback::RequestId,
    gateway::{Gateway, Parts},
    outgoing::{Body, CacheOutcome, Outgoing, Report},
};
