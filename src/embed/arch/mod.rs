//! Encoders, one file an architecture, and the operations that they share.
//!
//! Token ids go in, one vector a token comes out; nothing here knows about text, files or pooling.

mod bert;
mod kernel;
mod linear;
mod weights;

pub use bert::{Bert, BertConfig, Hidden};
pub use candle_core::Device;
pub use weights::Weights;
