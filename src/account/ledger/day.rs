//! Owns [`Day`]: a day in UTC, by which spending is filed, and how people write one.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use jiff::{SignedDuration, civil::Date};

use crate::config::units;

/// A day in UTC, as days since 1970-01-01; no later than 9999-12-31, where it saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

/// The first day that there is.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// Why a text names no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// Neither a date nor a duration.
    #[error("is neither a date such as 2026-11-20 nor a time before now such as 7d")]
    Unknown,
    /// A day of another era.
    #[error("is before 1970")]
    TooEarly,
}

impl Day {
    /// 1970-01-01.
    pub const FIRST: Self = Self(0);
    /// 9999-12-31.
    pub const LAST: Self = Self(2_932_896);

    /// The day of a time in milliseconds since the Unix epoch.
    pub fn of(unix_ms: u64) -> Self {
        Self::at(unix_ms / DAY_MS)
    }

    /// The day that it is now.
    pub fn today() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::of(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }

    /// The day so many days since 1970-01-01.
    pub fn at(number: u64) -> Self {
        Self(u32::try_from(number).map_or(Self::LAST.0, |number| number.min(Self::LAST.0)))
    }

    /// Days since 1970-01-01.
    pub fn number(self) -> u32 {
        self.0
    }

    /// So many days earlier, or 1970-01-01.
    #[must_use]
    pub fn before(self, days: u64) -> Self {
        Self(self.0.saturating_sub(u32::try_from(days).unwrap_or(u32::MAX)))
    }

    /// Reads `2026-11-20`, or `7d`: the day so long before `today`. Parts of days count as whole ones (`36h` is two days).
    pub fn parse(text: &str, today: Self) -> Result<Self, DayError> {
        if let Ok(span) = units::duration(text) {
            let days = span.as_millis().div_ceil(u128::from(DAY_MS));
            return Ok(today.before(u64::try_from(days).unwrap_or(u64::MAX)));
        }
        let text = text.trim();
        let is_plain = text.len() == "2026-11-20".len();
        let date: Date = text.parse().ok().filter(|_| is_plain).ok_or(DayError::Unknown)?;
        let hours = date.duration_since(EPOCH).as_hours();
        u64::try_from(hours).map(|hours| Self::at(hours / 24)).map_err(|_| DayError::TooEarly)
    }
}

impl fmt::Display for Day {
    /// `2026-11-20`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = SignedDuration::from_hours(i64::from(self.0) * 24);
        f.pad(&EPOCH.saturating_add(since).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc() {
        for (ms, text) in [
            (0, "1970-01-01"),
            (DAY_MS - 1, "1970-01-01"),
            (DAY_MS, "1970-01-02"),
            (1_795_219_199_999, "2026-11-20"),
            (1_795_219_200_000, "2026-11-21"),
            (u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Day::of(ms).to_string(), text, "{ms}");
        }
    }

    #[test]
    fn dates_and_spans_name_days() {
        let today = Day::parse("2026-11-21", Day::FIRST).unwrap();
        for (text, expected) in [
            ("2026-11-20", Ok("2026-11-20")),
            (" 2024-02-29 ", Ok("2024-02-29")),
            ("1970-01-01", Ok("1970-01-01")),
            ("9999-12-31", Ok("9999-12-31")),
            ("0s", Ok("2026-11-21")),
            ("1h", Ok("2026-11-20")),
            ("1d", Ok("2026-11-20")),
            ("36h", Ok("2026-11-19")),
            ("7d", Ok("2026-11-14")),
            ("200000d", Ok("1970-01-01")),
            ("1969-12-31", Err(DayError::TooEarly)),
            ("2026-02-29", Err(DayError::Unknown)),
            ("2026-11-20T00:00", Err(DayError::Unknown)),
            ("20261120", Err(DayError::Unknown)),
            ("20.11.2026", Err(DayError::Unknown)),
            ("yesterday", Err(DayError::Unknown)),
            ("7", Err(DayError::Unknown)),
            ("-7d", Err(DayError::Unknown)),
            ("", Err(DayError::Unknown)),
        ] {
            let read = Day::parse(text, today).map(|day| day.to_string());
            assert_eq!(read.as_deref().map_err(|error| *error), expected, "{text:?}");
        }
    }
}
