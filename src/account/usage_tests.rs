//! Reading counts, whatever a provider sends. The shapes of vendors are in `tests/golden/usage`.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::account::{NanoUsd, Price, Rates, Table, cost};

/// 1 USD/M fresh, 4 USD/M out, 0.10 USD/M from the cache, 1.25 USD/M into it: nano-USD a token are
/// 1,000, 4,000, 100 and 1,250.
fn price() -> Price {
    let rates = Rates {
        input: 1_000_000_000,
        output: 4_000_000_000,
        cached_input: Some(100_000_000),
        cache_write: Some(1_250_000_000),
        ..Rates::default()
    };
    Price { standard: Table { rates, tiers: Vec::new() }, ..Price::default() }
}

#[test]
fn counts_that_cannot_be_are_taken_as_absent_or_cut() {
    for (shape, usage, nano) in [
        ("chat without a total", json!({"prompt_tokens": 100, "completion_tokens": 20}), 180_000),
        (
            "null details",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "prompt_tokens_details": null, "completion_tokens_details": null}),
            180_000,
        ),
        ("empty answer", json!({"prompt_tokens": 100, "completion_tokens": 0}), 100_000),
        ("prompt only", json!({"prompt_tokens": 7}), 7_000),
        ("completion only", json!({"completion_tokens": 7}), 28_000),
        (
            "more written than is left",
            json!({"prompt_tokens": 100, "completion_tokens": 0,
            "prompt_tokens_details": {"cached_tokens": 90, "cache_write_tokens": 90}}),
            21_500,
        ),
        (
            "more of an hour than was written",
            json!({"prompt_tokens": 100, "completion_tokens": 0,
            "prompt_tokens_details": {"cache_write_tokens": 10, "cache_write_1h_tokens": 90}}),
            122_500,
        ),
        ("negative completion", json!({"prompt_tokens": 100, "completion_tokens": -20}), 100_000),
        (
            "text that is no count",
            json!({"prompt_tokens": "1e2x", "completion_tokens": 20}),
            80_000,
        ),
        ("half a token", json!({"prompt_tokens": 100.5, "completion_tokens": 20}), 80_000),
        (
            "half a token as text",
            json!({"prompt_tokens": "100.5", "completion_tokens": 20}),
            80_000,
        ),
        (
            "unbelievable count",
            json!({"prompt_tokens": 100, "completion_tokens": 18_446_744_073_709_551_615_u64}),
            100_000,
        ),
        (
            "unbelievable total",
            json!({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 1e300}),
            180_000,
        ),
        (
            "total below the parts",
            json!({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 1}),
            180_000,
        ),
        (
            "reasoning beyond an output that a total confirms",
            json!({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
            "completion_tokens_details": {"reasoning_tokens": 500}}),
            180_000,
        ),
        (
            "details of the wrong type",
            json!({"prompt_tokens": 100, "completion_tokens": 20,
            "prompt_tokens_details": 3, "completion_tokens_details": []}),
            180_000,
        ),
    ] {
        let read = Usage::of(&usage).unwrap_or_else(|| panic!("{shape}"));
        assert_eq!(cost(&read, &price()), NanoUsd(nano), "{shape}: {read:?}");
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
        json!({"prompt_tokens": "twelve", "completion_tokens": -1}),
        json!({"prompt_tokens": {"count": 1}}),
    ] {
        assert_eq!(Usage::of(&usage), None, "{usage}");
    }
}

#[test]
fn hidden_reasoning_counts_as_output_once() {
    let within = json!({"prompt_tokens": 1, "completion_tokens": 20, "total_tokens": 21,
        "completion_tokens_details": {"reasoning_tokens": 15}});
    let on_top = json!({"prompt_tokens": 1, "completion_tokens": 20, "total_tokens": 36,
        "completion_tokens_details": {"reasoning_tokens": 15}});
    let unnamed = json!({"prompt_tokens": 1, "completion_tokens": 20, "total_tokens": 36});
    let read = |usage| Usage::of(&usage).map(|usage| (usage.output, usage.reasoning));
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
        1 => (0_u64..5_000).prop_map(|count| Value::from(count.to_string())),
    ]
}

fn any_counts(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let name = proptest::sample::select(names).prop_map(str::to_owned);
    proptest::collection::btree_map(name, any_count(), 0..names.len())
        .prop_map(|counts| json!(counts))
}

fn any_usage() -> impl Strategy<Value = Value> {
    let counts = any_counts(&[
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "prompt_cache_hit_tokens",
        "cached_tokens",
        "citation_tokens",
        "reasoning_tokens",
        "promptTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "cachedContentTokenCount",
        "toolUsePromptTokenCount",
        "inputTokens",
        "cacheReadInputTokens",
        "cacheWriteInputTokens",
    ]);
    let details = || {
        any_counts(&[
            "cached_tokens",
            "reasoning_tokens",
            "audio_tokens",
            "image_tokens",
            "cache_write_tokens",
            "cache_write_1h_tokens",
        ])
    };
    let list = || {
        (any_count(), any_count()).prop_map(|(sound, images)| {
            json!([{"modality": "AUDIO", "tokenCount": sound}, {"modality": "IMAGE", "tokenCount": images}, 1])
        })
    };
    (counts, details(), details(), list(), list()).prop_map(
        |(mut usage, input, output, prompt, candidates)| {
            usage["prompt_tokens_details"] = input;
            usage["completion_tokens_details"] = output;
            usage["promptTokensDetails"] = prompt;
            usage["cacheTokensDetails"] = candidates.clone();
            usage["candidatesTokensDetails"] = candidates;
            usage
        },
    )
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = any_count();
    leaf.prop_recursive(4, 32, 4, |inner| {
        let name = proptest::sample::select(
            &[
                "usage",
                "usageMetadata",
                "x_groq",
                "message",
                "response",
                "delta",
                "meta",
                "metadata",
                "choices",
                "billed_units",
                "tokens",
                "prompt_tokens",
                "output",
                "type",
                "action",
                "object",
                "service_tier",
                "promptTokensDetails",
                "cacheDetails",
                "ttl",
                "modality",
                "speed",
            ][..],
        );
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name.prop_map(str::to_owned), inner, 0..4)
                .prop_map(|fields| json!(fields)),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_provider_sends_parts_fit_in_their_whole(usage in any_usage()) {
        if let Some(read) = Usage::of(&usage) {
            let input = read.cached_input + read.cache_write + read.cache_write_1h + read.audio_input + read.image_input;
            prop_assert!(input <= read.input, "{:?}", read);
            prop_assert!(read.cached_audio <= read.cached_input);
            prop_assert!(read.reasoning + read.audio_output + read.image_output <= read.output, "{:?}", read);
            prop_assert!(cost(&read, &price()) < NanoUsd(u64::MAX));
        }
    }

    #[test]
    fn no_json_panics(answer in any_json(), later in any_json()) {
        let _ = Usage::of(&answer);
        let _ = Usage::of_events([&answer, &later]);
    }

    #[test]
    fn an_answer_says_the_same_as_its_usage(usage in any_usage()) {
        let answer = json!({"object": "chat.completion", "choices": [], "usage": usage});
        prop_assert_eq!(Usage::of(&answer), Usage::of(&usage));
    }

    #[test]
    fn an_event_twice_says_the_same_as_once(usage in any_usage()) {
        prop_assert_eq!(Usage::of_events([&usage, &usage]), Usage::of(&usage));
    }
}
