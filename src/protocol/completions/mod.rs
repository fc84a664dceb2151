//! OpenAI's legacy completions: one prompt as a chat of one turn, and answers in their words. Knows no provider.
//!
//! Follows <https://platform.openai.com/docs/api-reference/completions>.

mod answer;
mod request;
mod writer;

pub use answer::{answer, error};
pub use request::chat;
pub use writer::Writer;
