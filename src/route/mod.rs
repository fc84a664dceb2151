//! From what is known of a request to the targets it is sent to. Pure.
//!
//! `resolve` reads the model name; `rules` and `learned` pick a tier for `model: auto`; `suit` picks among its targets, which `order` sorts and `affinity`
//! keeps with their prompt caches;
//! [`Plan`] is what comes out. `sharing` says whose answers may be shared. `cascade` looks at what the cheap tier answered;
//! it borrows from `cache` and `verify` what an answer is worth. `promise` finds the threshold that keeps the operator's
//! aim, and `learn` what the traffic of one scope teaches.

pub mod affinity;
pub mod cascade;
pub mod learn;
pub mod learned;
mod market;
mod order;
mod plan;
pub mod promise;
pub mod resolve;
pub mod rules;
pub mod sharing;
mod signals;
pub mod suit;

pub use self::{
    affinity::Held,
    market::Market,
    plan::{Choice, NoCapableTarget, Plan},
    resolve::{Asked, ResolveError, Resolver},
    rules::Decision,
    signals::{Said, Signals},
    suit::{Needs, Skipped, Suited, Unfit},
};
