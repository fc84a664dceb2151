//! A stream of 200 chunks: cut into events, understood, assembled into a completion, and replayed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a broken fixture must end the bench; criterion's macros make undocumented items"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use scrimp::{
    api::{assemble::Assembler, sse::Decoder},
    cache::replay,
    provider::openai::Chunk,
};

#[path = "fixtures/stream.rs"]
mod fixture;

use fixture::stream;

fn capture(bytes: &[u8]) -> String {
    let mut decoder = Decoder::default();
    let mut assembler = Assembler::default();
    for piece in bytes.chunks(1400) {
        decoder.feed(piece);
        while let Some(event) = decoder.next_event().expect("events are short") {
            if let Some(Chunk::Delta { value, .. }) = Chunk::parse(&event) {
                assembler.push(value);
            }
        }
    }
    assembler.finish().expect("the stream is whole").to_string()
}

fn bench(criterion: &mut Criterion) {
    let stream = stream();
    let mut group = criterion.benchmark_group("stream of 200 chunks");
    group.bench_function("capture", |bencher| {
        bencher.iter(|| capture(black_box(stream.as_bytes())))
    });
    let body = capture(stream.as_bytes());
    group.bench_function("replay", |bencher| {
        bencher.iter(|| {
            replay::as_events(black_box(body.as_bytes()), true).expect("it can be replayed")
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
