//! Encoders, one file an architecture, and the operations that they share.
//!
//! Token ids go in, one vector a token comes out; nothing here knows about text, files or pooling.

mod backend;
mod bert;
mod engine;
mod kernel;
mod linear;
mod tensors;
mod weights;

pub use backend::Backend;
pub use bert::{Bert, BertConfig};
pub use engine::{Hidden, Instructions, Kernel, Width, release};
pub use weights::Weights;
