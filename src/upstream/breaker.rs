//! Leaves a target alone for a while once it has failed several times in a row, then lets one request try it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::config::Target;

/// The health of all targets.
pub struct Breakers {
    failures: u32,
    cooldown: Duration,
    states: Mutex<HashMap<Target, State>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    /// Failures since the last success.
    failures: u32,
    /// Left alone until then.
    open_until: Option<Instant>,
    /// The provider asked for no more requests until then.
    limited_until: Option<Instant>,
}

/// One request under way; dropped without a verdict (the caller hung up) it says nothing about the target.
pub struct Trial<'a> {
    breakers: &'a Breakers,
    target: Target,
}

impl Breakers {
    /// Opens after `failures` in a row, for `cooldown`.
    pub fn new(failures: u32, cooldown: Duration) -> Self {
        Self { failures, cooldown, states: Mutex::default() }
    }

    /// The target is left alone now.
    pub fn is_open(&self, target: &Target) -> bool {
        let open_until = self.states.lock().get(target).and_then(|state| state.open_until);
        open_until.is_some_and(|until| until > Instant::now())
    }

    /// The provider has asked for a pause.
    pub fn is_limited(&self, target: &Target) -> bool {
        let limited_until = self.states.lock().get(target).and_then(|state| state.limited_until);
        limited_until.is_some_and(|until| until > Instant::now())
    }

    /// Time until the first of `targets` is tried again.
    pub fn soonest(&self, targets: &[Target]) -> Duration {
        let states = self.states.lock();
        let open = targets.iter().filter_map(|target| states.get(target)?.open_until);
        let wait = open.map(|until| until.saturating_duration_since(Instant::now())).min();
        wait.unwrap_or(self.cooldown)
    }

    /// Notes that a request goes out. A target that has rested enough gets this one trial: others keep away until it
    /// is over or another cooldown has passed.
    pub fn begin(&self, target: &Target) -> Trial<'_> {
        if let Some(state) = self.states.lock().get_mut(target)
            && state.open_until.is_some()
        {
            state.open_until = Some(Instant::now() + self.cooldown);
        }
        Trial { breakers: self, target: target.clone() }
    }
}

impl Trial<'_> {
    /// The target answered.
    pub fn succeeded(self) {
        self.breakers.states.lock().remove(&self.target);
    }

    /// The target failed.
    pub fn failed(self) {
        let mut states = self.breakers.states.lock();
        let state = states.entry(self.target.clone()).or_default();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.breakers.failures {
            state.open_until = Some(Instant::now() + self.breakers.cooldown);
        }
    }

    /// The target works and has had enough for `pause`.
    pub fn rate_limited(self, pause: Option<Duration>) {
        let limited_until = pause.map(|pause| Instant::now() + pause.min(MAX_PAUSE));
        self.breakers
            .states
            .lock()
            .insert(self.target.clone(), State { limited_until, ..State::default() });
    }
}

/// A provider cannot send us away for longer than this.
const MAX_PAUSE: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    fn target(model: &str) -> Target {
        Target { provider: "p".into(), model: model.into() }
    }

    #[test]
    fn opens_after_failures_in_a_row_and_for_that_target_only() {
        let breakers = Breakers::new(2, Duration::from_secs(60));
        let (a, b) = (target("a"), target("b"));
        breakers.begin(&a).failed();
        breakers.begin(&a).succeeded();
        breakers.begin(&a).failed();
        assert!(!breakers.is_open(&a));
        breakers.begin(&a).failed();
        assert!(breakers.is_open(&a) && !breakers.is_open(&b));
        assert!(breakers.soonest(&[a]) > Duration::from_secs(50));
    }

    #[test]
    fn a_rested_target_gets_one_trial() {
        let breakers = Breakers::new(1, Duration::from_secs(60));
        let a = target("a");
        breakers.begin(&a).failed();
        breakers.states.lock().entry(a.clone()).or_default().open_until = Some(Instant::now());
        assert!(!breakers.is_open(&a));
        let trial = breakers.begin(&a);
        assert!(breakers.is_open(&a));
        trial.succeeded();
        assert!(!breakers.is_open(&a));
    }

    #[test]
    fn a_rate_limit_is_no_failure() {
        let breakers = Breakers::new(1, Duration::from_secs(60));
        let a = target("a");
        breakers.begin(&a).rate_limited(Some(Duration::from_secs(5)));
        assert!(!breakers.is_open(&a) && breakers.is_limited(&a));
    }
}
