//! Bedrock's Converse format: what to send, and what an answer means. Knows no signatures and no URLs.
//!
//! One body serves the models of every vendor; what only one vendor's models know travels in
//! `additionalModelRequestFields`. The model is named in the URL, and whether the answer is streamed as well. A stream is
//! a row of binary messages; [`FrameDecoder`] makes them events that [`Reader`] reads.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>

mod completion;
mod content;
mod conversation;
mod document;
mod error;
mod family;
mod frame;
mod output;
mod reader;
mod reasoning;
mod request;
mod sampling;
mod tools;
mod usage;

pub use completion::completion;
pub use error::error;
pub use frame::{FrameDecoder, FrameError};
pub use reader::Reader;
pub use request::request;
