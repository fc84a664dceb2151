//! The formula, to the nano-USD.

use proptest::prelude::*;

use super::*;
use crate::account::{Rates, ServiceTier, Table, Tier};

const M: u64 = 1_000_000;

fn usage(input: u64, cached_input: u64, cache_write: u64, output: u64) -> Usage {
    Usage { input, cached_input, cache_write, output, ..Usage::default() }
}

/// Every rate is its own power of ten of nano-USD a token, so that a bill shows what was counted.
fn telling() -> Price {
    let rates = Rates {
        input: M,
        output: 10 * M,
        cached_input: Some(100 * M),
        cache_write: Some(1_000 * M),
        cache_write_1h: Some(10_000 * M),
        audio_input: Some(100_000 * M),
        cached_audio: Some(1_000_000 * M),
        image_input: Some(10_000_000 * M),
        audio_output: Some(100_000_000 * M),
        image_output: Some(1_000_000_000 * M),
        reasoning: Some(10_000_000_000 * M),
    };
    let mut price =
        Price { request: 100_000_000_000, web_search: 1_000_000_000_000, ..Price::default() };
    price.standard.rates = rates;
    price
}

#[test]
fn cost_is_exact_and_rounds_half_up_once() {
    let mini = Price::flat(150 * M, 600 * M);
    for (usage, price, nano) in [
        (usage(1_000_000, 0, 0, 0), &mini, 150_000_000),
        (usage(0, 0, 0, 1), &mini, 600),
        (usage(1, 0, 0, 0), &Price::flat(499_999, 0), 0),
        (usage(1, 0, 0, 0), &Price::flat(500_000, 0), 1),
        (usage(1, 0, 0, 1), &Price::flat(300_000, 300_000), 1),
        (usage(1, 0, 0, 1), &Price::flat(250_000, 249_999), 0),
        (usage(u64::MAX, 0, 0, u64::MAX), &Price::flat(u64::MAX, u64::MAX), u64::MAX),
    ] {
        assert_eq!(cost(&usage, price), NanoUsd(nano), "{usage:?} at {price:?}");
    }
}

#[test]
fn every_kind_of_token_has_its_own_rate() {
    let used = Usage {
        input: 28,
        cached_input: 7,
        cached_audio: 3,
        cache_write: 4,
        cache_write_1h: 5,
        audio_input: 6,
        image_input: 4,
        output: 14,
        reasoning: 3,
        audio_output: 4,
        image_output: 2,
        web_searches: 9,
        ..Usage::default()
    };
    // From the right: fresh text, output text, cached text, written, written for an hour, sound, cached sound, images,
    // sound out, images out, reasoning, the request, searches.
    assert_eq!(cost(&used, &telling()), NanoUsd(9_132_443_654_452));
}

#[test]
fn kinds_without_a_rate_of_their_own_cost_as_much_as_what_they_are_part_of() {
    let price = Price::flat(150 * M, 600 * M);
    let input =
        Usage { cache_write_1h: 5, audio_input: 6, image_input: 4, ..usage(100, 40, 30, 0) };
    assert_eq!(cost(&input, &price), cost(&usage(100, 0, 0, 0), &price));
    let output = Usage { reasoning: 9, audio_output: 6, image_output: 4, ..usage(0, 0, 0, 50) };
    assert_eq!(cost(&output, &price), cost(&usage(0, 0, 0, 50), &price));
    let mut price = telling();
    price.standard.rates.cache_write_1h = None;
    price.standard.rates.cached_audio = None;
    let used = Usage { cache_write_1h: 1, cached_input: 1, cached_audio: 1, ..usage(2, 0, 0, 0) };
    assert_eq!(cost(&used, &price), NanoUsd(100_000_001_100), "1,000 and 100, and the request");
}

#[test]
fn parts_beyond_their_whole_are_not_billed() {
    let mut price = Price::flat(150 * M, 600 * M);
    price.standard.rates.cached_input = Some(15 * M);
    assert_eq!(cost(&usage(10, 1_000, 1_000, 0), &price), NanoUsd(150));
    let used = Usage { reasoning: 1_000, image_output: 1_000, ..usage(0, 0, 0, 10) };
    assert_eq!(cost(&used, &price), NanoUsd(6_000));
    assert_eq!(cost(&Usage { audio_input: 9, ..Usage::default() }, &price), NanoUsd(0));
}

#[test]
fn a_long_prompt_is_billed_whole_at_its_tier() {
    let tier = |above, input| Tier {
        above,
        rates: Rates { input, output: 2 * input, ..Rates::default() },
    };
    let mut price = Price::flat(M, 2 * M);
    price.standard.tiers = vec![tier(32, 3 * M), tier(128, 5 * M)];
    for (input, nano) in
        [(0, 2), (32, 34), (33, 3 * 33 + 6), (128, 3 * 128 + 6), (129, 5 * 129 + 10)]
    {
        assert_eq!(cost(&usage(input, 0, 0, 1), &price), NanoUsd(nano), "{input} input tokens");
    }
    // The cache is part of the prompt that is long, and has no rate of its own up there.
    assert_eq!(cost(&usage(33, 32, 0, 0), &price), NanoUsd(99));
}

#[test]
fn a_service_tier_has_a_table_of_its_own_or_the_standard_one() {
    let table = |input| {
        Some(Box::new(Table { rates: Rates { input, ..Rates::default() }, tiers: Vec::new() }))
    };
    let mut price = Price::flat(4 * M, 0);
    price.standard.tiers =
        vec![Tier { above: 10, rates: Rates { input: 8 * M, ..Rates::default() } }];
    price.batch = table(2 * M);
    price.flex = table(3 * M);
    for (service_tier, input, nano) in [
        (ServiceTier::Standard, 10, 40),
        (ServiceTier::Standard, 11, 88),
        (ServiceTier::Batch, 10, 20),
        (ServiceTier::Batch, 11, 22),
        (ServiceTier::Flex, 10, 30),
        (ServiceTier::Priority, 10, 40),
        (ServiceTier::Priority, 11, 88),
    ] {
        let used = Usage { service_tier, ..usage(input, 0, 0, 0) };
        assert_eq!(cost(&used, &price), NanoUsd(nano), "{service_tier:?} of {input}");
    }
}

#[test]
fn fees_are_due_without_tokens() {
    assert_eq!(cost(&Usage::default(), &telling()), NanoUsd(100_000_000_000));
    let most = Price { request: u64::MAX, web_search: u64::MAX, ..Price::flat(u64::MAX, 0) };
    let used = Usage { web_searches: u64::MAX, ..usage(u64::MAX, 0, 0, 0) };
    assert_eq!(cost(&used, &most), NanoUsd(u64::MAX));
}

fn any_rates() -> impl Strategy<Value = Rates> {
    let rate = || prop_oneof![Just(0_u64), 0..10_000 * M, any::<u64>()];
    let optional = move || proptest::option::of(rate());
    let input = (rate(), optional(), optional(), optional(), optional(), optional(), optional());
    let output = (rate(), optional(), optional(), optional());
    (input, output).prop_map(|(input, output)| Rates {
        input: input.0,
        cached_input: input.1,
        cache_write: input.2,
        cache_write_1h: input.3,
        audio_input: input.4,
        cached_audio: input.5,
        image_input: input.6,
        output: output.0,
        audio_output: output.1,
        image_output: output.2,
        reasoning: output.3,
    })
}

fn any_table() -> impl Strategy<Value = Table> {
    let tiers = proptest::collection::btree_map(1..4_000_u64, any_rates(), 0..3);
    (any_rates(), tiers).prop_map(|(rates, tiers)| {
        let tiers = tiers.into_iter().map(|(above, rates)| Tier { above, rates }).collect();
        Table { rates, tiers }
    })
}

fn any_price() -> impl Strategy<Value = Price> {
    let optional = || proptest::option::of(any_table().prop_map(Box::new));
    let fee = || 0..1_000_000_000_u64;
    (any_table(), optional(), optional(), optional(), fee(), fee()).prop_map(
        |(standard, batch, flex, priority, request, web_search)| Price {
            standard,
            batch,
            flex,
            priority,
            request,
            web_search,
        },
    )
}

fn any_service_tier() -> impl Strategy<Value = ServiceTier> {
    proptest::sample::select(vec![
        ServiceTier::Standard,
        ServiceTier::Batch,
        ServiceTier::Flex,
        ServiceTier::Priority,
    ])
}

fn any_usage() -> impl Strategy<Value = Usage> {
    let count = || prop_oneof![0..5_000_u64, any::<u64>()];
    let input = (count(), count(), count(), count(), count(), count(), count());
    let output = (count(), count(), count(), count());
    (input, output, 0..100_u64, any_service_tier()).prop_map(
        |(input, output, web_searches, service_tier)| Usage {
            input: input.0,
            cached_input: input.1,
            cached_audio: input.2,
            cache_write: input.3,
            cache_write_1h: input.4,
            audio_input: input.5,
            image_input: input.6,
            output: output.0,
            reasoning: output.1,
            audio_output: output.2,
            image_output: output.3,
            web_searches,
            service_tier,
            estimated: false,
        },
    )
}

/// The same with every part within its whole, as [`Usage::of`] gives it.
fn fitting(usage: Usage) -> Usage {
    let mut left = usage.input;
    let cached_input = take(&mut left, usage.cached_input);
    let cache_write_1h = take(&mut left, usage.cache_write_1h);
    let cache_write = take(&mut left, usage.cache_write);
    let audio_input = take(&mut left, usage.audio_input);
    let image_input = take(&mut left, usage.image_input);
    let mut left = usage.output;
    let audio_output = take(&mut left, usage.audio_output);
    let image_output = take(&mut left, usage.image_output);
    let reasoning = take(&mut left, usage.reasoning);
    Usage {
        cached_input,
        cached_audio: usage.cached_audio.min(cached_input),
        cache_write,
        cache_write_1h,
        audio_input,
        image_input,
        reasoning,
        audio_output,
        image_output,
        ..usage
    }
}

/// The dearest of all rates of `rates`, for input and for output.
fn dearest(rates: &Rates) -> (u64, u64) {
    let input = [
        rates.cached_input,
        rates.cache_write,
        rates.cache_write_1h,
        rates.audio_input,
        rates.cached_audio,
        rates.image_input,
    ];
    let output = [rates.audio_output, rates.image_output, rates.reasoning];
    (
        input.into_iter().flatten().fold(rates.input, u64::max),
        output.into_iter().flatten().fold(rates.output, u64::max),
    )
}

proptest! {
    #[test]
    fn more_tokens_never_cost_less_within_a_tier(
        price in any_price(),
        usage in any_usage(),
        more in (0..5_000_u64, 0..5_000_u64, 0..10_u64),
    ) {
        let usage = fitting(usage);
        let more = Usage {
            input: usage.input.saturating_add(more.0),
            output: usage.output.saturating_add(more.1),
            web_searches: usage.web_searches + more.2,
            ..usage
        };
        prop_assume!(std::ptr::eq(price.rates(&usage), price.rates(&more)));
        prop_assert!(cost(&more, &price) >= cost(&usage, &price));
    }

    #[test]
    fn parts_never_cost_more_than_the_whole_at_the_dearest_rate(price in any_price(), usage in any_usage()) {
        let (input, output) = dearest(price.rates(&usage));
        let whole = Usage {
            input: usage.input,
            output: usage.output,
            web_searches: usage.web_searches,
            ..Usage::default()
        };
        let dear = Price { request: price.request, web_search: price.web_search, ..Price::flat(input, output) };
        prop_assert!(cost(&usage, &price) <= cost(&whole, &dear));
    }

    #[test]
    fn two_halves_cost_the_whole_but_for_rounding(price in any_price(), usage in any_usage(), at in 0..5_000_u64) {
        // Without tiers and fees, money is linear in tokens.
        let price = Price::flat(price.standard.rates.input, price.standard.rates.output);
        let at = at.min(usage.input);
        let whole = Usage { input: usage.input, output: usage.output, ..Usage::default() };
        let first = Usage { input: at, ..Usage::default() };
        let second = Usage { input: usage.input - at, ..whole };
        let (whole, parts) = (cost(&whole, &price), cost(&first, &price) + cost(&second, &price));
        prop_assert!(whole.0.abs_diff(parts.0) <= 1);
    }
}
