//! Owns [`NanoUsd`] and the one formula from tokens to money. Knows no provider and no model.

use std::{fmt, ops, str::FromStr};

use super::{price::Price, usage::Usage};

/// What `usage` costs at `price`, exact: summed in 128-bit nano-USD·tokens, rounded half up once at the end.
///
/// Fresh input (`input − cached_input − cache_write`) is billed at `price.input`; tokens read from or
/// written to the provider's cache at their own price, or at `price.input` where the vendor has none;
/// output, reasoning included, at `price.output`. Saturates instead of overflowing.
pub fn cost(usage: &Usage, price: &Price) -> NanoUsd {
    let cached = usage.cached_input.min(usage.input);
    let written = usage.cache_write.min(usage.input - cached);
    let fresh = usage.input - cached - written;
    let total = [
        (fresh, price.input),
        (cached, price.cached_input.unwrap_or(price.input)),
        (written, price.cache_write.unwrap_or(price.input)),
        (usage.output, price.output),
    ]
    .into_iter()
    .fold(0_u128, |sum, (tokens, rate)| sum.saturating_add(u128::from(tokens) * u128::from(rate)));
    let rounded = total.saturating_add(TOKENS_PER_PRICE / 2) / TOKENS_PER_PRICE;
    NanoUsd(u64::try_from(rounded).unwrap_or(u64::MAX))
}

/// Prices are per this many tokens.
const TOKENS_PER_PRICE: u128 = 1_000_000;

/// Nano-USD in one US dollar.
const NANO_PER_USD: u64 = 1_000_000_000;

/// Decimals of a nano-USD written in USD.
const DECIMALS: usize = 9;

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
        let fraction = format!("{:0DECIMALS$}", self.0 % NANO_PER_USD);
        let shown = fraction.trim_end_matches('0').len().max(SHOWN_DECIMALS);
        f.pad(&format!("{}.{}", self.0 / NANO_PER_USD, &fraction[..shown]))
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

    const PRICE: Price =
        Price { input: 150_000_000, output: 600_000_000, cached_input: None, cache_write: None };

    fn usage(input: u64, cached_input: u64, cache_write: u64, output: u64) -> Usage {
        Usage { input, cached_input, cache_write, output, reasoning: 0, estimated: false }
    }

    #[test]
    fn cost_is_exact_and_rounds_half_up_once() {
        let cents = |input, output| Price { input, output, cached_input: None, cache_write: None };
        for (usage, price, nano) in [
            (usage(1_000_000, 0, 0, 0), PRICE, 150_000_000),
            (usage(0, 0, 0, 1), PRICE, 600),
            (usage(1, 0, 0, 0), cents(499_999, 0), 0),
            (usage(1, 0, 0, 0), cents(500_000, 0), 1),
            (usage(1, 0, 0, 1), cents(300_000, 300_000), 1),
            (usage(1, 0, 0, 1), cents(250_000, 249_999), 0),
            (usage(u64::MAX, 0, 0, u64::MAX), cents(u64::MAX, u64::MAX), u64::MAX),
        ] {
            assert_eq!(cost(&usage, &price), NanoUsd(nano), "{usage:?} at {price:?}");
        }
    }

    #[test]
    fn cache_tokens_without_their_own_price_cost_as_much_as_fresh_ones() {
        assert_eq!(cost(&usage(100, 40, 30, 0), &PRICE), cost(&usage(100, 0, 0, 0), &PRICE));
    }

    #[test]
    fn more_cached_tokens_than_input_never_cost_more_than_the_input() {
        let price = Price { cached_input: Some(15_000_000), ..PRICE };
        assert_eq!(cost(&usage(10, 1_000, 1_000, 0), &price), NanoUsd(150));
    }

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

    fn any_price() -> impl Strategy<Value = Price> {
        (any::<u64>(), any::<u64>(), any::<Option<u64>>(), any::<Option<u64>>()).prop_map(
            |(input, output, cached_input, cache_write)| Price {
                input,
                output,
                cached_input,
                cache_write,
            },
        )
    }

    fn any_usage() -> impl Strategy<Value = Usage> {
        (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>())
            .prop_map(|(input, cached, written, output)| usage(input, cached, written, output))
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

        #[test]
        fn more_tokens_never_cost_less(
            price in any_price(),
            usage in any_usage(),
            more_input in 0..u64::MAX,
            more_output in 0..u64::MAX,
        ) {
            let more = Usage {
                input: usage.input.saturating_add(more_input),
                output: usage.output.saturating_add(more_output),
                ..usage
            };
            // Tokens beyond `input` are not billed, so counts are made consistent before comparing.
            let cached_input = usage.cached_input.min(usage.input);
            let cache_write = usage.cache_write.min(usage.input - cached_input);
            let (usage, more) = (
                Usage { cached_input, cache_write, ..usage },
                Usage { cached_input, cache_write, ..more },
            );
            prop_assert!(cost(&more, &price) >= cost(&usage, &price));
        }
    }
}
