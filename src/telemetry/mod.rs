//! What the outside can watch: every metric name, and the set-up of logs.

mod answers;
mod logs;
mod metrics;
mod routing;
mod targets;

pub use answers::Billed;
pub use logs::{start as start_logs, start_quiet as start_quiet_logs};
pub use metrics::{CacheSize, IsKnown, Levels, Metrics, RequestEnd, WrongHits};
pub use routing::{Promised, Routing};
pub use targets::{TargetHealth, Targets};
