//! The adapter: what it learns, and what it must not.

use proptest::prelude::*;

use super::*;

const DAY: f64 = 86_400.0;

/// A task in one of four directions, with a little noise.
fn task(kind: usize, seed: u64) -> Task {
    let noise = |at: usize| {
        ((seed.wrapping_mul(6364136223846793005).wrapping_add(at as u64 * 97) >> 33) % 100) as f32
            / 100.0
            - 0.5
    };
    let vector: Vec<f32> =
        (0..16).map(|at| if at % 4 == kind { 0.45 } else { 0.0 } + 0.1 * noise(at)).collect();
    Task::of(&vector)
}

fn outcome(kind: usize, seed: u64, log_odds: f32, loss: f64) -> Outcome {
    Outcome {
        sight: Sight { log_odds, task: Some(task(kind, seed)) },
        tier: 0,
        lower: 1.0 - loss,
        frontier: 1.0,
        source: Source::Shadow,
        weight: 1.0,
        at: 0.0,
    }
}

fn fit(outcomes: &[Outcome]) -> Fit {
    Adapter::fit(&outcomes.iter().collect::<Vec<_>>(), 0.0, DAY).unwrap()
}

/// The cheap tier fails at work of kind 1 in 4 of 5 cases, at others in 1 of 10.
fn traffic(count: u64) -> Vec<Outcome> {
    (0..count)
        .map(|at| {
            let kind = (at % 4) as usize;
            let fails = if kind == 1 { at / 4 % 5 != 0 } else { at / 4 % 10 == 0 };
            outcome(kind, at, 0.0, if fails { 1.0 } else { 0.0 })
        })
        .collect()
}

#[test]
fn what_the_cheap_tier_is_bad_at_is_learnt() {
    let Fit { adapter, held_out } = fit(&traffic(400));
    let loss = |kind| adapter.estimate(&outcome(kind, 7777, 0.0, 0.0).sight).loss;
    assert!(loss(1) > 0.6, "{}", loss(1));
    for kind in [0, 2, 3] {
        assert!(loss(kind) < 0.25, "{kind}: {}", loss(kind));
    }
    let mean = |kind: usize| {
        held_out.iter().skip(kind).step_by(4).sum::<f64>() / (held_out.len() / 4) as f64
    };
    assert!((mean(1) - 0.8).abs() < 0.1 && (mean(0) - 0.1).abs() < 0.1);
    let (count, rate) = adapter.like(&outcome(1, 1, 0.0, 0.0).sight).unwrap();
    assert!(count >= 90 && (rate - 0.8).abs() < 0.05, "{count} {rate}");
}

#[test]
fn held_out_estimates_equal_those_of_a_fit_without_the_outcome() {
    let outcomes = traffic(60);
    let all = fit(&outcomes);
    let refs: Vec<&Outcome> = outcomes.iter().collect();
    for left_out in [0, 17, 33] {
        let others: Vec<&Outcome> =
            refs.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, o)| *o).collect();
        let without = Adapter::fit(&others, 0.0, DAY).unwrap().adapter;
        let difference = without.estimate(&outcomes[left_out].sight).loss - all.held_out[left_out];
        // Mean and spread are those of all outcomes, which moves the estimate a little.
        assert!(difference.abs() < 0.03, "{left_out}: {difference}");
    }
}

#[test]
fn the_shipped_order_is_kept_where_nothing_speaks_against_it() {
    let outcomes: Vec<Outcome> = (0..200)
        .map(|at| {
            let log_odds = (at % 20) as f32 / 10.0 - 1.0;
            outcome(at as usize % 4, at, log_odds, f64::from(u8::from(at % 3 == 0)))
        })
        .collect();
    let adapter = fit(&outcomes).adapter;
    let loss = |log_odds| adapter.estimate(&Sight { log_odds, task: None }).loss;
    assert!(loss(1.0) > loss(0.0) && loss(0.0) > loss(-1.0));
    assert!(loss(1.0) - loss(-1.0) < 0.4, "noise is not taken for knowledge");
}

#[test]
fn old_outcomes_fade() {
    let mut outcomes = traffic(200);
    // Since then the cheap model has become good at work of kind 1, and bad at kind 2.
    for at in 0..100_u64 {
        let kind = 1 + (at % 2) as usize;
        let loss = if kind == 2 { 1.0 } else { 0.0 };
        outcomes.push(Outcome { at: 8.0 * DAY, ..outcome(kind, 1000 + at, 0.0, loss) });
    }
    let refs: Vec<&Outcome> = outcomes.iter().collect();
    let now = 8.0 * DAY;
    let adapter = Adapter::fit(&refs, now, DAY).unwrap().adapter;
    let loss = |kind| adapter.estimate(&outcome(kind, 5, 0.0, 0.0).sight).loss;
    assert!(loss(2) > 0.7 && loss(1) < 0.3, "{} {}", loss(2), loss(1));
}

#[test]
fn too_little_teaches_nothing() {
    let few: Vec<Outcome> = traffic(FEWEST as u64 - 1);
    assert!(Adapter::fit(&few.iter().collect::<Vec<_>>(), 0.0, DAY).is_none());
    let alike: Vec<Outcome> = (0..50).map(|at| outcome(0, at, 0.0, 0.0)).collect();
    assert!(Adapter::fit(&alike.iter().collect::<Vec<_>>(), 0.0, DAY).is_none());
}

#[test]
fn an_adapter_survives_being_written_down() {
    let adapter = fit(&traffic(80)).adapter;
    let text = serde_json::to_string(&adapter).unwrap();
    let again: Adapter = serde_json::from_str(&text).unwrap();
    let sight = outcome(1, 3, 0.5, 0.0).sight;
    assert_eq!(again.estimate(&sight), adapter.estimate(&sight));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn estimates_are_probabilities_whatever_was_learnt(
        rows in prop::collection::vec((0..4_usize, -20.0_f32..20.0, 0.0_f64..=1.0, 0.0_f64..=1.0, 0.0..1e6_f64), 30..60),
        log_odds in -1e3_f32..1e3,
    ) {
        let outcomes: Vec<Outcome> = rows.iter().enumerate().map(|(at, (kind, log_odds, lower, frontier, when))| Outcome {
            lower: *lower,
            frontier: *frontier,
            at: *when,
            ..outcome(*kind, at as u64, *log_odds, 0.0)
        }).collect();
        if let Some(Fit { adapter, held_out }) = Adapter::fit(&outcomes.iter().collect::<Vec<_>>(), 1e6, DAY) {
            prop_assert!(held_out.iter().all(|loss| *loss > 0.0 && *loss < 1.0));
            for task in [None, Some(task(2, 1)), Some(Task::of(&[0.1; 3]))] {
                let loss = adapter.estimate(&Sight { log_odds, task }).loss;
                prop_assert!(loss > 0.0 && loss < 1.0);
            }
        }
    }
}
