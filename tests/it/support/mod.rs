//! What every test needs: a gateway, a scripted upstream behind it, a client before it.

mod gateway;
mod upstream;

pub use gateway::{Answer, Gateway};
pub use upstream::{Recorded, Reply, Step, Upstream, completion, events, stream_of};
