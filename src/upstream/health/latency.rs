//! How long a target lately took: a mean that jumps to a peak at once and comes down slowly.
//!
//! The peak-sensitive moving average of Finagle's balancer: <https://twitter.github.io/finagle/guide/ApiReference.html>.

use std::time::{Duration, Instant};

/// Time in which what is old loses two thirds of its weight.
const DECAY: Duration = Duration::from_secs(10);
/// A mean that nothing was added to for so long is forgotten: a target that is tried last for it gets another chance.
const MEMORY: Duration = Duration::from_secs(60);

/// A moving mean of durations.
#[derive(Debug, Default, Clone, Copy)]
pub struct PeakMean(Option<Mean>);

#[derive(Debug, Clone, Copy)]
struct Mean {
    seconds: f64,
    measured: Instant,
}

impl PeakMean {
    /// Notes a measure.
    pub fn note(&mut self, took: Duration, now: Instant) {
        let latest = took.as_secs_f64();
        let seconds = match self.recent_mean(now) {
            Some(mean) if mean.seconds > latest => {
                let passed = now.saturating_duration_since(mean.measured);
                // At least a tenth, so that many quick answers within a moment count as well.
                let kept = (-passed.as_secs_f64() / DECAY.as_secs_f64()).exp().min(0.9);
                kept * mean.seconds + (1.0 - kept) * latest
            }
            _ => latest,
        };
        self.0 = Some(Mean { seconds, measured: now });
    }

    /// The recent mean, if there is one.
    pub fn recent(&self, now: Instant) -> Option<Duration> {
        self.recent_mean(now).map(|mean| Duration::from_secs_f64(mean.seconds))
    }

    fn recent_mean(&self, now: Instant) -> Option<Mean> {
        self.0.filter(|mean| now.saturating_duration_since(mean.measured) < MEMORY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_show_at_once_and_pass_slowly() {
        let (mut mean, start) = (PeakMean::default(), Instant::now());
        let seconds = Duration::from_secs;
        assert_eq!(mean.recent(start), None);
        mean.note(seconds(1), start);
        mean.note(seconds(11), start);
        assert_eq!(mean.recent(start), Some(seconds(11)));
        mean.note(seconds(1), start);
        assert_eq!(mean.recent(start), Some(seconds(10)));
        mean.note(seconds(0), start + DECAY);
        let after = mean.recent(start + DECAY).unwrap().as_secs_f64();
        assert!((after - 10.0 / 1_f64.exp()).abs() < 1e-6, "{after}");
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let (mut mean, start) = (PeakMean::default(), Instant::now());
        mean.note(Duration::from_secs(9), start);
        let later = start + MEMORY;
        assert_eq!(mean.recent(later), None);
        mean.note(Duration::from_secs(2), later);
        assert_eq!(mean.recent(later), Some(Duration::from_secs(2)));
    }
}
