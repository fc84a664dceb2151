//! Each format, on a small log of its own.

use std::io::Write as _;

use super::*;
use crate::{config::Config, eval::trace::Label};

fn cache() -> Cache {
    let yaml = "providers: { p: { type: openai, base_url: \"http://127.0.0.1:9/v1\" } }";
    Config::from_yaml(yaml, "test", &|_| None).unwrap().config.cache
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logs").join(name)
}

fn read_fixtures(names: &[&str]) -> Import {
    let paths: Vec<PathBuf> = names.iter().map(|name| fixture(name)).collect();
    read(&paths, Options { format: None, cache: &cache() }).unwrap()
}

fn parse_text(text: &str) -> Result<Import, LogError> {
    parse(text, "log", Options { format: None, cache: &cache() })
}

/// Question, answer, cost in nano-USD.
type Seen<'a> = (&'a str, Option<&'a str>, Option<u64>);

fn seen(import: &Import) -> Vec<Seen<'_>> {
    import
        .records
        .iter()
        .map(|record| (record.question.as_str(), record.answer.as_deref(), record.cost_nano_usd))
        .collect()
}

fn reasons(counts: &BTreeMap<String, Left>) -> Vec<(&str, u64)> {
    counts.iter().map(|(reason, left)| (reason.as_str(), left.count)).collect()
}

#[test]
fn every_format_is_recognised_and_read() {
    type Expected<'a> = (&'a [&'a str], Format, &'a [Seen<'a>], &'a [(&'a str, u64)]);
    let table: &[Expected<'_>] = &[
        (
            &["openai-bodies.jsonl"],
            Format::Openai,
            &[
                ("What is a semaphore?", None, None),
                ("Explain semaphores", Some("A counter."), None),
                ("", None, None),
            ],
            &[],
        ),
        (
            &["batch-input.jsonl", "batch-output.jsonl"],
            Format::Openai,
            &[
                ("Name a prime.", Some("Two."), Some(2_700)),
                ("Name a colour.", Some("Red."), Some(2_700)),
            ],
            &[("failed request", 1), ("not a chat request", 1)],
        ),
        (
            &["batch-output.jsonl", "batch-input.jsonl"],
            Format::Openai,
            &[
                ("Name a prime.", Some("Two."), Some(2_700)),
                ("Name a colour.", Some("Red."), Some(2_700)),
            ],
            &[("failed request", 1), ("not a chat request", 1)],
        ),
        (
            &["litellm.jsonl"],
            Format::Litellm,
            &[
                ("What does HTTP 418 mean?", Some("I'm a teapot."), Some(1_230_000)),
                ("Meaning of HTTP status 418?", Some("I'm a teapot."), Some(2_000_000)),
            ],
            &[("failed request", 1), ("not a chat request", 1)],
        ),
        (
            &["litellm-spend.json"],
            Format::Litellm,
            &[("Sort a list in Go", Some("Use slices.Sort."), Some(3_100_000))],
            &[("prompt not logged (LiteLLM: store_prompts_in_spend_logs)", 1)],
        ),
        (
            &["langfuse.json"],
            Format::Langfuse,
            &[
                ("Opening hours on Sunday?", Some("From ten."), Some(5_000)),
                ("Is the museum open on Sunday?", Some("Yes, from ten."), Some(6_000)),
            ],
            &[("input is no prompt", 1), ("not a generation", 1), ("prompt not logged", 1)],
        ),
        (
            &["langfuse.csv"],
            Format::Langfuse,
            &[
                ("Opening hours\non Sunday?", Some("From ten."), Some(5_000)),
                ("Is the museum\nopen?", Some("Yes."), Some(6_000)),
            ],
            &[("not a generation", 1)],
        ),
    ];
    for (names, format, expected, skipped) in table {
        let import = read_fixtures(names);
        assert!(import.about.formats.iter().all(|found| found == format), "{names:?}");
        assert_eq!(seen(&import), *expected, "{names:?}");
        assert_eq!(reasons(&import.about.skipped), *skipped, "{names:?}");
        let left: u64 = skipped.iter().map(|(_, count)| count).sum();
        let answers_of_batches = if names.len() == 2 { 2 } else { 0 };
        let counted = import.about.requests + left + answers_of_batches;
        assert_eq!(import.about.rows, counted, "{names:?}: rows were lost");
    }
}

#[test]
fn our_own_traces_are_read_with_all_their_fields() {
    let import = read_fixtures(&["scrimp.jsonl"]);
    assert_eq!(import.about.formats, [Format::Scrimp]);
    let [first, second, third] = &import.records[..] else { panic!("{:?}", import.records) };
    assert_eq!(first.label, Label::Cluster("reset".into()));
    assert_eq!(first.kind.as_deref(), Some("new"));
    assert_eq!(first.cost_nano_usd, Some(400_000));
    assert_eq!(first.tokens, Some(Tokens { input: 12, cached: 0, output: 9 }));
    assert_eq!(first.partition, second.partition);
    assert_ne!(first.exact, second.exact);
    assert_ne!(first.partition, third.partition, "another system prompt and no scope");
    assert_eq!(third.label, Label::Alone);
    assert!(import.about.ordered_by_time);
    assert_eq!(second.at.unwrap().to_string(), "2026-03-01T09:01:00Z");
}

#[test]
fn what_is_not_matched_by_meaning_says_why() {
    let import = read_fixtures(&["openai.jsonl"]);
    let exact_only = reasons(&import.about.exact_only);
    assert_eq!(exact_only, [("image", 1), ("tool-call", 1), ("tool-result", 1)]);
    assert_eq!(import.about.exact_only["image"].first.rsplit(':').next(), Some("2"));
    let skipped = reasons(&import.about.skipped);
    assert_eq!(skipped, [("failed request", 1), ("not a chat request", 1)]);
    // In order of time: the picture came first.
    assert_eq!(import.records[0].exact_only, Some("image"));
    let parcel = &import.records[1];
    assert_eq!(parcel.question, "Where is my parcel?");
    // 1,000 × 0.15 and 500 × 0.60 USD per million.
    assert_eq!(parcel.cost_nano_usd, Some(450_000));
    let novel = import.records.iter().find(|record| record.question == "Write a novel").unwrap();
    assert!(!novel.storable, "it was cut off");
}

#[test]
fn what_a_log_adds_to_a_body_does_not_tell_requests_apart() {
    let import = read_fixtures(&["openai-bodies.jsonl"]);
    assert_eq!(import.records[0].partition, import.records[1].partition);
    assert_eq!(reasons(&import.about.exact_only), [("last-turn-not-user", 1)]);
}

#[test]
fn callers_are_kept_apart_unless_answers_are_shared() {
    let text = r#"{"text":"a","scope":"alice"}
        {"text":"b","scope":"bob"}"#;
    for (scope, shared) in
        [(crate::config::Scope::Key, false), (crate::config::Scope::Shared, true)]
    {
        let settings = Cache { scope, ..cache() };
        let import = parse(text, "log", Options { format: None, cache: &settings }).unwrap();
        let [alice, bob] = &import.records[..] else { panic!() };
        assert_eq!(alice.partition == bob.partition, shared);
    }
}

#[test]
fn gzip_is_recognised_by_its_first_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let file = std::fs::File::create(&path).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(b"{\"text\":\"a\"}\n").unwrap();
    packed.finish().unwrap();
    let import = read(&[path], Options { format: None, cache: &cache() }).unwrap();
    assert_eq!(import.about.requests, 1);
}

#[test]
fn bad_lines_are_named() {
    for (text, message) in [
        (
            "{\"text\":\"a\"}\n{\"text\":",
            "log:2: is not JSON: EOF while parsing a value (column 8)",
        ),
        ("{\"text\":\"a\"}\n\n7", "log:3: is not an object"),
        (
            "{\"text\":\"a\"}\n{\"cluster\":\"x\"}",
            "log:2: neither 'text' nor 'messages'; a line is",
        ),
        ("{\"custom_id\":\"a\"}\n{}", "log:1: neither 'body' nor 'response'; a line is"),
        ("[{\"text\":\"a\"},\n 7]", "log:2: is not an object"),
        ("[{\"text\":\"a\"},\n {\"text\":]", "log:2: is not JSON: expected value (column 10)"),
        (
            "{\"colour\":\"red\",\"size\":1}",
            "log:1: the format is not one that is known (fields: colour, size)",
        ),
        ("text\na", "log:1: is neither JSON nor the head of a comma-separated table"),
        ("text,cluster\na,b,c", "log:2: is neither JSON nor a row"),
        ("", "log: there is no request in it"),
        (
            "{\"messages\":[],\"model\":\"m\"}",
            "log: there is no request in it; left out: 1 × bad request: 'messages' must hold at least one message",
        ),
    ] {
        let error = parse_text(text).unwrap_err().to_string();
        assert!(error.starts_with(message), "{text:?}: {error}");
    }
    let missing = read(&["/nowhere/log".into()], Options { format: None, cache: &cache() });
    assert!(missing.unwrap_err().to_string().starts_with("/nowhere/log: "));
}

#[test]
fn pages_of_an_api_are_read() {
    let page = "{\n \"data\": [\n  {\"text\": \"a\"},\n  {\"text\": \"b\"}\n ],\n \"meta\": {}\n}";
    let import = parse_text(page).unwrap();
    let places: Vec<_> = import.records.iter().map(|record| record.place.as_str()).collect();
    assert_eq!(places, ["log:3", "log:4"]);
    assert_eq!(parse_text("{\"data\": [{\"text\": \"a\"}]}").unwrap().about.requests, 1);
    assert_eq!(parse_text("{\"text\": \"a\"}").unwrap().about.requests, 1);
}
