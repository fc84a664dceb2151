//! OpenAI's Responses as a provider speaks it: what an answer and its events mean. There is no way from a chat to a
//! request, because only callers who speak Responses themselves are sent here, with their own words; their answers are
//! read to be accounted for and kept.
//!
//! Follows <https://platform.openai.com/docs/api-reference/responses> and
//! <https://platform.openai.com/docs/api-reference/responses-streaming>.

mod completion;
mod error;
mod item;
mod reader;
mod usage;

pub use completion::completion;
pub use error::error;
pub use reader::Reader;
