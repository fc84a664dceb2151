//! Translators between the chat dialect that the gateway works with and what providers speak. Pure: no IO, no clock.
//!
//! `outbound` makes the body for a provider, `inbound` reads what it answers; each format has a module of its own.

pub mod anthropic;
pub mod bedrock;
mod dialect;
pub mod gemini;
mod inbound;
pub mod openai;
mod outbound;
mod translation;

pub use dialect::{Dialect, Native, is_claude, is_of_a_maker};
pub use inbound::{Answer, Answered, Reader, error, retry_after};
pub use outbound::{Form, Inquiry, Outbound};
pub use translation::{Inexpressible, Piece, Stamp, Translated, Unreadable};
use translation::{asks_for_nothing, is_wish_for_service};
