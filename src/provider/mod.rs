//! Pure translators between us and the vendors: no IO, no async.

pub mod openai;
