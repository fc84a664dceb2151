//! The catalogue is sane, and names find the right price or none.

use std::collections::HashSet;

use super::*;
use crate::account::{Usage, cost};

fn entries() -> Vec<Entry> {
    serde_json::from_str::<Catalogue>(CATALOGUE).unwrap().models
}

#[test]
fn every_entry_of_the_catalogue_is_sane() {
    let entries = entries();
    assert!(entries.len() >= 60, "{}", entries.len());
    for entry in &entries {
        let price = entry.price().unwrap_or_else(|| panic!("{entry:?}"));
        let embedding = entry.model.contains("embed");
        assert!((1..=1_000_000_000_000).contains(&price.input), "{entry:?}");
        assert!(price.output <= 1_000_000_000_000, "{entry:?}");
        assert_eq!(price.output == 0, embedding, "{entry:?}");
        assert!(embedding || price.output >= price.input / 10, "{entry:?}");
        assert!(price.cached_input.is_none_or(|cached| cached <= price.input), "{entry:?}");
        assert!(price.cache_write.is_none_or(|write| write >= price.input), "{entry:?}");
        assert!((1_000..=10_000_000).contains(&entry.context), "{entry:?}");
        assert!(entry.source.starts_with("https://"), "{entry:?}");
        assert!(is_date(&format!("-{}", entry.checked), "-2000-00-00"), "{entry:?}");
        assert_eq!(entry.checked.len(), "2026-01-01".len(), "{entry:?}");
        assert!(VENDOR_HOSTS.iter().any(|(_, vendor)| *vendor == entry.provider), "{entry:?}");
    }
}

#[test]
fn no_model_is_listed_twice() {
    let mut seen = HashSet::new();
    for entry in entries() {
        assert!(seen.insert((entry.provider.clone(), entry.model.clone())), "{entry:?}");
    }
}

#[test]
fn a_catalogue_that_is_wrong_is_refused_with_the_entry_named() {
    let catalogue = |models: &str| format!(r#"{{"about":"","models":[{models}]}}"#);
    let entry = |input: &str| {
        format!(
            r#"{{"provider":"p","model":"m","input":"{input}","output":"1","context":1,"source":"","checked":""}}"#
        )
    };
    for (text, problem) in [
        (catalogue(&entry("-1")), "p/m has a price that is not decimal USD"),
        (catalogue(&format!("{},{}", entry("1"), entry("2"))), "p/m is listed twice"),
        (catalogue("{}"), "the price catalogue is not in its format"),
    ] {
        assert_eq!(read_catalogue(&text).unwrap_err().to_string(), problem);
    }
    assert!(read_catalogue(&catalogue(&entry("1"))).is_ok());
}

#[test]
fn names_find_their_own_price_then_that_of_the_undated_name() {
    let book = PriceBook::shipped();
    let input = |provider, model| book.price(provider, model).map(|price| price.input);
    for (provider, model, nano) in [
        ("openai", "gpt-4o", Some(2_500_000_000)),
        ("openai", "gpt-4o-2024-05-13", Some(5_000_000_000)),
        ("openai", "gpt-4o-2024-11-20", Some(2_500_000_000)),
        ("openai", "gpt-4o-latest", Some(2_500_000_000)),
        ("openai", "gpt-5.5", Some(5_000_000_000)),
        ("openai", "gpt-5-nano-2025-08-07", Some(50_000_000)),
        ("openai", "text-embedding-3-small", Some(20_000_000)),
        ("anthropic", "claude-opus-4-7", Some(5_000_000_000)),
        ("anthropic", "claude-haiku-4-5-20251001", Some(1_000_000_000)),
        ("anthropic", "claude-sonnet-4-20250514", Some(3_000_000_000)),
        ("mistral", "mistral-small-latest", Some(100_000_000)),
        ("groq", "openai/gpt-oss-120b", Some(150_000_000)),
        ("openai", "gpt-4o-2024-13-01", None),
        ("openai", "gpt-4o-2024-05-32", None),
        ("openai", "gpt-4o-audio", None),
        ("openai", "gpt-4", None),
        ("openai", "GPT-4o", None),
        ("openai", "", None),
        ("openai", "-latest", None),
        ("openai", "ü-20250101ü", None),
        ("azure", "gpt-4o", None),
        ("openai", "claude-opus-4-7", None),
    ] {
        assert_eq!(input(provider, model), nano, "{provider}/{model}");
    }
}

#[test]
fn the_operators_price_wins_for_the_same_name_and_its_dated_ones() {
    let priced = |input| PriceOverride { input, output: 1, cached_input: None };
    let book = PriceBook::with_overrides(&IndexMap::from([
        ("openai/gpt-5-mini".to_owned(), priced(7)),
        ("vllm/qwen/qwen3-8b".to_owned(), priced(0)),
        ("nonsense".to_owned(), priced(9)),
    ]));
    let input = |provider, model| book.price(provider, model).map(|price| price.input);
    assert_eq!(input("openai", "gpt-5-mini"), Some(7));
    assert_eq!(input("openai", "gpt-5-mini-2025-08-07"), Some(7));
    assert_eq!(input("openai", "gpt-5"), Some(1_250_000_000));
    assert_eq!(input("vllm", "qwen/qwen3-8b"), Some(0), "free because the operator says so");
    assert_eq!(input("vllm", "qwen/qwen3-14b"), None);
    assert_eq!(input("nonsense", ""), None);
}

#[test]
fn a_renamed_provider_has_its_vendors_prices_and_its_own_overrides() {
    let own = PriceOverride { input: 3, output: 1, cached_input: None };
    let book =
        PriceBook::with_overrides(&IndexMap::from([("claude/claude-opus-4-7".to_owned(), own)]))
            .with_vendor("claude", "anthropic");
    assert_eq!(book.price("claude", "claude-opus-4-7").unwrap().input, 3);
    assert_eq!(book.price("claude", "claude-haiku-4-5").unwrap().input, 1_000_000_000);
    assert_eq!(book.price("anthropic", "claude-opus-4-7").unwrap().input, 5_000_000_000);
}

#[test]
fn the_vendor_is_known_by_the_host_of_its_api_only() {
    for (url, vendor) in [
        ("https://api.openai.com/v1", Some("openai")),
        ("https://API.OpenAI.com:443/v1", Some("openai")),
        ("https://generativelanguage.googleapis.com/v1beta/openai", Some("gemini")),
        ("https://api.fireworks.ai/inference/v1", Some("fireworks")),
        ("http://127.0.0.1:8000/v1", None),
        ("https://api.openai.com.evil.example/v1", None),
        ("https://proxy.example/api.openai.com", None),
        ("api.openai.com", None),
        ("", None),
    ] {
        assert_eq!(vendor_of(url), vendor, "{url}");
    }
}

#[test]
fn a_shipped_price_turns_usage_into_the_vendors_bill() {
    let book = PriceBook::shipped();
    let price = book.price("anthropic", "claude-haiku-4-5").unwrap();
    let usage = Usage {
        input: 12_000,
        cached_input: 10_000,
        cache_write: 1_000,
        output: 500,
        reasoning: 0,
        estimated: false,
    };
    // 1,000 fresh at 1 USD/M, 10,000 read at 0.10, 1,000 written at 1.25, 500 out at 5.
    assert_eq!(cost(&usage, price).to_string(), "0.00575");
}

#[test]
fn the_catalogue_knows_context_windows() {
    let book = PriceBook::shipped().with_vendor("mine", "openai");
    let known = book.context("openai", "gpt-6-sol");
    assert_eq!(known, Some(1_050_000));
    assert_eq!(book.context("mine", "gpt-6-sol-2026-11-20"), known);
    assert_eq!(book.context("openai", "no-such-model"), None);
    assert_eq!(book.context("nobody", "gpt-6-sol"), None);
}
