//! Scrimp: a semantic cache and cost optimizer in front of LLM APIs.
//!
//! A module imports only from the layers below it:
//!
//! ```text
//! root      app  cli
//! edge      server  admin
//! flow      pipeline  eval
//! policies  verify  cache  limit  route  upstream
//! leaves    embed  index  guard  provider  protocol  classify  account
//! words     config  api  auth  telemetry
//! ```
//!
//! `docs/architecture.md` follows one request through them.
#![cfg_attr(
    test,
    allow(clippy::needless_pass_by_value, reason = "tests build their values in place")
)]

pub mod account;
pub mod admin;
pub mod api;
pub mod app;
pub mod auth;
pub mod cache;
pub mod classify;
pub mod cli;
pub mod config;
pub mod embed;
pub mod eval;
pub mod guard;
pub mod index;
pub mod limit;
pub mod pipeline;
pub mod protocol;
pub mod provider;
pub mod route;
pub mod server;
pub mod telemetry;
pub mod upstream;
pub mod verify;
