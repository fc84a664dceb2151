//! Times, money and token counts as logs write them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Map, Value};

use super::record::Tokens;
use crate::account::Usage;

/// The first field of `fields` among `names` that is there and not null or empty.
pub(super) fn first<'a>(fields: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    let filled = |value: &&Value| !value.is_null() && value.as_str() != Some("");
    names.iter().filter_map(|name| fields.get(*name)).find(filled)
}

/// The same, as text.
pub(super) fn text(fields: &Map<String, Value>, names: &[&str]) -> Option<String> {
    first(fields, names).and_then(Value::as_str).map(str::to_owned)
}

/// Above these a count since 1970 is in milliseconds, and in microseconds: the year 5138 in seconds, and in milliseconds.
const MILLISECONDS_FROM: f64 = 1e11;
const MICROSECONDS_FROM: f64 = 1e14;

/// A time: seconds, milliseconds or microseconds since 1970, or a date with a time, which is UTC unless it says otherwise.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    let since_1970 = |number: f64| {
        let seconds = match number {
            number if number >= MICROSECONDS_FROM => number / 1e6,
            number if number >= MILLISECONDS_FROM => number / 1e3,
            number => number,
        };
        Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok()
    };
    if let Some(number) = value.as_f64() {
        return since_1970(number);
    }
    let text = value.as_str()?.trim();
    if let Ok(number) = text.parse::<f64>() {
        return since_1970(number);
    }
    let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| local().map(|zoned| zoned.timestamp()))
}

/// An amount of USD, as a number or decimal text, in nano-USD.
pub(super) fn money(value: &Value) -> Option<u64> {
    let usd = number(value)?;
    (0.0..1e9).contains(&usd).then(|| (usd * 1e9).round() as u64)
}

/// A number, or one written as text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

/// A provider's `usage` object.
pub(super) fn usage(value: &Value) -> Option<Tokens> {
    Usage::of(value).map(|usage| Tokens {
        input: usage.input,
        cached: usage.cached_input,
        output: usage.output,
    })
}

/// Two fields with counts.
pub(super) fn counts(
    fields: &Map<String, Value>,
    input: &[&str],
    output: &[&str],
) -> Option<Tokens> {
    let count = |names: &[&str]| {
        let count = first(fields, names).and_then(number)?;
        (count >= 0.0).then_some(count as u64)
    };
    let (input, output) = (count(input), count(output));
    (input.or(output)).map(|_| Tokens {
        input: input.unwrap_or(0),
        cached: 0,
        output: output.unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_read_in_many_spellings() {
        let expected: Timestamp = "2026-01-02T03:04:05.5Z".parse().unwrap();
        for value in [
            json!(1_767_323_045.5),
            json!(1_767_323_045_500_i64),
            json!(1_767_323_045_500_000_i64),
            json!("1767323045.5"),
            json!("2026-01-02T03:04:05.500Z"),
            json!("2026-01-02T04:04:05.5+01:00"),
            json!("2026-01-02 03:04:05.500000"),
            json!("2026-01-02 03:04:05.5+00:00"),
            json!("2026-01-02T03:04:05.500"),
        ] {
            assert_eq!(time(&value), Some(expected), "{value}");
        }
        for value in [json!("yesterday"), json!(null), json!({}), json!(f64::MAX)] {
            assert_eq!(time(&value), None, "{value}");
        }
    }

    #[test]
    fn money_is_read_from_numbers_and_text() {
        for (value, nano) in [
            (json!(0.000_183), Some(183_000)),
            (json!("0.000183"), Some(183_000)),
            (json!(2), Some(2_000_000_000)),
            (json!(-1), None),
            (json!("n/a"), None),
        ] {
            assert_eq!(money(&value), nano, "{value}");
        }
    }
}
