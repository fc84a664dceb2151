//! Money for a UTC day: a cap that is never exceeded by what is known beforehand.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::account::NanoUsd;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// What may be spent a day, and what has been.
#[derive(Debug, Clone)]
pub struct Purse {
    cap: NanoUsd,
    today: Arc<Mutex<Today>>,
}

#[derive(Debug, Default)]
struct Today {
    day: u64,
    spent: u64,
    held: u64,
}

/// Money that is set aside; what is not spent goes back.
#[derive(Debug)]
pub struct Held {
    amount: u64,
    day: u64,
    today: Arc<Mutex<Today>>,
}

impl Purse {
    /// A purse for so much a day.
    pub fn new(cap: NanoUsd) -> Self {
        Self { cap, today: Arc::default() }
    }

    /// Sets money aside at a time in seconds of the Unix epoch; `None` when so much is not left today.
    pub fn hold(&self, amount: NanoUsd, now: f64) -> Option<Held> {
        let day = (now / DAY) as u64;
        let mut today = self.today.lock();
        if day > today.day {
            *today = Today { day, ..Today::default() };
        }
        let total = today.spent.saturating_add(today.held).saturating_add(amount.0);
        if total > self.cap.0 {
            return None;
        }
        today.held += amount.0;
        Some(Held { amount: amount.0, day: today.day, today: Arc::clone(&self.today) })
    }

    /// The day, in days of the Unix epoch, and what has been spent in it, nano-USD: to be written down.
    pub fn snapshot(&self) -> (u64, u64) {
        let today = self.today.lock();
        (today.day, today.spent)
    }

    /// Goes on from what was written down.
    pub fn restore(&self, (day, spent): (u64, u64)) {
        *self.today.lock() = Today { day, spent, held: 0 };
    }

    /// Seconds until it is filled again.
    pub fn refilled_in(now: f64) -> f64 {
        DAY - now % DAY
    }

    /// What has been spent today, and what a day may cost.
    pub fn spent(&self, now: f64) -> (NanoUsd, NanoUsd) {
        let today = self.today.lock();
        let spent = if (now / DAY) as u64 > today.day { 0 } else { today.spent };
        (NanoUsd(spent), self.cap)
    }
}

impl Held {
    /// Spends some of it.
    pub fn spend(&self, amount: NanoUsd) {
        let mut today = self.today.lock();
        // What was set aside yesterday is yesterday's.
        if today.day == self.day {
            today.spent = today.spent.saturating_add(amount.0);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut today = self.today.lock();
        if today.day == self.day {
            today.held = today.held.saturating_sub(self.amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_held_than_is_left() {
        let purse = Purse::new(NanoUsd(100));
        let first = purse.hold(NanoUsd(60), 0.0).unwrap();
        assert!(purse.hold(NanoUsd(50), 1.0).is_none());
        first.spend(NanoUsd(10));
        drop(first);
        assert_eq!(purse.spent(2.0), (NanoUsd(10), NanoUsd(100)));
        assert!(purse.hold(NanoUsd(91), 2.0).is_none());
        let second = purse.hold(NanoUsd(90), 2.0).unwrap();
        second.spend(NanoUsd(90));
        drop(second);
        assert!(purse.hold(NanoUsd(1), DAY - 1.0).is_none());
        let again = Purse::new(NanoUsd(100));
        again.restore(purse.snapshot());
        assert!(
            again.hold(NanoUsd(1), DAY - 1.0).is_none() && again.hold(NanoUsd(1), DAY).is_some()
        );
    }

    #[test]
    fn a_new_day_has_its_own_money() {
        let purse = Purse::new(NanoUsd(100));
        let yesterday = purse.hold(NanoUsd(100), 10.0).unwrap();
        let today = purse.hold(NanoUsd(100), DAY + 10.0).unwrap();
        yesterday.spend(NanoUsd(100));
        drop(yesterday);
        assert_eq!(purse.spent(DAY + 11.0).0, NanoUsd(0));
        assert!(purse.hold(NanoUsd(1), DAY + 11.0).is_none());
        drop(today);
        assert_eq!(purse.spent(2.0 * DAY).0, NanoUsd(0));
        assert!(Purse::new(NanoUsd(0)).hold(NanoUsd(1), 0.0).is_none());
    }
}
