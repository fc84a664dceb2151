//! The store of all entries: bounded by bytes, found by exact key.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use foldhash::quality::RandomState;
use moka::{Expiry, sync::Cache};

use super::{Entry, ExactKey};

/// Entries by key. Whatever leaves it, for whatever reason, is reported once.
#[derive(Clone)]
pub struct ExactCache {
    entries: Cache<ExactKey, Arc<Entry>, RandomState>,
}

/// Called with each entry that is replaced, evicted or expired.
pub type OnRemoved = Arc<dyn Fn(&Entry) + Send + Sync>;

impl ExactCache {
    /// A cache of at most `max_bytes`, for entries whose vectors have `dim` numbers.
    pub fn new(max_bytes: u64, dim: usize, on_removed: OnRemoved) -> Self {
        let entries = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(move |_, entry: &Arc<Entry>| {
                u32::try_from(entry.size(dim)).unwrap_or(u32::MAX)
            })
            .expire_after(OwnTtl)
            .eviction_listener(move |_, entry, _| on_removed(&entry))
            .build_with_hasher(RandomState::default());
        Self { entries }
    }

    /// The entry under `key`, fresh or not.
    pub fn get(&self, key: &ExactKey) -> Option<Arc<Entry>> {
        self.entries.get(key)
    }

    /// Stores an entry in place of any other under its key.
    pub fn insert(&self, entry: Arc<Entry>) {
        self.entries.insert(entry.key, entry);
    }

    /// Forgets the entry under `key`.
    pub fn remove(&self, key: &ExactKey) {
        self.entries.invalidate(key);
    }

    /// Number of entries and bytes, after pending evictions.
    pub fn size(&self) -> (u64, u64) {
        self.entries.run_pending_tasks();
        (self.entries.entry_count(), self.entries.weighted_size())
    }
}

/// What says itself how long it lives.
pub(super) trait Mortal {
    /// From when it was stored.
    fn ttl(&self) -> Duration;
}

impl Mortal for Entry {
    fn ttl(&self) -> Duration {
        self.ttl
    }
}

/// Everything lives as long as it says, from when it was stored.
pub(super) struct OwnTtl;

impl<K, V: Mortal> Expiry<K, Arc<V>> for OwnTtl {
    fn expire_after_create(&self, _: &K, kept: &Arc<V>, _: Instant) -> Option<Duration> {
        Some(kept.ttl())
    }

    fn expire_after_update(
        &self,
        _: &K,
        kept: &Arc<V>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.ttl())
    }
}
