//! The flow of one request, from the caller's bytes to the answer's. Knows no axum and no reqwest.

pub mod budgets;
pub mod capture;
mod cascade;
mod chat;
mod check;
mod comparisons;
mod context;
mod draws;
mod embeddings;
mod error;
mod escalations;
mod feedback;
mod gateway;
mod learners;
mod llm_judge;
mod lookup;
mod outgoing;
mod plan;
mod purse;
mod routing;
mod similarity;
mod state;
mod store;

pub use self::{
    budgets::Budgets,
    error::Error,
    feedback::RequestId,
    gateway::{Gateway, Parts},
    learners::{Learners, ScopeLearner},
    outgoing::{Body, CacheOutcome, Outgoing, Report},
    state::{Keeper, State, StateError},
};
