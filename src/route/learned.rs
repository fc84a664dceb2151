//! The second layer: estimates that each tier's answer will not do, against one threshold.

use super::{
    Choice,
    learn::{Seen, Sight, Task},
};
use crate::{
    classify::{Classifier, Complexity, Features, RequestText},
    config::{Tier, Tiers},
    embed::Embedded,
};

/// The cheapest tier whose estimated P(its answer is not good enough) is at most `threshold`, else the frontier.
///
/// `estimates` has one for each tier below the frontier, cheapest first. `contributions` say what the first of them is
/// made of, in log-odds, largest first; they only explain.
pub fn choose(
    estimates: &[f32],
    threshold: f32,
    tiers: &Tiers,
    contributions: &[(&'static str, f32)],
) -> Choice {
    let mut compared = Vec::with_capacity(estimates.len());
    let mut chosen = tiers.frontier();
    for (pool, estimate) in tiers.below_frontier().iter().zip(estimates) {
        let does = *estimate <= threshold;
        let sign = if does { "<=" } else { ">" };
        // The first estimate has the field's own name.
        let name = if compared.is_empty() { "complexity" } else { pool.tier.as_str() };
        compared.push(format!("{name} {estimate:.3} {sign} {threshold:.3}"));
        if does {
            chosen = pool;
            break;
        }
    }
    let hard = chosen.tier != tiers.cheap().tier;
    let speaks_for_it = |weight: f32| weight != 0.0 && (weight > 0.0) == hard;
    let strongest: Vec<_> = contributions
        .iter()
        .filter(|(_, weight)| speaks_for_it(*weight))
        .take(2)
        .map(|(name, weight)| format!("{name} {weight:+.2}"))
        .collect();
    let because =
        if strongest.is_empty() { String::new() } else { format!(" ({})", strongest.join(", ")) };
    let reason = format!("{}{because}", compared.join(", "));
    Choice { tier: chosen.tier.clone(), reason, decided_by: "classifier" }
}

/// What the shipped classifier says of a text, and what can be learnt from what becomes of it. `embedded` is the text, or
/// its beginning; the classifier `reads` its vector where it was trained on such.
pub fn view(
    classifier: &Classifier,
    reads: bool,
    text: &RequestText<'_>,
    embedded: Option<&Embedded>,
) -> (Complexity, Sight) {
    let vector = embedded.filter(|_| reads).map(|embedded| &*embedded.vector);
    let complexity = classifier.classify(&Features::of(text), vector);
    let task = embedded.map(|embedded| Task::of(&embedded.task));
    let sight = Sight { log_odds: complexity.log_odds, task };
    (complexity, sight)
}

/// The shipped classifier's estimates for the tiers below the frontier, cheapest first.
pub fn shipped(complexity: &Complexity, tiers: &Tiers) -> Vec<f32> {
    let lower = 0..tiers.below_frontier().len();
    lower.map(|tier| expected(complexity.log_odds, tier) as f32).collect()
}

/// The choice where there is no text to classify.
pub fn without_text(default_tier: &Tier) -> Choice {
    Choice {
        tier: default_tier.clone(),
        reason: "no text to classify: default tier".to_owned(),
        decided_by: "default",
    }
}

/// The choice by what a scope has learnt, and why.
pub fn by_experience(
    complexity: &Complexity,
    seen: &Seen,
    threshold: f64,
    tiers: &Tiers,
) -> Choice {
    let contributions = contributions(complexity, seen);
    let mut choice = choose(seen.estimates.losses(), threshold as f32, tiers, &contributions);
    choice.reason.push_str(&experience(seen));
    choice
}

/// What speaks for the frontier and what against, in log-odds, largest first.
pub fn contributions(complexity: &Complexity, seen: &Seen) -> Vec<(&'static str, f32)> {
    if seen.version == 0 {
        return complexity.contributions.clone();
    }
    let parts = [("shipped", seen.cheapest.shipped), ("similar_requests", seen.cheapest.similar)];
    let mut parts = parts.map(|(name, part)| (name, part as f32)).to_vec();
    parts.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    parts
}

/// What the choice rests on, beside the shipped classifier.
fn experience(seen: &Seen) -> String {
    if seen.version == 0 {
        return String::new();
    }
    let trial = if seen.is_canary { " on trial" } else { "" };
    let like = seen.like.map_or_else(String::new, |(count, loss)| {
        format!(", {count} like it with a loss of {loss:.2}")
    });
    format!("; version {}{trial}{like}", seen.version)
}

/// By how much the log-odds that a tier's answer will not do are taken to fall from one tier to the next, while nothing is
/// known of the tiers between the ends: at even odds below, the next one fails 27 % of the time.
const STEP: f64 = 1.0;

/// Expected loss of a tier's answer, where that of the tier below it is known and nothing else.
pub fn above(below: f64) -> f64 {
    let odds = below / (1.0 - below).max(f64::EPSILON) * (-STEP).exp();
    odds / (1.0 + odds)
}

/// Expected loss of a tier's answer, in (0, 1), from the log-odds that the cheapest one's (tier 0) will not do.
pub fn expected(log_odds: f32, tier: usize) -> f64 {
    const BOUND: f64 = 15.0;
    1.0 / (1.0 + (STEP * tier as f64 - f64::from(log_odds).clamp(-BOUND, BOUND)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_tier_that_will_do_is_chosen() {
        let two = Tiers::default();
        let three = Tiers::new(Vec::new(), vec![("middle".into(), Vec::new())], Vec::new());
        let contributions = [("meaning", 0.5), ("log_words", -0.25), ("digit_share", 0.125)];
        for (tiers, estimates, tier, reason) in [
            (&two, &[0.4][..], "cheap", "complexity 0.400 <= 0.400 (log_words -0.25)"),
            (
                &two,
                &[0.41],
                "frontier",
                "complexity 0.410 > 0.400 (meaning +0.50, digit_share +0.12)",
            ),
            (
                &three,
                &[0.6, 0.3],
                "middle",
                "complexity 0.600 > 0.400, middle 0.300 <= 0.400 (meaning +0.50, digit_share +0.12)",
            ),
            (
                &three,
                &[0.9, 0.8],
                "frontier",
                "complexity 0.900 > 0.400, middle 0.800 > 0.400 (meaning +0.50, digit_share +0.12)",
            ),
            (&three, &[0.1, 0.9], "cheap", "complexity 0.100 <= 0.400 (log_words -0.25)"),
            (
                &three,
                &[0.9],
                "frontier",
                "complexity 0.900 > 0.400 (meaning +0.50, digit_share +0.12)",
            ),
        ] {
            let choice = choose(estimates, 0.4, tiers, &contributions);
            assert_eq!((choice.tier.as_str(), choice.reason.as_str()), (tier, reason));
        }
    }

    #[test]
    fn better_tiers_start_with_lower_estimates() {
        for (tier, wanted) in [0.5, 0.269, 0.119].into_iter().enumerate() {
            assert!((expected(0.0, tier) - wanted).abs() < 1e-3);
        }
        assert!((above(expected(0.4, 0)) - expected(0.4, 1)).abs() < 1e-9);
        assert!(above(1.0) <= 1.0 && above(0.0) == 0.0);
        for certain in [f32::MIN, f32::MAX] {
            assert!(expected(certain, 1) > 0.0 && expected(certain, 1) < 1.0);
        }
    }
}
