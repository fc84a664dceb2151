//! Owns reading a JSON number as exact money. No floating point: `1.5e-07` is fifteen digits of text here.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Exactness;

/// A number of a JSON text, scaled by a power of ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scaled {
    /// The number times the power of ten, rounded half up.
    pub(super) amount: u64,
    /// Whether it was whole.
    pub(super) exactness: Exactness,
}

/// `text`, a JSON number or the same as a JSON string, times ten to the `scale`.
///
/// `None` when it is no number, negative, or too large.
pub(super) fn scaled(text: &RawValue, scale: i64) -> Option<Scaled> {
    let number = text.get();
    if number.starts_with('"') {
        return decimal(String::deserialize(text).ok()?.trim(), scale);
    }
    decimal(number, scale)
}

/// The same for a plain text: digits, at most one point, at most one exponent.
pub(super) fn decimal(text: &str, scale: i64) -> Option<Scaled> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let shift = exponent.checked_add(scale)?;
    let point = i64::try_from(whole.len()).ok()?.checked_add(shift)?;
    let digits = || whole.bytes().chain(fraction.bytes()).map(|byte| u64::from(byte - b'0'));
    // Where the number begins, so that a long row of zeros neither overflows nor counts.
    let Some(first) = digits().position(|digit| digit != 0) else {
        return Some(Scaled { amount: 0, exactness: Exactness::Exact });
    };
    if point < 0 {
        return Some(Scaled { amount: 0, exactness: Exactness::Rounded });
    }
    let point = usize::try_from(point).ok()?;
    if point.saturating_sub(first) > MOST_DIGITS {
        return None;
    }
    let before = (first..point).zip(digits().skip(first).chain(std::iter::repeat(0)));
    let whole = before
        .map(|(_, digit)| digit)
        .try_fold(0_u64, |number, digit| number.checked_mul(10)?.checked_add(digit))?;
    let is_upper_half = digits().nth(point).is_some_and(|digit| digit >= 5);
    let is_exact = digits().skip(point).all(|digit| digit == 0);
    Some(Scaled {
        amount: whole.checked_add(u64::from(is_upper_half))?,
        exactness: if is_exact { Exactness::Exact } else { Exactness::Rounded },
    })
}

/// Of a `u64`.
const MOST_DIGITS: usize = 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_digit_by_digit() {
        use Exactness::{Exact, Rounded};
        for (text, scale, read) in [
            ("1.5e-07", 15, Some((150_000_000, Exact))),
            ("1.5E-07", 15, Some((150_000_000, Exact))),
            ("0.00000015", 15, Some((150_000_000, Exact))),
            ("2.5e-09", 15, Some((2_500_000, Exact))),
            ("0.0", 15, Some((0, Exact))),
            ("0", 15, Some((0, Exact))),
            ("0e999999999", 15, Some((0, Exact))),
            ("3e-05", 15, Some((30_000_000_000, Exact))),
            ("0.075", 9, Some((75_000_000, Exact))),
            ("3", 9, Some((3_000_000_000, Exact))),
            ("3.0", 9, Some((3_000_000_000, Exact))),
            ("1e1", 9, Some((10_000_000_000, Exact))),
            ("3.0000000000000004e-07", 15, Some((300_000_000, Rounded))),
            ("1.4999999999999999e-16", 15, Some((0, Rounded))),
            ("4.9e-16", 15, Some((0, Rounded))),
            ("5e-16", 15, Some((1, Rounded))),
            ("9.5e-15", 15, Some((10, Rounded))),
            ("1e-999999999", 15, Some((0, Rounded))),
            ("18446744073709551615", 0, Some((u64::MAX, Exact))),
            ("18446744073709551616", 0, None),
            ("18446744073709551615.5", 0, None),
            ("1e999999999", 15, None),
            ("1e99999999999999999999", 15, None),
            ("1e9223372036854775807", 15, None),
            ("-1", 9, None),
            ("-0.0", 9, None),
            ("", 9, None),
            (".5", 9, None),
            ("1e", 9, None),
            ("1.2.3", 9, None),
            ("NaN", 9, None),
            ("null", 9, None),
        ] {
            let read = read.map(|(amount, exactness)| Scaled { amount, exactness });
            assert_eq!(decimal(text, scale), read, "{text:?}");
        }
    }

    #[test]
    fn numbers_may_be_written_as_text() {
        let raw = |text: &str| serde_json::from_str::<Box<RawValue>>(text).unwrap();
        let half = Some(Scaled { amount: 500_000_000, exactness: Exactness::Exact });
        assert_eq!(scaled(&raw("0.5"), 9), half);
        assert_eq!(scaled(&raw(r#""0.5""#), 9), half);
        assert_eq!(scaled(&raw("null"), 9), None);
        assert_eq!(scaled(&raw("[1]"), 9), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}", scale in any::<i64>()) {
            let _ = decimal(&text, scale);
        }

        #[test]
        fn no_number_panics(whole in "[0-9]{1,30}", fraction in "[0-9]{0,30}", exponent in -60_i64..60, scale in -30_i64..30) {
            let _ = decimal(&format!("{whole}.{fraction}e{exponent}"), scale);
        }

        #[test]
        fn whatever_the_spelling_the_amount_is_exact(nano in 0..=u64::MAX / 10, moved in 0_u32..15) {
            // The same amount with its point and exponent moved against each other.
            let digits = format!("{nano:020}");
            let (whole, fraction) = digits.split_at(20 - moved as usize);
            let text = format!("{whole}.{fraction}e{}", i64::from(moved) - 15);
            let exact = Scaled { amount: nano, exactness: Exactness::Exact };
            prop_assert_eq!(decimal(&text, 15), Some(exact));
        }
    }
}
