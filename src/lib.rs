//! Scrimp: a semantic cache and cost optimizer in front of LLM APIs.
//!
//! A module imports only from the layers below it:
//!
//! ```text
//! root      config  app  cli
//! edge      server  admin
//! flow      pipeline  eval
//! policies  verify  cache  limit  route  upstream
//! leaves    embed  index  guard  provider  classify  account
//! words     api  auth  telemetry
//! ```

pub mod account;
pub mod classify;
pub mod config;
pub mod embed;
pub mod guard;
pub mod index;
