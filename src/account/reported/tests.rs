//! Putting the events of a stream together, and what is told beside the counts.

use serde_json::json;

use super::*;

fn merged(events: &[Value]) -> Option<Usage> {
    Usage::of_events(events)
}

#[test]
fn later_counts_replace_earlier_ones_and_missing_ones_stay() {
    let usage = merged(&[
        json!({"usage": {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens": 1}}),
        json!({"choices": []}),
        json!({"usage": null}),
        json!({"usage": {"completion_tokens": 7}}),
        json!({"usage": {"completion_tokens": 9}}),
    ]);
    assert_eq!(usage, Some(Usage { input: 10, cached_input: 4, output: 9, ..Usage::default() }));
}

#[test]
fn a_later_zero_is_no_count_unless_there_is_no_other() {
    let usage = merged(&[
        json!({"usage": {"prompt_tokens": 10, "completion_tokens": 0}}),
        json!({"usage": {"prompt_tokens": 0, "completion_tokens": 5}}),
    ]);
    assert_eq!(usage, Some(Usage { input: 10, output: 5, ..Usage::default() }));
    let zeros = json!({"usage": {"prompt_tokens": 0, "completion_tokens": 0}});
    assert_eq!(merged(&[zeros.clone(), zeros]), Some(Usage::default()));
    assert_eq!(merged(&[]), None);
}

#[test]
fn the_service_tier_is_the_last_that_was_named() {
    let event = |tier: &str| json!({"service_tier": tier, "usage": {"prompt_tokens": 1}});
    let tier = |events: &[Value]| merged(events).map(|usage| usage.service_tier);
    assert_eq!(tier(&[event("auto"), event("flex")]), Some(ServiceTier::Flex));
    assert_eq!(tier(&[event("flex"), json!({"choices": []})]), Some(ServiceTier::Flex));
    assert_eq!(tier(&[event("priority"), event("default")]), Some(ServiceTier::Standard));
}

#[test]
fn a_callers_own_fields_are_no_usage() {
    for answer in [
        json!({"metadata": {"prompt_tokens": "1"}, "choices": []}),
        json!({"metadata": {"usage": "1"}, "choices": []}),
        json!({"choices": [{"message": {"content": "x", "usage": {"prompt_tokens": 1}}}]}),
        json!({"output": [{"content": {"usage": {"prompt_tokens": 1}}}]}),
    ] {
        assert_eq!(Usage::of(&answer), None, "{answer}");
    }
}

#[test]
fn searches_are_counted_where_the_answer_lists_them() {
    let call = |action: Value| json!({"type": "web_search_call", "action": action});
    let answer = json!({
        "usage": {"input_tokens": 1, "output_tokens": 1},
        "output": [
            call(json!({"type": "search"})),
            call(json!({"type": "find_in_page"})),
            call(json!({"type": "open_page"})),
            call(json!(null)),
            {"type": "message"},
            7,
        ],
    });
    assert_eq!(Usage::of(&answer).map(|usage| usage.web_searches), Some(2));
}
