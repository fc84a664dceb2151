//! What time it is: the system's, or in tests the test's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A source of monotonic time, and of dates.
#[derive(Debug, Clone)]
pub struct Clock {
    start: Instant,
    /// When that was, since the Unix epoch.
    epoch: Duration,
    /// Seconds by which a test has moved time on.
    moved: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), epoch, moved: Arc::default() }
    }
}

impl Clock {
    /// Time since this clock was made.
    pub fn now(&self) -> Duration {
        self.start.elapsed() + Duration::from_secs(self.moved.load(Ordering::Relaxed))
    }

    /// Seconds since the Unix epoch. Does not jump when the system's clock is set.
    pub fn unix(&self) -> f64 {
        (self.epoch + self.now()).as_secs_f64()
    }

    /// Moves time on; every clone of this clock moves with it.
    pub fn advance(&self, by: Duration) {
        self.moved.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}
