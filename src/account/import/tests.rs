//! Both formats, by excerpts of the real files (facts only), and by whatever else may be in such a file.

use proptest::prelude::*;

use super::*;
use crate::account::{NanoUsd, PriceBook, ServiceTier, Usage, cost};

const LITELLM: &str = include_str!("fixtures/litellm.json");
const MODELS_DEV: &str = include_str!("fixtures/models_dev.json");

const ORIGIN: Origin<'_> = Origin { source: "https://example.com/list", checked: "2026-11-21" };

fn line(imported: &Imported, name: &str) -> String {
    let named = |entry: &&Entry| format!("{}/{}", entry.provider, entry.model) == name;
    let entry = imported.catalogue.models.iter().find(named).unwrap_or_else(|| panic!("{name}"));
    let one = Catalogue { about: String::new(), models: vec![entry.clone()] };
    one.to_string().lines().nth(3).unwrap().trim().to_owned()
}

/// The line of an entry without what all have.
fn shown(imported: &Imported, name: &str) -> String {
    let (provider, model) = name.split_once('/').unwrap();
    let line = line(imported, name);
    let head = format!(r#"{{"provider": "{provider}", "model": "{model}", "#);
    let tail = r#", "source": "https://example.com/list", "checked": "2026-11-21"}"#;
    line.strip_prefix(&head).unwrap().strip_suffix(tail).unwrap().to_owned()
}

#[test]
fn litellms_rates_become_tables_and_tiers() {
    let imported = litellm(LITELLM, ORIGIN).unwrap();
    for (name, fields) in [
        (
            "openai/gpt-5.6",
            concat!(
                r#""input": "5.00", "output": "30.00", "cached_input": "0.50", "cache_write": "6.25", "#,
                r#""tiers": [{"above": 272000, "input": "10.00", "output": "45.00", "cached_input": "1.00", "cache_write": "12.50"}], "#,
                r#""batch": {"input": "2.50", "output": "15.00"}, "#,
                r#""flex": {"input": "2.50", "output": "15.00", "cached_input": "0.25", "cache_write": "3.125", "#,
                r#""tiers": [{"above": 272000, "input": "5.00", "output": "22.50", "cached_input": "0.50", "cache_write": "6.25"}]}, "#,
                r#""priority": {"input": "10.00", "output": "60.00", "cached_input": "1.00", "cache_write": "12.50"}, "#,
                r#""web_search": "0.01", "context": 1050000, "max_output": 128000"#,
            ),
        ),
        (
            "anthropic/claude-4-sonnet-20250514",
            concat!(
                r#""input": "3.00", "output": "15.00", "cached_input": "0.30", "cache_write": "3.75", "cache_write_1h": "6.00", "#,
                r#""tiers": [{"above": 200000, "input": "6.00", "output": "22.50", "cached_input": "0.60", "cache_write": "7.50"}], "#,
                r#""context": 1000000, "max_output": 64000"#,
            ),
        ),
        (
            "openai/gpt-4o-audio-preview",
            r#""input": "2.50", "output": "10.00", "audio_input": "40.00", "audio_output": "80.00", "context": 128000, "max_output": 16384"#,
        ),
        (
            "vertex/gemini-3.1-flash-lite",
            concat!(
                r#""input": "0.25", "output": "1.50", "cached_input": "0.025", "audio_input": "0.50", "reasoning": "1.50", "#,
                r#""batch": {"input": "0.125", "output": "0.75"}, "flex": {"input": "0.125", "output": "0.75", "cached_input": "0.0125"}, "#,
                r#""priority": {"input": "0.45", "output": "2.70", "cached_input": "0.045"}, "context": 1048576, "max_output": 65536"#,
            ),
        ),
        (
            "bedrock/jp.amazon.nova-2-lite-v1:0",
            r#""input": "0.33", "output": "2.75", "cached_input": "0.0825", "context": 1000000, "max_output": 64000"#,
        ),
        ("azure/text-embedding-3-small", r#""input": "0.02", "output": "0.00", "context": 8191"#),
        (
            "alibaba/qwen-flash",
            concat!(
                r#""input": "0.05", "output": "0.40", "tiers": [{"above": 256000, "input": "0.25", "output": "2.00"}], "#,
                r#""context": 997952, "max_output": 32768"#,
            ),
        ),
        (
            "openrouter/openai/gpt-5.5",
            r#""input": "5.00", "output": "30.00", "cached_input": "0.50", "context": 1050000"#,
        ),
        (
            "perplexity/sonar-deep-research",
            r#""input": "2.00", "output": "8.00", "reasoning": "3.00", "web_search": "0.005", "context": 128000"#,
        ),
        (
            "perplexity/sonar",
            r#""input": "1.00", "output": "1.00", "request": "0.008", "context": 128000"#,
        ),
        (
            "deepinfra/meta-llama/Llama-3.3-70B-Instruct",
            r#""input": "0.23", "output": "0.40", "context": 131072"#,
        ),
    ] {
        assert_eq!(shown(&imported, name), fields, "{name}");
    }
    assert_eq!(imported.catalogue.models.len(), 11);
    assert_eq!(imported.rounded, Vec::<String>::new());
}

#[test]
fn what_litellm_has_and_we_do_not_take_is_named_with_the_reason() {
    let imported = litellm(LITELLM, ORIGIN).unwrap();
    let skipped: Vec<_> =
        imported.skipped.iter().map(|skipped| (skipped.name.as_str(), &skipped.reason)).collect();
    assert_eq!(
        skipped,
        [
            ("1024-x-1024/dall-e-2", &Reason::OtherUse("image_generation".to_owned())),
            ("azure/eu/gpt-4o-2024-08-06", &Reason::Regional),
            ("bedrock/us-east-1/anthropic.claude-v2:1", &Reason::Regional),
            ("github_copilot/gpt-4o", &Reason::Free),
            ("ollama/llama3", &Reason::Unpriced),
        ]
    );
}

#[test]
fn models_devs_rates_become_tables_and_tiers() {
    let imported = models_dev(MODELS_DEV, ORIGIN).unwrap();
    for (name, fields) in [
        (
            "openai/gpt-6-astra",
            concat!(
                r#""input": "10.00", "output": "50.00", "cached_input": "1.00", "cache_write": "12.50", "#,
                r#""tiers": [{"above": 272000, "input": "20.00", "output": "75.00", "cached_input": "2.00", "cache_write": "25.00"}], "#,
                r#""priority": {"input": "20.00", "output": "100.00", "cached_input": "2.00", "cache_write": "25.00"}, "#,
                r#""context": 1050000, "max_output": 128000"#,
            ),
        ),
        (
            "gemini/gemini-2.5-pro",
            concat!(
                r#""input": "1.25", "output": "10.00", "cached_input": "0.125", "#,
                r#""tiers": [{"above": 200000, "input": "2.50", "output": "15.00", "cached_input": "0.25"}], "#,
                r#""context": 1048576, "max_output": 65536"#,
            ),
        ),
        (
            "gemini/gemini-2.5-flash",
            r#""input": "0.30", "output": "2.50", "cached_input": "0.03", "audio_input": "1.00", "context": 1048576, "max_output": 65536"#,
        ),
        (
            "alibaba/qwen3-max",
            concat!(
                r#""input": "1.20", "output": "6.00", "cached_input": "0.24", "cache_write": "1.50", "#,
                r#""tiers": [{"above": 32000, "input": "2.40", "output": "12.00", "cached_input": "0.48", "cache_write": "3.00"}, "#,
                r#"{"above": 128000, "input": "3.00", "output": "15.00", "cached_input": "0.60", "cache_write": "3.75"}], "#,
                r#""context": 262144, "max_output": 65536"#,
            ),
        ),
        (
            "bedrock/eu.anthropic.claude-opus-4-8",
            concat!(
                r#""input": "5.50", "output": "27.50", "cached_input": "0.55", "cache_write": "6.875", "#,
                r#""context": 1000000, "max_output": 128000"#,
            ),
        ),
        (
            "zai/glm-4.7",
            r#""input": "0.60", "output": "2.20", "cached_input": "0.11", "context": 204800, "max_output": 131072"#,
        ),
        (
            "openrouter/google/gemini-2.5-flash",
            concat!(
                r#""input": "0.30", "output": "2.50", "cached_input": "0.03", "cache_write": "0.083333", "reasoning": "2.50", "#,
                r#""context": 1048576, "max_output": 65535"#,
            ),
        ),
    ] {
        assert_eq!(shown(&imported, name), fields, "{name}");
    }
    let skipped: Vec<_> = imported.skipped.iter().map(|skipped| skipped.name.as_str()).collect();
    assert_eq!(skipped, ["openai/gpt-image-1.5", "zai/glm-4.7-flash"]);
    assert_eq!(imported.skipped[0].reason, Reason::Unpriced);
    assert_eq!(imported.skipped[1].reason, Reason::Free);
}

#[test]
fn an_imported_catalogue_reads_back_and_prices_usage() {
    for imported in [litellm(LITELLM, ORIGIN).unwrap(), models_dev(MODELS_DEV, ORIGIN).unwrap()] {
        let text = imported.catalogue.to_string();
        assert_eq!(Catalogue::parse(&text).unwrap(), imported.catalogue);
    }
    let text = litellm(LITELLM, ORIGIN).unwrap().catalogue.to_string();
    let book = PriceBook::shipped().with_catalogue(&text).unwrap();
    let price = book.price("openai", "gpt-5.6").unwrap();
    let usage = Usage {
        input: 300_000,
        cached_input: 100_000,
        output: 1_000,
        service_tier: ServiceTier::Flex,
        ..Usage::default()
    };
    // 200,000 fresh at 5.00, 100,000 cached at 0.50, 1,000 out at 22.50.
    assert_eq!(cost(&usage, price), NanoUsd(1_072_500_000));
}

#[test]
fn rates_finer_than_money_are_rounded_and_said() {
    let text = r#"{"m": {"litellm_provider": "openai", "input_cost_per_token": 3.0000000000000004e-07, "output_cost_per_token": "1e-6"}}"#;
    let imported = litellm(text, ORIGIN).unwrap();
    assert_eq!(imported.rounded, ["openai/m"]);
    assert_eq!(imported.catalogue.models[0].price.standard.rates.input, 300_000_000);
    assert_eq!(imported.catalogue.models[0].price.standard.rates.output, 1_000_000_000);
}

#[test]
fn one_bad_model_spoils_no_other() {
    let good = r#""good": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}"#;
    for (bad, reason) in [
        (r#""bad": 7"#, "invalid type: integer `7`, expected a map at line 1 column 1"),
        (r#""bad": {"mode": "chat"}"#, "it names no provider"),
        (
            r#""bad": {"litellm_provider": "openai", "input_cost_per_token": -1e-6}"#,
            "not a price: -1e-6",
        ),
        (
            r#""bad": {"litellm_provider": "openai", "input_cost_per_token": [1]}"#,
            "not a price: [1]",
        ),
        (
            r#""bad": {"litellm_provider": "openai", "input_cost_per_token": 1e99}"#,
            "not a price: 1e99",
        ),
        (
            r#""bad": {"litellm_provider": "openai", "input_cost_per_token": 1, "tiered_pricing": 1}"#,
            "invalid type: integer `1`, expected a sequence at line 1 column 1",
        ),
        (
            r#""openai/good": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}"#,
            "it is there twice",
        ),
    ] {
        let imported = litellm(&format!("{{{good}, {bad}}}"), ORIGIN).unwrap();
        assert_eq!(imported.catalogue.models.len(), 1, "{bad}");
        assert_eq!(imported.skipped[0].reason.to_string(), reason, "{bad}");
    }
    assert!(litellm("[]", ORIGIN).is_err());
    assert!(models_dev("{", ORIGIN).is_err());
    let imported =
        models_dev(r#"{"a": 1, "b": {"models": {"m": {"cost": {"input": 1}}}}}"#, ORIGIN).unwrap();
    assert_eq!(imported.catalogue.models.len(), 1);
    assert_eq!(imported.skipped.len(), 1);
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value, json};
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        "[0-9]{0,4}(\\.[0-9]{0,4})?(e-?[0-9]{1,20})?".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let name = proptest::sample::select(
            &[
                "openai",
                "models",
                "m",
                "cost",
                "input",
                "output",
                "cache_read",
                "tiers",
                "tier",
                "size",
                "limit",
                "context",
                "experimental",
                "modes",
                "fast",
                "context_over_200k",
                "litellm_provider",
                "mode",
                "input_cost_per_token",
                "output_cost_per_token_above_200k_tokens_flex",
                "input_cost_per_token_above_99999999999999999999k_tokens",
                "tiered_pricing",
                "range",
                "search_context_cost_per_query",
                "search_context_size_medium",
                "max_input_tokens",
            ][..],
        );
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name.prop_map(str::to_owned), inner, 0..6)
                .prop_map(|fields| json!(fields)),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_panics(file in any_json()) {
        let text = file.to_string();
        for imported in [litellm(&text, ORIGIN), models_dev(&text, ORIGIN)].into_iter().flatten() {
            prop_assert_eq!(Catalogue::parse(&imported.catalogue.to_string()).unwrap(), imported.catalogue);
        }
    }

    #[test]
    fn no_damaged_file_panics(at in 0..LITELLM.len(), byte in any::<u8>()) {
        for file in [LITELLM, MODELS_DEV] {
            let mut bytes = file.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            let text = String::from_utf8_lossy(&bytes);
            let _ = litellm(&text, ORIGIN);
            let _ = models_dev(&text, ORIGIN);
        }
    }

    #[test]
    fn every_rate_is_the_decimal_that_is_written(nano in 1_u64..1_000_000_000_000_000, digits in 0_usize..4) {
        // USD per token as LiteLLM writes it: digits with an exponent.
        let text = nano.to_string();
        let (first, rest) = text.split_at(1);
        let rest = format!("{rest}{}", "0".repeat(digits));
        let exponent = text.len() as i64 - 1 - 15;
        let number = if rest.is_empty() { format!("{first}e{exponent}") } else { format!("{first}.{rest}e{exponent}") };
        let file = format!(r#"{{"m": {{"litellm_provider": "openai", "input_cost_per_token": {number}}}}}"#);
        let imported = litellm(&file, ORIGIN).unwrap();
        prop_assert!(imported.rounded.is_empty());
        prop_assert_eq!(imported.catalogue.models[0].price.standard.rates.input, nano);
    }
}
