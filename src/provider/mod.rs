//! Translators between the chat dialect that the gateway works with and what providers speak. Pure: no IO, no clock.

pub mod openai;
mod translation;

pub use translation::{Inexpressible, Piece, Stamp, Translated, Unreadable};
