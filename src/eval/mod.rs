//! Replays traces of questions against a gateway and says what came of it: hits, wrong hits, latency, money.

pub mod client;
pub mod document;
pub mod interval;
pub mod logs;
pub mod offline;
pub mod pairs;
pub mod replay;
pub mod report;
pub mod routing;
pub mod routing_promise;
pub mod simulated;
pub mod summary;
pub mod trace;

/// The stream of questions that `scrimp demo` replays, written for it.
pub const DEMO_STREAM: &str = include_str!("demo-stream.jsonl");
