//! Texts with units into numbers: durations, sizes, shares and money. Pure, and exact where money is.

use std::time::Duration;

/// Nano-USD in one USD.
const NANO_USD: u128 = 1_000_000_000;
/// Digits before and after the point that are accepted: enough for every unit, and never overflows.
const MAX_DIGITS: usize = 18;

/// Why a text is not the quantity that it should be; the text itself is left to the caller to quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Neither number nor unit can be made out.
    #[error("is not a duration; write for example 500ms, 10s, 5m, 24h or 7d")]
    NotADuration,
    /// A number alone.
    #[error("has no unit; write for example {example}")]
    NoUnit {
        /// What would be right.
        example: &'static str,
    },
    /// Neither number nor unit can be made out.
    #[error("is not a size; write for example 512KB, 10MiB, 2GiB or a number of bytes")]
    NotASize,
    /// Not a percentage and not between 0 and 1.
    #[error("is not a share; write a percentage such as 95%, or a number from 0 to 1 such as 0.95")]
    NotAShare,
    /// `1`, which could be meant as either.
    #[error("could mean 1% or 100%; write it with the percent sign")]
    AmbiguousShare,
    /// Not `0.15 USD/M`.
    #[error("is not a price; write USD per million tokens, for example 0.15 USD/M")]
    NotAPrice,
    /// Not `5 USD`.
    #[error("is not an amount of money; write for example 5 USD")]
    NotMoney,
    /// Not `100 USD/day`.
    #[error("is not money over time; write for example 100 USD/day")]
    NotDailyMoney,
    /// Below a nanosecond, a byte or a nano-USD, or beyond what fits.
    #[error("is too large or has too many decimal places")]
    NotRepresentable,
}

/// `500ms`, `10s`, `5m`, `24h`, `7d`, `1.5h` or `1h30m`; a number without unit is refused.
pub fn duration(text: &str) -> Result<Duration, UnitError> {
    const NANOSECONDS: [(&str, u128); 5] = [
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ];
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(UnitError::NotADuration);
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = split_number(rest);
        let number = Decimal::parse(number).ok_or(UnitError::NotADuration)?;
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, tail) = after.split_at(letters);
        if unit.is_empty() && tail.is_empty() {
            return Err(UnitError::NoUnit { example: "30s, 5m or 24h" });
        }
        let (_, nanoseconds) = NANOSECONDS
            .into_iter()
            .find(|(name, _)| *name == unit)
            .ok_or(UnitError::NotADuration)?;
        let part = number.times(nanoseconds).ok_or(UnitError::NotRepresentable)?;
        total = total.checked_add(part).ok_or(UnitError::NotRepresentable)?;
        rest = tail;
    }
    Ok(Duration::from_nanos(total))
}

/// Bytes: `10MiB` (powers of 1024), `512KB` (powers of 1000), `100` (bytes). Case does not matter.
pub fn size(text: &str) -> Result<u64, UnitError> {
    const BYTES: [(&str, u128); 10] = [
        ("", 1),
        ("b", 1),
        ("kb", 1_000),
        ("mb", 1_000_000),
        ("gb", 1_000_000_000),
        ("tb", 1_000_000_000_000),
        ("kib", 1 << 10),
        ("mib", 1 << 20),
        ("gib", 1 << 30),
        ("tib", 1 << 40),
    ];
    let (number, unit) = split_number(text.trim());
    let number = Decimal::parse(number).ok_or(UnitError::NotASize)?;
    let unit = unit.trim().to_ascii_lowercase();
    let (_, bytes) =
        BYTES.into_iter().find(|(name, _)| *name == unit).ok_or(UnitError::NotASize)?;
    number.times(bytes).ok_or(UnitError::NotRepresentable)
}

/// A share from 0 to 1: `1%`, `0.01`; the bare `1` is refused because it could mean either.
pub fn share(text: &str) -> Result<f64, UnitError> {
    let text = text.trim();
    if text == "1" {
        return Err(UnitError::AmbiguousShare);
    }
    let (number, of) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 100.0),
        None => (text, 1.0),
    };
    let share = number_of(number).ok_or(UnitError::NotAShare)? / of;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(UnitError::NotAShare) }
}

/// A price such as `0.15 USD/M` in nano-USD per million tokens (here 150,000,000), exactly.
pub fn price(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split_number(text.trim());
    let number = Decimal::parse(number).ok_or(UnitError::NotAPrice)?;
    match unit.split_whitespace().collect::<String>().as_str() {
        "USD/M" => number.times(NANO_USD).ok_or(UnitError::NotRepresentable),
        "" => Err(UnitError::NoUnit { example: "0.15 USD/M (per million tokens)" }),
        _ => Err(UnitError::NotAPrice),
    }
}

/// An amount such as `5 USD` in nano-USD, exactly.
pub fn money(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split_number(text.trim());
    let number = Decimal::parse(number).ok_or(UnitError::NotMoney)?;
    match unit.trim() {
        "USD" => number.times(NANO_USD).ok_or(UnitError::NotRepresentable),
        "" => Err(UnitError::NoUnit { example: "5 USD" }),
        _ => Err(UnitError::NotMoney),
    }
}

/// Money over time such as `100 USD/day`, in nano-USD a day, exactly.
pub fn daily_money(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split_number(text.trim());
    let number = Decimal::parse(number).ok_or(UnitError::NotDailyMoney)?;
    match unit.split_whitespace().collect::<String>().as_str() {
        "USD/day" => number.times(NANO_USD).ok_or(UnitError::NotRepresentable),
        "" => Err(UnitError::NoUnit { example: "100 USD/day" }),
        _ => Err(UnitError::NotDailyMoney),
    }
}

/// A plain number that is not negative: no exponent, no `inf`.
pub(super) fn number_of(text: &str) -> Option<f64> {
    Decimal::parse(text)?;
    text.parse().ok()
}

/// A whole number that is not negative.
pub(super) fn whole(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.split_at(end)
}

/// A number as it is written, `digits / 10^places`.
struct Decimal {
    digits: u128,
    places: u32,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return None,
            Some((whole, fraction)) => (whole, fraction),
            None => (text, ""),
        };
        let fits = !whole.is_empty() && whole.len() <= MAX_DIGITS && fraction.len() <= MAX_DIGITS;
        let is_number = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        if !fits || !is_number {
            return None;
        }
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { digits, places: u32::try_from(fraction.len()).ok()? })
    }

    /// The number times `unit`; `None` when that is not whole, or too large.
    fn times(&self, unit: u128) -> Option<u64> {
        let product = self.digits.checked_mul(unit)?;
        let divisor = 10_u128.pow(self.places);
        if product % divisor == 0 { u64::try_from(product / divisor).ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_need_a_unit() {
        let table: &[(&str, Result<u64, UnitError>)] = &[
            ("500ms", Ok(500)),
            ("10s", Ok(10_000)),
            ("5m", Ok(300_000)),
            ("24h", Ok(86_400_000)),
            ("7d", Ok(604_800_000)),
            ("1h30m", Ok(5_400_000)),
            ("1.5h", Ok(5_400_000)),
            (" 10s ", Ok(10_000)),
            ("0s", Ok(0)),
            ("30", Err(UnitError::NoUnit { example: "30s, 5m or 24h" })),
            ("1h30", Err(UnitError::NoUnit { example: "30s, 5m or 24h" })),
            ("", Err(UnitError::NotADuration)),
            ("-5s", Err(UnitError::NotADuration)),
            ("10 s", Err(UnitError::NotADuration)),
            ("10sec", Err(UnitError::NotADuration)),
            ("s", Err(UnitError::NotADuration)),
            ("1..5s", Err(UnitError::NotADuration)),
            ("0.0000001ms", Err(UnitError::NotRepresentable)),
            ("999999999999d", Err(UnitError::NotRepresentable)),
        ];
        for (text, expected) in table {
            assert_eq!(duration(text), expected.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes() {
        let table: &[(&str, Result<u64, UnitError>)] = &[
            ("100", Ok(100)),
            ("512KB", Ok(512_000)),
            ("10MiB", Ok(10_485_760)),
            ("2GiB", Ok(2_147_483_648)),
            ("2 GiB", Ok(2_147_483_648)),
            ("1.5kib", Ok(1536)),
            ("1TiB", Ok(1 << 40)),
            ("0.3B", Err(UnitError::NotRepresentable)),
            ("10M", Err(UnitError::NotASize)),
            ("GiB", Err(UnitError::NotASize)),
            ("-1", Err(UnitError::NotASize)),
            ("99999999TiB", Err(UnitError::NotRepresentable)),
        ];
        for (text, expected) in table {
            assert_eq!(size(text), *expected, "{text}");
        }
    }

    #[test]
    fn shares_are_between_nothing_and_all() {
        let table: &[(&str, Result<f64, UnitError>)] = &[
            ("1%", Ok(0.01)),
            ("95 %", Ok(0.95)),
            ("0.01", Ok(0.01)),
            ("0", Ok(0.0)),
            ("0%", Ok(0.0)),
            ("100%", Ok(1.0)),
            ("1.0", Ok(1.0)),
            ("1", Err(UnitError::AmbiguousShare)),
            ("95", Err(UnitError::NotAShare)),
            ("101%", Err(UnitError::NotAShare)),
            ("-1%", Err(UnitError::NotAShare)),
            ("NaN", Err(UnitError::NotAShare)),
            ("inf%", Err(UnitError::NotAShare)),
            ("1e-2", Err(UnitError::NotAShare)),
        ];
        for (text, expected) in table {
            assert_eq!(share(text), *expected, "{text}");
        }
    }

    #[test]
    fn money_is_exact() {
        let table: &[(&str, Result<u64, UnitError>)] = &[
            ("0.15 USD/M", Ok(150_000_000)),
            ("0.15USD/M", Ok(150_000_000)),
            ("0.15 USD / M", Ok(150_000_000)),
            ("0 USD/M", Ok(0)),
            ("30 USD/M", Ok(30_000_000_000)),
            ("0.000000001 USD/M", Ok(1)),
            ("0.0000000001 USD/M", Err(UnitError::NotRepresentable)),
            ("0.1 USD/M", Ok(100_000_000)),
            ("0.15", Err(UnitError::NoUnit { example: "0.15 USD/M (per million tokens)" })),
            ("0.15 EUR/M", Err(UnitError::NotAPrice)),
            ("0.15 USD", Err(UnitError::NotAPrice)),
            ("0.15 USD/K", Err(UnitError::NotAPrice)),
            ("$0.15/M", Err(UnitError::NotAPrice)),
            ("-1 USD/M", Err(UnitError::NotAPrice)),
        ];
        for (text, expected) in table {
            assert_eq!(price(text), *expected, "{text}");
        }
        assert_eq!(money("5 USD"), Ok(5_000_000_000));
        assert_eq!(money("0.01 USD"), Ok(10_000_000));
        assert_eq!(money("5"), Err(UnitError::NoUnit { example: "5 USD" }));
        assert_eq!(money("5 EUR"), Err(UnitError::NotMoney));
        assert_eq!(daily_money("100 USD/day"), Ok(100_000_000_000));
        assert_eq!(daily_money("0.5 USD / day"), Ok(500_000_000));
        assert_eq!(daily_money("100 USD"), Err(UnitError::NotDailyMoney));
        assert_eq!(daily_money("100 USD/month"), Err(UnitError::NotDailyMoney));
        assert_eq!(daily_money("100"), Err(UnitError::NoUnit { example: "100 USD/day" }));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = (duration(&text), size(&text), share(&text), price(&text), money(&text));
            let _ = daily_money(&text);
        }

        #[test]
        fn every_price_in_nano_usd_survives(nano in 0_u64..1_000_000_000_000_000) {
            let text = format!("{}.{:09} USD/M", nano / 1_000_000_000, nano % 1_000_000_000);
            prop_assert_eq!(price(&text), Ok(nano));
        }
    }
}
