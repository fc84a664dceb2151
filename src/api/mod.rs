//! Wire types of the protocols that we speak: only the fields that we touch, everything else passes untouched.
//!
//! Pure data; knows nothing about caches, routes or providers.

pub mod assemble;
pub mod canonical;
pub mod chat;
pub mod control;
pub mod embeddings;
pub mod error;
pub mod fields;
pub mod sse;
