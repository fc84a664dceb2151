//! Owns [`NanoUsd`], an exact amount of money. Knows no tokens and no prices.

use std::{fmt, ops, str::FromStr};

/// Nano-USD in one US dollar.
const NANO_PER_USD: u64 = 1_000_000_000;

/// Decimals of a nano-USD written in USD.
const DECIMALS: usize = 9;

/// The digits of the largest amount, and the point.
const LONGEST: usize = 21;

/// Decimals that are shown even when they are zero.
const SHOWN_DECIMALS: usize = 2;

/// An amount of money in billionths of a US dollar; at most 18.4 billion USD, where it saturates.
///
/// Shown in USD with two to nine decimals (`1.50`, `0.00012345`), and read back from the same form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoUsd(pub u64);

impl NanoUsd {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// About so many USD, for gauges and plots.
    pub fn as_usd(self) -> f64 {
        self.0 as f64 / NANO_PER_USD as f64
    }

    /// What is left of `self` after `other`, never below zero.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl ops::Add for NanoUsd {
    type Output = Self;

    /// Saturating.
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::AddAssign for NanoUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for NanoUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |sum, amount| sum + amount)
    }
}

impl fmt::Display for NanoUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // From the right: decimals, the point, whole USD.
        let mut text = [b'0'; LONGEST];
        let mut rest = self.0;
        for digit in text[LONGEST - DECIMALS..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let mut start = LONGEST - DECIMALS - 1;
        text[start] = b'.';
        while rest > 0 || text[start] == b'.' {
            start -= 1;
            text[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let least = LONGEST - DECIMALS + SHOWN_DECIMALS;
        let zeros = text[least..].iter().rev().take_while(|digit| **digit == b'0').count();
        f.pad(std::str::from_utf8(&text[start..LONGEST - zeros]).unwrap_or_default())
    }
}

/// Why a text is not an amount of USD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseUsdError {
    /// Anything but digits with at most one point between them.
    #[error("not a decimal amount of USD, such as 0.15")]
    NotDecimal,
    /// More than nine decimals.
    #[error("finer than a billionth of a USD")]
    TooFine,
    /// Above 18.4 billion USD.
    #[error("more than 18 billion USD")]
    TooLarge,
}

impl FromStr for NanoUsd {
    type Err = ParseUsdError;

    /// Reads plain decimal USD, such as `5`, `0.15` or `0.000000001`: no sign, exponent or separators.
    fn from_str(text: &str) -> Result<Self, ParseUsdError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(ParseUsdError::NotDecimal);
        }
        if fraction.len() > DECIMALS {
            return Err(ParseUsdError::TooFine);
        }
        let whole = whole.parse::<u64>().map_err(|_| ParseUsdError::TooLarge)?;
        let fraction = format!("{fraction:0<DECIMALS$}")
            .parse::<u64>()
            .map_err(|_| ParseUsdError::NotDecimal)?;
        whole
            .checked_mul(NANO_PER_USD)
            .and_then(|nano| nano.checked_add(fraction))
            .map(Self)
            .ok_or(ParseUsdError::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn money_shows_two_to_nine_decimals() {
        for (nano, text) in [
            (0, "0.00"),
            (1, "0.000000001"),
            (123_450, "0.00012345"),
            (1_500_000_000, "1.50"),
            (1_000_000_000, "1.00"),
            (100_000_000, "0.10"),
            (12_345_678_901, "12.345678901"),
            (u64::MAX, "18446744073.709551615"),
        ] {
            assert_eq!(NanoUsd(nano).to_string(), text);
        }
        assert_eq!(format!("{:>8}", NanoUsd(0)), "    0.00");
    }

    #[test]
    fn money_is_read_strictly() {
        for (text, read) in [
            ("5", Ok(NanoUsd(5_000_000_000))),
            ("0.15", Ok(NanoUsd(150_000_000))),
            ("0.000000001", Ok(NanoUsd(1))),
            ("0.0000000001", Err(ParseUsdError::TooFine)),
            ("18446744073.709551616", Err(ParseUsdError::TooLarge)),
            ("99999999999999999999", Err(ParseUsdError::TooLarge)),
            ("", Err(ParseUsdError::NotDecimal)),
            (".5", Err(ParseUsdError::NotDecimal)),
            ("5.", Err(ParseUsdError::NotDecimal)),
            ("-1", Err(ParseUsdError::NotDecimal)),
            ("+1", Err(ParseUsdError::NotDecimal)),
            ("1e3", Err(ParseUsdError::NotDecimal)),
            ("1.2.3", Err(ParseUsdError::NotDecimal)),
            ("1,000", Err(ParseUsdError::NotDecimal)),
            ("١", Err(ParseUsdError::NotDecimal)),
        ] {
            assert_eq!(text.parse::<NanoUsd>(), read, "{text:?}");
        }
    }

    #[test]
    fn sums_saturate() {
        assert_eq!(NanoUsd(u64::MAX) + NanoUsd(1), NanoUsd(u64::MAX));
        assert_eq!([NanoUsd(1), NanoUsd(2)].into_iter().sum::<NanoUsd>(), NanoUsd(3));
        assert_eq!(NanoUsd(1).saturating_sub(NanoUsd(2)), NanoUsd::ZERO);
    }

    proptest! {
        #[test]
        fn every_amount_reads_back_as_shown(nano in any::<u64>()) {
            prop_assert_eq!(NanoUsd(nano).to_string().parse(), Ok(NanoUsd(nano)));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<NanoUsd>();
        }
    }
}
