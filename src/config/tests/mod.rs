//! The configuration as an operator meets it: good files, the reference, secrets, arbitrary text.

mod mistakes;
mod routing_mistakes;

use proptest::prelude::*;

use super::*;

const PROVIDER: &str = "providers: { openai: { api_key: secret-1 } }\n";

/// The sample of the documentation.
const SAMPLE: &str = r#"
listen: 127.0.0.1:4000
providers:
  openai:   { api_key: "${OPENAI_API_KEY}" }
  claude:   { type: anthropic, api_key: "${ANTHROPIC_API_KEY}" }
  vllm:     { type: openai, base_url: http://127.0.0.1:8000/v1 }
tiers:
  cheap:    [openai/gpt-5-nano, vllm/qwen3-8b]
  frontier: [claude/claude-opus-4-7, openai/gpt-5.5]
router:  { quality: 95% }          # or frontier_share: 30%
cache:   { max_wrong: 1%, ttl: 24h, max_bytes: 2GiB, scope: key, path: ./scrimp-data }
embedding: { model: builtin, device: auto }    # or a Hugging Face id, a local folder, an OpenAI-compatible URL
admin:     { listen: 127.0.0.1:4001 }
prices:    { vllm/qwen3-8b: { input: 0 USD/M, output: 0 USD/M } }    # overrides the shipped catalogue
"#;

fn env(name: &str) -> Option<String> {
    let is_secret = name.ends_with("_KEY") || name.starts_with("AWS_");
    is_secret.then(|| format!("secret-of-{name}"))
}

fn load(text: &str) -> Loaded {
    Config::from_yaml(text, "test.yaml", &env).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn the_sample_of_the_documentation_loads() {
    let Loaded { config, warnings } = load(SAMPLE);
    assert_eq!(config.providers["claude"].base_url, "https://api.anthropic.com/v1");
    assert_eq!(config.providers["claude"].api_keys, [Secret::new("secret-of-ANTHROPIC_API_KEY")]);
    assert!(matches!(config.providers["claude"].format, Format::Anthropic));
    assert!(config.providers["vllm"].api_keys.is_empty());
    assert_eq!(config.tiers.cheap().targets[1].to_string(), "vllm/qwen3-8b");
    assert_eq!(config.router.aim, Aim::Quality(0.95));
    assert_eq!(config.cache.max_bytes, 2 << 30);
    assert_eq!(config.cache.max_wrong, 0.01);
    assert_eq!(config.prices["vllm/qwen3-8b"].input, 0);
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn a_provider_alone_is_enough() {
    let Loaded { config, warnings } = load(PROVIDER);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(config.listen.to_string(), "127.0.0.1:4000");
    assert_eq!(config.admin.unwrap().to_string(), "127.0.0.1:4001");
    assert!(!config.tiers.are_configured() && config.keys.is_empty());
    assert_eq!(config.embedding.model, ModelSource::Builtin);
    assert_eq!(config.upstream.total_timeout, Duration::from_secs(600));
}

#[test]
fn the_reference_holds_the_defaults() {
    let reference = load(Config::default_yaml());
    assert!(reference.warnings.is_empty(), "{:?}", reference.warnings);
    let plain = load("providers: { openai: { api_key: \"${OPENAI_API_KEY}\" } }");
    assert_eq!(format!("{:#?}", reference.config), format!("{:#?}", plain.config));
}

/// The reference with its examples switched on.
fn reference_with_examples() -> String {
    let switch_on = |line: &str| {
        let indentation = line.len() - line.trim_start().len();
        match line.trim_start().strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => {
                format!("{}{rest}\n", &line[..indentation])
            }
            _ => format!("{line}\n"),
        }
    };
    Config::default_yaml().lines().map(switch_on).collect()
}

#[test]
fn the_examples_of_the_reference_are_valid() {
    let config = load(&reference_with_examples()).config;
    assert_eq!(config.keys.len(), 2);
    let conditions = &config.router.rules[0].conditions;
    assert_eq!(conditions.header, Some(("x-priority".into(), "high".into())));
    assert_eq!(config.tiers.names(), "cheap, middle, frontier");
    assert_eq!(config.router.cascade_min_logprob, Some(-1.0));
    assert_eq!(config.prices["openai/gpt-6-luna"].cached_input, Some(10_000_000));
    assert_eq!(config.aliases["small"], config.tiers.cheap().targets[0]);
}

#[test]
fn the_reference_names_every_key() {
    let nowhere = "nowhere: 1";
    let inside = "{ nowhere: 1 }";
    let text = format!(
        "{nowhere}\nadmin: {inside}\nkeys: {{ a: {inside} }}\nserver: {inside}\n\
         providers: {{ a: {inside}, azure: {inside}, vertex: {inside}, bedrock: {inside} }}\ntiers: {inside}\ncache: {inside}\nembedding: {inside}\n\
         router: {{ nowhere: 1, rules: [{inside}] }}\nupstream: {inside}\nprices: {{ a/b: {inside} }}\n\
         models: {{ a/b: {inside} }}\nspending: {inside}\nledger: {inside}"
    );
    let errors = Config::from_yaml(&text, "test.yaml", &env).unwrap_err();
    let lists: Vec<&str> = errors
        .mistakes
        .iter()
        .filter_map(|mistake| mistake.message.split_once("valid keys: "))
        .map(|(_, keys)| keys)
        .collect();
    assert_eq!(lists.len(), 17, "{errors}");
    let mut keys: Vec<&str> = lists.iter().flat_map(|keys| keys.split(", ")).collect();
    keys.sort_unstable();
    keys.dedup();
    assert!(keys.len() > 60, "{keys:?}");
    let reference = Config::default_yaml();
    for key in keys {
        let mut words = reference.split(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
        assert!(words.any(|word| word.strip_suffix(':') == Some(key)), "{key} is not in it");
    }
}

#[test]
fn a_name_is_its_own_type_where_it_can_be() {
    let config = load(
        "providers:\n  groq: { api_key: k }\n  ollama:\n  mistral: { api_key: k }\n  \
         mine: { type: groq, api_key: k, base_url: https://mine.example/v1/ }\n  \
         openai: { base_url: http://127.0.0.1:1/v1, headers: { X-Team: a } }\n",
    )
    .config;
    assert_eq!(config.providers["groq"].base_url, "https://api.groq.com/openai/v1");
    assert_eq!(config.providers["ollama"].base_url, "http://127.0.0.1:11434/v1");
    assert_eq!(config.providers["mine"].base_url, "https://mine.example/v1");
    assert_eq!(config.providers["openai"].headers["x-team"].expose(), "a");
    assert!(!config.providers["mistral"].stream_usage);
    assert!(config.providers["groq"].stream_usage);
}

#[test]
fn each_vendor_has_its_own_format_and_address() {
    let config = load(
        "providers:
  gemini: { api_keys: [k1, k2] }
  azure: { base_url: https://r.openai.azure.com, api_key: k, api_version: 2024-10-21 }
  azure2: { type: azure, base_url: https://r.openai.azure.com/, api_key: k }
  vertex: { credentials: account.json, location: europe-west4 }
  world: { type: vertex, credentials: account.json, project: p }
  bedrock: { region: us-east-1, access_key_id: AKIA1, secret_access_key: s, session_token: \"${UNSET:-}\" }
  bearer: { type: bedrock, region: eu-west-1, api_key: k }
  own: { type: openai, base_url: http://127.0.0.1:1/v1, responses: true }
  openai: { api_key: k }",
    )
    .config;
    let provider = |name: &str| &config.providers[name];
    for (name, base_url, keys, responses) in [
        ("gemini", "https://generativelanguage.googleapis.com/v1beta", 2, false),
        ("azure", "https://r.openai.azure.com", 1, false),
        ("azure2", "https://r.openai.azure.com", 1, true),
        ("vertex", "https://europe-west4-aiplatform.googleapis.com/v1", 0, false),
        ("world", "https://aiplatform.googleapis.com/v1", 0, false),
        ("bedrock", "https://bedrock-runtime.us-east-1.amazonaws.com", 0, false),
        ("bearer", "https://bedrock-runtime.eu-west-1.amazonaws.com", 1, false),
        ("own", "http://127.0.0.1:1/v1", 0, true),
        ("openai", "https://api.openai.com/v1", 1, true),
    ] {
        let Provider { base_url: found, api_keys, responses: has_responses, .. } = provider(name);
        assert_eq!(
            (found.as_str(), api_keys.len(), *has_responses),
            (base_url, keys, responses),
            "{name}"
        );
    }
    let Format::Bedrock { credentials: Some(aws), .. } = &provider("bedrock").format else {
        panic!("{:?}", provider("bedrock"));
    };
    assert!(aws.session_token.is_none() && aws.secret_access_key.expose() == "s");
    assert!(
        matches!(&provider("azure").format, Format::Azure { api_version: Some(version) } if version == "2024-10-21")
    );
    assert!(
        matches!(&provider("vertex").format, Format::Vertex(vertex) if vertex.project.is_none())
    );
}

#[test]
fn surprising_settings_are_warned_about() {
    let table = [
        ("cache: { threshold: 0.3 }", "cache.threshold: "),
        ("listen: 0.0.0.0:0\nauth: none", "listen: any bearer token"),
        ("admin: { listen: \"0.0.0.0:0\" }", "admin.listen: "),
        ("router: { quality: 90% }", "router: has no effect without tiers"),
        ("upstream: { total_timeout: 1s }", "upstream.total_timeout: "),
        (
            "router: { rules: [{ tier: cheap }, { code: true, tier: cheap }] }",
            "router.rules[1]: is never",
        ),
    ];
    for (text, expected) in table {
        let warnings = load(&format!("{PROVIDER}{text}")).warnings;
        assert!(warnings.iter().any(|text| text.starts_with(expected)), "{text}: {warnings:?}");
    }
    let table = [
        ("providers: { openai: }", "providers.openai: no api_key; add"),
        (
            "providers: { a: { base_url: http://10.0.0.1/v1, api_key: k } }",
            "providers.a.base_url: the key",
        ),
        ("providers: { a: { base_url: https://a.example } }", "providers.a.base_url: has no path"),
    ];
    for (text, expected) in table {
        let warnings = load(text).warnings;
        assert!(warnings.iter().any(|text| text.starts_with(expected)), "{text}: {warnings:?}");
    }
}

#[test]
fn keys_are_kept_as_hashes() {
    let config =
        load(&format!("{PROVIDER}keys: {{ a: opensesame, b: {{ key: sesame-two }} }}")).config;
    assert_eq!(config.keys[1].name, "b");
    assert_eq!(config.keys[0].hash, *blake3::hash(b"opensesame").as_bytes());
}

#[test]
fn tiers_rules_and_keys_say_where_requests_go() {
    let text = r#"
tiers: { cheap: [openai/a], middle: [openai/b], frontier: [openai/c] }
keys: { ann: { key: opensesame, tier: middle }, bob: { key: sesame-two, quality: 99% } }
router:
  spend: 100 USD/day
  pick: cheapest
  max_latency: 3s
  rules:
    - { system: lawyer, min_turns: 2, images: false, json: true, key: ann, tier: middle }
    - { quality: 98%, tools: true }
    - { cascade: true, code: true }
    - { cascade: true, stream: direct }
models: { openai/a: { context: 8192, images: false } }
"#;
    let config = load(&format!("{PROVIDER}{text}")).config;
    let middle = Tier::new(1, "middle");
    assert_eq!(config.tiers.from(&middle)[0].targets[0].model, "b");
    let policies: Vec<_> = config.keys.iter().map(|key| key.policy.clone()).collect();
    assert_eq!(policies, [Some(KeyPolicy::Tier(middle.clone())), Some(KeyPolicy::Quality(0.99))]);
    assert_eq!(config.router.aim, Aim::Spend { nano_usd_per_day: 100_000_000_000 });
    assert_eq!(config.router.pick, Pick::Cheapest);
    assert_eq!(config.router.max_latency, Some(Duration::from_secs(3)));
    let actions: Vec<_> = config.router.rules.iter().map(|rule| rule.action.clone()).collect();
    let expected = [
        Action::Tier(middle),
        Action::Quality(0.98),
        Action::Cascade { stream: CascadeStream::Wait },
        Action::Cascade { stream: CascadeStream::Direct },
    ];
    assert_eq!(actions, expected);
    assert_eq!(config.router.rules[0].conditions.key.as_deref(), Some("ann"));
    let facts = ModelFacts { context: Some(8192), images: false, ..ModelFacts::default() };
    assert_eq!(config.models.values().collect::<Vec<_>>(), [&facts]);
}

#[test]
fn listeners_can_be_chosen() {
    let table = [
        ("admin: off", "127.0.0.1:4000", None),
        (
            "listen: localhost:0\nadmin: { listen: \"127.0.0.1:0\" }",
            "127.0.0.1:0",
            Some("127.0.0.1:0"),
        ),
        ("listen: \"[::1]:4000\"", "[::1]:4000", Some("127.0.0.1:4001")),
        ("listen: 0.0.0.0:4000\nkeys: { a: opensesame }", "0.0.0.0:4000", Some("127.0.0.1:4001")),
    ];
    for (text, listen, admin) in table {
        let config = load(&format!("{PROVIDER}{text}")).config;
        assert_eq!(config.listen.to_string(), listen);
        assert_eq!(config.admin.map(|it| it.to_string()).as_deref(), admin);
    }
}

#[test]
fn models_are_builtin_folders_or_ids() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    for (text, expected) in [
        ("builtin".to_owned(), ModelSource::Builtin),
        ("BAAI/bge-small-en-v1.5".to_owned(), ModelSource::Hub("BAAI/bge-small-en-v1.5".into())),
        (path.clone(), ModelSource::Folder(path.into())),
    ] {
        let config = load(&format!("{PROVIDER}embedding: {{ model: {text} }}")).config;
        assert_eq!(config.embedding.model, expected);
    }
    let home = |name: &str| (name == "HOME").then(|| folder.path().display().to_string());
    std::fs::create_dir(folder.path().join("m")).unwrap();
    let text = format!("{PROVIDER}embedding: {{ model: ~/m }}");
    let config = Config::from_yaml(&text, "test.yaml", &home).unwrap().config;
    assert_eq!(config.embedding.model, ModelSource::Folder(folder.path().join("m")));
}

#[test]
fn no_secret_is_ever_shown() {
    let env = |name: &str| (name == "THE_KEY").then(|| "hunter22 hunter22".to_owned());
    let good = "providers: { openai: { api_key: hunter22, headers: { x-a: hunter22 } } }\nkeys: { a: hunter22 }";
    let config = Config::from_yaml(good, "test.yaml", &env).unwrap();
    assert!(!format!("{config:?}").contains("hunter22"));
    for value in ["${THE_KEY}", "hunter22 hunter22", "sk-hunter22 hunter22"] {
        for place in [
            "providers: { openai: { api_key: VALUE } }",
            "providers: { openai: { headers: { te: VALUE } } }",
            "providers: { openai: { base_url: \"https://me:VALUE@host/v1\" } }",
            "providers: { openai: VALUE }",
            "providers: VALUE",
            "keys: { a: VALUE }",
            "keys: { a: { key: VALUE } }",
            "keys: VALUE",
            "VALUE",
            "- VALUE",
        ] {
            let text = place.replace("VALUE", value);
            let errors = Config::from_yaml(&text, "test.yaml", &env).unwrap_err();
            let shown = format!("{errors} {errors:?}");
            assert!(!shown.contains("hunter22"), "{text}: {shown}");
        }
        // A secret from the environment is not shown even where a plain value belongs.
        for place in [
            "listen: VALUE",
            "cache: { ttl: VALUE }",
            "router: { rules: [{ matches: \"(VALUE\" }] }",
        ] {
            let text = place.replace("VALUE", "${THE_KEY}");
            let errors = Config::from_yaml(&text, "test.yaml", &env).unwrap_err();
            assert!(!errors.to_string().contains("hunter22"), "{errors}");
        }
    }
}

/// Text made of the words and marks that configurations are made of.
fn yamlish() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "providers",
        "openai",
        "cache",
        "ttl",
        "keys",
        "tiers",
        "cheap",
        "router",
        "rules",
        "prices",
        "listen",
        "admin",
        "matches",
        "header",
        "headers",
        "base_url",
        "model",
        "embedding",
        "openai/x",
        "24h",
        "1%",
        "0.15 USD/M",
        "${A}",
        "${A:-",
        "$${",
        "off",
        "~",
        "[",
        "]",
        "{",
        "}",
        ":",
        ": ",
        ", ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "&a ",
        "*a",
        "!t ",
        "\"",
        "'",
        "|\n",
        ">",
        "#",
        "---\n",
        "?",
        "%",
        "\t",
        "<<",
        "-",
        "127.0.0.1:0",
        "ü",
        "\u{feff}",
        "\u{0}",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

/// Well-formed trees with known and unknown keys.
fn tree() -> impl Strategy<Value = String> {
    let keys = prop::sample::select(vec![
        "providers",
        "openai",
        "cache",
        "ttl",
        "keys",
        "tiers",
        "cheap",
        "frontier",
        "router",
        "rules",
        "prices",
        "a/b",
        "listen",
        "admin",
        "matches",
        "header",
        "headers",
        "base_url",
        "api_key",
        "api_keys",
        "region",
        "credentials",
        "type",
        "model",
        "embedding",
        "input",
        "scope",
        "x",
        "server",
        "upstream",
        "aliases",
        "auth",
        "name",
        "key",
        "tier",
        "quality",
        "cascade",
        "models",
    ]);
    let leaf = prop_oneof![
        Just("~".to_owned()),
        prop::sample::select(vec!["openai/x", "1", "true", "24h", "\"\"", "none", "${A:-}", "é"])
            .prop_map(str::to_owned),
        "[a-z0-9%./:]{0,8}".prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec((keys.clone(), inner.clone()), 0..6).prop_map(|entries| {
                let entries: Vec<_> =
                    entries.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
                format!("{{ {} }}", entries.join(", "))
            }),
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _ = Config::from_yaml(&text, "test.yaml", &env);
    }

    #[test]
    fn arbitrary_marks_never_panic(text in yamlish()) {
        if let Err(errors) = Config::from_yaml(&text, "test.yaml", &env) {
            prop_assert!(!errors.mistakes.is_empty() && !errors.to_string().is_empty());
        }
    }

    #[test]
    fn arbitrary_trees_never_panic(text in tree()) {
        if let Err(errors) = Config::from_yaml(&text, "test.yaml", &env) {
            let is_placed = |it: &Mistake| it.position.is_some() || it.message.contains("no settings");
            prop_assert!(errors.mistakes.iter().all(is_placed), "{}", errors);
        }
    }
}
