//! Every known shape of `usage`, and its exact cost.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::account::{NanoUsd, Price, cost};

/// 1 USD/M fresh, 4 USD/M out, 0.10 USD/M from the cache, 1.25 USD/M into it: nano-USD a token are
/// 1,000, 4,000, 100 and 1,250.
const PRICE: Price = Price {
    input: 1_000_000_000,
    output: 4_000_000_000,
    cached_input: Some(100_000_000),
    cache_write: Some(1_250_000_000),
};

#[test]
fn every_known_shape_costs_exactly_what_the_vendor_bills() {
    for (shape, usage, nano) in [
        (
            "chat",
            json!({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}),
            180_000,
        ),
        ("chat without a total", json!({"prompt_tokens": 100, "completion_tokens": 20}), 180_000),
        (
            "chat, cached",
            json!({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 60}}),
            126_000,
        ),
        (
            "chat, reasoning is part of the output",
            json!({"prompt_tokens": 100,
            "completion_tokens": 20, "total_tokens": 120,
            "completion_tokens_details": {"reasoning_tokens": 15}}),
            180_000,
        ),
        (
            "chat, all details",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 15, "audio_tokens": 0,
            "accepted_prediction_tokens": 3, "rejected_prediction_tokens": 2}}),
            126_000,
        ),
        (
            "chat, cache written",
            json!({"prompt_tokens": 100, "completion_tokens": 0,
            "prompt_tokens_details": {"cached_tokens": 50, "cache_write_tokens": 40}}),
            65_000,
        ),
        (
            "chat, null details",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "prompt_tokens_details": null, "completion_tokens_details": null}),
            180_000,
        ),
        ("chat, empty answer", json!({"prompt_tokens": 100, "completion_tokens": 0}), 100_000),
        ("all zero", json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}), 0),
        ("prompt only", json!({"prompt_tokens": 7}), 7_000),
        ("completion only", json!({"completion_tokens": 7}), 28_000),
        ("embeddings", json!({"prompt_tokens": 8, "total_tokens": 8}), 8_000),
        (
            "deepseek",
            json!({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
            "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36}),
            122_400,
        ),
        (
            "deepseek with details too",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 64},
            "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36}),
            122_400,
        ),
        (
            "moonshot",
            json!({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
            "cached_tokens": 50}),
            135_000,
        ),
        (
            "xai, reasoning on top of the completion",
            json!({"prompt_tokens": 100,
            "completion_tokens": 20, "total_tokens": 150,
            "completion_tokens_details": {"reasoning_tokens": 30}}),
            300_000,
        ),
        (
            "gemini, thinking only in the total",
            json!({"prompt_tokens": 100,
            "completion_tokens": 20, "total_tokens": 170}),
            380_000,
        ),
        (
            "groq, with its timings",
            json!({"queue_time": 0.01, "prompt_tokens": 100,
            "prompt_time": 0.002, "completion_tokens": 20, "completion_time": 0.05,
            "total_tokens": 120, "total_time": 0.06}),
            180_000,
        ),
        (
            "responses",
            json!({"input_tokens": 100, "output_tokens": 20, "total_tokens": 120,
            "input_tokens_details": {"cached_tokens": 60},
            "output_tokens_details": {"reasoning_tokens": 10}}),
            126_000,
        ),
        ("anthropic", json!({"input_tokens": 100, "output_tokens": 20}), 180_000),
        (
            "anthropic, cache on top of the input",
            json!({"input_tokens": 100, "output_tokens": 20,
            "cache_read_input_tokens": 1_000, "cache_creation_input_tokens": 200}),
            530_000,
        ),
        (
            "anthropic, read only",
            json!({"input_tokens": 4, "output_tokens": 1,
            "cache_read_input_tokens": 1_000}),
            108_000,
        ),
        (
            "anthropic, null cache",
            json!({"input_tokens": 100, "output_tokens": 20,
            "cache_read_input_tokens": null, "cache_creation_input_tokens": null}),
            180_000,
        ),
        (
            "anthropic, split by lifetime",
            json!({"input_tokens": 100, "output_tokens": 20,
            "cache_creation_input_tokens": 200, "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 200}}),
            430_000,
        ),
        (
            "a gateway that speaks both: inside the prompt",
            json!({"prompt_tokens": 1_300,
            "completion_tokens": 20, "cache_read_input_tokens": 1_000,
            "cache_creation_input_tokens": 200}),
            530_000,
        ),
        (
            "both names",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "input_tokens": 100, "output_tokens": 20}),
            180_000,
        ),
        ("whole floats", json!({"prompt_tokens": 100.0, "completion_tokens": 20.0}), 180_000),
        (
            "more cached than prompt",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 5_000}}),
            90_000,
        ),
        (
            "more written than is left",
            json!({"prompt_tokens": 100, "completion_tokens": 0,
            "prompt_tokens_details": {"cached_tokens": 90, "cache_write_tokens": 90}}),
            21_500,
        ),
        ("negative completion", json!({"prompt_tokens": 100, "completion_tokens": -20}), 100_000),
        ("text as a count", json!({"prompt_tokens": "100", "completion_tokens": 20}), 80_000),
        ("half a token", json!({"prompt_tokens": 100.5, "completion_tokens": 20}), 80_000),
        (
            "unbelievable count",
            json!({"prompt_tokens": 100,
            "completion_tokens": 18_446_744_073_709_551_615_u64}),
            100_000,
        ),
        (
            "unbelievable total",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "total_tokens": 1e300}),
            180_000,
        ),
        (
            "total below the parts",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "total_tokens": 1}),
            180_000,
        ),
        (
            "details of the wrong type",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "prompt_tokens_details": 3, "completion_tokens_details": []}),
            180_000,
        ),
    ] {
        let read = Usage::from_openai(&usage).unwrap_or_else(|| panic!("{shape}"));
        assert_eq!(cost(&read, &PRICE), NanoUsd(nano), "{shape}: {read:?}");
    }
}

#[test]
fn usage_without_a_readable_count_is_unknown_rather_than_free() {
    for usage in [
        json!(null),
        json!({}),
        json!([]),
        json!(12),
        json!("usage"),
        json!({"total_tokens": 12}),
        json!({"prompt_tokens": null, "completion_tokens": null}),
        json!({"prompt_tokens": "12", "completion_tokens": -1}),
        json!({"prompt_tokens": {"count": 1}}),
    ] {
        assert_eq!(Usage::from_openai(&usage), None, "{usage}");
    }
}

#[test]
fn hidden_reasoning_counts_as_output_once() {
    let within = json!({"prompt_tokens": 1, "completion_tokens": 20, "total_tokens": 21,
        "completion_tokens_details": {"reasoning_tokens": 15}});
    let on_top = json!({"prompt_tokens": 1, "completion_tokens": 20, "total_tokens": 36,
        "completion_tokens_details": {"reasoning_tokens": 15}});
    let unnamed = json!({"prompt_tokens": 1, "completion_tokens": 20, "total_tokens": 36});
    let read = |usage| Usage::from_openai(&usage).map(|usage| (usage.output, usage.reasoning));
    assert_eq!(read(within), Some((20, 15)));
    assert_eq!(read(on_top), Some((35, 15)));
    assert_eq!(read(unnamed), Some((35, 15)));
}

#[test]
fn estimates_round_up_to_whole_tokens() {
    for (bytes, tokens) in [(0, 0), (1, 1), (4, 1), (5, 2), (4_000, 1_000)] {
        assert_eq!(estimate_tokens(bytes), tokens);
    }
}

fn any_count() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (0_u64..5_000).prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => ".{0,4}".prop_map(Value::from),
    ]
}

fn any_details() -> impl Strategy<Value = Value> {
    (any_count(), any_count()).prop_map(
        |(cached, reasoning)| json!({"cached_tokens": cached, "reasoning_tokens": reasoning}),
    )
}

fn any_usage() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 9] = [
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "prompt_cache_hit_tokens",
        "cached_tokens",
    ];
    let counts = proptest::collection::btree_map(
        proptest::sample::select(&NAMES[..]).prop_map(str::to_owned),
        any_count(),
        0..NAMES.len(),
    );
    (counts, any_details(), any_details()).prop_map(|(counts, input, output)| {
        let mut usage = json!(counts);
        usage["prompt_tokens_details"] = input;
        usage["completion_tokens_details"] = output;
        usage
    })
}

proptest! {
    #[test]
    fn whatever_a_provider_sends_parts_fit_in_their_whole(usage in any_usage()) {
        if let Some(read) = Usage::from_openai(&usage) {
            prop_assert!(read.cached_input + read.cache_write <= read.input);
            prop_assert!(read.reasoning <= read.output);
            prop_assert!(cost(&read, &PRICE) < NanoUsd(u64::MAX));
        }
    }
}
