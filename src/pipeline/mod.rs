//! The flow of one request, from the caller's bytes to the answer's. Knows no axum and no reqwest.

mod books;
pub mod budgets;
mod caller;
pub mod capture;
mod cascade;
mod chat;
mod check;
mod comparisons;
mod context;
mod conversations;
mod count_tokens;
mod draws;
mod embeddings;
mod error;
mod escalations;
mod estimate;
mod feedback;
mod gateway;
mod learners;
mod llm_judge;
mod lookup;
mod outgoing;
mod pending;
mod plan;
mod readings;
mod records;
mod remembered;
mod routing;
mod similarity;
mod spending;
mod state;
mod store;

pub use self::{
    budgets::Budgets,
    error::Error,
    feedback::RequestId,
    gateway::{Admitted, Gateway, Parts},
    learners::{Learners, ScopeLearner},
    outgoing::{Body, CacheOutcome, Outgoing, Report},
    records::OpenRecord,
    spending::{Spending, SpendingError},
    state::{Keeper, State, StateError},
};
