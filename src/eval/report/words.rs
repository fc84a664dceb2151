//! Numbers and findings in plain words.

use crate::eval::{
    document::percent,
    interval::Share,
    offline::{Measures, Money, SplitRow, Study},
};

/// A percentage with its 95 % interval, `0.6 % [0.3, 1.1]`.
pub fn with_interval(share: &Share) -> String {
    let Share { value, low, high, .. } = share;
    format!("{} [{:.1}, {:.1}]", percent(*value), low * 100.0, high * 100.0)
}

/// A budget, `1 %`.
pub(super) fn budget(share: f64) -> String {
    format!("{} %", (share * 1e8).round() / 1e6)
}

/// Money as one says it: cents where there are some, more decimals where there are none.
pub(super) fn usd(amount: f64) -> String {
    let sign = if amount < 0.0 { "−" } else { "" };
    let amount = amount.abs();
    let decimals = match amount {
        amount if amount == 0.0 || amount >= 0.1 => 2,
        amount if amount >= 0.001 => 4,
        _ => 6,
    };
    format!("{sign}${amount:.decimals$}")
}

/// The answer to the question that was asked, in one sentence.
pub fn headline(study: &Study) -> String {
    let allowed = budget(study.max_wrong);
    match &study.choice {
        Some(choice) => format!(
            "At {allowed} wrong you would have answered {} of requests from the cache{}.",
            percent(choice.measures.hit_rate.value),
            saved(&choice.measures)
        ),
        None => format!(
            "{} At {allowed} wrong you can rely on exact repeats only: they would have answered {} of requests{}.",
            why_none(study),
            percent(study.exact.hit_rate.value),
            saved(&study.exact)
        ),
    }
}

/// Why nothing is recommended.
fn why_none(study: &Study) -> String {
    let judged = study.curves.iter().flat_map(|curve| &curve.points);
    match judged.map(|point| point.measures.wrong_hit_rate.of).max() {
        None => "No two questions in this log are alike.".to_owned(),
        Some(0) => {
            "Nothing in this log tells whether a hit is right: it has neither labels nor answers."
                .to_owned()
        }
        Some(_) => "No threshold has shown on this log that it keeps that budget.".to_owned(),
    }
}

fn saved(measures: &Measures) -> String {
    match &measures.money {
        Some(Money { spent_usd, net_saved_usd, .. }) => {
            format!(" and saved {} of {}", usd(*net_saved_usd), usd(*spent_usd))
        }
        None => String::new(),
    }
}

/// Whether the threshold held on requests that it was not chosen on.
pub(super) fn held(row: &SplitRow, max_wrong: f64) -> String {
    let wrong = &row.measured_on.wrong_hit_rate;
    if row.threshold.is_none() {
        return "too little evidence in the first half to choose a threshold".to_owned();
    }
    match () {
        () if wrong.of == 0 => "no hit to measure it by",
        () if wrong.low > max_wrong => "no: the budget was exceeded, beyond chance",
        () if wrong.value > max_wrong => "not quite: above the budget, but within chance",
        () if wrong.high > max_wrong => "yes, though the hits are too few to be sure",
        () => "yes",
    }
    .to_owned()
}
