//! A scope that learns: from simulated traffic, deterministically, across restarts, and against bad labels.

use super::*;
use crate::route::{
    learn::{Adapter, Task},
    promise::{Aim, Source, State},
};

/// Uniform numbers in `[0, 1)` (SplitMix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn settings() -> Settings {
    Settings {
        promise: promise::Settings {
            aim: Aim::Quality(0.95),
            prior_threshold: 0.3,
            shadow_share: 0.2,
            shadow_cap: 0.5,
            ..promise::Settings::default()
        },
        canary: 0.1,
        half_life: 30.0 * 86_400.0,
    }
}

/// Traffic of four kinds of work; the cheap tier fails at `hard` in 8 of 10 cases, at the others in 2 of 100. The shipped
/// classifier sees no difference.
struct Traffic {
    draws: Draws,
    hard: usize,
    at: f64,
}

impl Traffic {
    fn new(seed: u64) -> Self {
        Self { draws: Draws(seed), hard: 1, at: 0.0 }
    }

    fn next(&mut self) -> (Sight, f64) {
        self.at += 10.0;
        let kind = (self.draws.next() * 4.0) as usize;
        let vector: Vec<f32> = (0..16)
            .map(|at| if at % 4 == kind { 0.45 } else { 0.0 } + 0.1 * self.draws.next() as f32)
            .collect();
        let fails = self.draws.next() < if kind == self.hard { 0.8 } else { 0.02 };
        let sight = Sight { log_odds: -1.0, task: Some(Task::of(&vector)) };
        (sight, if fails { 1.0 } else { 0.0 })
    }
}

/// What came of some traffic.
#[derive(Debug, Default, PartialEq)]
struct Ledger {
    requests: f64,
    frontier: f64,
    lost: f64,
    compared: f64,
}

/// Runs traffic through a scope; labels are what `judge` makes of the loss.
fn run(
    learner: &mut Learner,
    traffic: &mut Traffic,
    requests: usize,
    judge: impl Fn(f64) -> f64,
) -> Ledger {
    let mut ledger = Ledger::default();
    for _ in 0..requests {
        let (sight, loss) = traffic.next();
        let draws = [traffic.draws.next(), traffic.draws.next()];
        let seen = learner.see(&sight, draws, traffic.at);
        ledger.requests += 1.0;
        let tier = seen.estimates.choose(learner.threshold(None));
        if let Some(comparison) = seen.comparison {
            // The caller gets the frontier's answer.
            ledger.compared += 1.0;
            learner.learn(Outcome {
                sight,
                tier: comparison.tier,
                lower: 1.0 - judge(loss),
                frontier: 1.0,
                source: Source::Shadow,
                weight: comparison.weight,
                at: traffic.at,
            });
            if let Some(lesson) = learner.lesson(traffic.at) {
                learner.take(lesson.learn());
            }
        } else if tier == seen.estimates.frontier() {
            ledger.frontier += 1.0;
        } else {
            ledger.lost += loss;
        }
    }
    ledger
}

#[test]
fn what_is_learnt_saves_frontier_calls_and_keeps_the_promise() {
    let mut learner = Learner::new(settings());
    let mut traffic = Traffic::new(1);
    run(&mut learner, &mut traffic, 2000, |loss| loss);
    assert!(learner.models()[0].live().number > 0, "a version is at work");
    let ledger = run(&mut learner, &mut traffic, 3000, |loss| loss);
    assert!(ledger.lost / ledger.requests < 0.05, "{ledger:?}");
    assert!(ledger.frontier / ledger.requests < 0.35, "{ledger:?}");
    let report = learner.report();
    assert_eq!(report.state, Some(State::Proven));
    let quality = report.quality.unwrap();
    assert!(quality.low <= quality.value && quality.value <= quality.high && quality.value > 0.95);
}

#[test]
fn learning_is_deterministic_and_goes_on_after_a_restart() {
    let mut one = Learner::new(settings());
    let mut traffic = Traffic::new(2);
    run(&mut one, &mut traffic, 1000, |loss| loss);
    let written = serde_json::to_string(&one.snapshot()).unwrap();
    let mut two = Learner::restore(settings(), serde_json::from_str(&written).unwrap()).unwrap();
    let mut same = Traffic { draws: Draws(traffic.draws.0), ..traffic };
    let first = run(&mut one, &mut traffic, 500, |loss| loss);
    let second = run(&mut two, &mut same, 500, |loss| loss);
    assert_eq!(first, second);
    assert_eq!(one.models()[0].live().number, two.models()[0].live().number);
    assert!((one.threshold(None) - two.threshold(None)).abs() < 1e-9);
    let three_tiers = Settings {
        promise: promise::Settings { lower_tiers: 2, ..settings().promise },
        ..settings()
    };
    assert!(Learner::restore(three_tiers, two.snapshot()).is_err());
}

#[test]
fn a_hostile_labeller_costs_money_and_no_quality() {
    // Whoever says that everything is bad sends everything to the frontier.
    let mut learner = Learner::new(settings());
    let mut traffic = Traffic::new(3);
    run(&mut learner, &mut traffic, 2000, |_| 1.0);
    let ledger = run(&mut learner, &mut traffic, 500, |_| 1.0);
    assert_eq!(ledger.lost, 0.0);

    // Praise by callers moves nothing: not the promise, and no version is judged by it.
    let mut praised = Learner::new(settings());
    let mut plain = Learner::new(settings());
    for learner in [&mut praised, &mut plain] {
        run(learner, &mut Traffic::new(4), 800, |loss| loss);
    }
    for at in 0..500 {
        let (sight, _) = Traffic::new(at).next();
        praised.learn(Outcome {
            sight,
            tier: 0,
            lower: 1.0,
            frontier: 1.0,
            source: Source::Feedback,
            weight: 1.0,
            at: 15_000.0,
        });
    }
    assert_eq!(praised.threshold(None), plain.threshold(None));
    assert_eq!(praised.models()[0].live(), plain.models()[0].live());
}

#[test]
fn when_the_work_that_is_hard_changes_the_router_follows() {
    let mut learner = Learner::new(settings());
    let mut traffic = Traffic::new(5);
    run(&mut learner, &mut traffic, 2000, |loss| loss);
    traffic.hard = 2;
    run(&mut learner, &mut traffic, 3500, |loss| loss);
    let ledger = run(&mut learner, &mut traffic, 2000, |loss| loss);
    assert!(ledger.lost / ledger.requests < 0.06, "{ledger:?}");
    assert!(ledger.frontier / ledger.requests < 0.6, "{ledger:?}");
}

#[test]
fn a_version_that_turns_out_worse_than_the_shipped_one_is_rolled_back() {
    let mut learner = Learner::new(settings());
    let mut traffic = Traffic::new(6);
    run(&mut learner, &mut traffic, 1500, |loss| loss);
    let number = learner.models()[0].live().number;
    assert!(number > 0);
    // From now on nothing fails; the shipped classifier, at 0.27, is nearer to that than what was learnt of kind 1.
    let mut changes = Vec::new();
    for at in 0..400 {
        let vector: Vec<f32> = (0..16).map(|at| if at % 4 == 1 { 0.5 } else { 0.05 }).collect();
        let sight = Sight { log_odds: -1.0, task: Some(Task::of(&vector)) };
        let outcome = Outcome {
            sight,
            tier: 0,
            lower: 1.0,
            frontier: 1.0,
            source: Source::Shadow,
            weight: 5.0,
            at: traffic.at + f64::from(at),
        };
        changes.extend(learner.learn(outcome));
        if matches!(changes.last(), Some(Change::RolledBack { .. })) {
            break;
        }
    }
    assert!(matches!(changes.as_slice(), [.., Change::RolledBack { .. }]), "{changes:?}");
    assert_eq!(learner.models()[0].live().number, 0);
    learner.roll_back();
    assert_eq!(learner.models()[0].live().number, 0);
}

#[test]
fn a_version_on_trial_serves_its_share_only() {
    let mut learner = Learner::new(settings());
    let mut traffic = Traffic::new(7);
    while learner.models()[0].on_trial().is_none() {
        run(&mut learner, &mut traffic, 10, |loss| loss);
    }
    let (sight, _) = traffic.next();
    let canaries = (0..100).filter(|at| learner.look(&sight, f64::from(*at) / 100.0).is_canary);
    assert_eq!(canaries.count(), 10);
}

#[test]
fn tiers_learn_apart() {
    let settings = Settings {
        promise: promise::Settings { lower_tiers: 2, ..settings().promise },
        ..settings()
    };
    let mut learner = Learner::new(settings);
    let mut traffic = Traffic::new(8);
    for _ in 0..300 {
        let (sight, _) = traffic.next();
        for (tier, lower) in [(0, 0.0), (1, 1.0)] {
            // A tenth is the other way round, for what never varies teaches nothing.
            let lower = if traffic.draws.next() < 0.1 { 1.0 - lower } else { lower };
            learner.learn(Outcome {
                sight: sight.clone(),
                tier,
                lower,
                frontier: 1.0,
                source: Source::Shadow,
                weight: 5.0,
                at: traffic.at,
            });
            if let Some(lesson) = learner.lesson(traffic.at) {
                learner.take(lesson.learn());
            }
        }
    }
    let (sight, _) = traffic.next();
    let losses = learner.look(&sight, 0.99).estimates;
    assert!(losses.losses()[0] > 0.7 && losses.losses()[1] < 0.3, "{losses:?}");
}

#[test]
fn the_shipped_version_stays_until_there_is_enough() {
    let outcomes: Vec<Outcome> = Vec::new();
    assert!(Adapter::fit(&outcomes.iter().collect::<Vec<_>>(), 0.0, 1.0).is_none());
    let learner = Learner::new(settings());
    assert!(learner.lesson(0.0).is_none());
    let seen = learner.look(&Sight { log_odds: 0.0, task: None }, 0.5);
    assert!((seen.estimates.losses()[0] - 0.5).abs() < 1e-6);
}
