//! Every kind of mistake: its key path, its line and what the operator reads.

use super::{routing_mistakes::ROUTING, *};

fn errors(text: &str) -> ConfigErrors {
    match Config::from_yaml(text, "scrimp.yaml", &env) {
        Ok(_) => panic!("loads: {text}"),
        Err(errors) => errors,
    }
}

/// Text (after a line with a provider unless it has its own), key path, line, part of the message.
const MISTAKES: &[(&str, &str, usize, &str)] = &[
    // Keys.
    (
        "cache:\n  tll: 24h",
        "cache.tll",
        3,
        "unknown key; did you mean \"ttl\"? valid keys: enabled, ttl",
    ),
    ("cach: {}", "cach", 2, "did you mean \"cache\"?"),
    ("banana: {}", "banana", 2, "unknown key; valid keys: listen, admin, auth, keys, server"),
    ("admin: { port: 1 }", "admin.port", 2, "valid keys: listen"),
    ("cache: { ttl: 1h, ttl: 2h }", "cache.ttl", 2, "given twice, first in line 2"),
    ("cache: {}\ncache: {}", "cache", 3, "given twice, first in line 2"),
    ("<<: { ttl: 1h }", "<<", 2, "unknown key"),
    // Kinds.
    ("cache: [ttl]", "cache", 2, "expected a map of keys and values, found a list"),
    ("cache: 24h", "cache", 2, "expected a map of keys and values, found a single value"),
    ("cache: { ttl: [1h] }", "cache.ttl", 2, "expected a single value, found a list"),
    ("cache: { ttl: { h: 1 } }", "cache.ttl", 2, "expected a single value, found a map"),
    ("cache:\n  ttl:", "cache.ttl", 3, "has no value"),
    ("cache: { enabled: yes }", "cache.enabled", 2, "\"yes\" is neither true nor false"),
    ("router: { rules: { tier: cheap } }", "router.rules", 2, "expected a list such as"),
    (
        "tiers: { cheap: openai/a, frontier: [openai/b] }",
        "tiers.cheap",
        2,
        "expected a list such as [openai/",
    ),
    // Durations, sizes, numbers.
    ("cache: { ttl: 24 }", "cache.ttl", 2, "\"24\" has no unit; write for example 30s, 5m or 24h"),
    ("cache: { ttl: 1 day }", "cache.ttl", 2, "is not a duration"),
    ("cache: { ttl: 0s }", "cache.ttl", 2, "\"0s\" is out of range; from 1ms to 3650d"),
    ("cache: { ttl: 4000d }", "cache.ttl", 2, "out of range"),
    ("cache: { max_bytes: 2G }", "cache.max_bytes", 2, "is not a size"),
    ("cache: { max_bytes: 10 }", "cache.max_bytes", 2, "from 1MiB to 16TiB"),
    (
        "cache: { max_bytes: 1MiB, max_entry_bytes: 2MiB }",
        "cache.max_entry_bytes",
        2,
        "is above max_bytes",
    ),
    ("cache: { candidates: 0 }", "cache.candidates", 2, "from 1 to 64"),
    ("cache: { candidates: 2.5 }", "cache.candidates", 2, "is not a whole number"),
    ("cache: { candidates: -1 }", "cache.candidates", 2, "is not a whole number"),
    ("cache: { candidates: 99999999999999999999 }", "cache.candidates", 2, "is not a whole number"),
    ("cache: { threshold: high }", "cache.threshold", 2, "is not a number"),
    ("cache: { threshold: 1.1 }", "cache.threshold", 2, "from 0 to 1"),
    ("cache: { max_temperature: 3 }", "cache.max_temperature", 2, "from 0 to 2"),
    ("cache: { max_wrong: 5 }", "cache.max_wrong", 2, "is not a share"),
    ("cache: { max_wrong: 1 }", "cache.max_wrong", 2, "could mean 1% or 100%"),
    ("cache: { scope: team }", "cache.scope", 2, "valid values: key, shared"),
    ("server: { max_head: 1KiB }", "server.max_head", 2, "from 8KiB to 1MiB"),
    ("server: { max_in_flight: 0 }", "server.max_in_flight", 2, "out of range"),
    ("upstream: { retries: 100 }", "upstream.retries", 2, "from 0 to 10"),
    (
        "upstream: { connect_timout: 1s }",
        "upstream.connect_timout",
        2,
        "did you mean \"connect_timeout\"",
    ),
    // Listeners and callers.
    ("listen: 4000", "listen", 2, "is not an address; write IP:PORT"),
    ("listen: example.com:80", "listen", 2, "is not an address"),
    ("listen: 127.0.0.1:99999", "listen", 2, "is not an address"),
    ("listen: 0.0.0.0:4000", "listen", 2, "add `keys: { NAME: SECRET }`, or `auth: none`"),
    ("listen: 127.0.0.1:4001", "listen", 2, "cannot share 127.0.0.1:4001"),
    ("admin: { listen: 127.0.0.1:4000 }", "admin.listen", 2, "cannot share"),
    ("admin: { listen: \"0.0.0.0:4000\" }", "admin.listen", 2, "cannot share"),
    ("admin: 127.0.0.1:4001", "admin", 2, "expected `off` or a map"),
    ("auth: open", "auth", 2, "valid values: none, keys"),
    ("auth: keys", "auth", 2, "there are no keys"),
    ("auth: none\nkeys: { a: opensesame }", "auth", 2, "remove one of the two"),
    ("keys: { a: short }", "keys.a", 2, "shorter than 8 characters"),
    ("keys:\n  a: opensesame\n  b: opensesame", "keys.b", 4, "the same secret as keys.a"),
    ("keys: { a b: opensesame }", "keys.a b", 2, "the name of a key"),
    ("keys: { a: \"open sesame\" }", "keys.a", 2, "holds a space"),
    ("keys: { a: { secret: opensesame } }", "keys.a.key", 2, "is missing; write `key: SECRET`"),
    ("keys: [opensesame]", "keys", 2, "expected a map"),
    ("keys: { sk-opensesame: alice }", "keys.…", 2, "looks like a secret"),
    // Providers.
    ("cache: {}\nproviders: {}", "providers", 2, "holds no provider; add one"),
    ("listen: 127.0.0.1:0 # no providers", "providers", 1, "is missing; add one"),
    ("providers: { OpenAI: {} }", "providers.OpenAI", 1, "1 to 64 of a-z"),
    ("providers: { local: { type: vllm } }", "providers.local", 1, "a meaning of its own"),
    (
        "providers: { mine: { api_key: k } }",
        "providers.mine.base_url",
        1,
        "is missing; write the vendor's",
    ),
    ("providers: { a: { type: opanai } }", "providers.a.type", 1, "did you mean \"openai\"?"),
    (
        "providers: { a: { type: watson, base_url: https://a/v1 } }",
        "providers.a.type",
        1,
        "is not a known type",
    ),
    (
        "providers: { a: { base_url: a.example/v1 } }",
        "providers.a.base_url",
        1,
        "neither http:// nor https://",
    ),
    (
        "providers: { a: { base_url: \"https://u:p@a/v1\" } }",
        "providers.a.base_url",
        1,
        "user name or password",
    ),
    ("providers: { a: { base_url: ws://a/v1 } }", "providers.a.base_url", 1, "only http and https"),
    ("keys: { scrimp: secret-12 }", "keys.scrimp", 2, "own name in the ledger"),
    ("providers: { openai: { api_key: \"\" } }", "providers.openai.api_key", 1, "is empty"),
    (
        "providers: { openai: { api_keys: [k, k] } }",
        "providers.openai.api_keys[1]",
        1,
        "in this list already",
    ),
    (
        "providers: { openai: { api_key: k, api_keys: [l] } }",
        "providers.openai.api_keys",
        1,
        "does not go with api_key",
    ),
    (
        "providers: { azure: { api_key: k } }",
        "providers.azure.base_url",
        1,
        "NAME.openai.azure.com",
    ),
    ("providers: { bedrock: { api_key: k } }", "providers.bedrock.region", 1, "us-east-1"),
    ("providers: { bedrock: { region: a/b } }", "providers.bedrock.region", 1, "letters, digits"),
    (
        "providers: { bedrock: { region: r, access_key_id: k } }",
        "providers.bedrock",
        1,
        "go together",
    ),
    ("providers: { vertex: { location: l } }", "providers.vertex.credentials", 1, "JSON key file"),
    (
        "upstream: { inexpressible: maybe }",
        "upstream.inexpressible",
        2,
        "valid values: drop, refuse",
    ),
    ("providers: { openai: { api_key: \"k\\n\" } }", "providers.openai.api_key", 1, "a line end"),
    (
        "providers:\n  openai:\n    api_key: ${NOT_SET}",
        "providers.openai.api_key",
        3,
        "environment variable NOT_SET is not set",
    ),
    (
        "providers: { openai: { headers: { host: a } } }",
        "providers.openai.headers.host",
        1,
        "cannot be chosen",
    ),
    (
        "providers: { openai: { headers: { \"a b\": a } } }",
        "providers.openai.headers.a b",
        1,
        "not the name of a header",
    ),
    (
        "providers: { openai: { headers: { x-a: 1, X-A: 2 } } }",
        "providers.openai.headers.X-A",
        1,
        "given twice",
    ),
    (
        "providers: { openai: { headers: { x-a: \"1\\n2\" } } }",
        "providers.openai.headers.x-a",
        1,
        "line end",
    ),
    (
        "providers: { openai: { stream_usage: maybe } }",
        "providers.openai.stream_usage",
        1,
        "neither true nor false",
    ),
    ("providers: [openai]", "providers", 1, "expected a map"),
    // Embedding.
    ("embedding: { model: https://a/v1 }", "embedding.model", 2, "behind a URL are not supported"),
    ("embedding: { model: ./nowhere/at/all }", "embedding.model", 2, "is not a folder"),
    ("embedding: { model: a/b/c }", "embedding.model", 2, "is not a model"),
    ("embedding: { device: gpu }", "embedding.device", 2, "valid values: auto, cpu, cuda"),
    ("embedding: { precision: int4 }", "embedding.precision", 2, "auto, int8, bf16, f16, f32"),
    ("embedding: { device: cuda, precision: int8 }", "embedding.precision", 2, "on the CPU"),
    ("embedding: { device: cpu, precision: f16 }", "embedding.precision", 2, "on a GPU"),
    // Variables.
    ("cache: { ttl: \"${NOT_SET}\" }", "cache.ttl", 2, "write ${NOT_SET:-default}"),
    (
        "cache: { ttl: \"${NOT_SET:-soon}\" }",
        "cache.ttl",
        2,
        "\"${NOT_SET:-soon}\" is not a duration",
    ),
    ("cache: { ttl: \"${TTL\" }", "cache.ttl", 2, "without a closing brace"),
    ("cache: { ttl: \"${a b}\" }", "cache.ttl", 2, "not the name of an environment variable"),
    // YAML itself.
    ("cache: {\n\n", "", 4, "not valid YAML"),
    ("cache:\n\tttl: 1h", "", 3, "indented with a tab; use spaces"),
    ("cache: *nothing", "", 2, "not valid YAML"),
    ("--- \na: 1", "", 2, "a second document"),
    ("cache: !secret x", "", 2, "tags are not supported"),
    ("[a]: 1", "", 2, "a key must be text"),
    ("cache: 'open", "", 2, "not valid YAML"),
    ("cache: ttl: 1h", "", 2, "not valid YAML"),
];

#[test]
fn every_mistake_names_its_place_and_what_would_be_right() {
    assert!(MISTAKES.len() + ROUTING.len() >= 60);
    let mut failures = Vec::new();
    for (text, path, line, part) in MISTAKES.iter().chain(ROUTING) {
        let text = if text.contains("providers") {
            (*text).to_owned()
        } else {
            format!("{PROVIDER}{text}")
        };
        let errors = errors(&text);
        let fits = errors.mistakes.iter().any(|mistake| {
            mistake.path == *path
                && mistake.position.is_some_and(|position| position.line == *line)
                && mistake.message.contains(part)
        });
        if !fits {
            failures.push(format!("{text}\n  expected {line}: {path}: {part}\n  {errors}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn one_mistake_is_reported_once() {
    let more: Vec<String> = MISTAKES
        .iter()
        .chain(ROUTING)
        .filter(|(text, ..)| !text.contains("keys: { a: { secret"))
        .map(|(text, ..)| match text.contains("providers") {
            true => errors(text),
            false => errors(&format!("{PROVIDER}{text}")),
        })
        .filter(|errors| errors.mistakes.len() > 1)
        .map(|errors| errors.to_string())
        .collect();
    assert!(more.is_empty(), "{}", more.join("\n\n"));
}

#[test]
fn all_mistakes_come_at_once_in_the_order_of_the_file() {
    let text = "listen: 4000\n\
                providers:\n  openai: { api_key: \"${NOT_SET}\", base_uri: x }\n\
                cache: { tll: 24h, ttl: 24 }\n\
                tiers: { cheap: [opena/x], frontier: [openai/y] }\n\
                nonsense: 1\n";
    let expected = "scrimp.yaml:1:9: listen: \"4000\" is not an address; write IP:PORT, for example \
                    127.0.0.1:4000 for this machine alone or 0.0.0.0:4000 for all\n\
                    scrimp.yaml:3:22: providers.openai.api_key: environment variable NOT_SET is not set; \
                    set it, or write ${NOT_SET:-default}\n\
                    scrimp.yaml:3:36: providers.openai.base_uri: unknown key; did you mean \"base_url\"? \
                    valid keys: type, base_url, api_key, api_keys, headers, stream_usage, responses\n\
                    scrimp.yaml:4:10: cache.tll: unknown key; did you mean \"ttl\"?";
    let shown = errors(text).to_string();
    assert!(shown.starts_with(expected), "{shown}");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 7, "{shown}");
    assert!(lines[4].starts_with("scrimp.yaml:4:25: cache.ttl: \"24\" has no unit"), "{shown}");
    assert!(lines[5].starts_with("scrimp.yaml:5:18: tiers.cheap[0]: "), "{shown}");
    assert!(lines[6].starts_with("scrimp.yaml:6:1: nonsense: unknown key"), "{shown}");
}

#[test]
fn a_file_without_settings_says_what_is_needed() {
    for text in ["", "\n\n", "# nothing\n", "---\n", "~", "\u{feff}"] {
        let shown = errors(text).to_string();
        assert!(shown.starts_with("scrimp.yaml: holds no settings"), "{text:?}: {shown}");
    }
    assert!(errors("just text").to_string().contains("expected a map of keys and values"));
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    for (path, part) in [
        (folder.path().join("missing.yaml"), "missing.yaml: no such file"),
        (folder.path().to_owned(), "is a folder"),
        (write("latin.yaml", b"a: 1\nb: \xe9\n"), "is not UTF-8 text: see line 2"),
        (write("large.yaml", &vec![b'#'; (1 << 20) + 1]), "is larger than 1MiB"),
        (write("bad.yaml", b"providers: {}"), "bad.yaml:1:1: providers: holds no provider"),
    ] {
        let shown = Config::from_file(&path).unwrap_err().to_string();
        assert!(shown.contains(part), "{shown}");
    }
    let good = write("good.yaml", PROVIDER.as_bytes());
    assert_eq!(Config::from_file(good).unwrap().config.providers.len(), 1);
}
