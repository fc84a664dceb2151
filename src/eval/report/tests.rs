//! The page says what was found, and nothing that it should not.

use std::collections::BTreeMap;

use super::*;
use crate::eval::{
    interval::Share,
    logs::Left,
    offline::{
        Choice, Curve, CurvePoint, Measures, Money, Policy, PolicyRow, Score, SplitRow, Threshold,
        WrongHit,
    },
};

fn measures(semantic: u64, wrong: u64) -> Measures {
    Measures {
        requests: 1000,
        hit_rate: Share::new(100 + semantic, 1000),
        exact_hit_rate: Share::new(100, 1000),
        semantic_hit_rate: Share::new(semantic, 1000),
        wrong_hit_rate: Share::new(wrong, semantic),
        unsafe_served_rate: Share::new(wrong, 1000),
        unjudged_hits: 0,
        money: Some(Money {
            spent_usd: 51.2,
            saved_usd: 12.4,
            embedding_usd: 0.0,
            net_saved_usd: 12.4,
            unpriced: 0,
        }),
    }
}

fn study() -> Study {
    let threshold = Threshold { score: Score::Confidence, least: 0.9 };
    let point =
        |threshold, semantic, wrong| CurvePoint { threshold, measures: measures(semantic, wrong) };
    let curve = |score| Curve {
        score,
        points: vec![point(0.99, 50, 0), point(0.9, 130, 1), point(0.5, 300, 90)],
    };
    Study {
        requests: 1000,
        distinct_requests: 900,
        labelled: 1000,
        answered: 0,
        from: None,
        until: None,
        max_wrong: 0.01,
        seed: 1,
        exact: measures(0, 0),
        choice: Some(Choice { threshold, measures: measures(130, 1) }),
        policies: vec![PolicyRow {
            policy: Policy::Scrimp,
            rule: Policy::Scrimp.rule(),
            threshold: Some(threshold),
            measures: measures(130, 1),
            kinds: BTreeMap::new(),
        }],
        curves: vec![curve(Score::Confidence), curve(Score::Cosine)],
        budgets: Vec::new(),
        splits: vec![SplitRow {
            split: "chronological",
            threshold: Some(threshold),
            chosen_on: measures(130, 1),
            measured_on: measures(130, 40),
        }],
        wrong_hits: vec![WrongHit {
            question: "<script>alert('x')</script>".to_owned(),
            answered_as: "a & b".to_owned(),
            score: 0.95,
            place: "log:7".to_owned(),
            answered_as_place: "log:3".to_owned(),
            kind: None,
        }],
    }
}

fn about() -> About {
    let left = Left { count: 3, first: "log:9".to_owned() };
    About {
        formats: Vec::new(),
        rows: 1003,
        requests: 1000,
        skipped: BTreeMap::from([("failed request".to_owned(), left)]),
        exact_only: BTreeMap::new(),
        ordered_by_time: false,
    }
}

fn page(study: &Study) -> String {
    html(&Report { study, log: &about(), settings: "cache:\n  max_wrong: 1%\n", judge: "a test" })
}

#[test]
fn the_answer_comes_first() {
    let study = study();
    let said = "At 1 % wrong you would have answered 23.0 % of requests from the cache and saved $12.40 of $51.20.";
    assert_eq!(headline(&study), said);
    let page = page(&study).replace('\u{a0}', " ");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(place(said) < place("max_wrong: 1%"));
    assert!(place("max_wrong: 1%") < place("class=\"plot\""));
    place("no: the budget was exceeded, beyond chance");
    place("failed request");
}

#[test]
fn the_page_needs_nothing_from_outside_and_runs_nothing() {
    let page = page(&study());
    for forbidden in ["<script", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;script&gt;"));
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http://") && !outside.contains("https://"));
}

#[test]
fn without_a_choice_the_page_says_what_is_missing() {
    let silent = Study { choice: None, wrong_hits: Vec::new(), ..study() };
    assert!(headline(&silent).starts_with("No threshold has shown on this log"));
    let unjudged = Study { curves: Vec::new(), ..silent.clone() };
    assert!(headline(&unjudged).starts_with("No two questions in this log are alike."));
    assert!(page(&silent).contains("exact repeats only"));
}

#[test]
fn plots_are_files_of_their_own() {
    let plots = plots(&study());
    assert_eq!(plots.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["precision", "budget"]);
    for (name, svg) in plots {
        assert!(svg.starts_with("<svg xmlns="), "{name}");
        assert!(svg.contains("<style>") && svg.trim_end().ends_with("</svg>"), "{name}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}: {svg}");
    }
}
