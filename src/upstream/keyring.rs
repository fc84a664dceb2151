//! The keys of one provider: taken in turn, and one that is rate-limited or refused rests alone.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::health::MAX_PAUSE;
use crate::config::Secret;

/// Keys, and which of them rest.
pub struct Keyring {
    keys: Vec<Secret>,
    next: AtomicUsize,
    /// By key and model; providers limit each model by itself.
    resting: Mutex<HashMap<(usize, String), Instant>>,
}

/// A key by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId(usize);

/// How long a key rests that the provider does not know, or whose limit came without a time.
const USUAL_REST: Duration = Duration::from_secs(10);
/// Rests that are kept; callers can name any model.
const MAX_RESTS: usize = 1024;

impl Keyring {
    /// These keys; none at all is one that is not sent.
    pub fn new(keys: Vec<Secret>) -> Self {
        Self { keys, next: AtomicUsize::new(0), resting: Mutex::default() }
    }

    /// The next key for `model` that does not rest and is not among `tried`; when all of them rest, the one that wakes
    /// first, when nothing was tried yet.
    pub fn next(&self, model: &str, tried: &[KeyId]) -> Option<KeyId> {
        let count = self.keys.len().max(1);
        let start = self.next.fetch_add(1, Ordering::Relaxed) % count;
        let in_turn = || (0..count).map(|step| KeyId((start + step) % count));
        let now = Instant::now();
        let awake = in_turn().find(|key| !tried.contains(key) && !self.rests(*key, model, now));
        awake.or_else(|| {
            let resting = self.resting.lock();
            let wakes = |key: &KeyId| resting.get(&(key.0, model.to_owned())).copied();
            in_turn().min_by_key(wakes).filter(|_| tried.is_empty())
        })
    }

    /// Leaves a key alone for `model`.
    pub fn rest(&self, key: KeyId, model: &str, pause: Option<Duration>) {
        let now = Instant::now();
        let until = now + pause.unwrap_or(USUAL_REST).min(MAX_PAUSE);
        let mut resting = self.resting.lock();
        if resting.len() >= MAX_RESTS {
            resting.retain(|_, until| *until > now);
        }
        if resting.len() < MAX_RESTS {
            resting.insert((key.0, model.to_owned()), until);
        }
    }

    /// The key itself.
    pub fn secret(&self, key: KeyId) -> Option<&Secret> {
        self.keys.get(key.0)
    }

    /// Whether there is another key to try when one is refused.
    pub fn has_several(&self) -> bool {
        self.keys.len() > 1
    }

    fn rests(&self, key: KeyId, model: &str, now: Instant) -> bool {
        // The usual case, without an allocation for the look-up.
        let resting = self.resting.lock();
        !resting.is_empty()
            && resting.get(&(key.0, model.to_owned())).is_some_and(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(keys: &[&str]) -> Keyring {
        Keyring::new(keys.iter().map(|key| Secret::new(*key)).collect())
    }

    #[test]
    fn keys_are_taken_in_turn() {
        let ring = ring(&["a", "b", "c"]);
        let taken: Vec<&str> =
            (0..5).map(|_| ring.secret(ring.next("m", &[]).unwrap()).unwrap().expose()).collect();
        assert_eq!(taken, ["a", "b", "c", "a", "b"]);
    }

    #[test]
    fn a_limited_key_rests_alone_and_for_its_model_alone() {
        let ring = ring(&["a", "b"]);
        ring.rest(KeyId(0), "m", Some(Duration::from_secs(60)));
        assert!((0..4).all(|_| ring.next("m", &[]) == Some(KeyId(1))));
        assert!((0..4).any(|_| ring.next("n", &[]) == Some(KeyId(0))));
        assert_eq!(ring.next("m", &[KeyId(1)]), None);
        ring.rest(KeyId(1), "m", Some(Duration::from_secs(60)));
        assert!(ring.next("m", &[]).is_some(), "when all rest, one is tried all the same");
    }

    #[test]
    fn no_key_is_one_that_is_not_sent() {
        let ring = ring(&[]);
        let key = ring.next("m", &[]).unwrap();
        assert!(ring.secret(key).is_none() && !ring.has_several());
        assert_eq!(ring.next("m", &[key]), None);
    }
}
