//! Owns the one formula from tokens to money. Knows no provider and no model.

use super::{money::NanoUsd, price::Price, usage::Usage};

/// What `usage` costs at `price`, exact: summed in 128-bit nano-USD·tokens, rounded half up once at the end.
///
/// The service tier chooses the table, the input tokens of the request its tier, and every token has one of that tier's
/// rates. Input is what was read from the provider's cache or written to it, else sound or images, else fresh text;
/// output is sound, images, reasoning, else text. Kinds without a rate of their own cost what [`Rates`](super::Rates) says.
/// Counts of kinds beyond their whole are cut to it. Saturates instead of overflowing.
pub fn cost(usage: &Usage, price: &Price) -> NanoUsd {
    let rates = price.rates(usage);
    let cached_rate = rates.cached_input.unwrap_or(rates.input);
    let write_rate = rates.cache_write.unwrap_or(rates.input);

    let mut input = usage.input;
    let cached_audio = take(&mut input, usage.cached_audio.min(usage.cached_input));
    let cached_text = take(&mut input, usage.cached_input.saturating_sub(cached_audio));
    let written_1h = take(&mut input, usage.cache_write_1h);
    let written = take(&mut input, usage.cache_write);
    let audio_input = take(&mut input, usage.audio_input);
    let image_input = take(&mut input, usage.image_input);

    let mut output = usage.output;
    let audio_output = take(&mut output, usage.audio_output);
    let image_output = take(&mut output, usage.image_output);
    let reasoning = take(&mut output, usage.reasoning);

    let tokens = [
        (cached_audio, rates.cached_audio.unwrap_or(cached_rate)),
        (cached_text, cached_rate),
        (written_1h, rates.cache_write_1h.unwrap_or(write_rate)),
        (written, write_rate),
        (audio_input, rates.audio_input.unwrap_or(rates.input)),
        (image_input, rates.image_input.unwrap_or(rates.input)),
        (input, rates.input),
        (audio_output, rates.audio_output.unwrap_or(rates.output)),
        (image_output, rates.image_output.unwrap_or(rates.output)),
        (reasoning, rates.reasoning.unwrap_or(rates.output)),
        (output, rates.output),
    ];
    let fees = [(1, price.request), (usage.web_searches, price.web_search)];
    let product = |(count, each): (u64, u64)| u128::from(count) * u128::from(each);
    let whole = fees.into_iter().map(product).map(|fee| fee.saturating_mul(TOKENS_PER_PRICE));
    let total = tokens.into_iter().map(product).chain(whole).fold(0, u128::saturating_add);
    let rounded = total.saturating_add(TOKENS_PER_PRICE / 2) / TOKENS_PER_PRICE;
    NanoUsd(u64::try_from(rounded).unwrap_or(u64::MAX))
}

/// Prices are per this many tokens.
const TOKENS_PER_PRICE: u128 = 1_000_000;

/// Takes `count` out of `left`, or what there is.
fn take(left: &mut u64, count: u64) -> u64 {
    let taken = count.min(*left);
    *left -= taken;
    taken
}

#[cfg(test)]
#[path = "cost_tests.rs"]
mod tests;
