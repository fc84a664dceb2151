//! Owns [`Remembered`]: what happened lately, for those who may still ask.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::{Duration, Instant},
};

use foldhash::quality::RandomState;
use parking_lot::Mutex;

/// The latest things by key, at most so many and for at most so long: the first in is the first out. Every answer is put
/// here, so that this is one short lock and no more.
pub struct Remembered<K, V> {
    most: usize,
    lifetime: Duration,
    memory: Mutex<Memory<K, V>>,
}

struct Memory<K, V> {
    things: HashMap<K, (Instant, V), RandomState>,
    /// Oldest first; those that were taken or replaced are still in.
    order: VecDeque<(Instant, K)>,
}

impl<K: Copy + Eq + Hash, V: Clone> Remembered<K, V> {
    /// Nothing yet.
    pub fn new(most: usize, lifetime: Duration) -> Self {
        let memory = Memory { things: HashMap::default(), order: VecDeque::new() };
        Self { most, lifetime, memory: Mutex::new(memory) }
    }

    /// Remembers a thing, in place of any other under its key.
    pub fn insert(&self, key: K, thing: V) {
        let now = Instant::now();
        // Dropped once the lock is free.
        let mut gone = Vec::new();
        let mut memory = self.memory.lock();
        let Memory { things, order } = &mut *memory;
        while let Some((since, key)) = order.front().copied()
            && (order.len() >= self.most || now.duration_since(since) >= self.lifetime)
        {
            order.pop_front();
            if things.get(&key).is_some_and(|(its, _)| *its == since) {
                gone.push(things.remove(&key));
            }
        }
        order.push_back((now, key));
        let replaced = things.insert(key, (now, thing));
        drop(memory);
        drop((gone, replaced));
    }

    /// The thing under `key`.
    pub fn get(&self, key: &K) -> Option<V> {
        let memory = self.memory.lock();
        let (since, thing) = memory.things.get(key)?;
        (since.elapsed() < self.lifetime).then(|| thing.clone())
    }

    /// The same, for the last time.
    pub fn take(&self, key: &K) -> Option<V> {
        let (since, thing) = self.memory.lock().things.remove(key)?;
        (since.elapsed() < self.lifetime).then_some(thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn the_first_in_is_the_first_out() {
        let remembered = Remembered::new(3, LONG);
        for number in 0..5 {
            remembered.insert(number, number * 10);
        }
        assert_eq!([1, 2, 4].map(|key| remembered.get(&key)), [None, Some(20), Some(40)]);
    }

    #[test]
    fn what_is_replaced_is_as_young_as_its_replacement() {
        let remembered = Remembered::new(3, LONG);
        for (key, thing) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            remembered.insert(key, thing);
        }
        assert_eq!(["a", "b", "c"].map(|key| remembered.get(&key)), [Some(3), Some(2), Some(4)]);
        remembered.insert("d", 5);
        assert_eq!(["a", "b"].map(|key| remembered.get(&key)), [Some(3), None]);
    }

    #[test]
    fn it_is_handed_out_once_and_not_for_ever() {
        let remembered = Remembered::new(3, LONG);
        remembered.insert("a", 1);
        assert_eq!([remembered.take(&"a"), remembered.take(&"a")], [Some(1), None]);
        let forgetful = Remembered::new(3, Duration::ZERO);
        forgetful.insert("a", 1);
        assert_eq!([forgetful.get(&"a"), forgetful.take(&"a")], [None, None]);
    }
}
