//! How much may be going on at once, and how much may be spent.

mod purse;

pub use purse::{Held, Purse};

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::telemetry::Metrics;

/// Lets a bounded number of requests in; the rest are told to come back.
#[derive(Clone)]
pub struct Admission {
    places: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

/// Every place is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests are being worked on; try again shortly")]
pub struct Overloaded;

/// A place, held until the whole response is out.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    metrics: Arc<Metrics>,
}

impl Admission {
    /// At most `places` requests at once.
    pub fn new(places: usize, metrics: Arc<Metrics>) -> Self {
        Self { places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))), metrics }
    }

    /// Takes a place, if one is free.
    pub fn enter(&self) -> Result<Place, Overloaded> {
        let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() else {
            self.metrics.shed("requests");
            return Err(Overloaded);
        };
        self.metrics.in_flight(1);
        Ok(Place { _permit: permit, metrics: Arc::clone(&self.metrics) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.metrics.in_flight(-1);
    }
}
