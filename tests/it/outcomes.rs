//! `scrimp route eval` and `scrimp route train`, run as a user runs them.

use std::{fs::File, io::Write as _};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::support::{Desk, Gateway, Upstream};

/// Questions of two kinds: proofs, which the cheap model fails more often than not, and greetings, which both answer.
fn outcomes(categories: bool) -> Vec<Value> {
    let subjects = ["lamp", "chair", "table", "window", "door", "garden", "kitchen", "bridge"];
    let rows = (0..160).map(|index| {
        let subject = subjects[index % 8];
        let (prompt, weak, category) = match index % 2 {
            0 => (format!("please tell me about the {subject} {index}"), 1.0, "small talk"),
            _ => {
                let weak = f64::from(u8::from(index % 10 == 1));
                (format!("prove step by step why {subject} {index} holds"), weak, "proof")
            }
        };
        let mut row = json!({
            "id": index, "prompt": prompt, "weak_score": weak, "strong_score": 1, "colour": "red",
        });
        if categories {
            row["category"] = category.into();
        }
        row
    });
    rows.collect()
}

fn write(desk: &Desk, name: &str, rows: &[Value]) {
    let mut file = GzEncoder::new(File::create(desk.path(name)).unwrap(), Compression::fast());
    for row in rows {
        writeln!(file, "{row}").unwrap();
    }
    file.finish().unwrap();
}

const FIGURES: [&str; 6] = ["apgr", "auc", "cpt50", "cpt80", "cost_at_95", "ece"];

#[test]
fn all_figures_come_with_intervals_and_are_the_same_twice() {
    let desk = Desk::new();
    write(&desk, "outcomes.jsonl.gz", &outcomes(true));
    let run =
        || desk.done("route eval outcomes.jsonl.gz --config scrimp.yaml --json --resamples 200");
    let json = run();
    assert_eq!(json, run());
    let study: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&study["rows"], &study["strong_mean"]), (&json!(160), &json!(1.0)));
    for figure in FIGURES {
        let [value, low, high] =
            ["value", "low", "high"].map(|field| study[figure][field].as_f64().unwrap());
        assert!(low <= value && value <= high, "{figure}: {json}");
    }
    let baselines = study["baselines"].as_object().unwrap();
    let names: Vec<_> = baselines.keys().map(String::as_str).collect();
    // Objects of this library are in alphabetical order.
    assert_eq!(names, ["category_mean", "knn", "length", "logistic", "oracle", "random"]);
    let apgr = |row: &Value| row["apgr"]["value"].as_f64().unwrap();
    assert!((apgr(&baselines["random"]) - 0.5).abs() < 0.2);
    assert!(apgr(&baselines["category_mean"]) > 0.6);
    assert!(baselines.values().all(|row| apgr(row) <= apgr(&baselines["oracle"])));
    assert!(baselines["random"]["ece"].is_null() && baselines["knn"]["ece"].is_object());
    let curve = study["curve"].as_array().unwrap();
    assert_eq!(curve.len(), 101);
    assert_eq!(curve[100], json!({"frontier_share": 1.0, "quality": 1.0, "recovered": 1.0}));
    assert_eq!(study["reliability"].as_array().unwrap().len(), 15);
}

#[test]
fn categories_are_optional() {
    let desk = Desk::new();
    write(&desk, "outcomes.jsonl.gz", &outcomes(false));
    let json =
        desk.done("route eval outcomes.jsonl.gz --config scrimp.yaml --json --resamples 100");
    let study: Value = serde_json::from_str(&json).unwrap();
    assert!(study["baselines"].get("category_mean").is_none());
}

#[test]
fn a_table_and_a_report_are_written() {
    let desk = Desk::new();
    write(&desk, "outcomes.jsonl.gz", &outcomes(true));
    let said = desk.done("route eval outcomes.jsonl.gz --config scrimp.yaml --html report.html");
    for phrase in ["160 prompts", "APGR", "logistic regression", "oracle", "of its quality"] {
        assert!(said.contains(phrase), "{phrase}: {said}");
    }
    let page = desk.read("report.html");
    assert!(page.starts_with("<!doctype html>") && !page.contains("<script"));
    assert!(page.contains("outcomes.jsonl.gz") && page.matches("class=\"plot\"").count() == 2);
    assert!(!page.contains("please tell me"), "prompts are private");
}

#[test]
fn without_a_gap_its_figures_are_null_and_words_say_why() {
    let desk = Desk::new();
    let mut rows = outcomes(true);
    rows.iter_mut().for_each(|row| row["strong_score"] = row["weak_score"].clone());
    write(&desk, "outcomes.jsonl.gz", &rows);
    let json =
        desk.done("route eval outcomes.jsonl.gz --config scrimp.yaml --json --resamples 100");
    let study: Value = serde_json::from_str(&json).unwrap();
    assert!(
        ["apgr", "auc", "cpt50", "cpt80"].iter().all(|figure| study[figure].is_null()),
        "{json}"
    );
    assert_eq!(study["cost_at_95"]["value"], 0.0);
    assert_eq!(study["curve"][50]["recovered"], Value::Null);
    let said = desk.done("route eval outcomes.jsonl.gz --config scrimp.yaml --html report.html");
    assert!(said.contains("the frontier model is not better than the cheap one"), "{said}");
    assert!(!desk.read("report.html").contains("NaN"));
}

/// The cheap model knows mountains and not rivers, which the shipped classifier cannot know.
fn rivers(count: usize) -> Vec<Value> {
    let row = |index: usize| {
        let (subject, weak) = [("mountain", 1), ("river", 0)][index % 2];
        json!({"prompt": format!("{subject} number {index}"), "weak_score": weak, "strong_score": 1})
    };
    (0..count).map(row).collect()
}

#[tokio::test]
async fn a_gateway_begins_with_what_was_trained() {
    let desk = Desk::new();
    write(&desk, "outcomes.jsonl.gz", &rivers(300));
    let train = "route train outcomes.jsonl.gz --config scrimp.yaml --resamples 100 --trials 10";
    let said = desk.done(&format!("{train} --save adapter.json"));
    for phrase in
        ["300 prompts", "helps: APGR", "shipped", "learnt", "with so many labels", "of 10 trials"]
    {
        assert!(said.contains(phrase), "{phrase}: {said}");
    }
    let json = desk.done(&format!("{train} --json"));
    assert_eq!(json, desk.done(&format!("{train} --json")), "the same seed, the same figures");
    let training: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(training["verdict"], "helps");
    assert!(
        training["learnt"]["apgr"]["low"].as_f64() > training["shipped"]["apgr"]["high"].as_f64()
    );
    assert!(!desk.read("adapter.json").contains("river"), "prompts are private");

    let settings = format!(
        "router: {{ adapter: {}, threshold: 50%, shadow_share: 0% }}\n\
         tiers: {{ cheap: [p/small], frontier: [p/large] }}\n\
         cache: {{ enabled: false }}\n",
        desk.path("adapter.json").display()
    );
    let upstream = Upstream::start(|request| request.reply("yes")).await;
    let gateway = Gateway::before(&upstream, &settings).await;
    for (question, tier) in [("mountain number 7", "cheap"), ("river number 8", "frontier")] {
        for key in ["one", "another"] {
            let body =
                json!({"model": "auto", "messages": [{"role": "user", "content": question}]});
            let answer = gateway.chat_as(key, &[], &body).await;
            let reason = answer.header("x-scrimp-reason");
            assert_eq!(answer.header("x-scrimp-tier"), tier, "{reason}");
            assert!(
                reason.contains("similar_requests") && reason.contains("version 1"),
                "{reason}"
            );
        }
    }
    let standing = gateway.admin_json("/admin/router").await;
    let scopes = standing["scopes"].as_array().unwrap();
    assert_eq!(scopes.len(), 2);
    for scope in scopes {
        assert_eq!(scope["standing"]["tiers"][0]["learnt_from"], 300, "{standing}");
    }

    desk.write("scrimp.yaml", &format!("{}{settings}", desk.read("scrimp.yaml")));
    let said = desk.done("route river?number?9 --config scrimp.yaml".replace('?', "_").as_str());
    assert!(said.contains("version 1"), "{said}");
    desk.write("adapter.json", "{\"format\":1,\"embedding\":\"another\",\"outcomes\":[]}");
    for command in ["route hello --config scrimp.yaml", "check --config scrimp.yaml"] {
        let (code, message) = desk.failed(command);
        assert_eq!(code, Some(1));
        assert!(
            message.contains("router.adapter: ") && message.contains("the embedding model another"),
            "{message}"
        );
    }
}

#[test]
fn what_teaches_nothing_is_not_written() {
    let desk = Desk::new();
    let mut rows = rivers(100);
    rows.iter_mut().for_each(|row| row["weak_score"] = 1.into());
    write(&desk, "outcomes.jsonl.gz", &rows);
    let said = desk.done("route train outcomes.jsonl.gz --config scrimp.yaml");
    assert!(said.contains("nothing to learn"), "{said}");
    let (code, message) =
        desk.refused("route train outcomes.jsonl.gz --config scrimp.yaml --save a.json");
    assert_eq!(code, Some(1));
    assert!(message.contains("a.json is not written: there is nothing to learn"), "{message}");
    assert!(!desk.path("a.json").exists());
}

#[test]
fn mistakes_are_named() {
    let desk = Desk::new();
    desk.write("empty.jsonl", "\n");
    desk.write("bad.jsonl", "{\"prompt\":\"a\",\"weak_score\":0,\"strong_score\":1}\n{\"prompt\":\"b\",\"weak_score\":7}\n");
    for (arguments, code, phrase) in [
        ("route eval none.jsonl", 1, "none.jsonl: No such file"),
        ("route eval empty.jsonl", 1, "has no outcomes"),
        (
            "route eval bad.jsonl",
            1,
            "bad.jsonl, line 2: \"weak_score\" is 7, which is not from 0 to 1; a line is {\"prompt\"",
        ),
        (
            "route train bad.jsonl --save none/a.json",
            1,
            "none/a.json: is in a folder that is not there",
        ),
        (
            "route train bad.jsonl --save bad.jsonl",
            1,
            "bad.jsonl: is the file of labelled prompts itself",
        ),
        ("route eval bad.jsonl --html .", 1, ".: is a folder; name a file"),
        ("route train none.jsonl", 1, "none.jsonl: No such file"),
        ("route train bad.jsonl --quality 0%", 2, "a quality of 0 promises nothing"),
        ("route eval", 2, "<FILE>"),
        ("route eval bad.jsonl --resamples 3", 2, "100..=100000"),
        ("route", 2, "<PROMPT>"),
    ] {
        let (found, message) = desk.failed(arguments);
        assert_eq!(found, Some(code), "{arguments}: {message}");
        assert!(message.contains(phrase), "{arguments}: {message}");
    }
}

#[test]
fn one_prompt_is_still_explained() {
    let desk = Desk::new();
    let said = desk.done("route eval?");
    assert!(said.starts_with("cheap: ") || said.starts_with("frontier: "), "{said}");
}
