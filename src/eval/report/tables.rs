//! The tables of the report.

use std::{cmp::Reverse, collections::BTreeMap};

use super::words;
use crate::eval::{
    document::{Table, escaped, percent},
    interval::Share,
    logs::{About, Left},
    offline::{Choice, Measures, Policy, Study},
    summary::Kind,
};

/// A share with its interval on one line.
fn interval(share: &Share) -> String {
    format!("<span class=\"nowrap\">{}</span>", words::with_interval(share))
}

/// The policies side by side.
pub(super) fn policies(study: &Study) -> String {
    let money = study.exact.money.is_some();
    let mut head = vec![
        "policy",
        "serves another question's answer when",
        "from the cache",
        "by meaning",
        "wrong, of those",
        "wrong, of all requests",
    ];
    if money {
        head.push("saved");
    }
    let mut table = Table::new(&head);
    for row in &study.policies {
        let Measures {
            hit_rate,
            semantic_hit_rate,
            wrong_hit_rate,
            unsafe_served_rate,
            money: saved,
            ..
        } = &row.measures;
        let rule = match (row.policy, row.threshold) {
            (Policy::Scrimp, Some(threshold)) => {
                format!("confidence ≥ {:.4}, chosen for the budget", threshold.least)
            }
            (Policy::Scrimp, None) => "never: too little evidence".to_owned(),
            (Policy::Exact, _) => "never".to_owned(),
            _ => row.rule.clone(),
        };
        let judged = wrong_hit_rate.of > 0;
        let mut cells = vec![
            format!("<b>{}</b>", escaped(&row.policy.to_string())),
            escaped(&rule),
            percent(hit_rate.value),
            percent(semantic_hit_rate.value),
            if judged { interval(wrong_hit_rate) } else { "–".to_owned() },
            if judged { percent(unsafe_served_rate.value) } else { "–".to_owned() },
        ];
        if money {
            cells.push(saved.map_or_else(String::new, |money| words::usd(money.net_saved_usd)));
        }
        table.row(if row.policy == Policy::Scrimp { "ours" } else { "" }, &cells);
    }
    table.end()
}

/// Hit rates by budget.
pub(super) fn budgets(study: &Study) -> String {
    let mut table = Table::new(&[
        "budget",
        "supported by the evidence",
        "best in hindsight",
        "cosine alone, in hindsight",
    ]);
    let rate = |choice: &Option<Choice>| match choice {
        Some(choice) => percent(choice.measures.hit_rate.value),
        None => {
            format!("{} <small>(exact repeats only)</small>", percent(study.exact.hit_rate.value))
        }
    };
    for row in &study.budgets {
        let cells = [
            format!("{} wrong", words::budget(row.budget)),
            rate(&row.supported),
            rate(&row.confidence),
            rate(&row.cosine),
        ];
        table.row(if row.budget == study.max_wrong { "ours" } else { "" }, &cells);
    }
    table.end()
}

/// Thresholds chosen on one half and measured on the other.
pub(super) fn splits(study: &Study) -> String {
    let mut table = Table::new(&[
        "split",
        "threshold",
        "by meaning, first half",
        "wrong there",
        "by meaning, second half",
        "wrong there",
        "held?",
    ]);
    for row in &study.splits {
        let of = |measures: &Measures| {
            let wrong = &measures.wrong_hit_rate;
            let wrong = if wrong.of > 0 { interval(wrong) } else { "–".to_owned() };
            [percent(measures.semantic_hit_rate.value), wrong]
        };
        let name = match row.split {
            "random" => "random halves",
            _ => "earlier half, later half",
        };
        let threshold = row
            .threshold
            .map_or_else(|| "–".to_owned(), |threshold| format!("{:.4}", threshold.least));
        let mut cells = vec![name.to_owned(), threshold];
        cells.extend(of(&row.chosen_on).into_iter().chain(of(&row.measured_on)));
        cells.push(words::held(row, study.max_wrong));
        table.row("", &cells);
    }
    table.end()
}

/// What the recommendation did with each kind of request; empty when the log names no kinds.
pub(super) fn kinds(study: &Study) -> String {
    let ours = study.policies.iter().find(|row| row.policy == Policy::Scrimp);
    let Some(row) = ours.filter(|row| !row.kinds.is_empty()) else { return String::new() };
    let mut table = Table::new(&[
        "kind of request",
        "requests",
        "by the same request",
        "by meaning",
        "wrong, of those",
    ]);
    let mut kinds: Vec<_> = row.kinds.iter().collect();
    // The sort keeps the order of names among equals.
    kinds.sort_by_key(|(_, kind)| (Reverse(kind.wrong), Reverse(kind.requests)));
    for (name, kind) in kinds.iter().take(MOST_KINDS) {
        table.row("", &kind_cells(&escaped(name), kind));
    }
    if let Some(others) = kinds.get(MOST_KINDS..).filter(|others| !others.is_empty()) {
        let mut sum = Kind::default();
        for (_, kind) in others {
            sum.requests += kind.requests;
            sum.exact += kind.exact;
            sum.semantic += kind.semantic;
            sum.wrong += kind.wrong;
        }
        table.row("", &kind_cells(&format!("<em>{} other kinds</em>", others.len()), &sum));
    }
    table.end()
}

/// Kinds that are listed by name.
const MOST_KINDS: usize = 20;

fn kind_cells(name: &str, kind: &Kind) -> Vec<String> {
    let counts = [kind.requests, kind.exact, kind.semantic, kind.wrong];
    let counts = counts.map(|count| count.to_string());
    std::iter::once(name.to_owned()).chain(counts).collect()
}

/// The worst wrong hits; empty when they were not asked for.
pub(super) fn wrong_hits(study: &Study) -> String {
    if study.wrong_hits.is_empty() {
        return String::new();
    }
    let mut table =
        Table::new(&["confidence", "was asked", "would have got the answer to", "where"]);
    for hit in &study.wrong_hits {
        let cells = [
            format!("{:.4}", hit.score),
            escaped(&hit.question),
            escaped(&hit.answered_as),
            format!(
                "<small>{}<br>{}</small>",
                escaped(&hit.place),
                escaped(&hit.answered_as_place)
            ),
        ];
        table.row("words", &cells);
    }
    table.end()
}

/// What of the log was left out, and what can be served as an exact repeat only.
pub(super) fn left_out(log: &About) -> String {
    if log.skipped.is_empty() && log.exact_only.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["rows", "what", "because", "first"]);
    let mut add = |what: &str, counts: &BTreeMap<String, Left>| {
        for (reason, left) in counts {
            let first = format!("<small>{}</small>", escaped(&left.first));
            table.row("", &[left.count.to_string(), what.to_owned(), escaped(reason), first]);
        }
    };
    add("left out", &log.skipped);
    add("exact repeats only", &log.exact_only);
    table.end()
}
