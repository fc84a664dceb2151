//! `scrimp tune` and `scrimp bench --policy`, run as a user runs them.

use std::path::Path;

use serde_json::Value;

use crate::support::{Desk, Gateway, Upstream};

/// Questions about many things; each comes again in other words, once with the same answer and, further from the first, once
/// with another one. The tiny model's vectors follow the words of a text.
fn log() -> String {
    let things = ["lamp", "chair", "table", "window", "door", "garden", "kitchen", "bridge"];
    let verbs = ["clean", "repair", "move", "paint", "sell", "buy", "build", "measure"];
    let mut log = String::new();
    let mut line = |text: String, cluster: String, kind: &str| {
        log.push_str(&format!(
            "{{\"text\":\"{text}\",\"cluster\":\"{cluster}\",\"kind\":\"{kind}\",\"cost_usd\":0.01}}\n"
        ));
    };
    for verb in verbs {
        for thing in things {
            let name = format!("{verb} {thing}");
            line(format!("please tell me how do I {name} at home quickly"), name.clone(), "new");
            line(format!("please tell me how can I {name} at home quickly"), name.clone(), "same");
            line(format!("please tell me how do I {name} at home quickly"), name.clone(), "repeat");
        }
    }
    log
}

#[test]
fn tune_recommends_settings_and_is_the_same_twice() {
    let desk = Desk::new();
    desk.write("log.jsonl", &log());
    let run = |html: &str, folder: &str| {
        desk.done(&format!(
            "tune log.jsonl --config scrimp.yaml --max-wrong 20% --html {html} --svg {folder}"
        ))
    };
    let (first, second) = (run("a.html", "a"), run("b.html", "b"));
    assert_eq!(first, second);
    assert!(first.contains("recommended settings:\n\ncache:\n"), "{first}");
    for (a, b) in [
        ("a.html", "b.html"),
        ("a/precision.svg", "b/precision.svg"),
        ("a/budget.svg", "b/budget.svg"),
    ] {
        assert_eq!(desk.read(a), desk.read(b), "{a}");
    }
    assert!(desk.read("a.html").contains("tune"));
}

#[test]
fn the_recommended_settings_are_a_valid_configuration() {
    let desk = Desk::new();
    desk.write("log.jsonl", &log());
    let json = desk.done("tune log.jsonl --config scrimp.yaml --max-wrong 20% --json");
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["requests"], 192);
    assert_eq!(report["exact"]["exact_hit_rate"]["count"], 64);
    let settings = report["settings"].as_str().unwrap();
    desk.write("tuned.yaml", &format!("{}{settings}", desk.read("scrimp.yaml")));
    desk.done("check --config tuned.yaml");
}

#[tokio::test]
async fn the_gateway_then_does_what_was_predicted() {
    let desk = Desk::new();
    let stream: Vec<&str> = scrimp::eval::DEMO_STREAM.lines().take(160).collect();
    desk.write("log.jsonl", &stream.join("\n"));
    let json = desk.done("tune log.jsonl --config scrimp.yaml --max-wrong 20% --json");
    let report: Value = serde_json::from_str(&json).unwrap();
    let settings = report["settings"].as_str().unwrap();
    assert!(settings.contains("confidence: 0."), "{settings}");
    let upstream = Upstream::saying("That is in the settings.").await;
    let gateway = Gateway::before(&upstream, settings).await;
    let (mut exact, mut semantic) = (0, 0);
    for line in stream {
        let question: Value = serde_json::from_str(line).unwrap();
        let answer = gateway.ask(question["text"].as_str().unwrap()).await;
        exact += u64::from(answer.cache() == "exact");
        semantic += u64::from(answer.cache() == "semantic");
    }
    let predicted = &report["choice"]["measures"];
    // Two points of 160 requests: answers to questions about now live for a minute, which a slow machine may take.
    for (name, seen) in [("exact_hit_rate", exact), ("semantic_hit_rate", semantic)] {
        let count = predicted[name]["count"].as_u64().unwrap();
        assert!(count.abs_diff(seen) * 50 <= 160, "{name}: {count} predicted, {seen} seen");
    }
    assert!(semantic > 0);
}

#[test]
fn questions_are_in_the_report_only_when_asked_for() {
    let desk = Desk::new();
    // One rewording with a label of its own: serving it is wrong.
    let wrong = log().replace(
        "how can I clean lamp at home quickly\",\"cluster\":\"clean lamp\"",
        "how can I clean lamp at home quickly\",\"cluster\":null",
    );
    desk.write("log.jsonl", &wrong);
    let page = |more: &str| {
        desk.done(&format!(
            "tune log.jsonl --config scrimp.yaml --max-wrong 90%{more} --html a.html"
        ));
        desk.read("a.html")
    };
    assert!(!page("").contains("please tell me"));
    assert!(page(" --show-questions").contains("please tell me"));
}

#[test]
fn policies_are_compared_side_by_side() {
    let desk = Desk::new();
    desk.write("log.jsonl", &log());
    let json = desk.done(
        "bench log.jsonl --config scrimp.yaml --policy exact,cosine:0.99 --policy gptcache --json",
    );
    let report: Value = serde_json::from_str(&json).unwrap();
    let names: Vec<_> = report["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["policy"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["exact", "cosine:0.99", "gptcache"]);
    let hits =
        |index: usize| report["policies"][index]["measures"]["hit_rate"]["count"].as_u64().unwrap();
    assert!(hits(0) <= hits(1) && hits(1) <= hits(2), "{json}");
    assert_eq!(report["policies"][0]["kinds"]["repeat"]["exact"], 64);
    let table = desk.done("bench log.jsonl --config scrimp.yaml --policy redisvl --limit 30");
    assert!(table.contains("redisvl"), "{table}");
}

#[test]
fn other_tools_logs_are_read_through_the_command_line() {
    let desk = Desk::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logs");
    for (names, requests) in [
        (vec!["openai.jsonl"], 5),
        (vec!["batch-input.jsonl", "batch-output.jsonl"], 2),
        (vec!["litellm.jsonl"], 2),
        (vec!["langfuse.json"], 2),
        (vec!["langfuse.csv"], 2),
    ] {
        let paths: Vec<_> =
            names.iter().map(|name| fixtures.join(name).display().to_string()).collect();
        let json = desk.done(&format!("tune {} --config scrimp.yaml --json", paths.join(" ")));
        let report: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["requests"], requests, "{names:?}");
    }
}

#[test]
fn mistakes_are_named() {
    let desk = Desk::new();
    desk.write("bad.jsonl", "{\"text\":\"a\"}\n{\"text\":\n");
    desk.write("strange.jsonl", "{\"colour\":\"red\"}\n");
    for (arguments, code, phrase) in [
        ("tune none.jsonl", 1, "none.jsonl: No such file"),
        ("tune bad.jsonl", 1, "bad.jsonl:2: is not JSON"),
        ("tune strange.jsonl", 1, "say which with --format: scrimp, openai, litellm, langfuse"),
        ("tune bad.jsonl --max-wrong 1", 2, "could mean 1% or 100%"),
        ("tune bad.jsonl --max-wrong 0%", 2, "must be above 0%"),
        ("tune bad.jsonl --format csv", 2, "invalid value 'csv'"),
        ("tune", 2, "<LOGS>"),
        ("bench bad.jsonl --policy magic", 2, "'magic' is not a policy"),
        ("bench bad.jsonl --policy exact --threshold 0.9", 2, "cannot be used with"),
        ("bench bad.jsonl --scope shared", 1, "--scope works with --policy only"),
    ] {
        let (found, message) = desk.failed(arguments);
        assert_eq!(found, Some(code), "{arguments}: {message}");
        assert!(message.contains(phrase), "{arguments}: {message}");
    }
}
