//! Reading a chat request of 4 KB and hashing it into its cache keys.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a broken fixture must end the bench; criterion's macros make undocumented items"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use scrimp::api::chat::ChatRequest;

#[path = "fixtures/conversation.rs"]
mod conversation;

use conversation::{conversation, keys};

fn bench(criterion: &mut Criterion) {
    let body = conversation();
    let mut group = criterion.benchmark_group(format!("request of {} bytes", body.len()));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| ChatRequest::parse(black_box(body.clone())).expect("it is a request"));
    });
    let request = ChatRequest::parse(body).expect("it is a request");
    group.bench_function("keys", |bencher| bencher.iter(|| keys(black_box(&request))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
