//! Google's `generateContent` format, which the Gemini API and Vertex AI share.
//!
//! What is said here of fields follows <https://ai.google.dev/api/generate-content>; where models differ, `Family`
//! knows. The model's name is part of the URL, not of the body, and so is the wish for a stream.

mod contents;
mod error;
mod family;
mod finish;
mod generation;
mod media;
mod reader;
mod request;
mod said;
mod schema;
mod thinking;
mod tools;
mod usage;
mod whole;

pub use error::{error, retry_after};
use family::Family;
pub use reader::Reader;
pub use request::request;
pub use whole::completion;
