//! Leaves a target alone for a while once it has failed several times in a row, or most of the time, then lets one request
//! try it.

use std::time::{Duration, Instant};

/// When a target is left alone, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// After so many failures in a row.
    pub failures: u32,
    /// For so long.
    pub cooldown: Duration,
}

/// The state of one target.
#[derive(Debug, Default, Clone, Copy)]
pub struct Breaker {
    /// Failures since the last success.
    failures: u32,
    /// Left alone until then.
    open_until: Option<Instant>,
    /// The provider asked for no more requests until then.
    limited_until: Option<Instant>,
}

impl Breaker {
    /// The target is left alone now.
    pub fn is_open(&self, now: Instant) -> bool {
        self.open_until.is_some_and(|until| until > now)
    }

    /// It has rested enough, and one request is to try it.
    pub fn is_half_open(&self, now: Instant) -> bool {
        self.open_until.is_some_and(|until| until <= now)
    }

    /// The provider has asked for a pause.
    pub fn is_limited(&self, now: Instant) -> bool {
        self.limited_until.is_some_and(|until| until > now)
    }

    /// Time until it is tried again, where it is left alone.
    pub fn rests_for(&self, now: Instant) -> Option<Duration> {
        Some(self.open_until?.saturating_duration_since(now))
    }

    /// Notes that a request goes out. A target that has rested enough gets this one trial: others keep away until it is
    /// over or another cooldown has passed.
    pub fn begin(&mut self, settings: Settings, now: Instant) {
        if self.open_until.is_some() {
            self.open_until = Some(now + settings.cooldown);
        }
    }

    /// The target has begun to answer.
    pub fn answered(&mut self) {
        (self.open_until, self.limited_until) = (None, None);
    }

    /// The target answered.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The target failed, and with it `mostly` all of its requests.
    pub fn failed(&mut self, settings: Settings, mostly: bool, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= settings.failures || mostly {
            self.open_until = Some(now + settings.cooldown);
        }
    }

    /// The target works and has had enough for `pause`.
    pub fn rate_limited(&mut self, pause: Option<Duration>, now: Instant) {
        let limited_until = pause.map(|pause| now + pause.min(MAX_PAUSE));
        *self = Self { limited_until, ..Self::default() };
    }
}

/// A provider cannot send us away for longer than this.
pub const MAX_PAUSE: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    const COOLDOWN: Duration = Duration::from_secs(60);

    fn settings(failures: u32) -> Settings {
        Settings { failures, cooldown: COOLDOWN }
    }

    #[test]
    fn opens_after_failures_in_a_row() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.failed(settings(2), false, now);
        breaker.succeeded();
        breaker.failed(settings(2), false, now);
        assert!(!breaker.is_open(now));
        breaker.failed(settings(2), false, now);
        assert!(breaker.is_open(now));
        assert_eq!(breaker.rests_for(now), Some(COOLDOWN));
    }

    #[test]
    fn opens_where_most_requests_fail() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.failed(settings(5), true, now);
        assert!(breaker.is_open(now));
    }

    #[test]
    fn a_rested_target_gets_one_trial() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.failed(settings(1), false, now);
        let rested = now + COOLDOWN;
        assert!(!breaker.is_open(rested) && breaker.is_half_open(rested));
        breaker.begin(settings(1), rested);
        assert!(breaker.is_open(rested));
        breaker.succeeded();
        assert!(!breaker.is_open(rested) && !breaker.is_half_open(rested));
    }

    #[test]
    fn a_rate_limit_is_no_failure() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.rate_limited(Some(Duration::from_secs(5)), now);
        assert!(!breaker.is_open(now) && breaker.is_limited(now));
        assert!(!breaker.is_limited(now + Duration::from_secs(5)));
    }
}
