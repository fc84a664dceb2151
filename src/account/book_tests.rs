//! The catalogue is sane, and names find the right price or none.

use super::*;
use crate::account::{
    Table, Usage, cost,
    names::{VENDOR_HOSTS, is_date},
};

fn shipped() -> Catalogue {
    Catalogue::parse(SHIPPED).unwrap()
}

#[test]
fn every_entry_of_the_catalogue_is_sane() {
    let catalogue = shipped();
    assert!(catalogue.models.len() >= 150, "{}", catalogue.models.len());
    for entry in &catalogue.models {
        let rates = &entry.price.standard.rates;
        let embeds = entry.model.contains("embed") || entry.provider == "voyage";
        assert_eq!(rates.output == 0, embeds, "{entry:?}");
        assert!(embeds || rates.output >= rates.input / 10, "{entry:?}");
        let context = entry.context.unwrap_or_else(|| panic!("{entry:?}"));
        assert!((1_000..=10_000_000).contains(&context), "{entry:?}");
        assert!(entry.max_output.is_none_or(|most| most <= context && most >= 1_000), "{entry:?}");
        assert!(entry.source.starts_with("https://"), "{entry:?}");
        assert!(is_date(&entry.checked, "2000-00-00"), "{entry:?}");
        assert!(VENDOR_HOSTS.iter().any(|(_, vendor)| *vendor == entry.provider), "{entry:?}");
    }
}

#[test]
fn every_rate_of_the_catalogue_is_plausible() {
    for entry in shipped().models {
        for table in entry.price.tables() {
            let tiers = table.tiers.iter().map(|tier| &tier.rates);
            for rates in std::iter::once(&table.rates).chain(tiers) {
                assert!((1..=1_000_000_000_000).contains(&rates.input), "{entry:?}");
                assert!(rates.output <= 1_000_000_000_000, "{entry:?}");
                assert!(rates.cached_input.is_none_or(|cached| cached <= rates.input), "{entry:?}");
                let write = rates.cache_write.unwrap_or(rates.input);
                assert!(rates.cache_write_1h.is_none_or(|hour| hour >= write), "{entry:?}");
            }
            // Longer is dearer.
            let inputs = table.tiers.iter().map(|tier| tier.rates.input);
            assert!(std::iter::once(table.rates.input).chain(inputs).is_sorted(), "{entry:?}");
            assert!(table.is_ordered(), "{entry:?}");
        }
        let input = entry.price.standard.rates.input;
        let of = |table: &Option<Box<Table>>| table.as_ref().map(|table| table.rates.input);
        assert!(of(&entry.price.batch).is_none_or(|batch| batch < input), "{entry:?}");
        assert!(of(&entry.price.flex).is_none_or(|flex| flex < input), "{entry:?}");
        assert!(of(&entry.price.priority).is_none_or(|priority| priority > input), "{entry:?}");
    }
}

#[test]
fn names_find_their_own_price_then_that_of_the_undated_name() {
    let book = PriceBook::shipped();
    let input =
        |provider, model| book.price(provider, model).map(|price| price.standard.rates.input);
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
        ("anthropic", "claude-sonnet-4-0", Some(3_000_000_000)),
        ("mistral", "mistral-small-latest", Some(100_000_000)),
        ("groq", "openai/gpt-oss-120b", Some(150_000_000)),
        ("gemini", "models/gemini-2.5-flash", Some(300_000_000)),
        ("vertex", "google/gemini-2.5-flash", Some(300_000_000)),
        ("vertex", "claude-sonnet-4-5@20250929", Some(3_000_000_000)),
        ("vertex", "claude-opus-4-8@default", Some(5_000_000_000)),
        ("bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", Some(3_000_000_000)),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", Some(3_300_000_000)),
        ("bedrock", "eu.anthropic.claude-opus-4-6-v1", Some(5_500_000_000)),
        ("bedrock", "apac.anthropic.claude-3-haiku-20240307-v1:0", Some(250_000_000)),
        ("bedrock", "anthropic.claude-haiku-4-5-20251001-v1:0", Some(1_100_000_000)),
        ("bedrock", "us.meta.llama3-3-70b-instruct-v1:0", Some(720_000_000)),
        ("bedrock", "amazon.nova-lite-v1:0", Some(60_000_000)),
        ("bedrock", "openai.gpt-oss-120b-1:0", Some(150_000_000)),
        (
            "bedrock",
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
            Some(1_100_000_000),
        ),
        ("azure", "gpt-4o-2024-08-06", Some(2_500_000_000)),
        ("azure", "gpt-35-turbo", Some(500_000_000)),
        ("moonshot", "kimi-k3", Some(3_000_000_000)),
        ("bedrock", "amazon.titan-embed-text-v2:0", None),
        ("bedrock", "us.zai.glm-5.3", None),
        ("openai", "gpt-4o-2024-13-01", None),
        ("openai", "gpt-4o-2024-05-32", None),
        ("openai", "gpt-4o-audio", None),
        ("openai", "gpt-4-0613", None),
        ("openai", "GPT-4o", None),
        ("openai", "", None),
        ("openai", "-latest", None),
        ("openai", "ü-20250101ü", None),
        ("nobody", "gpt-4o", None),
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
    let input =
        |provider, model| book.price(provider, model).map(|price| price.standard.rates.input);
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
    let input = |provider, model| book.price(provider, model).unwrap().standard.rates.input;
    assert_eq!(input("claude", "claude-opus-4-7"), 3);
    assert_eq!(input("claude", "claude-haiku-4-5"), 1_000_000_000);
    assert_eq!(input("anthropic", "claude-opus-4-7"), 5_000_000_000);
}

fn file(models: &[(&str, &str, &str)]) -> String {
    let line = |(provider, model, input): &(&str, &str, &str)| {
        format!(
            r#"{{"provider":"{provider}","model":"{model}","input":"{input}","output":"1","context":9,"source":"","checked":""}}"#
        )
    };
    let lines: Vec<_> = models.iter().map(line).collect();
    format!(r#"{{"models":[{}]}}"#, lines.join(","))
}

#[test]
fn overrides_are_above_own_catalogues_and_those_above_the_shipped_one() {
    let own = PriceOverride { input: 3, output: 1, cached_input: None };
    let book = PriceBook::with_overrides(&IndexMap::from([("openai/o3".to_owned(), own)]))
        .with_vendor("mine", "openai")
        .with_catalogue(&file(&[
            ("openai", "o3", "4"),
            ("openai", "gpt-4o", "5"),
            ("mine", "gpt-4o", "6"),
        ]))
        .unwrap()
        .with_catalogue(&file(&[("openai", "gpt-4.1", "7"), ("vllm", "qwen", "8")]))
        .unwrap()
        .with_catalogue(&file(&[("openai", "gpt-4.1", "9")]))
        .unwrap();
    let input =
        |provider, model| book.price(provider, model).map(|price| price.standard.rates.input);
    assert_eq!(input("openai", "o3"), Some(3), "the override");
    assert_eq!(input("mine", "o3"), Some(4_000_000_000), "no override of that provider");
    assert_eq!(input("openai", "gpt-4o"), Some(5_000_000_000), "the operator's catalogue");
    assert_eq!(input("mine", "gpt-4o"), Some(6_000_000_000), "under the provider's own name first");
    assert_eq!(input("openai", "gpt-4.1"), Some(9_000_000_000), "the last catalogue");
    assert_eq!(input("vllm", "qwen-2026-01-01"), Some(8_000_000_000));
    assert_eq!(
        input("openai", "gpt-4o-2024-05-13"),
        Some(5_000_000_000),
        "shipped, the most specific name"
    );
    assert_eq!(input("openai", "gpt-4o-mini"), Some(150_000_000), "shipped");
    assert_eq!(book.context("openai", "gpt-4o"), Some(9));
    assert_eq!(
        book.max_output("openai", "gpt-4o"),
        Some(16_384),
        "where the own catalogue is silent"
    );
    assert!(PriceBook::shipped().with_catalogue("{}").is_err());
}

#[test]
fn a_shipped_price_turns_usage_into_the_vendors_bill() {
    let book = PriceBook::shipped();
    let price = book.price("anthropic", "claude-haiku-4-5").unwrap();
    let usage = Usage {
        input: 12_000,
        cached_input: 10_000,
        cache_write: 600,
        cache_write_1h: 400,
        output: 500,
        web_searches: 1,
        ..Usage::default()
    };
    // 1,000 fresh at 1 USD/M, 10,000 read at 0.10, 600 written at 1.25, 400 for an hour at 2, 500 out at 5, a search.
    assert_eq!(cost(&usage, price).to_string(), "0.01605");
}

#[test]
fn the_catalogue_knows_context_windows() {
    let book = PriceBook::shipped().with_vendor("mine", "openai");
    let known = book.context("openai", "gpt-6-sol");
    assert_eq!(known, Some(1_050_000));
    assert_eq!(book.context("mine", "gpt-6-sol-2026-11-20"), known);
    assert_eq!(book.max_output("mine", "gpt-6-sol-2026-11-20"), Some(128_000));
    assert_eq!(book.context("openai", "no-such-model"), None);
    assert_eq!(book.context("nobody", "gpt-6-sol"), None);
}
