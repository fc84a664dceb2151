//! How many requests of the last minute failed.

use std::time::{Duration, Instant};

/// The last minute, in steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window {
    steps: [Counts; STEPS],
    /// The step under way, and when it began.
    current: usize,
    began: Option<Instant>,
}

/// What happened in some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that came to an end.
    pub requests: u32,
    /// Those of them that failed.
    pub failures: u32,
}

const STEPS: usize = 6;
const STEP: Duration = Duration::from_secs(10);

/// Fewer requests do not tell a share.
const ENOUGH: u32 = 20;

impl Counts {
    /// Share of requests that failed; `None` where there were none.
    pub fn error_rate(self) -> Option<f64> {
        (self.requests > 0).then(|| f64::from(self.failures) / f64::from(self.requests))
    }

    /// Most of them failed, and there were enough to say so.
    pub fn is_mostly_failing(self) -> bool {
        self.requests >= ENOUGH && self.failures * 2 > self.requests
    }
}

impl Window {
    /// Notes how a request ended.
    pub fn note(&mut self, failed: bool, now: Instant) {
        self.turn(now);
        let step = &mut self.steps[self.current];
        step.requests = step.requests.saturating_add(1);
        step.failures = step.failures.saturating_add(u32::from(failed));
    }

    /// The sums of the last minute.
    pub fn counts(&self, now: Instant) -> Counts {
        let mut window = *self;
        window.turn(now);
        window.steps.iter().fold(Counts::default(), |sum, step| Counts {
            requests: sum.requests.saturating_add(step.requests),
            failures: sum.failures.saturating_add(step.failures),
        })
    }

    /// Goes on to the step that holds `now`, and forgets what is older than the window.
    fn turn(&mut self, now: Instant) {
        let Some(mut began) = self.began else {
            self.began = Some(now);
            return;
        };
        for _ in 0..STEPS {
            if now.saturating_duration_since(began) < STEP {
                break;
            }
            began += STEP;
            self.current = (self.current + 1) % STEPS;
            self.steps[self.current] = Counts::default();
        }
        if now.saturating_duration_since(began) >= STEP {
            began = now;
        }
        self.began = Some(began);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_holds_a_minute() {
        let (mut window, start) = (Window::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(window.counts(start).error_rate(), None);
        for second in 0..60 {
            window.note(second < 30, at(second));
        }
        assert_eq!(window.counts(at(59)), Counts { requests: 60, failures: 30 });
        assert_eq!(window.counts(at(60)), Counts { requests: 50, failures: 20 });
        assert_eq!(window.counts(at(95)), Counts { requests: 20, failures: 0 });
        assert_eq!(window.counts(at(1000)), Counts::default());
        window.note(true, at(1000));
        assert_eq!(window.counts(at(1000)).error_rate(), Some(1.0));
    }

    #[test]
    fn a_few_failures_are_not_most_of_many() {
        for (requests, failures, expected) in [(19, 19, false), (20, 10, false), (20, 11, true)] {
            assert_eq!(Counts { requests, failures }.is_mostly_failing(), expected);
        }
    }
}
