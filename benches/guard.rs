//! What the guard costs for each candidate that it compares: two questions of about 30 words. Target: at most 30 µs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use scrimp::guard;

const LEFT: &str = "I bought a return ticket for 2 adults and three children on the 14th of March 2024 for $1,250.50; why \
                    can't I change the time of departure from 10:30 to a later one?";
const RIGHT: &str = "We have bought return tickets for two adults and 3 children on 14 March 2024 that cost 1250.50 dollars, \
                     so why is it not possible to change the departure time from 10:30 to 12:15?";

fn compare(criterion: &mut Criterion) {
    criterion.bench_function("guard, two questions of 30 words", |bencher| {
        bencher.iter(|| guard::compare(black_box(LEFT), black_box(RIGHT)));
    });
}

criterion_group!(benches, compare);
criterion_main!(benches);
