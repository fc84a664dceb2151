//! The documentation is complete: what a user can meet by name in headers, metrics, errors and the configuration is in it.

use std::{collections::BTreeSet, fs, path::Path};

use regex::Regex;

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The code of a source file, without its tests.
fn code(path: &str) -> String {
    read(path).split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

/// What `pattern` captures in `text`.
fn names(text: &str, pattern: &str) -> BTreeSet<String> {
    let found = Regex::new(pattern).unwrap();
    found.captures_iter(text).map(|captures| captures[1].to_owned()).collect()
}

/// Every name is in code font in `page`, at least `least` of them: fewer means that the pattern has lost its place.
fn assert_documented(names: &BTreeSet<String>, least: usize, page: &str) {
    assert!(names.len() >= least, "only {names:?} were found in the code");
    let text = read(page);
    let missing: Vec<_> = names.iter().filter(|name| !text.contains(&format!("`{name}"))).collect();
    assert!(missing.is_empty(), "{page} lacks {missing:?}");
}

#[test]
fn every_bypass_reason_is_documented() {
    let reasons = names(&code("src/cache/policy.rs"), r#"=> "([a-z-]+)""#);
    assert_documented(&reasons, 20, "README.md");
}

#[test]
fn every_header_is_documented() {
    for file in [
        "src/server/headers.rs",
        "src/server/routes.rs",
        "src/upstream/attempt.rs",
        "src/api/control.rs",
    ] {
        assert_documented(
            &names(&code(file), r#""(x-scrimp-[a-z-]+|x-request-id|cache-status)""#),
            1,
            "README.md",
        );
    }
}

#[test]
fn every_metric_is_documented() {
    for (file, least) in [
        ("src/telemetry/metrics.rs", 20),
        ("src/telemetry/routing.rs", 9),
        ("src/telemetry/targets.rs", 6),
    ] {
        let metrics = names(&code(file), r#"register\(\s*"([a-z_]+)""#);
        let metrics = metrics.iter().map(|name| format!("scrimp_{name}")).collect();
        assert_documented(&metrics, least, "docs/metrics.md");
    }
}

#[test]
fn every_error_code_is_documented() {
    let typed =
        names(&code("src/server/error.rs"), r#"StatusCode::[A-Z_]+,\s*[^,]+,\s*"([a-z_]+)""#);
    assert_documented(&typed, 12, "docs/operations.md");
    for file in ["src/server/routes.rs", "src/server/body.rs"] {
        let plain = names(&code(file), r#"invalid\(\s*StatusCode::[A-Z_]+,\s*"([a-z_]+)""#);
        assert_documented(&plain, 3, "docs/operations.md");
    }
}

#[test]
fn every_configuration_key_is_documented() {
    let keys = names(&read("src/config/default.yaml"), r"(?m)^ *(?:#- |#)?([a-z_]+):");
    let examples = ["alice", "batch", "openai", "small", "middle"].map(str::to_owned);
    let keys: BTreeSet<_> = keys.into_iter().filter(|key| !examples.contains(key)).collect();
    assert!(keys.len() >= 60, "only {keys:?} were found in the reference");
    let page = read("docs/configuration.md");
    let named = |key: &String| {
        ["`@`", ".@`", "`@."].iter().any(|form| page.contains(&form.replace('@', key)))
    };
    let missing: Vec<_> = keys.iter().filter(|key| !named(key)).collect();
    assert!(missing.is_empty(), "docs/configuration.md lacks {missing:?}");
}

#[test]
fn the_configuration_in_the_readme_is_valid() {
    let page = read("README.md");
    let example = page.split("```yaml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let environment = |name: &str| name.ends_with("_KEY").then(|| format!("the-{name}"));
    let loaded = scrimp::config::Config::from_yaml(example, "README.md", &environment);
    let loaded = loaded.unwrap_or_else(|errors| panic!("{errors}"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}
