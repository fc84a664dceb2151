//! What time it is: the system's, or in tests the test's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A source of monotonic time.
#[derive(Debug, Clone)]
pub struct Clock {
    start: Instant,
    /// Seconds by which a test has moved time on.
    moved: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { start: Instant::now(), moved: Arc::default() }
    }
}

impl Clock {
    /// Time since this clock was made.
    pub fn now(&self) -> Duration {
        self.start.elapsed() + Duration::from_secs(self.moved.load(Ordering::Relaxed))
    }

    /// Moves time on; every clone of this clock moves with it.
    pub fn advance(&self, by: Duration) {
        self.moved.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}
