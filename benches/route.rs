//! What a routing decision costs beyond the embedding: features, classifier, and a scope that has learnt all it can. Target:
//! at most 1 ms at the 99th percentile, which is printed at the end; means come before.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a report on a terminal")]

use std::{hint::black_box, time::Instant};

use criterion::{Criterion, criterion_group};
use scrimp::{
    classify::{Classifier, Features, RequestText},
    route::{
        learn::{Learner, MOST, Outcome, Settings, Sight, Task},
        promise::{self, Source},
    },
};

const DIM: usize = 384;
const QUESTION: &str = "I bought a return ticket for 2 adults and three children on the 14th of March 2024 for $1,250.50; \
                        why can't I change the time of departure from 10:30 to a later one?";

/// A vector of unit length, as good as random.
fn vector(seed: usize) -> Vec<f32> {
    let raw: Vec<f32> = (0..DIM)
        .map(|at| ((seed * DIM + at) as f64 * 0.754_877_666_2).fract() as f32 - 0.5)
        .collect();
    let length = raw.iter().map(|value| value * value).sum::<f32>().sqrt();
    raw.into_iter().map(|value| value / length).collect()
}

fn sight(seed: usize) -> Sight {
    let log_odds = ((seed as f64 * 0.618_033_988_7).fract() * 4.0 - 2.0) as f32;
    Sight { log_odds, task: Some(Task::of(&vector(seed))) }
}

/// A scope that has learnt from as many outcomes as one keeps.
fn learner() -> Learner {
    let outcome = |seed: usize| Outcome {
        sight: sight(seed),
        tier: 0,
        lower: f64::from(u8::from(!seed.is_multiple_of(3))),
        frontier: 1.0,
        source: Source::Shadow,
        weight: 1.0,
        at: seed as f64,
    };
    let outcomes: Vec<Outcome> = (0..MOST).map(outcome).collect();
    let settings = Settings { promise: promise::Settings::default(), canary: 0.1, half_life: 1e9 };
    Learner::taught(settings, &outcomes, MOST as f64)
}

/// All that is computed for one request beyond its embedding.
fn decide(classifier: &Classifier, learner: &mut Learner, vector: &[f32], at: usize) -> f64 {
    let text = RequestText { question: black_box(QUESTION), ..RequestText::default() };
    let complexity = classifier.classify(&Features::of(&text), Some(vector));
    let sight = Sight { log_odds: complexity.log_odds, task: Some(Task::of(vector)) };
    let seen = learner.see(&sight, [0.5, 0.5], at as f64);
    f64::from(seen.estimates.losses()[0]) - learner.threshold(None)
}

fn means(criterion: &mut Criterion) {
    let classifier = Classifier::shipped().expect("shipped weights");
    let vector = vector(1);
    criterion.bench_function("features and classifier", |bencher| {
        bencher.iter(|| {
            let text = RequestText { question: black_box(QUESTION), ..RequestText::default() };
            classifier.classify(&Features::of(&text), Some(&vector))
        });
    });
    let learner = learner();
    let sight = sight(7);
    criterion.bench_function("estimate of a scope with 1,000 outcomes", |bencher| {
        bencher.iter(|| learner.look(black_box(&sight), 0.5));
    });
}

/// Every decision timed by itself, with the threshold moved and the curve drawn anew as often as in service.
fn percentiles() {
    const DECISIONS: usize = 5000;
    let classifier = Classifier::shipped().expect("shipped weights");
    let mut learner = learner();
    let mut nanos: Vec<u128> = (0..DECISIONS)
        .map(|at| {
            let vector = vector(at);
            let start = Instant::now();
            black_box(decide(&classifier, &mut learner, &vector, at));
            start.elapsed().as_nanos()
        })
        .collect();
    nanos.sort_unstable();
    let part = |part: f64| nanos[(part * (DECISIONS - 1) as f64) as usize] as f64 / 1e6;
    println!("a whole decision: p50 {:.3} ms, p99 {:.3} ms", part(0.5), part(0.99));
}

criterion_group!(benches, means);

fn main() {
    benches();
    percentiles();
}
