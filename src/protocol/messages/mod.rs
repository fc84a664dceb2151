//! Anthropic's Messages protocol: a client's request in the chat dialect, and answers in the client's own. Pure.
//!
//! Its documentation: <https://platform.claude.com/docs/en/api/messages>.

mod answer;
mod content;
mod error;
mod events;
mod output;
mod queue;
mod request;
mod state;
mod stop;
mod texts;
mod tools;
mod turns;
mod usage;
mod writer;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod round_trip_tests;

pub use answer::answer;
pub use error::error;
pub use request::chat;
pub use state::state;
pub use texts::texts;
pub use writer::Writer;
