//! What is known of the health of targets: breakers, latencies, errors, and how much each has to do.

mod breaker;
mod latency;
mod window;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use foldhash::fast::RandomState;
use parking_lot::Mutex;

pub use self::breaker::{MAX_PAUSE, Settings};
use self::{breaker::Breaker, latency::PeakMean, window::Window};
use crate::config::Target;

/// The health of all targets.
pub struct Health {
    settings: Settings,
    targets: Mutex<HashMap<Target, Record, RandomState>>,
}

#[derive(Default)]
struct Record {
    breaker: Breaker,
    first: PeakMean,
    total: PeakMean,
    window: Window,
    in_flight: usize,
}

/// How a target does.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// `closed`, `open` while it is left alone, `half-open` once a request may try it, `limited` while it wants a pause.
    pub state: &'static str,
    /// Recent time to the first token of a stream, or to a whole answer.
    pub first: Option<Duration>,
    /// Recent time to the end of an answer.
    pub total: Option<Duration>,
    /// Requests of the last minute that came to an end.
    pub requests: u32,
    /// Share of them that failed.
    pub error_rate: Option<f64>,
    /// Requests under way.
    pub in_flight: usize,
}

/// What is taken for the latency of a target that has been asked and has not answered yet.
const UNKNOWN: Duration = Duration::from_secs(1);
/// Targets that are kept; callers can name any model.
const MAX_TARGETS: usize = 1024;

impl Health {
    /// Of targets that nothing is known of.
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self { settings, targets: Mutex::default() })
    }

    /// Whether the target is left alone now.
    pub fn is_open(&self, target: &Target) -> bool {
        self.of(target, |record| record.breaker.is_open(Instant::now())).unwrap_or(false)
    }

    /// Whether the provider has asked for a pause.
    pub fn is_limited(&self, target: &Target) -> bool {
        self.of(target, |record| record.breaker.is_limited(Instant::now())).unwrap_or(false)
    }

    /// Time until the first of `targets` is tried again.
    pub fn soonest(&self, targets: &[Target]) -> Duration {
        let now = Instant::now();
        let waits = targets
            .iter()
            .filter_map(|target| self.of(target, |record| record.breaker.rests_for(now)).flatten());
        waits.min().unwrap_or(self.settings.cooldown)
    }

    /// How long the target lately took to its first token, or to a whole answer.
    pub fn latency(&self, target: &Target) -> Option<Duration> {
        self.of(target, |record| record.first.recent(Instant::now())).flatten()
    }

    /// What a request there costs in time: the recent latency times the requests that wait for it, seconds. Zero for a
    /// target that nothing is known of, so that it is tried; one request at a time, until one has come back.
    pub fn load(&self, target: &Target) -> f64 {
        let load = self.of(target, |record| {
            let unknown = if record.in_flight > 0 { UNKNOWN } else { Duration::ZERO };
            let latency = record.first.recent(Instant::now()).unwrap_or(unknown);
            latency.as_secs_f64() * (record.in_flight + 1) as f64
        });
        load.unwrap_or(0.0)
    }

    /// How every target does that has been asked.
    pub fn standings(&self) -> Vec<(Target, Standing)> {
        let now = Instant::now();
        let targets = self.targets.lock();
        let standing = |record: &Record| {
            let counts = record.window.counts(now);
            Standing {
                state: match &record.breaker {
                    breaker if breaker.is_open(now) => "open",
                    breaker if breaker.is_half_open(now) => "half-open",
                    breaker if breaker.is_limited(now) => "limited",
                    _ => "closed",
                },
                first: record.first.recent(now),
                total: record.total.recent(now),
                requests: counts.requests,
                error_rate: counts.error_rate(),
                in_flight: record.in_flight,
            }
        };
        let mut standings: Vec<_> =
            targets.iter().map(|(target, record)| (target.clone(), standing(record))).collect();
        drop(targets);
        standings.sort_by(|(one, _), (other, _)| one.cmp(other));
        standings
    }

    /// Notes that a request goes out.
    pub fn begin(self: &Arc<Self>, target: &Target) -> InFlight {
        self.change(target, |record| {
            record.breaker.begin(self.settings, Instant::now());
            record.in_flight += 1;
        });
        InFlight { health: Arc::clone(self), target: target.clone(), start: Instant::now() }
    }

    /// A probe found the target's provider at work, or not.
    pub fn probed(&self, target: &Target, is_up: bool) {
        self.change(target, |record| match is_up {
            true => record.breaker.succeeded(),
            false => record.breaker.failed(self.settings, true, Instant::now()),
        });
    }

    fn of<T>(&self, target: &Target, read: impl FnOnce(&Record) -> T) -> Option<T> {
        self.targets.lock().get(target).map(read)
    }

    fn change(&self, target: &Target, change: impl FnOnce(&mut Record)) {
        let mut targets = self.targets.lock();
        if !targets.contains_key(target) {
            let now = Instant::now();
            if targets.len() >= MAX_TARGETS {
                targets.retain(|_, record| record.in_flight > 0 || record.breaker.is_open(now));
            }
            if targets.len() >= MAX_TARGETS {
                return;
            }
        }
        change(targets.entry(target.clone()).or_default());
    }
}

/// One request under way; dropped without a verdict (the caller hung up) it says nothing about the target.
pub struct InFlight {
    health: Arc<Health>,
    target: Target,
    start: Instant,
}

impl InFlight {
    /// The answer has begun. Whether it is a success is not known before its end.
    pub fn answered(&self) {
        let (now, took) = (Instant::now(), self.start.elapsed());
        self.health.change(&self.target, |record| {
            record.breaker.answered();
            record.first.note(took, now);
        });
    }

    /// The target works, and says that the request is at fault.
    pub fn refused(&self) {
        self.health.change(&self.target, |record| {
            record.breaker.succeeded();
            record.window.note(false, Instant::now());
        });
    }

    /// The answer is whole.
    pub fn finished(&self) {
        let (now, took) = (Instant::now(), self.start.elapsed());
        self.health.change(&self.target, |record| {
            record.breaker.succeeded();
            record.total.note(took, now);
            record.window.note(false, now);
        });
    }

    /// The target failed.
    pub fn failed(&self) {
        let now = Instant::now();
        self.health.change(&self.target, |record| {
            record.window.note(true, now);
            let mostly = record.window.counts(now).is_mostly_failing();
            record.breaker.failed(self.health.settings, mostly, now);
        });
    }

    /// The target works and has had enough for `pause`.
    pub fn rate_limited(&self, pause: Option<Duration>) {
        let now = Instant::now();
        self.health.change(&self.target, |record| {
            record.window.note(true, now);
            record.breaker.rate_limited(pause, now);
        });
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.health.change(&self.target, |record| {
            record.in_flight = record.in_flight.saturating_sub(1);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(model: &str) -> Target {
        Target { provider: "p".into(), model: model.into() }
    }

    fn health(failures: u32) -> Arc<Health> {
        Health::new(Settings { failures, cooldown: Duration::from_secs(60) })
    }

    #[test]
    fn each_target_stands_for_itself() {
        let health = health(1);
        let (a, b) = (target("a"), target("b"));
        health.begin(&a).failed();
        assert!(health.is_open(&a) && !health.is_open(&b));
        assert!(health.soonest(&[a.clone(), b]) > Duration::from_secs(50));
        health.probed(&a, true);
        assert!(!health.is_open(&a));
    }

    #[test]
    fn load_grows_with_what_waits() {
        let (health, a) = (health(1), target("a"));
        assert_eq!(health.load(&a), 0.0);
        let first = health.begin(&a);
        assert_eq!(health.load(&a), 2.0);
        first.answered();
        drop(first);
        let idle = health.load(&a);
        let _busy = [health.begin(&a), health.begin(&a)];
        assert!((health.load(&a) - 3.0 * idle).abs() < 1e-9);
        assert_eq!(health.standings()[0].1.in_flight, 2);
    }

    #[test]
    fn answers_that_always_break_off_are_failures() {
        let (health, a) = (health(3), target("a"));
        for _ in 0..3 {
            assert!(!health.is_open(&a));
            let request = health.begin(&a);
            request.answered();
            request.failed();
        }
        assert!(health.is_open(&a));
        let standing = health.standings().remove(0).1;
        assert_eq!((standing.requests, standing.error_rate), (3, Some(1.0)));
    }

    #[test]
    fn made_up_names_take_bounded_room() {
        let health = health(1);
        for model in 0..MAX_TARGETS + 10 {
            health.begin(&target(&model.to_string())).answered();
        }
        assert!(health.targets.lock().len() <= MAX_TARGETS);
        assert!(health.latency(&target(&(MAX_TARGETS + 9).to_string())).is_some());
    }
}
