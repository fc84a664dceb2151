//! OpenAI's chat protocol, which every compatible vendor speaks: what to send, and what an answer means.

mod answer;
mod calls;
mod chunk;
mod comparable;
mod error;
mod plain;
mod request;
pub mod responses;

pub use answer::{Completion, Incomplete, Meaning};
pub use calls::Calls;
pub use chunk::Chunk;
pub use comparable::{comparable_choice, comparable_text};
pub use error::{error, error_message};
pub use plain::{plain_chat, unsealed};
pub use request::{request_body, unstreamed_body};
