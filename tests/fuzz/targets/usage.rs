//! What answers say of the tokens that they used, and what that costs.
//!
//! Input: JSON. A list is the events of one stream; an object may hold `usage` (or `events`) and a `price`, as golden files do.
#![cfg_attr(fuzzing, no_main)]

use scrimp::account::{Catalogue, NanoUsd, Price, Reported, Usage, cost};
use serde_json::{Value, json};

fn run(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let found = value.get("usage").filter(|_| value.get("price").is_some());
    let events: Vec<&Value> = match value.get("events").or(found).unwrap_or(&value) {
        Value::Array(events) => events.iter().collect(),
        answer => vec![answer],
    };
    let usage = Usage::of_events(events.iter().copied());
    // Saying something twice says no more.
    let twice = events.iter().copied().flat_map(|event| [event, event]);
    assert_eq!(Usage::of_events(twice), usage);
    if let [answer] = events[..] {
        assert_eq!(Usage::of(answer), usage);
        assert_eq!(Reported::of(answer).usage(), usage);
    }
    let Some(usage) = usage else { return };
    parts_fit_into_their_whole(&usage);
    parts_fit_into_their_whole(&(usage + usage));
    one_rate_makes_parts_irrelevant(&usage);
    if let Some(price) = value.get("price").and_then(price) {
        let rates = price.rates(&usage);
        let all = [
            Some(rates.input),
            Some(rates.output),
            rates.cached_input,
            rates.cache_write,
            rates.cache_write_1h,
            rates.audio_input,
            rates.cached_audio,
            rates.image_input,
            rates.audio_output,
            rates.image_output,
            rates.reasoning,
        ];
        let all = all.into_iter().flatten();
        let (least, most) = (all.clone().min().unwrap_or(0), all.max().unwrap_or(0));
        let fees =
            NanoUsd(price.request) + NanoUsd(price.web_search.saturating_mul(usage.web_searches));
        let total = cost(&usage, &price);
        assert!(flat(&usage, least) <= total, "{total}");
        assert!(total <= flat(&usage, most) + fees, "{total}");
    }
}

/// A price as catalogues have it.
fn price(price: &Value) -> Option<Price> {
    let mut entry = price.clone();
    for (name, value) in [("provider", "p"), ("model", "m"), ("source", "s"), ("checked", "c")] {
        entry.as_object_mut()?.insert(name.into(), value.into());
    }
    let catalogue = Catalogue::parse(&json!({ "models": [entry] }).to_string()).ok()?;
    Some(catalogue.models.first()?.price.clone())
}

fn parts_fit_into_their_whole(usage: &Usage) {
    let sum = |parts: &[u64]| parts.iter().fold(0_u64, |sum, part| sum.saturating_add(*part));
    let written = [usage.cache_write, usage.cache_write_1h];
    let input = [usage.cached_input, sum(&written), usage.audio_input, usage.image_input];
    assert!(sum(&input) <= usage.input, "{usage:?}");
    assert!(usage.cached_audio <= usage.cached_input, "{usage:?}");
    let output = [usage.reasoning, usage.audio_output, usage.image_output];
    assert!(sum(&output) <= usage.output, "{usage:?}");
}

fn one_rate_makes_parts_irrelevant(usage: &Usage) {
    let plain = Usage { input: usage.input, output: usage.output, ..Usage::default() };
    for rate in [0, 1, 150_000_000, u64::MAX] {
        assert_eq!(flat(usage, rate), flat(&plain, rate), "{usage:?}");
    }
    assert_eq!(flat(usage, 1_000_000), NanoUsd(usage.input.saturating_add(usage.output)));
}

/// The cost where all tokens have one rate.
fn flat(usage: &Usage, rate: u64) -> NanoUsd {
    cost(usage, &Price::flat(rate, rate))
}

scrimp_fuzz::target!(run);
