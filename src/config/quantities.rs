//! Typed reads of one key: what is absent or wrong reads as the default.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    reader::Section,
    units,
    wording::{nearest, show_duration, show_size},
};

impl Section<'_> {
    pub fn read<T>(
        &mut self,
        key: &'static str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        self.read_optional(key, parse).unwrap_or(default)
    }

    pub fn read_optional<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.field(key)?.parse(parse)
    }

    pub fn flag(&mut self, key: &'static str, default: bool) -> bool {
        self.optional_flag(key).unwrap_or(default)
    }

    pub fn optional_flag(&mut self, key: &'static str) -> Option<bool> {
        self.read_optional(key, |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("is neither true nor false".to_owned()),
        })
    }

    /// One of a few words.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        default: T,
        choices: &[(&'static str, T)],
    ) -> T {
        self.read(key, default, |text| choose(text, choices))
    }

    pub fn duration(
        &mut self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        self.optional_duration(key, range).unwrap_or(default)
    }

    pub fn optional_duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        self.read_optional(key, |text| {
            let value = units::duration(text).map_err(|error| error.to_string())?;
            within(value, &range, show_duration)
        })
    }

    /// Bytes.
    pub fn size(&mut self, key: &'static str, default: u64, range: RangeInclusive<u64>) -> u64 {
        self.read(key, default, |text| {
            let value = units::size(text).map_err(|error| error.to_string())?;
            within(value, &range, show_size)
        })
    }

    pub fn count(
        &mut self,
        key: &'static str,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> usize {
        self.read(key, default, |text| count_within(text, &range))
    }

    pub fn optional_count(
        &mut self,
        key: &'static str,
        range: RangeInclusive<usize>,
    ) -> Option<usize> {
        self.read_optional(key, |text| count_within(text, &range))
    }

    /// A share, `0..=1`.
    pub fn share(&mut self, key: &'static str) -> Option<f64> {
        self.read_optional(key, |text| units::share(text).map_err(|error| error.to_string()))
    }

    /// A plain number.
    pub fn number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        self.read_optional(key, |text| {
            let value = units::number_of(text).ok_or("is not a number; write for example 0.92")?;
            within(value, &range, |value| value.to_string())
        })
    }
}

/// One of a few words, or what they are.
pub(super) fn choose<T: Copy>(text: &str, choices: &[(&'static str, T)]) -> Result<T, String> {
    if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let near = nearest(text, names.iter().copied())
        .map(|near| format!("did you mean \"{near}\"? "))
        .unwrap_or_default();
    Err(format!("is not known here; {near}valid values: {}", names.join(", ")))
}

fn count_within(text: &str, range: &RangeInclusive<usize>) -> Result<usize, String> {
    let value = units::whole(text).ok_or("is not a whole number")?;
    let value = usize::try_from(value).map_err(|_| "is too large")?;
    within(value, range, |value| value.to_string())
}

fn within<T: PartialOrd + Copy>(
    value: T,
    range: &RangeInclusive<T>,
    show: impl Fn(T) -> String,
) -> Result<T, String> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(format!("is out of range; from {} to {}", show(*range.start()), show(*range.end())))
}
