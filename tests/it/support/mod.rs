//! What every test needs: a gateway, a scripted upstream behind it, a client before it.

mod desk;
mod gateway;
mod raw;
mod upstream;
mod vendors;

use std::time::Duration;

pub use desk::Desk;
pub use gateway::{Answer, Gateway};
pub use raw::Connection;
pub use upstream::{Recorded, Reply, Step, Upstream, completion, events, stream_of};
pub use vendors::{INPUT_TOKENS, OUTPUT_TOKENS, Vendor, message_of};

/// What `future` comes to; it fails the test instead of hanging it.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("nothing happened for 30 s")
}

/// A chat request to model `p/m` that asks one question.
pub fn chat(question: &str) -> serde_json::Value {
    serde_json::json!({"model": "p/m", "messages": [{"role": "user", "content": question}]})
}

/// The same, as a stream that ends with usage.
pub fn streaming(question: &str) -> serde_json::Value {
    let mut body = chat(question);
    body["stream"] = true.into();
    body["stream_options"] = serde_json::json!({"include_usage": true});
    body
}
