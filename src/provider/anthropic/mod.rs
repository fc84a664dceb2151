//! Anthropic's Messages API: what to send, and what an answer means. Pure.
//!
//! Its documentation: <https://platform.claude.com/docs/en/api/messages>.

mod answer;
mod assistant;
mod blocks;
mod chunk;
mod content;
mod error;
mod fields;
mod model;
mod native;
mod output;
mod partial;
mod reasoning;
mod request;
mod sampling;
mod schema;
mod stop;
mod stream;
mod system;
mod tools;
mod turns;
mod usage;

#[cfg(test)]
pub(crate) mod fuzz_tests;

pub use answer::completion;
pub use blocks::said;
pub use error::error;
pub use native::fitted;
pub(super) use native::{is_claude, must_not_think};
pub use request::request;
pub use stream::Reader;
