//! How long targets lately took to their first byte.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::config::Target;

/// Weight of the newest measure in the mean: after five of them the older ones count for a sixth.
const WEIGHT: f64 = 0.3;
/// A mean that nothing was added to for so long is forgotten: a target that is tried last for it gets another chance.
const MEMORY: Duration = Duration::from_secs(60);
/// Targets that are kept; callers can name any model.
const MAX_TARGETS: usize = 1024;

/// Moving means of the time to the first byte, by target.
#[derive(Default)]
pub struct Latencies(Mutex<HashMap<Target, Mean>>);

#[derive(Clone, Copy)]
struct Mean {
    seconds: f64,
    measured: Instant,
}

impl Latencies {
    /// Notes that `target` took so long.
    pub fn note(&self, target: &Target, took: Duration, now: Instant) {
        let mut means = self.0.lock();
        let latest = took.as_secs_f64();
        match means.get_mut(target) {
            Some(mean) if mean.is_recent(now) => {
                let seconds = mean.seconds + WEIGHT * (latest - mean.seconds);
                *mean = Mean { seconds, measured: now };
            }
            Some(mean) => *mean = Mean { seconds: latest, measured: now },
            None => {
                if means.len() >= MAX_TARGETS {
                    means.retain(|_, mean| mean.is_recent(now));
                }
                if means.len() < MAX_TARGETS {
                    means.insert(target.clone(), Mean { seconds: latest, measured: now });
                }
            }
        }
    }

    /// The recent mean, if there is one.
    pub fn recent(&self, target: &Target, now: Instant) -> Option<Duration> {
        let mean = self.0.lock().get(target).copied().filter(|mean| mean.is_recent(now))?;
        Some(Duration::from_secs_f64(mean.seconds))
    }
}

impl Mean {
    fn is_recent(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.measured) < MEMORY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(model: &str) -> Target {
        Target { provider: "p".into(), model: model.into() }
    }

    #[test]
    fn the_mean_follows_what_is_new_and_is_forgotten_when_nothing_is() {
        let (latencies, a, start) = (Latencies::default(), target("a"), Instant::now());
        assert_eq!(latencies.recent(&a, start), None);
        latencies.note(&a, Duration::from_secs(1), start);
        latencies.note(&a, Duration::from_secs(11), start);
        assert_eq!(latencies.recent(&a, start), Some(Duration::from_secs(4)));
        assert_eq!(latencies.recent(&target("b"), start), None);
        let later = start + MEMORY;
        assert_eq!(latencies.recent(&a, later), None);
        latencies.note(&a, Duration::from_secs(2), later);
        assert_eq!(latencies.recent(&a, later), Some(Duration::from_secs(2)));
    }

    #[test]
    fn made_up_names_take_bounded_room() {
        let (latencies, start) = (Latencies::default(), Instant::now());
        let second = Duration::from_secs(1);
        for model in 0..MAX_TARGETS + 1 {
            latencies.note(&target(&model.to_string()), second, start);
        }
        assert_eq!(latencies.0.lock().len(), MAX_TARGETS);
        latencies.note(&target("late"), second, start + MEMORY);
        assert_eq!(latencies.0.lock().len(), 1);
    }
}
