//! OpenAI's chat protocol, which every compatible vendor speaks: what to send, and what an answer means.

mod answer;
mod chunk;
mod comparable;
mod request;

pub use answer::{Answer, Completion, Incomplete};
pub use chunk::Chunk;
pub use comparable::{comparable_choice, comparable_text};
pub use request::{embeddings_body, request_body, unstreamed_body};
